#include "router_client.hpp"

#include <gmock/gmock.h>

#include "fake_router.hpp"
#include "router_exchange.hpp"
#include "router_offer.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr PcpNonce kNonce{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
using Bytes = FakeRouter::Bytes;
using Packets = FakeRouter::Packets;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

AskToMap ask(MappingProtocol protocol) {
  return {.protocol = protocol, .place = FakeRouter::place(), .request = {.port = 51820, .outside_port = 51820, .lifetime = 7200s}};
}

struct RouterClientTest : ::testing::Test {
  UpnpScript upnp;
  Stop stop = *Stop::create();
  FakeRouter router;  // ends first

  FromRouter<MappingGrant> map(MappingProtocol protocol) {
    router.start();
    auto answer = RouterClient(router.ports()).map(ask(protocol), kNonce, &stop);
    router.end();
    return answer;
  }
};

TEST_F(RouterClientTest, MapsByPcp) {
  router.control = [](Packet request) { return Packets{pcp_grant(request)}; };
  EXPECT_EQ(map(MappingProtocol::kPcp).value(), (MappingGrant{.outside = {ip("203.0.113.7"), 51820}, .lifetime = 7200s, .epoch = 100}));
}

TEST_F(RouterClientTest, HearsTheAnswerBehindOthersAndAsksAgainWhenOneIsLost) {
  int asked = 0;
  router.control = [&](Packet request) {
    if (++asked == 1) return Packets();
    Bytes of_another = pcp_grant(request);
    of_another[24] = 99;
    return Packets{Bytes{}, Bytes{2}, of_another, pcp_grant(request)};
  };
  EXPECT_TRUE(map(MappingProtocol::kPcp));
  EXPECT_EQ(asked, 2);
}

TEST_F(RouterClientTest, ARouterThatSpeaksNatPmpAloneSaysSoAtOnce) {
  router.control = [](Packet request) {
    if (request[0] == 2) return Packets{Bytes{0, 0x81, 0, 1, 0, 0, 0, 100}};
    if (request[1] == 0) return Packets{Bytes{0, 0x80, 0, 0, 0, 0, 0, 100, 203, 0, 113, 7}};
    return Packets{Bytes{0, 0x81, 0, 0, 0, 0, 0, 100, request[4], request[5], 0x9C, 0x41, 0, 0, 0x0E, 0x10}};
  };
  router.start();
  RouterClient client(router.ports());
  const auto by_pcp = client.map(ask(MappingProtocol::kPcp), kNonce, nullptr);
  ASSERT_FALSE(by_pcp);
  EXPECT_EQ(by_pcp.error().kind, MappingFailure::kNoAnswer);
  EXPECT_EQ(router.questions(), 1);
  EXPECT_EQ(client.map(ask(MappingProtocol::kNatPmp), kNonce, nullptr).value(),
            (MappingGrant{.outside = {ip("203.0.113.7"), 40001}, .lifetime = 3600s, .epoch = 100}));
}

TEST_F(RouterClientTest, ARefusalIsNoSilence) {
  router.control = [](Packet request) {
    Bytes answer = pcp_grant(request);
    answer[3] = 2;
    return Packets{answer};
  };
  const auto refused = map(MappingProtocol::kPcp);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, MappingFailure::kRefused);
  EXPECT_THAT(refused.error().why.message(), HasSubstr("the router at 127.0.0.1 refuses: it does not allow it"));
}

TEST_F(RouterClientTest, AStopEndsTheWait) {
  router.control = [this](Packet) {
    stop.request();
    return Packets();
  };
  const auto stopped = map(MappingProtocol::kPcp);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().why.kind(), ErrorKind::kInterrupted);
}

TEST_F(RouterClientTest, WhereNobodyListensNothingIsWaitedFor) {
  RouterPorts ports;
  {
    const FakeRouter gone;
    ports = gone.ports();
  }
  const auto nobody = RouterClient(ports).map(ask(MappingProtocol::kNatPmp), kNonce, nullptr);
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().why.message(), HasSubstr("does not know this protocol"));
}

TEST_F(RouterClientTest, MapsByUpnp) {
  upnp.play(router);
  EXPECT_EQ(map(MappingProtocol::kUpnp).value(), (MappingGrant{.outside = {ip("203.0.113.7"), 51820}, .lifetime = 7200s}));
  EXPECT_THAT(upnp.actions, ElementsAre("GetExternalIPAddress", "AddPortMapping"));
}

TEST_F(RouterClientTest, APortThatAnotherMachineHasIsNotTakenFromIt) {
  upnp.errors = {kPortTaken, kTakenByTheRouter};
  upnp.play(router);
  EXPECT_EQ(map(MappingProtocol::kUpnp)->outside.port, other_port(51820, 2));
}

TEST_F(RouterClientTest, AMappingWithoutAnEndIsNotMade) {
  upnp.errors = {kPermanentOnly, kPermanentOnly};
  upnp.play(router);
  const auto refused = map(MappingProtocol::kUpnp);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, MappingFailure::kRefused);
  EXPECT_THAT(refused.error().why.message(), HasSubstr("only mappings without an end"));
  EXPECT_THAT(upnp.actions, ElementsAre("GetExternalIPAddress", "AddPortMapping"));
}

TEST_F(RouterClientTest, WithdrawsByTheProtocolThatHasMapped) {
  std::vector<Bytes> asked;
  router.control = [&](Packet request) {
    asked.emplace_back(request.begin(), request.end());
    return Packets{request[0] == 2 ? pcp_grant(request) : Bytes{0, 0x81, 0, 0, 0, 0, 0, 100, request[4], request[5], 0, 0, 0, 0, 0, 0}};
  };
  upnp.play(router);
  router.start();
  RouterClient client(router.ports());
  for (const auto protocol : {MappingProtocol::kPcp, MappingProtocol::kNatPmp, MappingProtocol::kUpnp})
    EXPECT_TRUE(client.withdraw({.protocol = protocol, .place = FakeRouter::place(), .port = 51820, .outside = {ip("203.0.113.7"), 51820}},
                                kNonce));
  router.end();
  ASSERT_EQ(asked.size(), 2);
  const auto expected = encode_pcp_map(FakeRouter::own_ip(), {.port = 51820, .outside_port = 51820}, kNonce);
  EXPECT_EQ(asked[0], Bytes(expected.begin(), expected.end())) << "a lifetime of 0";
  EXPECT_THAT(upnp.actions, ElementsAre("DeletePortMapping"));
}

// ---- lies -----------------------------------------------------------------------------------------------------------------

TEST_F(RouterClientTest, NobodyElseIsTalkedToWhateverTheRouterSays) {
  FakeRouter other(INADDR_LOOPBACK + 1);  // a service of this machine, or of another one
  other.http = [](const std::string&) { return http_answer(200, ""); };
  other.start();
  const std::string elsewhere = "http://127.0.0.2:" + std::to_string(other.http_address().port) + "/";
  struct Lie {
    std::string location, url_base, control_url;
  };
  for (const auto& lie :
       {Lie{elsewhere, "", "/ctl"}, Lie{"", elsewhere, "/ctl"}, Lie{"", "", elsewhere + "ctl"}, Lie{"", "", "http://localhost/ctl"}}) {
    UpnpScript script;
    FakeRouter liar;
    script.location = lie.location;
    script.url_base = lie.url_base;
    script.control_url = lie.control_url;
    script.play(liar);
    liar.start();
    RouterClient client(liar.ports());
    EXPECT_FALSE(client.map(ask(MappingProtocol::kUpnp), kNonce, &stop)) << lie.location << lie.url_base << lie.control_url;
    liar.end();
    EXPECT_TRUE(script.actions.empty());
  }
  EXPECT_EQ(other.questions(), 0);
}

TEST_F(RouterClientTest, NoRedirectIsFollowed) {
  upnp.play(router);
  router.http = [&](const std::string&) {
    return "HTTP/1.1 302 Found\r\nLocation: http://" + router.http_address().to_string() + "/elsewhere\r\nContent-Length: 0\r\n\r\n";
  };
  const auto failed = map(MappingProtocol::kUpnp);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().why.message(), HasSubstr("has status 302"));
}

TEST_F(RouterClientTest, AnAnswerHasAnEndInSize) {
  upnp.play(router);
  for (const std::string& head :
       {std::string("HTTP/1.1 200 OK\r\n\r\n"), std::string("HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n"), std::string("HTTP/1.1 200 OK\r\nX: ")}) {
    FakeRouter huge;
    huge.http = [&](const std::string&) { return head + std::string(1U << 20U, 'x'); };
    huge.start();
    const auto reply = exchange_http(FakeRouter::place(), huge.http_address(), "GET / HTTP/1.1\r\n\r\n", 10s, &stop);
    ASSERT_FALSE(reply) << head;
    EXPECT_THAT(reply.error().message(), HasSubstr("larger than 64 KiB")) << head;
  }
}

TEST_F(RouterClientTest, AnAnswerHasAnEndInTime) {
  struct Slow {
    bool drips, holds;
    std::string answer;
  };
  for (const Slow& slow : {Slow{true, false, "HTTP/1.1 200 OK\r\n\r\n" + std::string(1000, 'x')}, Slow{false, true, ""},
                           Slow{false, true, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"}}) {
    FakeRouter router_of_it;
    router_of_it.drips = slow.drips;
    router_of_it.holds = slow.holds;
    router_of_it.http = [&](const std::string&) { return slow.answer; };
    router_of_it.start();
    const auto reply = exchange_http(FakeRouter::place(), router_of_it.http_address(), "GET / HTTP/1.1\r\n\r\n", 200ms, &stop);
    ASSERT_FALSE(reply);
    EXPECT_THAT(reply.error().message(), HasSubstr("not done with an answer in time"));
  }
}

TEST_F(RouterClientTest, AnAnswerThatIsCutOffOrNoneIsAnError) {
  for (const std::string& answer :
       {std::string(), std::string("x"), std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"), std::string("SSH-2.0-x\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")}) {
    FakeRouter router_of_it;
    router_of_it.http = [&](const std::string&) { return answer; };
    router_of_it.start();
    EXPECT_FALSE(exchange_http(FakeRouter::place(), router_of_it.http_address(), "GET / HTTP/1.1\r\n\r\n", 10s, &stop)) << answer;
  }
}

TEST_F(RouterClientTest, ChunkedAnswersAndThoseToTheEndAreRead) {
  for (const std::string& answer : {std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
                                    std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nabc")}) {
    FakeRouter router_of_it;
    router_of_it.http = [&](const std::string&) { return answer; };
    router_of_it.start();
    const auto reply = exchange_http(FakeRouter::place(), router_of_it.http_address(), "GET / HTTP/1.1\r\n\r\n", 10s, &stop);
    ASSERT_TRUE(reply) << answer;
    EXPECT_EQ(reply->body, "abc");
  }
}

TEST_F(RouterClientTest, AnAddressThatIsNoneMapsNothing) {
  for (const std::string_view address : {"", "0.0.0.0", "example.com", "2001:db8::1"}) {
    FakeRouter liar;
    UpnpScript script;
    script.outside = address;
    script.play(liar);
    liar.start();
    EXPECT_FALSE(RouterClient(liar.ports()).map(ask(MappingProtocol::kUpnp), kNonce, &stop)) << address;
    EXPECT_THAT(script.actions, ElementsAre("GetExternalIPAddress"));
  }
}

// ---- what a router offers -------------------------------------------------------------------------------------------------

TEST_F(RouterClientTest, SaysWhatItOffersAndMapsNothing) {
  router.control = [](Packet request) {
    if (request[0] == 2) return Packets{pcp_grant(request)};
    return Packets{Bytes{0, 0x80, 0, 0, 0, 0, 0, 100, 100, 64, 0, 7}};
  };
  upnp.play(router);
  router.start();
  const RouterOffer offer = ask_router(FakeRouter::place(), router.ports(), nullptr);
  EXPECT_THAT(offer.protocols, ElementsAre("PCP", "NAT-PMP", "UPnP"));
  EXPECT_EQ(offer.router, FakeRouter::own_ip());
  EXPECT_EQ(offer.outside, ip("100.64.0.7"));
  EXPECT_TRUE(offer.is_behind_another);
  EXPECT_THAT(upnp.actions, ElementsAre("GetExternalIPAddress"));
}

TEST_F(RouterClientTest, SaysThatItOffersNothing) {
  stop.request();  // nobody answers; no need to wait for it
  const RouterOffer offer = ask_router(FakeRouter::place(), router.ports(), &stop);
  EXPECT_TRUE(offer.protocols.empty());
  EXPECT_FALSE(offer.outside);
  EXPECT_FALSE(offer.is_behind_another);
}

}  // namespace
}  // namespace innernet::client

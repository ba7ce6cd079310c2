#include "innernet/client/rest_client.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "innernet/client/nudge.hpp"
#include "innernet/testing/loopback_server.hpp"
#include "sample_network.hpp"
#include "server_clock.hpp"
#include "tunnel_socket.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// The server is on loopback.
constexpr std::nullopt_t kAnyWay = std::nullopt;
const RequestTimes kShort{.connect = std::chrono::milliseconds(200), .progress = std::chrono::milliseconds(200)};

std::string state_text(std::size_t peers = 1) {
  State state;
  for (std::size_t i = 0; i < peers; ++i)
    state.peers.push_back(
        peer(static_cast<std::int64_t>(i + 1), fmt::format("peer-{}", i), fmt::format("10.66.{}.{}", i / 250, 1 + i % 250), new_key()));
  return to_json(state);
}

TEST(RestClient, SendsTheServersKeyAndKeepsTheConnection) {
  const auto key = new_key();
  LoopbackServer server([](const Request&) { return answer(200, state_text()); });
  RestClient client(server.address(), key, kAnyWay);
  ASSERT_TRUE(client.get_state());
  ASSERT_TRUE(client.get_state());
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_TRUE(server.requests().front().has("X-Innernet-Server-Key: " + key.to_base64() + "\r\n"));
  EXPECT_EQ(server.requests().front().target, "/v1/user/state");
}

TEST(RestClient, EachWayOfNotAnsweringIsUnreachable) {
  using Then = Reply::Then;
  const Reply replies[] = {
      {.bytes = "", .then = Then::kClose},
      {.bytes = "", .then = Then::kReset},
      {.bytes = "", .then = Then::kHang},
      {.bytes = "HTTP/1.1 200 OK\r\nContent-Le", .then = Then::kClose},
      {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"peers\"", .then = Then::kClose},
      {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"peers\"", .then = Then::kReset},
      {.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"peers\"", .then = Then::kHang},
      {.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", .then = Then::kClose},
  };
  for (const Reply& reply : replies) {
    LoopbackServer server([&](const Request&) { return reply; });
    const auto state = RestClient(server.address(), new_key(), kAnyWay, nullptr, kShort).get_state();
    ASSERT_FALSE(state) << reply.bytes;
    EXPECT_EQ(state.error().kind(), ErrorKind::kUnreachable) << state.error().message();
    EXPECT_FALSE(state.error().status());
  }
}

TEST(RestClient, ARefusedConnectionIsUnreachableAndWasNotSent) {
  SocketAddress gone;
  {
    gone = LoopbackServer([](const Request&) { return Reply{}; }).address();
  }
  RestClient client(gone, new_key(), kAnyWay, nullptr, kShort);
  const auto redeemed = client.redeem(new_key());
  ASSERT_FALSE(redeemed);
  EXPECT_EQ(redeemed.error().kind(), ErrorKind::kUnreachable);
  EXPECT_FALSE(client.last_request_was_sent());
}

// A LAN can hand out a route to the server's address, and have somebody there who answers.
TEST(RestClient, AServerThatIsReachedOtherThanThroughTheInterfaceIsNotSpokenTo) {
  LoopbackServer stranger([](const Request&) { return answer(200, state_text()); });
  RestClient client(stranger.address(), new_key(), InterfaceName::parse("no-such-link").value(), nullptr, kShort);
  const auto state = client.get_state();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().kind(), ErrorKind::kUnreachable);
  EXPECT_THAT(state.error().message(), HasSubstr("no interface \"no-such-link\""));
  EXPECT_FALSE(client.last_request_was_sent());
  EXPECT_EQ(stranger.connections(), 0U);
}

TEST(RestClient, ThroughItsInterfaceItKeepsTheConnection) {
  LoopbackServer server([](const Request&) { return answer(200, state_text()); });
  RestClient client(server.address(), new_key(), InterfaceName::parse("lo").value());
  const auto state = client.get_state();
  if (!state && state.error().kind() == ErrorKind::kPermission) GTEST_SKIP() << state.error().message();
  ASSERT_TRUE(state) << state.error().message();
  ASSERT_TRUE(client.get_state());
  EXPECT_EQ(server.connections(), 1U);
}

// One that was made anew has another index: what was bound to the old one waits for its answers in vain.
TEST(TunnelSocket, KnowsTheInterfaceThatItWasBoundTo) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const InterfaceName lo = InterfaceName::parse("lo").value();
  EXPECT_FALSE(is_bound_to(fd.get(), lo));
  const auto bound = bind_to_interface(fd.get(), lo);
  if (!bound && bound.error().kind() == ErrorKind::kPermission) GTEST_SKIP() << bound.error().message();
  ASSERT_TRUE(bound) << bound.error().message();
  EXPECT_TRUE(is_bound_to(fd.get(), lo));
  EXPECT_FALSE(is_bound_to(fd.get(), evilcorp()));
}

TEST(RestClient, AnHttpErrorHasItsStatusAndTheServersWords) {
  const struct {
    int status;
    ErrorKind kind;
  } cases[] = {{301, ErrorKind::kSystem},       {400, ErrorKind::kInvalidInput}, {401, ErrorKind::kPermission}, {404, ErrorKind::kNotFound},
               {413, ErrorKind::kInvalidInput}, {429, ErrorKind::kSystem},       {500, ErrorKind::kSystem},     {503, ErrorKind::kSystem}};
  for (const auto& c : cases) {
    LoopbackServer server(
        [&](const Request&) { return answer(c.status, R"({"error":"because \u001b[31m"})", "Location: http://127.0.0.1:1/\r\n"); });
    const auto state = RestClient(server.address(), new_key(), kAnyWay, nullptr, kShort).get_state();
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().status(), c.status);
    EXPECT_EQ(state.error().kind(), c.kind);
    EXPECT_THAT(state.error().message(), HasSubstr("because"));
    EXPECT_EQ(state.error().message().find('\x1b'), std::string::npos) << "a terminal could act on it";
    EXPECT_EQ(server.requests().size(), 1U) << "no redirect is followed";
  }
}

TEST(RestClient, ADeadKeptConnectionIsReplacedButNoPostIsRepeated) {
  std::atomic<int> asked = 0;
  LoopbackServer server([&](const Request& request) {
    if (++asked == 2 || request.method == "POST") return Reply{.bytes = "", .then = Reply::Then::kReset};
    return answer(200, state_text());
  });
  RestClient client(server.address(), new_key(), kAnyWay, nullptr, kShort);
  ASSERT_TRUE(client.get_state());
  ASSERT_TRUE(client.get_state()) << "reset, and asked again";
  EXPECT_EQ(asked, 3);
  EXPECT_FALSE(client.redeem(new_key()));
  EXPECT_EQ(server.count("POST", "/v1/user/redeem"), 1U);
  EXPECT_TRUE(client.last_request_was_sent());
}

TEST(RestClient, ReadsStatesBeyondTheOriginalsTenMegabytes) {
  const std::string text = state_text(1) + std::string(20U << 20, ' ');
  LoopbackServer server([&](const Request&) { return answer(200, text); });
  EXPECT_TRUE(RestClient(server.address(), new_key(), kAnyWay).get_state());
}

TEST(RestClient, AnAnswerThatTricklesInIsProgress) {
  const std::string text = state_text();
  const std::string bytes = answer(200, text + std::string(600 - text.size(), ' ')).bytes;
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::thread slow([&] {
    const UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    // Together longer than the patience, each piece shorter.
    for (std::size_t at = 0; at < bytes.size(); at += 100) {
      std::this_thread::sleep_for(std::chrono::milliseconds(250));
      if (::send(fd.get(), bytes.data() + at, std::min<std::size_t>(100, bytes.size() - at), MSG_NOSIGNAL) < 0) return;
    }
  });
  const SocketAddress server{*IpAddress::parse("127.0.0.1"), ntohs(address.sin_port)};
  EXPECT_TRUE(RestClient(server, new_key(), kAnyWay, nullptr, {.progress = std::chrono::milliseconds(1000)}).get_state());
  slow.join();
}

TEST(RestClient, AnAnswerThatDripsHasAnEnd) {
  for (const char* begin :
       {"", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5000\r\n"}) {
    LoopbackServer server([&](const Request&) { return Reply{.bytes = begin, .then = Reply::Then::kDrip}; });
    RequestTimes times = kShort;
    times.whole = std::chrono::milliseconds(500);
    const auto answer = RestClient(server.address(), new_key(), kAnyWay, nullptr, times).get_state();
    ASSERT_FALSE(answer) << begin;
    EXPECT_EQ(answer.error().kind(), ErrorKind::kUnreachable) << begin;
    EXPECT_THAT(answer.error().message(), HasSubstr("is not done with an answer within 0.5 s")) << begin;
  }
}

TEST(RestClient, RefusesAnEndlessAnswer) {
  LoopbackServer server([](const Request&) { return answer(200, {}, "Content-Length: 300000000\r\n"); });
  EXPECT_FALSE(RestClient(server.address(), new_key(), kAnyWay, nullptr, kShort).get_state());
}

TEST(RestClient, AsksForNewsOnlyWithAnEtag) {
  LoopbackServer server([](const Request& request) {
    if (request.has("If-None-Match: \"a\"")) return answer(304, {}, "ETag: \"a\"\r\n");
    if (request.has("If-None-Match: \"b\"")) return answer(226, R"({"peers":[],"gone":[3]})", "IM: innernet\r\nETag: \"c\"\r\n");
    return answer(200, state_text(), "ETag: \"a\"\r\n");
  });
  RestClient client(server.address(), new_key(), kAnyWay);
  const auto first = client.get_state({.wait = std::chrono::seconds(60), .accept_delta = true});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->etag, "\"a\"");
  EXPECT_FALSE(server.requests().back().has("Prefer"));
  EXPECT_FALSE(server.requests().back().has("A-IM"));
  const auto second = client.get_state({.if_none_match = first->etag, .wait = std::chrono::seconds(60)});
  ASSERT_TRUE(second);
  EXPECT_TRUE(std::holds_alternative<NotModified>(second->news));
  EXPECT_TRUE(server.requests().back().has("Prefer: wait=60\r\n"));
  const auto third = client.get_state({.if_none_match = "\"b\"", .wait = {}, .accept_delta = true});
  ASSERT_TRUE(third) << third.error().message();
  EXPECT_EQ(std::get<StateDelta>(third->news).gone, std::vector{PeerId{3}});
  EXPECT_EQ(third->etag, "\"c\"");
}

TEST(RestClient, A304OrDeltaThatNobodyAskedForIsAnError) {
  for (const int status : {304, 226}) {
    LoopbackServer server([&](const Request&) { return answer(status, R"({"peers":[],"gone":[]})", "IM: innernet\r\n"); });
    EXPECT_FALSE(RestClient(server.address(), new_key(), kAnyWay, nullptr, kShort).get_state());
  }
}

TEST(RestClient, AnOldServerCanDoNothingExtra) {
  LoopbackServer server([](const Request&) { return answer(404); });
  const auto capabilities = RestClient(server.address(), new_key(), kAnyWay).capabilities();
  ASSERT_TRUE(capabilities);
  EXPECT_FALSE(capabilities->state_etag);
}

TEST(RestClient, AStopEndsAWaitingRequest) {
  auto stop = Stop::create();
  ASSERT_TRUE(stop);
  LoopbackServer server([&](const Request&) {
    stop->request();
    return Reply{.bytes = "", .then = Reply::Then::kHang};
  });
  const auto state = RestClient(server.address(), new_key(), kAnyWay, &*stop).get_state();
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().kind(), ErrorKind::kInterrupted);
}

TEST(RestClient, WhatInterruptsEndsAWaitingRequestAndAllThatFollow) {
  auto moved = Nudge::create();
  ASSERT_TRUE(moved);
  LoopbackServer server([&](const Request&) {
    moved->give();
    return Reply{.bytes = "", .then = Reply::Then::kHang};
  });
  RestClient client(server.address(), new_key(), kAnyWay);
  client.interrupt_by(moved->fd());
  for (int i = 0; i < 2; ++i) {
    const auto state = client.get_state();
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().kind(), ErrorKind::kInterrupted);
  }
}

TEST(RestClient, KnowsTheServersClockByAnyAnswer) {
  for (const int status : {200, 304, 204, 404}) {
    LoopbackServer server([&](const Request&) { return answer(status, "{}", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"); });
    RestClient client(server.address(), new_key(), kAnyWay);
    EXPECT_FALSE(client.server_clock().is_known());
    static_cast<void>(client.put_candidates({}));
    ASSERT_TRUE(client.server_clock().is_known()) << status;
    const auto late = client.server_clock().at(SystemClock().boot()) - *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_GE(late.count(), 0);
  }
  LoopbackServer without([](const Request&) { return answer(204, {}, "Date: tomorrow\r\n"); });
  RestClient client(without.address(), new_key(), kAnyWay);
  static_cast<void>(client.put_candidates({}));
  EXPECT_FALSE(client.server_clock().is_known());
}

TEST(RestClient, AdminCallsUseTheirRoutes) {
  const Peer somebody = peer(3, "bob", "10.66.1.3", new_key());
  LoopbackServer server([&](const Request& request) {
    if (request.method == "GET") return answer(200, "[]");
    if (request.method == "POST" && request.target == "/v1/admin/peers") return answer(201, to_json(somebody));
    if (request.method == "POST" && request.target == "/v1/admin/cidrs")
      return answer(201, to_json(Cidr{{"x", net("10.66.2.0/24"), CidrId{1}}, CidrId{4}}));
    return answer(request.method == "POST" ? 201 : 204);
  });
  RestClient client(server.address(), new_key(), kAnyWay);
  EXPECT_TRUE(client.peers());
  EXPECT_EQ(client.create_peer(somebody).value(), somebody);
  EXPECT_TRUE(client.update_peer(PeerId{3}, somebody));
  EXPECT_TRUE(client.delete_peer(PeerId{3}));
  EXPECT_TRUE(client.cidrs());
  EXPECT_EQ(client.create_cidr({"x", net("10.66.2.0/24"), CidrId{1}}).value().id, CidrId{4});
  EXPECT_TRUE(client.update_cidr(CidrId{4}, {"y", net("10.66.2.0/24"), CidrId{1}}));
  EXPECT_TRUE(client.delete_cidr(CidrId{4}));
  EXPECT_TRUE(client.associations());
  EXPECT_TRUE(client.create_association({CidrId{3}, CidrId{4}}));
  EXPECT_TRUE(client.delete_association(AssociationId{1}));
  EXPECT_TRUE(client.put_endpoint(std::nullopt));
  std::string routes;
  for (const Request& request : server.requests()) routes += request.method + " " + request.target + "\n";
  EXPECT_EQ(routes,
            "GET /v1/admin/peers\nPOST /v1/admin/peers\nPUT /v1/admin/peers/3\nDELETE /v1/admin/peers/3\nGET /v1/admin/cidrs\nPOST "
            "/v1/admin/cidrs\n"
            "PUT /v1/admin/cidrs/4\nDELETE /v1/admin/cidrs/4\nGET /v1/admin/associations\nPOST /v1/admin/associations\nDELETE "
            "/v1/admin/associations/1\n"
            "PUT /v1/user/endpoint\n");
}

TEST(ApplyDelta, ReplacesAddsAndRemovesById) {
  State state;
  for (const auto* name : {"a", "b", "c"}) state.peers.push_back(peer(name[0], name, fmt::format("10.66.1.{}", int{name[0]}), new_key()));
  StateDelta delta;
  delta.gone = {PeerId{'a'}};
  delta.peers = {peer('c', "renamed", "10.66.1.99", new_key()), peer('d', "d", "10.66.1.100", new_key())};
  state = apply_delta(std::move(state), std::move(delta));
  std::string names;
  for (const Peer& left : state.peers) names += left.name.str() + " ";
  EXPECT_EQ(names, "b renamed d ");
}

}  // namespace
}  // namespace innernet::client

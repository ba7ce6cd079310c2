#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>

#include "innernet/client/netcheck.hpp"
#include "innernet/json/json.hpp"
#include "innernet/relay/relay.hpp"
#include "innernet/testing/loopback_server.hpp"
#include "linux/reach.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::HasSubstr;

const IpAddress kLoopback = IpAddress::parse("127.0.0.1").value();

/// A server and its relay, both on loopback.
class Measure : public ::testing::Test {
 protected:
  Measure() {
    auto started = relay::Relay::start(wg::PrivateKey::generate(), {});
    if (!started) std::abort();
    relay_ = *std::move(started);
    relay_->set_membership(
        std::make_shared<const relay::Membership>(std::vector<relay::Member>{{.key = own_.public_key()}}, std::vector<relay::GroupPair>{}));
  }

  CheckedNetwork network(bool answers_questions = true) const {
    const Peer on_server = peer(1, "innernet-server", "10.66.0.1", server_key_);
    return {.interface = InterfaceName::parse("evilcorp").value(),
            .config = {.network_name = "evilcorp",
                       .address = IpNet::parse("10.66.1.1/16").value(),
                       .private_key = own_,
                       .listen_port = {},
                       .server_public_key = server_key_,
                       .server_external_endpoint = Endpoint::of({kLoopback, closed_}),
                       .server_internal_endpoint = server_.address(),
                       .peer_endpoint_overrides = {}},
            .state = {.peers = {on_server},
                      .cidrs = {},
                      .relays = {{.id = PeerId{1},
                                  .public_key = relay_->public_key(),
                                  .endpoint = Endpoint::parse(fmt::format("0.0.0.0:{}", relay_->port())).value(),
                                  .answers_questions = answers_questions}}}};
  }
  Measuring how() const {
    return {.resolve = [](const Endpoint& endpoint) -> std::optional<SocketAddress> {
              return SocketAddress{std::get<IpAddress>(endpoint.host()), endpoint.port()};
            },
            .ask_router = {},
            .tunnel = {},
            .stop = &stop_};
  }

  wg::PrivateKey own_ = wg::PrivateKey::generate();
  wg::PublicKey server_key_ = new_key();
  std::unique_ptr<relay::Relay> relay_;
  std::string capabilities_ = R"({"seen_at":true})";
  std::string seen_at_ = R"({"by_server":"198.51.100.9:5","by_relay":"198.51.100.9:6"})";
  LoopbackServer server_{
      [this](const Request& request) { return answer(200, request.target == "/v1/user/capabilities" ? capabilities_ : seen_at_); }};
  std::uint16_t closed_ = 1;
  Stop stop_ = *Stop::create();
};

TEST_F(Measure, AsksServerAndRelay) {
  const auto check = measure(network(), how());
  ASSERT_TRUE(check) << check.error().message();
  EXPECT_EQ(check->v4, kLoopback);
  EXPECT_EQ(check->server.name, "innernet-server");
  EXPECT_TRUE(check->server.round_trip);
  EXPECT_EQ(check->server.seen, parse_seen_at(seen_at_).value());
  ASSERT_EQ(check->relays.size(), 1U);
  EXPECT_EQ(check->relays[0].address, (SocketAddress{kLoopback, relay_->port()})) << "where the server is";
  ASSERT_TRUE(check->relays[0].answer);
  EXPECT_EQ(check->relays[0].answer->seen_at.ip, kLoopback);
  EXPECT_EQ(check->relays[0].answer->path_mtu, 1500U);
  EXPECT_EQ(check->hairpin, std::nullopt) << "there is no router";
  EXPECT_FALSE(check->router) << "nobody was asked";
  EXPECT_EQ(judge(*check).nat, Nat::kNone);
}

TEST_F(Measure, LeavesOlderRelaysAlone) {
  const auto check = measure(network(false), how());
  ASSERT_TRUE(check) << check.error().message();
  EXPECT_FALSE(check->relays[0].answer);
  EXPECT_TRUE(check->server.round_trip);
  EXPECT_EQ(relay_->snapshot()->counters.received, 0U);
}

TEST_F(Measure, AsksNobodyWhereNoRelayCanBe) {
  auto asked = network();
  asked.state.relays[0].id = PeerId{7};
  for (const char* const where : {"127.0.0.2", "10.66.1.9", "255.255.255.255", "224.0.0.1"}) {
    asked.state.relays[0].endpoint = Endpoint::parse(fmt::format("{}:{}", where, relay_->port())).value();
    const auto check = measure(asked, how());
    ASSERT_TRUE(check) << check.error().message();
    EXPECT_EQ(check->relays[0].address, std::nullopt) << where;
    EXPECT_FALSE(check->relays[0].answer) << where;
  }
  EXPECT_EQ(relay_->snapshot()->counters.received, 0U);
}

TEST_F(Measure, DoesWithoutAServerThatSaysMore) {
  capabilities_ = "{}";
  auto asked = network(false);
  asked.state.relays.clear();
  const auto check = measure(asked, how());
  ASSERT_TRUE(check) << check.error().message();
  EXPECT_TRUE(check->server.round_trip);
  EXPECT_EQ(check->server.seen, std::nullopt);
}

TEST_F(Measure, KnocksWhenNobodyAnswers) {
  auto asked = network(false);
  asked.config.server_internal_endpoint = {kLoopback, closed_};
  const auto check = measure(asked, how());
  ASSERT_TRUE(check) << check.error().message();
  EXPECT_FALSE(check->server.round_trip);
  EXPECT_THAT(check->server.silence, HasSubstr("refused"));
  EXPECT_TRUE(check->server.answers_tcp);
  EXPECT_TRUE(check->server.refuses_udp);
  EXPECT_FALSE(judge(*check).anybody_answers);
}

TEST_F(Measure, AsksTheRouterAndKnowsWhatTheDaemonSays) {
  auto asking = how();
  asking.ask_router = [](const Stop&) { return RouterOffer{.router = kLoopback, .protocols = {"PCP"}, .outside = {}}; };
  auto asked = network();
  asked.mapping.v4 = MappingStanding{.state = MappingState::kOff, .why = "so it is"};
  const auto check = measure(asked, asking);
  ASSERT_TRUE(check) << check.error().message();
  ASSERT_TRUE(check->router);
  EXPECT_EQ(check->router->router, kLoopback);
  EXPECT_EQ(check->router->protocols, std::vector<std::string_view>{"PCP"});
  EXPECT_EQ(check->mapping, asked.mapping.v4);
}

// It would answer after an hour.
RouterOffer slow_router(const Stop& stop, std::atomic<bool>& was_told) {
  pollfd told{.fd = stop.fd(), .events = POLLIN, .revents = 0};
  was_told = ::poll(&told, 1, 3'600'000) == 1;
  return {.router = kLoopback, .protocols = {}, .outside = {}};
}

TEST_F(Measure, HasEnoughOfARouterThatIsSlow) {
  std::atomic<bool> was_told = false;
  auto asking = how();
  asking.ask_router = [&](const Stop& stop) { return slow_router(stop, was_told); };
  const auto check = measure(network(), asking);
  ASSERT_TRUE(check) << check.error().message();
  EXPECT_TRUE(was_told);
  EXPECT_TRUE(check->router) << "what it has said until then counts";
  EXPECT_TRUE(check->server.round_trip);
}

TEST_F(Measure, DoesNotWaitForTheRouterWhenToldToStop) {
  std::atomic<bool> was_told = false;
  auto asking = how();
  asking.ask_router = [&](const Stop& stop) {
    stop_.request();
    return slow_router(stop, was_told);
  };
  EXPECT_FALSE(measure(network(), asking));
  EXPECT_TRUE(was_told);
}

TEST_F(Measure, EndsWhenToldToStop) {
  stop_.request();
  auto asked = network();
  asked.state.relays[0].public_key = new_key();
  const auto check = measure(asked, how());
  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().kind(), ErrorKind::kInterrupted);
}

TEST(Reach, KnowsTheSourceAddress) {
  EXPECT_EQ(source_towards({kLoopback, 9}), kLoopback);
  EXPECT_EQ(source_towards({IpAddress::parse("fe80::1").value(), 9}), std::nullopt);
}

}  // namespace
}  // namespace innernet::client

#include "nat_traversal.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>
#include <unordered_set>

#include "fake_machine.hpp"
#include "own_candidates.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::optional<SocketAddress> literal(const Endpoint& endpoint) {
  const auto* ip = std::get_if<IpAddress>(&endpoint.host());
  if (ip == nullptr) return std::nullopt;
  return SocketAddress{*ip, endpoint.port()};
}

TraversalPeer due(const wg::PublicKey& key, std::vector<std::string> candidates, std::optional<std::string> reported = "198.51.100.1:1") {
  TraversalPeer peer{.public_key = key, .reported = {}, .candidates = {}, .is_registered = true};
  if (reported) peer.reported = endpoint(*reported);
  for (const auto& candidate : candidates) peer.candidates.push_back(endpoint(candidate));
  return peer;
}

struct TraversalTest : ::testing::Test {
  FakeMachine fake;
  wg::PublicKey key = new_key();
  std::vector<std::string> tried;  // at which second, which endpoint
  std::unordered_set<wg::PublicKey> renewed;
  BootTime start = fake.wait.clock_.boot();
  Handshakes handshakes;
  std::set<SocketAddress> silent;  // relays that don't answer
  TryLock try_lock = always;

  TraversalTest() {
    static_cast<void>(fake.backend.create(evilcorp()));
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
      device.peers.push_back(
          {.public_key = key, .preshared_key = {}, .endpoint = address("198.51.100.1:1"), .allowed_ips = {}, .last_handshake = {}});
    });
    fake.backend.on_apply = [this] {
      bool is_removed = false;
      for (const auto& peer : fake.backend.updates.back().peers) {
        if (peer.remove) {
          renewed.insert(peer.public_key);
          is_removed = true;
          continue;
        }
        EXPECT_NE(peer.update_only, is_removed);
        tried.push_back(fmt::format("{} {}", std::chrono::floor<std::chrono::seconds>(fake.wait.clock_.boot() - start).count(),
                                    peer.endpoint->to_string()));
      }
    };
  }
  void connect() {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) { device.peers[0].last_handshake = fake.wait.clock_.wall(); });
  }
  static std::shared_ptr<const void> always() { return std::make_shared<const int>(); }
  void run(std::vector<TraversalPeer> peers, const std::vector<SocketAddress>& relays = {}) {
    if (!relays.empty())
      fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
        for (const SocketAddress& relay : relays) {
          device.peers.push_back({.public_key = new_key(), .endpoint = relay, .allowed_ips = {}});
          if (!silent.contains(relay)) device.peers.back().last_handshake = fake.wait.clock_.wall();
        }
      });
    ASSERT_TRUE(traverse(NatTraversal(std::move(peers), net("10.66.0.0/16"), relays, start), fake.backend, evilcorp(), fake.wait, start,
                         literal, handshakes, try_lock));
  }
};

TEST_F(TraversalTest, TriesCandidatesFromTheLastToTheFirstAndEndsWithTheReported) {
  run({due(key, {"192.0.2.1:1", "192.0.2.2:1"})});
  EXPECT_THAT(tried, ElementsAre("5 192.0.2.2:1", "10 192.0.2.1:1", "15 198.51.100.1:1"));
  EXPECT_EQ(fake.wait.clock_.boot() - start, 15s) << "the last one is not waited for";
}

TEST_F(TraversalTest, WhoWaitsForItIsToldWhyItTakesSoLong) {
  const auto said_to = [&](Audience audience) {
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(traverse(NatTraversal({due(key, {"192.0.2.1:1"})}, net("10.66.0.0/16"), {}, fake.wait.clock_.boot()), fake.backend,
                         evilcorp(), fake.wait, fake.wait.clock_.boot(), literal, {}, always, {}, audience));
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(said_to(Audience::kWaits), HasSubstr("trying where else a peer of evilcorp may be"));
  EXPECT_EQ(said_to(Audience::kLater), "");
  fake.wait.on_wait = [&] { connect(); };
  EXPECT_EQ(said_to(Audience::kWaits), "") << "it was there within a second";
}

TEST_F(TraversalTest, AHandshakeBeforeTheFirstStepTouchesNothing) {
  int polls = 0;
  fake.wait.on_wait = [&] {
    if (++polls == 3) connect();
  };
  run({due(key, {"192.0.2.1:1"})});
  EXPECT_THAT(tried, ElementsAre());
  EXPECT_LT(fake.wait.clock_.boot() - start, 1s) << "and the wait ends early";
}

TEST_F(TraversalTest, AnOldHandshakeIsNoneHoweverTheClockIsSet) {
  connect();
  handshakes.see(*fake.backend.get(evilcorp()), fake.wait.clock_.wall(), start);
  fake.wait.clock_.advance(1h);
  fake.wait.clock_.set_wall(fake.wait.clock_.wall() - 1h);
  start = fake.wait.clock_.boot();
  run({due(key, {"192.0.2.1:1"})});
  EXPECT_THAT(tried, ElementsAre("5 192.0.2.1:1", "10 198.51.100.1:1"));
}

TEST_F(TraversalTest, ACandidateThatWorksStays) {
  fake.wait.on_wait = [&] {
    if (fake.wait.clock_.boot() - start > 6s) connect();
  };
  run({due(key, {"192.0.2.1:1", "192.0.2.2:1"})});
  EXPECT_THAT(tried, ElementsAre("5 192.0.2.2:1"));
}

TEST_F(TraversalTest, APeerOrInterfaceThatHasGoneEndsIt) {
  run({due(new_key(), {"192.0.2.1:1"})});
  EXPECT_THAT(tried, ElementsAre());
  ASSERT_TRUE(fake.backend.remove(evilcorp()));
  run({due(key, {"192.0.2.1:1"})});
}

TEST_F(TraversalTest, AStopPutsTheReportedEndpointBack) {
  fake.wait.on_wait = [&] { fake.wait.is_stopped = fake.wait.clock_.boot() - start > 6s; };
  run({due(key, {"192.0.2.1:1", "192.0.2.2:1"})});
  EXPECT_THAT(tried, ElementsAre("5 192.0.2.2:1", "6 198.51.100.1:1"));
}

TEST_F(TraversalTest, ARelayComesBeforeCandidatesThatNothingSpeaksFor) {
  run({due(key, {"192.0.2.1:1"})}, {address("203.0.113.1:51821"), address("203.0.113.2:51821")});
  EXPECT_THAT(tried, ElementsAre("0 198.51.100.1:1", "1 203.0.113.1:51821", "13 203.0.113.2:51821", "25 192.0.2.1:1", "30 198.51.100.1:1"));
}

TEST_F(TraversalTest, WithoutCandidatesThereIsTheRelay) {
  run({due(key, {})}, {address("203.0.113.1:51821")});
  EXPECT_THAT(tried, ElementsAre("0 198.51.100.1:1", "1 203.0.113.1:51821", "13 198.51.100.1:1"));
}

TEST_F(TraversalTest, LikelyCandidatesComeFirstAndDoNotWaitForLong) {
  TraversalPeer peer = due(key, {"192.0.2.1:1", "192.168.1.7:1", "192.168.1.8:1"});
  peer.likely = {endpoint("192.168.1.7:1"), endpoint("192.168.1.8:1")};
  run({peer}, {address("203.0.113.1:51821")});
  EXPECT_THAT(tried, ElementsAre("0 198.51.100.1:1", "0 192.168.1.7:1", "1 192.168.1.8:1", "1 203.0.113.1:51821", "13 192.0.2.1:1",
                                 "18 198.51.100.1:1"));
}

TEST_F(TraversalTest, ARelayThatWorksStays) {
  fake.wait.on_wait = [&] {
    if (fake.wait.clock_.boot() - start > 1600ms) connect();  // by then the relay is tried
  };
  run({due(key, {"192.0.2.1:1"})}, {address("203.0.113.1:51821")});
  EXPECT_THAT(tried, ElementsAre("0 198.51.100.1:1", "1 203.0.113.1:51821"));
  EXPECT_EQ(fake.backend.get(evilcorp())->peers.at(0).endpoint, address("203.0.113.1:51821"));
}

TEST_F(TraversalTest, ARelayThatDoesNotAnswerHasItsTurnBehindTheCandidates) {
  silent = {address("203.0.113.1:51821")};
  run({due(key, {"192.0.2.1:1"})}, {address("203.0.113.1:51821")});
  EXPECT_THAT(tried, ElementsAre("0 198.51.100.1:1", "1 203.0.113.1:51821", "5 192.0.2.1:1", "10 198.51.100.1:1"))
      << "asked once more itself, at 1, but nobody is sent there";
  EXPECT_EQ(fake.backend.get(evilcorp())->peers.at(0).endpoint, address("198.51.100.1:1"));
}

TEST_F(TraversalTest, ARelayThatAnswersWhenItIsAskedAgainIsTakenAtOnce) {
  silent = {address("203.0.113.1:51821")};
  fake.wait.on_wait = [&] {
    if (fake.wait.clock_.boot() - start < 1700ms) return;
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
      for (auto& peer : device.peers)
        if (peer.allowed_ips.empty() && peer.public_key != key) peer.last_handshake = fake.wait.clock_.wall();
    });
  };
  run({due(key, {"192.0.2.1:1"})}, {address("203.0.113.1:51821")});
  EXPECT_THAT(tried, ElementsAre("0 198.51.100.1:1", "1 203.0.113.1:51821", "1 203.0.113.1:51821", "13 192.0.2.1:1", "18 198.51.100.1:1"));
}

TEST_F(TraversalTest, APeerThatIsNotKnownToBeRegisteredIsNotWaitedForForLong) {
  auto peer = due(key, {"192.0.2.1:1"});
  peer.is_registered = false;
  run({peer}, {address("203.0.113.1:51821")});
  EXPECT_THAT(tried, ElementsAre("0 198.51.100.1:1", "1 203.0.113.1:51821", "5 192.0.2.1:1", "10 198.51.100.1:1"));
}

// It may have just removed a peer, which a step would put back.
TEST_F(TraversalTest, NothingIsDoneWhileARoundIsAtTheDevice) {
  try_lock = [&]() -> std::shared_ptr<const void> { return fake.wait.clock_.boot() - start < 7s ? nullptr : always(); };
  run({due(key, {"192.0.2.1:1"})});
  EXPECT_THAT(tried, ElementsAre("7 192.0.2.1:1", "12 198.51.100.1:1"));
}

TEST_F(TraversalTest, NewsOfAPeerPutTheRelayOffNoFurther) {
  auto peer = due(key, {});
  peer.since = start - 10s;
  run({peer}, {address("203.0.113.1:51821")});
  EXPECT_THAT(tried, ElementsAre("0 198.51.100.1:1", "0 203.0.113.1:51821", "12 198.51.100.1:1"));
}

TEST_F(TraversalTest, OneSideWaitsForTheOther) {
  auto peer = due(key, {});
  peer.other_side_first = true;
  run({peer}, {address("203.0.113.1:51821")});
  EXPECT_THAT(tried, ElementsAre("0 198.51.100.1:1", "2 203.0.113.1:51821", "14 198.51.100.1:1"));
}

// WireGuard would not try before five seconds are over.
TEST_F(TraversalTest, APeerIsMadeAnewForARelayWithAllThatItHas) {
  fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
    device.peers[0].allowed_ips = {net("10.66.1.7/32")};
    device.peers[0].persistent_keepalive = 25;
  });
  run({due(key, {})}, {address("203.0.113.1:51821")});
  EXPECT_TRUE(renewed.contains(key));
  const auto device = fake.backend.get(evilcorp());
  ASSERT_EQ(device->peers.size(), 2U) << "with the relay";
  EXPECT_THAT(device->peers[0].allowed_ips, ElementsAre(net("10.66.1.7/32")));
  EXPECT_EQ(device->peers[0].persistent_keepalive, 25);
}

TEST(NatTraversal, LeavesOutWhatCanBeNoOutsideAddress) {
  EXPECT_TRUE(NatTraversal({due(new_key(), {"10.66.1.3:1", "0.0.0.0:1", "127.0.0.1:1", "192.0.2.1:0", "224.0.0.1:1", "255.255.255.255:1"})},
                           net("10.66.0.0/16"), {}, {})
                  .done());
  EXPECT_TRUE(NatTraversal({due(new_key(), {"198.51.100.1:1"})}, net("10.66.0.0/16"), {}, {}).done())
      << "the reported one alone is set already";
}

TEST(NatTraversal, ANameOfThisMachineIsNotTried) {
  NatTraversal traversal({due(new_key(), {"192.0.2.1:1", "rebound.example:53"})}, net("10.66.0.0/16"), {}, {});
  const auto update = traversal.step(
      wg::Device{.name = evilcorp()},
      [](const Endpoint& tried) {
        return std::holds_alternative<std::string>(tried.host()) ? std::optional(address("127.0.0.1:53")) : literal(tried);
      },
      BootTime(5s));
  EXPECT_EQ(update.peers.at(0).endpoint, address("192.0.2.1:1"));
}

TEST(NatTraversal, ManyPeersThatAreAwayAreNotSoughtAtARelay) {
  const std::vector<SocketAddress> relays{address("203.0.113.1:51821")};
  const auto left = [&](std::size_t away) {
    std::vector<TraversalPeer> peers(away, due(new_key(), {}));
    for (TraversalPeer& peer : peers) peer.is_registered = false;
    peers.push_back(due(new_key(), {}));
    return NatTraversal(std::move(peers), net("10.66.0.0/16"), relays, {}).left();
  };
  EXPECT_EQ(left(16), 17U);
  EXPECT_EQ(left(17), 1U) << "the one that is registered";
}

TEST(NatTraversal, TriesAtMostTen) {
  TraversalPeer peer = due(new_key(), {}, std::nullopt);
  for (int i = 1; i <= 50; ++i) peer.candidates.push_back(endpoint(fmt::format("192.0.2.{}:1", i)));
  NatTraversal traversal({peer}, net("10.66.0.0/16"), {}, {});
  int steps = 0;
  for (; !traversal.done(); ++steps)
    EXPECT_EQ(traversal.step(wg::Device{.name = evilcorp()}, literal, traversal.next_step()).peers.size(), 1U);
  EXPECT_EQ(steps, 10);
}

TEST(NatTraversal, ANameWithoutAnAddressCostsNoStep) {
  NatTraversal traversal({due(new_key(), {"192.0.2.1:1", "dead.example:1"})}, net("10.66.0.0/16"), {}, {});
  EXPECT_EQ(traversal.step(wg::Device{.name = evilcorp()}, literal, BootTime(5s)).peers.at(0).endpoint, address("192.0.2.1:1"));
}

TEST(TraversalHistory, TriesInVainLessAndLessOften) {
  TraversalHistory history;
  const std::vector<TraversalPeer> peers{due(new_key(), {"192.0.2.1:1"})};
  std::vector<int> minutes;
  for (int minute = 0; minute < 240; ++minute)
    if (!history.take(peers, BootTime(std::chrono::minutes(minute))).empty()) minutes.push_back(minute);
  EXPECT_THAT(minutes, ElementsAre(0, 1, 3, 7, 15, 31, 63, 123, 183));
}

TEST(TraversalHistory, AnInterruptedTryIsNone) {
  TraversalHistory history;
  const auto key = new_key();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(history.take({due(key, {})}, BootTime(std::chrono::seconds(i))).size(), 1U);
    history.give_back({key, new_key()});
  }
  EXPECT_EQ(history.take({due(key, {})}, BootTime(20s)).size(), 1U);
  EXPECT_EQ(history.take({due(key, {})}, BootTime(21s)).size(), 0U);
  EXPECT_EQ(history.take({due(key, {})}, BootTime(80s)).size(), 1U) << "a minute after the first that was none";
}

TEST(TraversalHistory, RemembersSinceWhenAPeerIsDueWhateverIsHeardOfIt) {
  TraversalHistory history;
  const auto key = new_key();
  EXPECT_EQ(history.take({due(key, {"192.0.2.1:1"})}, BootTime(10s)).at(0).since, BootTime(10s));
  EXPECT_EQ(history.take({due(key, {"192.0.2.2:1"})}, BootTime(11s)).at(0).since, BootTime(10s));
  history.take({}, BootTime(12s));
  EXPECT_EQ(history.take({due(key, {"192.0.2.2:1"})}, BootTime(13s)).at(0).since, BootTime(13s));
}

TEST(TraversalHistory, EndsATraversalForWhoIsNotInItOrMayBeSomewhereElse) {
  TraversalHistory history;
  const auto bob = new_key(), carol = new_key();
  const std::vector<TraversalPeer> peers{due(bob, {"192.0.2.1:1"})};
  EXPECT_TRUE(history.has_news(peers, {}, BootTime(0s)));
  history.take(peers, BootTime(0s));
  EXPECT_FALSE(history.has_news(peers, {bob}, BootTime(0s)));
  EXPECT_FALSE(history.has_news(peers, {bob}, BootTime(2min))) << "its list takes as long as it takes";
  EXPECT_TRUE(history.has_news(peers, {carol}, BootTime(2min))) << "its turn has come, and it is not in there";
  EXPECT_TRUE(history.has_news({due(bob, {"192.0.2.2:1"})}, {bob}, BootTime(0s)));
  EXPECT_TRUE(history.has_news({due(bob, {"192.0.2.1:1"}, "198.51.100.2:2")}, {bob}, BootTime(0s)));
  EXPECT_TRUE(history.has_news({due(carol, {"192.0.2.2:1"})}, {bob}, BootTime(0s)));
}

TEST(TraversalHistory, NewCandidatesAndLostConnectionsStartAgain) {
  TraversalHistory history;
  const auto key = new_key();
  const BootTime now{};
  EXPECT_EQ(history.take({due(key, {"192.0.2.1:1"})}, now).size(), 1U);
  EXPECT_EQ(history.take({due(key, {"192.0.2.1:1"})}, now).size(), 0U);
  EXPECT_EQ(history.take({due(key, {"192.0.2.2:1"})}, now).size(), 1U);
  EXPECT_EQ(history.take({}, now).size(), 0U);
  EXPECT_EQ(history.take({due(key, {"192.0.2.2:1"})}, now).size(), 1U);
}

TEST(OwnCandidates, AreExcludedBeforeTheyAreCutToTen) {
  std::vector<IpAddress> addresses;
  for (int i = 0; i < 8; ++i) addresses.push_back(ip(fmt::format("172.17.0.{}", i + 1)));
  for (int i = 0; i < 12; ++i) addresses.push_back(ip(fmt::format("192.0.2.{}", i + 1)));
  NatOptions options;
  options.exclude_candidates = {net("172.17.0.0/16")};
  const auto candidates = own_candidates(addresses, {}, 51820, options);
  EXPECT_EQ(candidates.size(), 10U);
  EXPECT_EQ(candidates.front().to_string(), "192.0.2.1:51820");
  options.no_candidates = true;
  EXPECT_TRUE(own_candidates(addresses, {}, 51820, options).empty());
}

TEST(OwnCandidates, HaveWhatIsMappedBehindTheAddressesOfThisMachine) {
  const std::vector<SocketAddress> mapped{*SocketAddress::parse("203.0.113.7:40001")};
  const auto texts = [](const std::vector<Endpoint>& candidates) {
    std::vector<std::string> out;
    for (const Endpoint& candidate : candidates) out.push_back(candidate.to_string());
    return out;
  };
  EXPECT_EQ(texts(own_candidates(std::vector{ip("192.168.2.3")}, mapped, 51820, {})),
            (std::vector<std::string>{"192.168.2.3:51820", "203.0.113.7:40001"}));
  std::vector<IpAddress> many;
  for (int i = 0; i < 12; ++i) many.push_back(ip(fmt::format("192.0.2.{}", i + 1)));
  const auto full = own_candidates(many, mapped, 51820, {});
  EXPECT_EQ(full.size(), 10U);
  EXPECT_EQ(full.back().to_string(), "203.0.113.7:40001");
  // A firewall that was opened for an address of this machine.
  const std::vector<SocketAddress> pinhole{*SocketAddress::parse("[2003::5]:51820")};
  EXPECT_EQ(own_candidates(std::vector{ip("2003::5")}, pinhole, 51820, {}).size(), 1U);
  NatOptions options;
  options.exclude_candidates = {net("203.0.113.0/24")};
  EXPECT_TRUE(own_candidates({}, mapped, 51820, options).empty());
  EXPECT_TRUE(own_candidates({}, mapped, 0, {}).empty());
}

TEST(OwnCandidates, AreReportedOnlyWhenTheyDiffer) {
  const Endpoint a = endpoint("192.0.2.1:7"), b = endpoint("192.0.2.2:7"), seen = endpoint("203.0.113.9:4444");
  Peer own = peer(2, "me", "10.66.1.2", new_key());
  const auto with = [&](std::vector<Endpoint> candidates) {
    own.candidates = std::move(candidates);
    return &own;
  };
  EXPECT_FALSE(must_report({a, b}, with({a, b}), 7));
  EXPECT_FALSE(must_report({a, b}, with({b, a}), 7));
  EXPECT_FALSE(must_report({a, b}, with({a, b, seen}), 7)) << "the server appended it";
  EXPECT_FALSE(must_report({}, with({seen}), 7));
  EXPECT_TRUE(must_report({a}, with({a, b}), 7)) << "an address that this machine has lost";
  EXPECT_TRUE(must_report({a, b}, with({}), 7)) << "lost";
  EXPECT_TRUE(must_report({a, b}, with({seen, a, b}), 7));
  EXPECT_TRUE(must_report({a}, nullptr, 7));
  const Endpoint mapped = endpoint("203.0.113.9:40001");
  EXPECT_FALSE(must_report({a}, with({a, mapped}), 7)) << "a seen address, for all that we know";
  EXPECT_TRUE(must_report({a}, with({a, mapped}), 7, std::vector{a, mapped})) << "a mapping that has ended";
}

}  // namespace
}  // namespace innernet::client

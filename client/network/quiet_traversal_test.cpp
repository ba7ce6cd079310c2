// How much is sent to addresses of which nobody knows whether a peer is there.
#include <gmock/gmock.h>

#include "nat_traversal.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;

const BootTime kStart{1h};

TEST(ProbeBudget, IsAtMost160InAMinute) {
  ProbeBudget budget;
  const auto all_at = [&](BootTime now) {
    int taken = 0;
    while (budget.take(new_key(), now)) ++taken;
    return taken;
  };
  EXPECT_EQ(all_at(kStart), 80);
  EXPECT_EQ(all_at(kStart + 6s), 8);
  EXPECT_EQ(all_at(kStart), 0) << "a clock that went back gives nothing";
  EXPECT_EQ(all_at(kStart + 1min), 72);
  EXPECT_EQ(all_at(kStart + 1h), 80);
}

TEST(ProbeBudget, IsAtMost16InAMinuteForOnePeer) {
  ProbeBudget budget;
  const auto bob = new_key();
  int taken = 0;
  for (auto now = kStart; now < kStart + 1min; now += 1s) taken += budget.take(bob, now) ? 1 : 0;
  EXPECT_GE(taken, 15);
  EXPECT_LE(taken, 16);
  EXPECT_TRUE(budget.take(new_key(), kStart + 1min)) << "others have theirs";
  EXPECT_TRUE(budget.take(bob, kStart + 2min, 4));
  EXPECT_FALSE(budget.take(bob, kStart + 2min, 4)) << "all of them or none";
  EXPECT_TRUE(budget.take(bob, kStart + 2min, 2));
}

struct CrowdTest : ::testing::Test {
  static constexpr int kPeers = 300;
  ProbeBudget budget;
  wg::Device device{.name = evilcorp(), .private_key = {}, .public_key = {}, .listen_port = 0, .peers = {}};
  std::vector<TraversalPeer> due;
  std::map<BootTime, int> probes;  // when, how many
  int relayed = 0;
  const SocketAddress relay = address("198.51.100.1:51821");

  CrowdTest() {
    device.peers.push_back({.public_key = new_key(), .endpoint = relay, .allowed_ips = {}, .last_handshake = WallTime(1h)});
    for (int i = 0; i < kPeers; ++i) {
      const auto key = new_key();
      device.peers.push_back({.public_key = key, .endpoint = address("192.0.2.1:1"), .allowed_ips = {net("10.66.1.3/32")}});
      due.push_back({.public_key = key,
                     .reported = endpoint("192.0.2.1:1"),
                     .candidates = {endpoint("192.0.2.2:2"), endpoint("192.0.2.3:3")},
                     .is_registered = true,
                     .likely = {endpoint("192.0.2.4:4")}});
    }
  }
  void run(std::vector<SocketAddress> relays) {
    const Resolved literal = [](const Endpoint& at) { return SocketAddress{std::get<IpAddress>(at.host()), at.port()}; };
    NatTraversal traversal(due, net("10.66.0.0/16"), relays, kStart, {}, &budget);
    while (!traversal.done()) {
      const BootTime now = traversal.next_step();
      for (const auto& update : traversal.step(device, literal, now).peers) {
        if (update.remove) continue;
        if (update.endpoint == relay)
          ++relayed;
        else
          ++probes[now];
      }
    }
  }
  // In any minute.
  int most() const {
    int most = 0;
    for (const auto& [begin, count] : probes) {
      int sum = 0;
      for (const auto& [at, number] : probes)
        if (at >= begin && at < begin + 1min) sum += number;
      most = std::max(most, sum);
    }
    return most;
  }
};

TEST_F(CrowdTest, TakesItsTime) {
  run({});
  EXPECT_LE(most(), 160);
  int all = 0;
  for (const auto& [at, number] : probes) all += number;
  EXPECT_GE(all, 3 * kPeers) << "two candidates and the reported endpoint each";
}

TEST_F(CrowdTest, NobodyWaitsForItsRelay) {
  run({relay});
  EXPECT_EQ(relayed, kPeers);
  EXPECT_LE(most(), 160);
}

}  // namespace
}  // namespace innernet::client

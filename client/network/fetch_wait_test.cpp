#include "fetch_wait.hpp"

#include <gmock/gmock.h>

#include <atomic>

#include "fetch_test.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Unreached, AreThoseWhoMayBeReachedAndHaveNoSession) {
  const WallTime now{1'795'363'000s};
  const auto reached = new_key(), silent = new_key(), lost = new_key(), elsewhere = new_key(), nowhere = new_key(), disabled = new_key(),
             not_there = new_key();
  std::vector<Peer> peers;
  wg::Device device{.name = evilcorp(), .peers = {}};
  const auto add = [&](const wg::PublicKey& key, std::optional<SocketAddress> at, std::optional<WallTime> handshake) -> Peer& {
    device.peers.push_back({.public_key = key, .endpoint = at, .last_handshake = handshake});
    return peers.emplace_back(peer(std::ssize(peers) + 1, "bob", "10.66.1.3", key));
  };
  add(reached, address("192.0.2.3:7"), now - 180s);
  add(silent, address("192.0.2.4:7"), std::nullopt);
  add(lost, address("192.0.2.5:7"), now - 181s);
  add(elsewhere, std::nullopt, std::nullopt).candidates = {endpoint("192.0.2.6:7")};
  add(nowhere, std::nullopt, std::nullopt);
  add(disabled, address("192.0.2.7:7"), std::nullopt).is_disabled = true;
  peers.push_back(peer(9, "me", "10.66.1.2", not_there));
  device.peers.push_back({.public_key = new_key(), .endpoint = address("192.0.2.1:51821")});  // a relay
  EXPECT_THAT(unreached(peers, device, now), ElementsAre(silent, lost, elsewhere));
}

/// The server answers; bob does not, until a test says so.
struct FetchWaitTest : FetchTest {
  BootTime began{};

  FetchWaitTest() {
    state.peers[2].candidates = {endpoint("192.0.2.33:7")};
    fake.wait.on_wait = [this] { shake_hands(0); };
  }
  wg::PublicKey bob() const { return state.peers[2].public_key; }
  std::chrono::nanoseconds elapsed() const { return fake.wait.clock_.boot() - began; }
  void shake_hands(std::size_t peer) {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) { device.peers.at(peer).last_handshake = fake.wait.clock_.wall(); });
  }
  void up() {
    options.nat.no_traversal = true;
    ASSERT_TRUE(round());
    options.nat.no_traversal = false;
    shake_hands(0);
    began = fake.wait.clock_.boot();
  }
  Result<std::vector<wg::PublicKey>> wait(std::chrono::seconds patience = 30s) {
    Machine machine = fake.machine();
    return fetch_and_wait_on(options, evilcorp(), machine, patience);
  }
};

TEST_F(FetchWaitTest, EndsWhenTheLastOneIsReached) {
  up();
  fake.wait.on_wait = [this] {
    if (elapsed() >= 3s) shake_hands(1);
  };
  const auto unreached = wait();
  ASSERT_TRUE(unreached) << unreached.error().message();
  EXPECT_THAT(*unreached, IsEmpty());
  EXPECT_GE(elapsed(), 3s);
  EXPECT_LT(elapsed(), 4s);
}

TEST_F(FetchWaitTest, WhereAllAreReachedNothingIsWaitedFor) {
  up();
  shake_hands(1);
  EXPECT_THAT(wait().value(), IsEmpty());
  EXPECT_EQ(elapsed(), 0s);
}

TEST_F(FetchWaitTest, HasAnEndAndTriesOtherWaysMeanwhile) {
  up();
  bool was_tried = false;
  fake.wait.on_wait = [&] {
    shake_hands(0);
    was_tried = was_tried || device().peers.at(1).endpoint == address("192.0.2.33:7");
  };
  EXPECT_THAT(wait(20s).value(), ElementsAre(bob()));
  EXPECT_EQ(elapsed(), 20s);
  EXPECT_TRUE(was_tried);
}

TEST_F(FetchWaitTest, APatienceThatIsShorterThanTheWaysIsKept) {
  up();
  EXPECT_THAT(wait(2s).value(), ElementsAre(bob()));
  EXPECT_EQ(elapsed(), 2s);
  EXPECT_EQ(device().peers.at(1).endpoint, address("192.0.2.3:7")) << "where the server sees him stays";
}

TEST_F(FetchWaitTest, APeerThatHasMovedMeanwhileIsFoundByWhatTheServerSaysThen) {
  up();
  fake.wait.on_wait = [this] {
    shake_hands(0);
    const std::lock_guard lock(mutex);
    if (elapsed() >= 12s) state.peers[2].endpoint = endpoint("192.0.2.99:7");
    if (device().peers.at(1).endpoint == address("192.0.2.99:7")) shake_hands(1);
  };
  EXPECT_THAT(wait(60s).value(), IsEmpty());
  EXPECT_GE(elapsed(), 12s);
  EXPECT_LT(elapsed(), 30s);
}

TEST_F(FetchWaitTest, BesideADaemonThatLooksForWaysItOnlyWatches) {
  up();
  const auto daemons = FileLock::acquire_while_locked(traversal_file(options.folders, evilcorp()), 0ms);
  ASSERT_TRUE(daemons);
  const SocketAddress tried = address("192.0.2.77:7");
  fake.backend.change_device(evilcorp(), [&](wg::Device& device) { device.peers.at(1).endpoint = tried; });
  const auto sets = fake.backend.updates.size();
  fake.wait.on_wait = [this] {
    shake_hands(0);
    if (elapsed() >= 8s) shake_hands(1);
  };
  EXPECT_THAT(wait().value(), IsEmpty());
  EXPECT_LT(elapsed(), 9s);
  EXPECT_EQ(device().peers.at(1).endpoint, tried);
  EXPECT_EQ(fake.backend.updates.size(), sets);
}

TEST_F(FetchWaitTest, AServerThatIsAwayIsAskedOnce) {
  up();
  std::atomic<int> asked = 0;  // by the server's thread
  {
    const std::lock_guard lock(mutex);
    special = [&](const Request&) {
      ++asked;
      return Reply{.bytes = "", .then = Reply::Then::kClose};
    };
  }
  EXPECT_THAT(wait().value(), ElementsAre(bob()));
  EXPECT_EQ(elapsed(), 30s);
  const int in_one_round = asked.exchange(0);
  ASSERT_TRUE(round(Caller::kFetch));
  EXPECT_EQ(in_one_round, asked);
}

TEST_F(FetchWaitTest, ASignalEndsIt) {
  up();
  fake.wait.on_wait = [this] { fake.wait.is_stopped = elapsed() >= 1s; };
  const auto unreached = wait();
  ASSERT_FALSE(unreached);
  EXPECT_EQ(unreached.error().kind(), ErrorKind::kInterrupted);
  EXPECT_LT(elapsed(), 2s);
}

}  // namespace
}  // namespace innernet::client

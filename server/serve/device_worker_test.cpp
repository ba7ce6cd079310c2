#include "device_worker.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <latch>
#include <mutex>

#include "fake_backend.hpp"

namespace innernet::server {
namespace {

using testing::FakeBackend;

wg::PublicKey key(std::uint32_t n) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  bytes[31] = 1;
  return wg::PublicKey::from_bytes(bytes);
}

wg::PeerUpdate peer(std::uint32_t n) {
  wg::PeerUpdate update;
  update.public_key = key(n);
  update.persistent_keepalive = std::uint16_t{25};
  update.allowed_ips = {IpNet::host(*IpAddress::parse("10.0.0.0")->plus(n))};
  return update;
}

std::vector<wg::PeerUpdate> peers(std::uint32_t count) {
  std::vector<wg::PeerUpdate> out;
  for (std::uint32_t n = 1; n <= count; ++n) out.push_back(peer(n));
  return out;
}

/// The loop's part: runs what the worker posts, on the test's thread.
class Posts {
 public:
  DeviceWorker::Post post() {
    return [this](std::function<void()> task) {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
      arrived_.notify_one();
    };
  }
  void run_until(const std::function<bool()>& done) {
    while (!done()) {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return !tasks_.empty(); });
      const auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> tasks_;
};

class DeviceWorkerTest : public ::testing::Test {
 protected:
  DeviceWorkerTest() { (void)backend_.create(name_); }

  auto tell(std::string what) {
    return [this, what](const auto& outcome) { told_.push_back(what + (outcome ? "" : " failed")); };
  }
  void run_until_told(std::size_t count) {
    posts_.run_until([this, count] { return told_.size() >= count; });
  }

  DeviceWorker::Look look_of(DeviceWorker& worker) {
    std::optional<DeviceWorker::Look> look;
    worker.look([&look](const Result<DeviceWorker::Look>& reported) { look = *reported; });
    posts_.run_until([&look] { return look.has_value(); });
    return *look;
  }
  void must_apply(const wg::DeviceUpdate& update) { ASSERT_TRUE(backend_.apply(name_, update)); }

  const InterfaceName name_ = *InterfaceName::parse("evilcorp");
  FakeBackend backend_;
  Posts posts_;
  std::vector<std::string> told_;
};

TEST_F(DeviceWorkerTest, SynchronizesInSlicesAndTellsAfterTheFirst) {
  DeviceWorker worker(backend_, name_, posts_.post());
  worker.synchronize(peers(600), tell("first"), tell("all"));
  run_until_told(2);
  EXPECT_EQ(told_, (std::vector<std::string>{"first", "all"}));
  std::vector<std::size_t> sizes;
  for (const auto& update : backend_.updates()) {
    EXPECT_FALSE(update.replace_peers) << "sessions must survive a restart";
    sizes.push_back(update.peers.size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{256, 256, 88}));
}

TEST_F(DeviceWorkerTest, SendsNothingWhenTheDeviceIsInLine) {
  DeviceWorker worker(backend_, name_, posts_.post());
  worker.synchronize(peers(3), nullptr, tell("all"));
  worker.synchronize(peers(3), tell("first again"), tell("all again"));
  run_until_told(3);
  EXPECT_EQ(backend_.updates().size(), 1U);
}

// Ten thousand peers take seconds; who redeems or is cut off meanwhile must not wait for them, nor be undone by them.
TEST_F(DeviceWorkerTest, LetsANewerChangeOvertakeASynchronizationForGood) {
  std::latch first_slice(1);
  std::latch change_given(1);
  backend_.before_apply = [&, n = 0](const wg::DeviceUpdate&) mutable {
    if (++n != 1) return;
    first_slice.count_down();
    change_given.wait();
  };
  DeviceWorker worker(backend_, name_, posts_.post());
  worker.synchronize(peers(600), nullptr, tell("all"));
  first_slice.wait();
  wg::PeerUpdate disabled;
  disabled.public_key = key(599);
  disabled.remove = true;
  worker.apply({disabled}, tell("change"));
  change_given.count_down();
  run_until_told(2);
  EXPECT_EQ(told_, (std::vector<std::string>{"change", "all"}));
  EXPECT_FALSE(backend_.peer(name_, key(599))) << "the synchronization was older";
  EXPECT_TRUE(backend_.peer(name_, key(600)));
}

TEST_F(DeviceWorkerTest, ChangesAKeyInOneUpdateAndLeavesTheFirstPacketToThePeer) {
  DeviceWorker worker(backend_, name_, posts_.post());
  worker.synchronize({peer(1)}, nullptr, tell("all"));
  run_until_told(1);
  backend_.see(name_, key(1), *SocketAddress::parse("198.51.100.7:4242"));
  wg::PeerUpdate redeemed = peer(1);
  redeemed.public_key = key(2);
  worker.change_key(key(1), redeemed, tell("changed"));
  run_until_told(2);
  ASSERT_EQ(backend_.updates().size(), 2U);
  EXPECT_FALSE(backend_.peer(name_, key(1)));
  const auto changed = backend_.peer(name_, key(2));
  ASSERT_TRUE(changed);
  EXPECT_FALSE(changed->endpoint) << "WireGuard would begin a handshake that crosses the peer's own";
  EXPECT_EQ(changed->allowed_ips, peer(1).allowed_ips);
  EXPECT_EQ(changed->persistent_keepalive, 25);
}

TEST_F(DeviceWorkerTest, RemovesTheOldKeyOfAPeerThatWasDisabledMeanwhile) {
  DeviceWorker worker(backend_, name_, posts_.post());
  worker.synchronize({peer(1)}, nullptr, nullptr);
  worker.change_key(key(1), std::nullopt, tell("changed"));
  run_until_told(1);
  EXPECT_FALSE(backend_.peer(name_, key(1)));
}

TEST_F(DeviceWorkerTest, TellsWhatTheDeviceRefused) {
  backend_.set_failing(true);
  DeviceWorker worker(backend_, name_, posts_.post());
  worker.synchronize(peers(300), tell("first"), tell("all"));
  worker.apply({peer(1)}, tell("change"));
  run_until_told(3);
  EXPECT_EQ(told_, (std::vector<std::string>{"first failed", "all failed", "change failed"}));
}

// wireguard-go takes 65,536, and drops all of an update that has one more.
TEST_F(DeviceWorkerTest, LeavesOutThoseForWhomTheDeviceHasNoRoom) {
  backend_.most = 3;
  DeviceWorker worker(backend_, name_, posts_.post());
  std::optional<DeviceWorker::Synchronization> synchronized;
  const auto synchronize = [&](std::uint32_t count) {
    synchronized.reset();
    worker.synchronize(peers(count), nullptr, [&](const Result<DeviceWorker::Synchronization>& outcome) { synchronized = *outcome; });
    posts_.run_until([&] { return synchronized.has_value(); });
  };
  synchronize(5);
  EXPECT_EQ(synchronized->left_out, 2U);
  EXPECT_EQ(backend_.get_quietly(name_)->peers.size(), 3U);
  EXPECT_TRUE(look_of(worker).has_expected_peers);
  worker.apply({peer(4)}, tell("one too many"));
  worker.apply({{.public_key = key(1), .remove = true}, peer(5)}, tell("one for another"));
  run_until_told(2);
  EXPECT_EQ(told_, (std::vector<std::string>{"one too many failed", "one for another"}));
  EXPECT_TRUE(backend_.peer(name_, key(5)));
  synchronize(3);
  EXPECT_EQ(synchronized->left_out, 0U);
}

TEST_F(DeviceWorkerTest, FinishesItsJobsBeforeItGoes) {
  {
    DeviceWorker worker(backend_, name_, posts_.post());
    for (std::uint32_t n = 1; n <= 50; ++n) worker.apply({peer(n)}, nullptr);
  }
  EXPECT_EQ(backend_.updates().size(), 50U);
}

TEST_F(DeviceWorkerTest, ReportsOnlyPeersThatWereSeen) {
  DeviceWorker worker(backend_, name_, posts_.post());
  worker.synchronize(peers(2), nullptr, tell("all"));
  run_until_told(1);
  backend_.see(name_, key(2), *SocketAddress::parse("[2001:db8::7]:9"));
  const auto look = look_of(worker);
  EXPECT_EQ(look.endpoints, (decltype(look.endpoints){{key(2), *SocketAddress::parse("[2001:db8::7]:9")}}));
}

TEST_F(DeviceWorkerTest, SeesWhatSomebodyElseHasDoneToTheDevice) {
  DeviceWorker worker(backend_, name_, posts_.post());
  std::size_t corrected = 0;
  const auto synchronize = [&] {
    worker.synchronize(peers(3), nullptr, [&](const Result<DeviceWorker::Synchronization>& synchronized) {
      corrected = synchronized->corrected;
      told_.emplace_back("all");
    });
    run_until_told(told_.size() + 1);
  };
  synchronize();
  EXPECT_EQ(corrected, 3U);
  const auto private_key = wg::PrivateKey::generate();
  must_apply({.private_key = private_key, .listen_port = std::uint16_t{51820}});
  auto look = look_of(worker);
  EXPECT_EQ(look.public_key, private_key.public_key());
  EXPECT_EQ(look.listen_port, 51820);
  EXPECT_TRUE(look.has_expected_peers);

  wg::PeerUpdate redeemed = peer(3);
  redeemed.public_key = key(4);
  worker.change_key(key(3), redeemed, nullptr);
  worker.apply({{.public_key = key(1), .remove = true}, peer(5)}, nullptr);
  EXPECT_TRUE(look_of(worker).has_expected_peers) << "that was ours";

  must_apply({.peers = {{.public_key = key(2), .remove = true}}});
  EXPECT_FALSE(look_of(worker).has_expected_peers);
  synchronize();
  EXPECT_TRUE(look_of(worker).has_expected_peers);
  EXPECT_EQ(corrected, 5U);

  backend_.set_failing(true);
  worker.apply({peer(6)}, tell("change"));
  EXPECT_TRUE(look_of(worker).has_expected_peers) << "whose doing it is nobody knows now";
}

TEST_F(DeviceWorkerTest, TellsWhereTheDeviceHasSeenThoseThatItHad) {
  DeviceWorker worker(backend_, name_, posts_.post());
  worker.synchronize(peers(2), nullptr, tell("all"));
  run_until_told(1);
  const auto seen = *SocketAddress::parse("198.51.100.7:4242");
  backend_.see(name_, key(2), seen);
  for (const std::uint32_t count : {2U, 3U}) {  // with nothing to do, and with something
    std::optional<DeviceWorker::Endpoints> endpoints;
    worker.synchronize(peers(count), [&endpoints](const Result<DeviceWorker::Endpoints>& had) { endpoints = *had; }, nullptr);
    posts_.run_until([&endpoints] { return endpoints.has_value(); });
    EXPECT_EQ(*endpoints, (DeviceWorker::Endpoints{{key(2), seen}})) << count;
  }
}

// An override of a peer that has come since the last look.
TEST_F(DeviceWorkerTest, LeavesAnEndpointAloneThatWorks) {
  DeviceWorker worker(backend_, name_, posts_.post());
  worker.synchronize(peers(2), nullptr, tell("all"));
  run_until_told(1);
  const auto seen = *SocketAddress::parse("198.51.100.7:4242");
  const auto given = *SocketAddress::parse("192.0.2.9:1");
  backend_.see(name_, key(1), seen);
  std::vector<wg::PeerUpdate> overrides;
  for (const std::uint32_t n : {1U, 2U}) {
    wg::PeerUpdate update;
    update.public_key = key(n);
    update.update_only = true;
    update.endpoint = given;
    overrides.push_back(update);
  }
  worker.apply(overrides, tell("overrides"));
  run_until_told(2);
  EXPECT_EQ(backend_.peer(name_, key(1))->endpoint, seen);
  EXPECT_EQ(backend_.peer(name_, key(2))->endpoint, given);
}

// Each request to a WireGuard that hangs takes half a minute, and systemd has patience for a minute and a half in all.
TEST_F(DeviceWorkerTest, BeginsNothingMoreWhenItsTimeToEndIsUp) {
  std::latch hangs(1);
  std::latch is_late(1);
  backend_.before_apply = [&](const wg::DeviceUpdate&) {
    hangs.count_down();
    is_late.wait();
  };
  {
    DeviceWorker worker(backend_, name_, posts_.post());
    worker.apply(peers(600), nullptr);
    worker.apply({peer(601)}, nullptr);
    hangs.wait();
    worker.leave_after(std::chrono::milliseconds(0));
    is_late.count_down();
  }
  ASSERT_EQ(backend_.updates().size(), 1U);
  EXPECT_EQ(backend_.updates().front().peers.size(), DeviceWorker::kSlice);
}

}  // namespace
}  // namespace innernet::server

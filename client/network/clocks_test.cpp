#include <gmock/gmock.h>

#include <algorithm>

#include "fetch_test.hpp"
#include "round_schedule.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kInterval{60};

// A daemon whose machine sleeps, or whose wall clock is set: one round later it is where it would be if that had not happened.
//
// Bob has moved since the server saw him, and WireGuard knows where to: an endpoint that works. Once his session is dead, the one that the
// server says is tried, and his candidates.
struct ClocksTest : FetchTest {
  static constexpr std::chrono::seconds kRekey{120};  // of a session that is in use
  const SocketAddress where_bob_is = address("198.51.100.9:9");
  const SocketAddress where_the_server_saw_bob = address("192.0.2.3:7");
  FetchMemory memory;
  BootTime next_round{};

  ClocksTest() {
    state.peers[2].candidates = {endpoint("192.0.2.33:7")};
    state.peers[0].candidates = {};
  }

  innernet::testing::FakeClock& clock() { return fake.wait.clock_; }

  void start() {
    ASSERT_TRUE(round(memory, Caller::kDaemon));
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
      for (wg::Peer& peer : device.peers) peer.last_handshake = clock().wall();
      device.peers[1].endpoint = where_bob_is;
    });
    one_round();
  }
  void one_round() {
    RoundSchedule schedule(kInterval);
    const BootTime began = clock().boot();
    const auto result = round(memory, Caller::kDaemon);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_TRUE(result->server_answered);
    bob_is_looked_for =
        std::ranges::any_of(result->due, [&](const TraversalPeer& due) { return due.public_key == state.peers[2].public_key; });
    next_round = schedule.after(Waited::kInVain, began, clock().boot(), 0.0);
  }
  bool bob_is_looked_for = false;

  /// Awake, with traffic to all or to the server alone, and a round whenever one is due.
  void pass(std::chrono::seconds time, bool bob_answers) {
    for (const BootTime end = clock().boot() + time; clock().boot() < end;) {
      clock().advance(5s);
      const bool rekeys = (since_handshake += 5s) >= kRekey;
      if (rekeys) since_handshake = 0s;
      fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
        for (wg::Peer& peer : device.peers) {
          if (!bob_answers && peer.public_key == state.peers[2].public_key) continue;
          peer.received_bytes += 32;
          if (rekeys) peer.last_handshake = clock().wall();
        }
      });
      if (clock().boot() >= next_round) one_round();
    }
  }
  std::chrono::seconds since_handshake{0};

  void handshake_with_all() {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
      for (wg::Peer& peer : device.peers) peer.last_handshake = clock().wall();
    });
  }
  void sleep(std::chrono::seconds time) { clock().advance(time); }
  void set_clock(std::chrono::seconds by) { clock().set_wall(clock().wall() + by); }
  void set_clock_to(std::chrono::seconds since_1970) { clock().set_wall(WallTime(since_1970)); }
  std::optional<SocketAddress> bob_is_at() { return device().peers.at(1).endpoint; }
};

constexpr std::chrono::seconds kHour{3600};
constexpr std::chrono::seconds kYear{365 * 24 * kHour};

TEST_F(ClocksTest, ALiveTunnelIsLeftAloneAndADeadOneMendedWithinARound) {
  struct Case {
    const char* what;
    std::function<void(ClocksTest&)> happens;
    bool lives;
  };
  const Case cases[] = {
      {"ten quiet minutes", [](ClocksTest& t) { t.pass(600s, true); }, true},
      {"bob falls silent", [](ClocksTest& t) { t.pass(600s, false); }, false},
      {"a nap", [](ClocksTest& t) { t.sleep(60s); }, true},
      {"a night's sleep", [](ClocksTest& t) { t.sleep(8 * kHour); }, false},
      {"a month's sleep", [](ClocksTest& t) { t.sleep(30 * 24 * kHour); }, false},
      {"a night's sleep, and WireGuard was faster",
       [](ClocksTest& t) {
         t.sleep(8 * kHour);
         t.handshake_with_all();
       },
       true},
      {"the clock goes forward by an hour", [](ClocksTest& t) { t.set_clock(kHour); }, true},
      {"the clock goes back by an hour", [](ClocksTest& t) { t.set_clock(-kHour); }, true},
      {"the clock goes forward by decades", [](ClocksTest& t) { t.set_clock(30 * kYear); }, true},
      {"the clock goes back to 1970", [](ClocksTest& t) { t.set_clock_to(10s); }, true},
      {"the clock goes forward just after a handshake",
       [](ClocksTest& t) {
         t.pass(30s, true);
         t.handshake_with_all();
         t.set_clock(kHour);
       },
       true},
      {"the clock goes back just after a handshake",
       [](ClocksTest& t) {
         t.pass(30s, true);
         t.handshake_with_all();
         t.set_clock(-kHour);
       },
       true},
      {"the clock goes back to 1970, and bob falls silent",
       [](ClocksTest& t) {
         t.set_clock_to(10s);
         t.pass(300s, false);
       },
       false},
      {"the clock goes forward, and bob falls silent",
       [](ClocksTest& t) {
         t.set_clock(kHour);
         t.pass(300s, false);
       },
       false},
      {"the clock goes back and forth",
       [](ClocksTest& t) {
         for (const auto by : {kHour, -2 * kHour, 5 * kYear, -kYear}) {
           t.set_clock(by);
           t.pass(180s, true);
         }
       },
       true},
      {"a night's sleep, and the clock forgets it",
       [](ClocksTest& t) {
         t.sleep(8 * kHour);
         t.set_clock(-8 * kHour);
       },
       false},
      {"a night's sleep, the clock forgets it, and WireGuard was faster",
       [](ClocksTest& t) {
         t.sleep(8 * kHour);
         t.set_clock(-8 * kHour + 1s);
         t.handshake_with_all();
       },
       true},
      {"a night's sleep, and the clock wakes up in 1970",
       [](ClocksTest& t) {
         t.sleep(8 * kHour);
         t.set_clock_to(10s);
       },
       false},
      {"a night's sleep, and the clock wakes up in the future",
       [](ClocksTest& t) {
         t.sleep(8 * kHour);
         t.set_clock(10 * kYear);
       },
       false},
  };
  for (const Case& c : cases) {
    for (const bool boots_in_1970 : {false, true}) {
      SCOPED_TRACE(std::string(c.what) + (boots_in_1970 ? ", after a boot in 1970" : ""));
      static_cast<void>(fake.backend.remove(evilcorp()));
      memory = {};
      since_handshake = 0s;
      if (boots_in_1970) set_clock_to(5s);
      ::testing::internal::CaptureStderr();
      start();
      if (boots_in_1970) {
        set_clock_to(1'795'363'000s);
        one_round();
        EXPECT_EQ(bob_is_at(), where_bob_is) << "when the clock is set at last";
      }
      c.happens(*this);
      one_round();
      ::testing::internal::GetCapturedStderr();
      EXPECT_EQ(bob_is_at(), c.lives ? where_bob_is : where_the_server_saw_bob);
      EXPECT_EQ(bob_is_looked_for, !c.lives);
      EXPECT_GE(next_round, clock().boot());
      EXPECT_LE(next_round, clock().boot() + kInterval) << "however far a clock has gone";
      if (c.lives) continue;
      // He answers where he is now, whatever the clock says by then.
      set_clock(-kYear);
      fake.backend.change_device(evilcorp(), [&](wg::Device& device) { device.peers.at(1).endpoint = where_bob_is; });
      handshake_with_all();
      ::testing::internal::CaptureStderr();
      one_round();
      ::testing::internal::GetCapturedStderr();
      EXPECT_EQ(bob_is_at(), where_bob_is) << "back";
      EXPECT_FALSE(bob_is_looked_for);
    }
  }
}

// Whatever was put off until later is due when the machine has slept for longer.
TEST_F(ClocksTest, NothingIsPutOffByTheTimeThatTheMachineSleeps) {
  TraversalHistory history;
  const std::vector<TraversalPeer> due{{.public_key = new_key(), .reported = {}, .candidates = {endpoint("192.0.2.33:7")}}};
  while (!history.take(due, clock().boot()).empty()) {
  }
  RoundSchedule schedule(kInterval);
  BootTime retry{};
  for (int failures = 0; failures < 20; ++failures) retry = schedule.after_failure(clock().boot(), 1.0);
  EXPECT_GT(retry, clock().boot());
  int asked = 0;
  Resolver resolver([&](const std::string&) {
    ++asked;
    return std::vector<IpAddress>();
  });
  const std::vector<Endpoint> names{endpoint("vpn.example.com:1")};
  for (int failures = 0; failures < 10; ++failures) {
    resolver.look_up(names, clock(), nullptr);
    clock().advance(10min);
  }
  const int before = asked;
  resolver.look_up(names, clock(), nullptr);
  resolver.look_up(names, clock(), nullptr);
  EXPECT_EQ(asked, before + 1) << "put off";

  sleep(8 * kHour);
  set_clock_to(5s);
  EXPECT_EQ(history.take(due, clock().boot()).size(), due.size());
  EXPECT_LE(retry, clock().boot());
  resolver.look_up(names, clock(), nullptr);
  EXPECT_EQ(asked, before + 2);
}

}  // namespace
}  // namespace innernet::client

#include "direct_tries.hpp"

#include <gmock/gmock.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TraversalPeer relayed_peer(const wg::PublicKey& key, std::string reported = "198.51.100.7:1") {
  return {.public_key = key, .reported = endpoint(reported), .candidates = {}, .inside = ip("10.66.1.7")};
}

std::vector<int> minutes_of_tries(DirectTries& tries, const std::vector<TraversalPeer>& peers, int from, int to) {
  std::vector<int> minutes;
  for (int minute = from; minute < to; ++minute)
    if (!tries.take(peers, BootTime(std::chrono::minutes(minute))).empty()) minutes.push_back(minute);
  return minutes;
}

TEST(DirectTries, AreAfterOneFiveAndFifteenMinutesAndThenHourly) {
  DirectTries tries;
  EXPECT_THAT(minutes_of_tries(tries, {relayed_peer(new_key())}, 0, 200), ElementsAre(1, 5, 15, 75, 135, 195));
}

TEST(DirectTries, FollowAtOnceWhereAPeerHasMoved) {
  DirectTries tries;
  const auto key = new_key();
  EXPECT_THAT(minutes_of_tries(tries, {relayed_peer(key)}, 0, 30), ElementsAre(1, 5, 15));
  EXPECT_THAT(minutes_of_tries(tries, {relayed_peer(key, "198.51.100.8:1")}, 30, 60), ElementsAre(30, 31, 35, 45));
}

// A round without the server does not know it, nor since when the other one has been due.
TEST(DirectTries, DoNotFollowWhetherAPeerIsRegisteredWithARelay) {
  DirectTries tries;
  auto registered = relayed_peer(new_key());
  registered.is_registered = true;
  auto unknown = registered;
  unknown.is_registered = false;
  unknown.since = BootTime(1s);
  EXPECT_THAT(minutes_of_tries(tries, {registered}, 0, 30), ElementsAre(1, 5, 15));
  EXPECT_THAT(minutes_of_tries(tries, {unknown}, 30, 40), IsEmpty());
  EXPECT_THAT(minutes_of_tries(tries, {registered}, 40, 80), ElementsAre(75));
}

TEST(DirectTries, OfOneWhoseAddressesChangeAllTheTimeAreOnceAMinute) {
  DirectTries tries;
  const auto key = new_key();
  int turns = 0;
  for (int second = 0; second < 600; ++second)
    turns += tries.take({relayed_peer(key, "198.51.100.8:" + std::to_string(second + 1))}, BootTime(std::chrono::seconds(second))).empty()
                 ? 0
                 : 1;
  EXPECT_EQ(turns, 10);
}

TEST(DirectTries, OfManyTakeTurns) {
  DirectTries tries;
  std::vector<TraversalPeer> peers;
  for (int i = 0; i < 12; ++i) peers.push_back(relayed_peer(new_key()));
  EXPECT_EQ(tries.take(peers, BootTime(0s)).size(), 0U);
  EXPECT_EQ(tries.take(peers, BootTime(60s)).size(), 5U);
  EXPECT_EQ(tries.take(peers, BootTime(61s)).size(), 5U);
  EXPECT_EQ(tries.take(peers, BootTime(62s)).size(), 2U);
  EXPECT_EQ(tries.take(peers, BootTime(63s)).size(), 0U);
}

TEST(DirectTries, OfOneThatWasDirectBeginAnew) {
  DirectTries tries;
  const auto key = new_key();
  EXPECT_THAT(minutes_of_tries(tries, {relayed_peer(key)}, 0, 30), ElementsAre(1, 5, 15));
  EXPECT_THAT(minutes_of_tries(tries, {}, 30, 31), IsEmpty());
  EXPECT_THAT(minutes_of_tries(tries, {relayed_peer(key)}, 31, 50), ElementsAre(32, 36, 46));
}

TEST(DirectTries, AreMadeUpForNoSleep) {
  DirectTries tries;
  const auto key = new_key();
  EXPECT_THAT(minutes_of_tries(tries, {relayed_peer(key)}, 0, 2), ElementsAre(1));
  EXPECT_THAT(minutes_of_tries(tries, {relayed_peer(key)}, 400, 500), ElementsAre(400, 460));
}

TEST(DirectTries, SayWhenTheNextOneIs) {
  DirectTries tries;
  EXPECT_EQ(tries.next(), BootTime::max());
  tries.take({relayed_peer(new_key())}, BootTime(0s));
  EXPECT_EQ(tries.next(), BootTime(60s));
  tries.take({}, BootTime(1s));
  EXPECT_EQ(tries.next(), BootTime::max());
}

TEST(DirectTries, CountFromTheHandshakeOn) {
  DirectTries tries;
  auto peer = relayed_peer(new_key());
  peer.session = BootTime(100s);
  tries.take({peer}, BootTime(150s));
  EXPECT_EQ(tries.next(), BootTime(160s));
  peer.session = BootTime(155s);  // another one, as every two minutes
  tries.take({peer}, BootTime(156s));
  EXPECT_EQ(tries.next(), BootTime(160s));
}

// Two machines that have booted at different times, and one server's clock.
struct BothSides : ::testing::Test {
  struct Side {
    wg::PublicKey own, other;
    std::chrono::nanoseconds boot_offset;
    std::chrono::nanoseconds error;  // of what it takes for the server's clock
    DirectTries tries{};
    std::string reported = "198.51.100.7:1";
    std::vector<Endpoint> places{endpoint("198.51.100.9:9")};

    BootTime boot(std::chrono::nanoseconds time) const { return BootTime(time + boot_offset); }
    bool tries_at(std::chrono::nanoseconds time) {
      OwnSide side{.key = own, .places = places};
      const auto whole = std::chrono::floor<std::chrono::seconds>(kServer + time);
      side.clock.see(whole, boot(whole - kServer - error));
      return !tries.take({relayed_peer(other, reported)}, boot(time), side).empty();
    }
  };
  static constexpr WallTime kServer{std::chrono::seconds(1'795'363'000)};
  // How many tries of one there were until both have made one within 20 s of each other; the round of each comes when it is due.
  static int tries_until_common(Side& a, std::chrono::seconds a_since, Side& b, std::chrono::seconds b_since, std::chrono::seconds until) {
    std::vector<std::chrono::seconds> of_a, of_b;
    for (auto time = 0s; time < until; ++time) {
      if (time >= a_since && a.tries_at(time)) of_a.push_back(time);
      if (time >= b_since && b.tries_at(time)) of_b.push_back(time);
      for (const auto one : of_a)
        for (const auto other : of_b)
          if (std::chrono::abs(one - other) <= 20s) return static_cast<int>(std::max(of_a.size(), of_b.size()));
    }
    return 99;
  }
};

TEST_F(BothSides, MakeOneOfTheFirstThreeTriesTogether) {
  for (int i = 0; i < 300; ++i) {
    const auto one = new_key(), other = new_key();
    Side a{.own = one, .other = other, .boot_offset = 1h, .error = 0ms};
    Side b{.own = other, .other = one, .boot_offset = 77h, .error = std::chrono::milliseconds(i * 5)};
    const auto apart = std::chrono::seconds(i * 85 / 300);
    EXPECT_LE(tries_until_common(a, 0s, b, apart, 30min), 3) << apart.count() << " s apart";
  }
}

TEST_F(BothSides, WithoutTheServersClockMeetByChance) {
  Side a{.own = new_key(), .other = new_key(), .boot_offset = 0h, .error = 0ms};
  EXPECT_FALSE(a.tries.take({relayed_peer(a.other)}, BootTime(0s), {.key = a.own}).size() == 1);
  EXPECT_TRUE(a.tries.take({relayed_peer(a.other)}, BootTime(60s), {.key = a.own}).size() == 1);
}

TEST_F(BothSides, TryEachHourTogetherHoweverLongTheyHaveBeenRelayed) {
  for (int i = 0; i < 20; ++i) {
    const auto one = new_key(), other = new_key();
    Side a{.own = one, .other = other, .boot_offset = 1h, .error = 0ms};
    Side b{.own = other, .other = one, .boot_offset = 2h, .error = 800ms};
    std::vector<std::chrono::seconds> of_a, of_b;
    for (auto time = 0s; time < 8h; ++time) {
      if (a.tries_at(time)) of_a.push_back(time);
      if (time >= 25min && b.tries_at(time)) of_b.push_back(time);
    }
    ASSERT_GE(of_b.size(), 6U);
    for (const auto which : {1U, 2U, 3U}) EXPECT_LE(std::chrono::abs(of_a[of_a.size() - which] - of_b[of_b.size() - which]), 20s);
  }
}

TEST_F(BothSides, TryAtOnceWhenOneHasMoved) {
  for (int i = 0; i < 60; ++i) {
    const auto one = new_key(), other = new_key();
    Side a{.own = one, .other = other, .boot_offset = 1h, .error = 0ms};
    Side b{.own = other, .other = one, .boot_offset = 2h, .error = std::chrono::milliseconds(i * 20)};
    for (auto time = 0s; time < 30min; ++time) a.tries_at(time), b.tries_at(time);
    // The news comes to both: of itself to the one that has moved.
    a.places = {endpoint("203.0.113.9:9")};
    b.reported = "203.0.113.9:9";
    std::optional<std::chrono::seconds> at_a, at_b;
    for (auto time = 30min + 0s; time < 30min + 40s; ++time) {
      if (a.tries_at(time) && !at_a) at_a = time;
      if (b.tries_at(time) && !at_b) at_b = time;
    }
    ASSERT_TRUE(at_a && at_b);
    EXPECT_LE(std::max(*at_a, *at_b), 30min + 21s);
    EXPECT_LE(std::chrono::abs(*at_a - *at_b), 11s);
  }
}

// A server whose clock is anything.
TEST_F(BothSides, AClockThatIsSetAllTheTimeMakesNoTriesCloser) {
  DirectTries tries;
  const auto own = new_key(), other = new_key();
  int turns = 0;
  for (int second = 0; second < 3600; ++second) {
    OwnSide side{.key = own};
    side.clock.see(kServer + std::chrono::seconds(second * 7919 % 100'000), BootTime(std::chrono::seconds(second)));
    turns += static_cast<int>(tries.take({relayed_peer(other)}, BootTime(std::chrono::seconds(second)), side).size());
  }
  EXPECT_LE(turns, 5);
}

}  // namespace
}  // namespace innernet::client

#include "innernet/client/handshakes.hpp"

#include <gtest/gtest.h>

#include "innernet/testing/fake_clock.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct HandshakesTest : ::testing::Test {
  innernet::testing::FakeClock clock;
  Handshakes handshakes;
  wg::Device device{.name = evilcorp(), .private_key = {}, .public_key = {}, .listen_port = 0, .peers = {}};

  HandshakesTest() { device.peers.push_back({.public_key = new_key()}); }

  wg::Peer& peer() { return device.peers[0]; }
  void handshake() { peer().last_handshake = clock.wall(); }
  void set_clock(std::chrono::seconds by) { clock.set_wall(clock.wall() + by); }
  bool is_recent_at_a_look() {
    handshakes.see(device, clock.wall(), clock.boot());
    return handshakes.is_recent(peer().public_key, clock.boot());
  }
};

TEST_F(HandshakesTest, AreRecentForAsLongAsASessionLasts) {
  EXPECT_FALSE(is_recent_at_a_look()) << "never";
  handshake();
  EXPECT_TRUE(is_recent_at_a_look());
  clock.advance(180s);
  EXPECT_TRUE(is_recent_at_a_look());
  clock.advance(1s);
  EXPECT_FALSE(is_recent_at_a_look());
  handshake();
  EXPECT_TRUE(is_recent_at_a_look());
  device.peers.clear();
  handshakes.see(device, clock.wall(), clock.boot());
  device.peers.push_back({.public_key = new_key()});
  EXPECT_FALSE(is_recent_at_a_look());
}

TEST_F(HandshakesTest, OneFromTheFutureIsNotRecentForEver) {
  handshake();
  set_clock(-24h);
  EXPECT_FALSE(is_recent_at_a_look()) << "nobody knows, and it is not believed";
  clock.advance(25h);
  EXPECT_FALSE(is_recent_at_a_look());
  peer().last_handshake = clock.wall() + 100s;
  handshakes.clear();
  EXPECT_TRUE(is_recent_at_a_look()) << "clocks are corrected";
  clock.advance(181s);
  EXPECT_FALSE(is_recent_at_a_look()) << "but that counts from now on";
}

TEST_F(HandshakesTest, TheirAgesAreKeptHoweverTheClockIsSet) {
  handshake();
  clock.advance(20s);
  ASSERT_TRUE(is_recent_at_a_look());
  for (const auto step : {1h, -2h, 24h * 365 * 30}) {
    set_clock(step);
    EXPECT_TRUE(is_recent_at_a_look());
    clock.advance(20s);
  }
  EXPECT_TRUE(is_recent_at_a_look());
  clock.advance(101s);
  EXPECT_FALSE(is_recent_at_a_look()) << "181 s by the clock that nobody sets";
}

TEST_F(HandshakesTest, OneThatMovesHasHappenedSinceTheLookBefore) {
  ASSERT_FALSE(is_recent_at_a_look());
  handshake();
  set_clock(1h);
  clock.advance(60s);
  EXPECT_TRUE(is_recent_at_a_look()) << "it looks an hour old";
  handshake();
  clock.advance(10s);
  set_clock(-3h);
  EXPECT_TRUE(is_recent_at_a_look()) << "it looks as if it were still to come";
  clock.advance(181s);
  EXPECT_FALSE(is_recent_at_a_look());
}

TEST_F(HandshakesTest, BetweenLooksFarApartTheClockTellsWhen) {
  ASSERT_FALSE(is_recent_at_a_look());
  handshake();
  clock.advance(1h);
  EXPECT_FALSE(is_recent_at_a_look());
  handshake();
  clock.advance(170s);
  EXPECT_TRUE(is_recent_at_a_look());
  clock.advance(11s);
  EXPECT_FALSE(is_recent_at_a_look());
}

TEST_F(HandshakesTest, OneThatLooksOldIsAliveWhenSomethingComesThrough) {
  handshake();
  set_clock(1h);
  EXPECT_FALSE(is_recent_at_a_look());
  clock.advance(60s);
  EXPECT_FALSE(is_recent_at_a_look()) << "nothing came";
  peer().received_bytes += 32;
  EXPECT_TRUE(is_recent_at_a_look());
  clock.advance(121s);
  peer().received_bytes += 148;
  EXPECT_FALSE(is_recent_at_a_look()) << "no session lasts longer, so these were vain beginnings of one";
}

TEST(IsRecent, IsBoundedBothWaysForWhoLooksOnce) {
  const WallTime now{1'795'363'000s};
  for (const auto& [age, recent] : std::initializer_list<std::pair<std::chrono::seconds, bool>>{
           {0s, true}, {180s, true}, {181s, false}, {-180s, true}, {-181s, false}, {-24h, false}})
    EXPECT_EQ(is_recent(now - age, now), recent) << age.count();
  EXPECT_FALSE(is_recent(std::nullopt, now));
}

TEST_F(HandshakesTest, ASessionInDoubtIsNoneUntilSomethingComes) {
  handshake();
  peer().received_bytes = 100;
  ASSERT_TRUE(is_recent_at_a_look());
  peer().received_bytes = 200;  // before it was found out
  handshakes.doubt(peer().public_key, 200);
  EXPECT_FALSE(handshakes.is_recent(peer().public_key, clock.boot()));
  EXPECT_FALSE(is_recent_at_a_look());
  clock.advance(1s);
  EXPECT_FALSE(is_recent_at_a_look());
  peer().received_bytes = 232;
  EXPECT_TRUE(is_recent_at_a_look()) << "it was slow";
  handshakes.doubt(peer().public_key, 232);
  EXPECT_FALSE(is_recent_at_a_look());
  clock.advance(1s);
  handshake();
  peer().received_bytes = 324;
  EXPECT_TRUE(is_recent_at_a_look());
}

TEST_F(HandshakesTest, WhoIsDoubtedBeforeTheFirstLookIsSo) {
  handshake();
  handshakes.doubt(peer().public_key, 0);
  EXPECT_FALSE(is_recent_at_a_look());
  peer().received_bytes = 32;
  EXPECT_TRUE(is_recent_at_a_look());
}

}  // namespace
}  // namespace innernet::client

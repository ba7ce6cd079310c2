#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_world.hpp"

namespace innernet::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SocketAddress kA = address(1), kB = address(2), kProbe = address(1, 40'000);

/// A handshake in the name of peer 0, by a program beside its kernel.
bool shake_hands(World& world, const SocketAddress& at, std::uint32_t sender = 9) {
  const auto answer = world.send(at, world.hello(0, sender));
  return answer && world.peers[0].accept(answer->bytes);
}

TEST(Question, IsAnsweredWithWhereItCameFrom) {
  const SocketAddress v6{.ip = *IpAddress::parse("2001:db8::7"), .port = 65'535};
  for (const SocketAddress& from : {kProbe, v6}) {
    World world;
    ASSERT_TRUE(shake_hands(world, from));
    for (const std::size_t size : {kLeastQuestion, kLeastQuestion + 1, kLargestQuestion}) {
      const std::uint64_t counter = world.peers[0].counter();
      const auto answer = world.send(from, world.peers[0].question(size));
      ASSERT_TRUE(answer) << size;
      EXPECT_EQ(answer->to, from);
      EXPECT_EQ(answer->bytes.size(), size) << "never larger, and as large, so that the way back is measured, too";
      EXPECT_EQ(world.peers[0].open_answer(answer->bytes, counter), from);
    }
    EXPECT_EQ(world.counters().questions, 3U);
    EXPECT_EQ(world.where_is(0), std::nullopt) << "it registers nobody";
    EXPECT_EQ(world.counters().registrations, 0U);
  }
}

TEST(Question, LeavesTheRegistrationOfTheKernel) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  TestPeer kernel = world.peers[0];
  world.pass(seconds(1));
  ASSERT_TRUE(shake_hands(world, kProbe));
  ASSERT_TRUE(world.send(kProbe, world.peers[0].question()));
  EXPECT_EQ(world.where_is(0), kA);
  EXPECT_EQ(world.counters().keepalives, 0U);
  world.send(kA, kernel.keepalive());
  EXPECT_EQ(world.counters().keepalives, 1U) << "its session goes on";
  world.send(kB, kernel.keepalive());
  EXPECT_EQ(world.where_is(0), kB) << "and it roams";
  world.pass(seconds(178));
  EXPECT_EQ(world.where_is(0), kB);
  world.pass(seconds(1));
  EXPECT_EQ(world.where_is(0), std::nullopt) << "a probe is no handshake that counts";
}

TEST(Question, LeavesAHandshakeOfTheKernelThatIsJustBeingDone) {
  World world;
  const auto answer = world.send(kA, world.hello(0));
  ASSERT_TRUE(answer && world.peers[0].accept(answer->bytes));
  TestPeer kernel = world.peers[0];
  ASSERT_TRUE(shake_hands(world, kProbe)) << "in the same tenth of a second";
  world.send(kA, kernel.keepalive());
  EXPECT_EQ(world.where_is(0), kA);
  EXPECT_TRUE(world.send(kProbe, world.peers[0].question())) << "nor does the kernel's end a probe";
  EXPECT_EQ(world.where_is(0), kA);
}

TEST(Question, IsNotOfAnOlderHandshakeThanTheKernels) {
  World world;
  ASSERT_TRUE(shake_hands(world, kProbe));
  TestPeer probe = world.peers[0];
  ASSERT_TRUE(world.enlist(0, kA));
  world.send(kProbe, probe.keepalive());
  EXPECT_EQ(world.where_is(0), kA) << "an old session confirms nothing";
  EXPECT_EQ(world.send(kProbe, probe.question()), std::nullopt);
}

TEST(Question, ThatIsRepeatedIsDropped) {
  World world;
  ASSERT_TRUE(shake_hands(world, kProbe));
  const Bytes first = world.peers[0].question(), second = world.peers[0].question();
  EXPECT_TRUE(world.send(kProbe, second));
  EXPECT_TRUE(world.send(kProbe, first)) << "packets overtake each other";
  EXPECT_EQ(world.send(kProbe, first), std::nullopt);
  EXPECT_EQ(world.send(kProbe, second), std::nullopt);
  EXPECT_EQ(world.counters().replayed, 2U);
}

TEST(Question, IsOneOfSixtyFour) {
  World world;
  ASSERT_TRUE(shake_hands(world, kProbe));
  for (std::uint64_t i = 0; i < kQuestions; ++i) ASSERT_TRUE(world.send(kProbe, world.peers[0].question())) << i;
  EXPECT_EQ(world.send(kProbe, world.peers[0].question()), std::nullopt);
}

TEST(Question, ComesFromWhereItsHandshakeCameFrom) {
  World world;
  ASSERT_TRUE(shake_hands(world, kProbe));
  const Bytes question = world.peers[0].question();
  EXPECT_EQ(world.send(kB, question), std::nullopt) << "or a member could have a stranger hit";
  EXPECT_EQ(world.counters().no_flow, 1U);
  EXPECT_TRUE(world.send(kProbe, question));
}

TEST(Question, IsNoOtherMessage) {
  World world;
  ASSERT_TRUE(shake_hands(world, kProbe));
  EXPECT_EQ(world.send(kProbe, world.peers[0].question(kLeastQuestion - 1)), std::nullopt);
  EXPECT_EQ(world.send(kProbe, world.peers[0].question(kLargestQuestion + 1)), std::nullopt);
  Bytes packet(64);
  packet[0] = 0x45;
  EXPECT_EQ(world.send(kProbe, world.peers[0].message(packet)), std::nullopt) << "an IPv4 packet";
  packet[0] = 2;
  EXPECT_EQ(world.send(kProbe, world.peers[0].message(packet)), std::nullopt) << "an answer";
  EXPECT_EQ(world.counters().malformed, 4U);
  Bytes forged = world.peers[0].question();
  forged[20] ^= 1;
  EXPECT_EQ(world.send(kProbe, forged), std::nullopt);
  EXPECT_EQ(world.counters().unauthentic, 1U);
  EXPECT_EQ(world.where_is(0), std::nullopt);
}

TEST(Question, IsNotForARegisteredSession) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  EXPECT_EQ(world.send(kB, world.peers[0].question()), std::nullopt);
  EXPECT_EQ(world.send(kA, world.peers[0].question()), std::nullopt);
  EXPECT_EQ(world.where_is(0), kA);
}

TEST(Question, IsAnsweredForTenSeconds) {
  World world;
  ASSERT_TRUE(shake_hands(world, kProbe));
  world.pass(milliseconds(9'900));
  EXPECT_TRUE(world.send(kProbe, world.peers[0].question()));
  world.pass(milliseconds(100));
  EXPECT_EQ(world.send(kProbe, world.peers[0].question()), std::nullopt);
}

TEST(Question, IsNotOfWhoIsNoLongerAMember) {
  World world;
  ASSERT_TRUE(shake_hands(world, kProbe));
  world.set_membership({1, 2}, {{1, 2}});
  EXPECT_EQ(world.send(kProbe, world.peers[0].question()), std::nullopt);
}

TEST(Question, CountsAsWhatItsSourceSends) {
  Limits limits;
  limits.source.bytes = 3'000;
  World world(limits);
  ASSERT_TRUE(shake_hands(world, kProbe));
  EXPECT_TRUE(world.send(kProbe, world.peers[0].question(1'500)));
  EXPECT_TRUE(world.send(kProbe, world.peers[0].question(1'500)));
  EXPECT_EQ(world.send(kProbe, world.peers[0].question(1'500)), std::nullopt);
  EXPECT_EQ(world.counters().over_limit, 1U);
}

TEST(Question, IsOfOneOfTheLastFourHandshakes) {
  World world;
  std::vector<TestPeer> probes;
  for (std::uint16_t i = 0; i < 6; ++i) {
    world.pass(milliseconds(100));
    ASSERT_TRUE(shake_hands(world, address(1, static_cast<std::uint16_t>(1000 + i))));
    probes.push_back(world.peers[0]);
  }
  for (std::uint16_t i = 0; i < 6; ++i) {
    const bool is_kept = i >= 2;  // the last four
    EXPECT_EQ(world.send(address(1, static_cast<std::uint16_t>(1000 + i)), probes[i].question()).has_value(), is_kept) << i;
  }
}

}  // namespace
}  // namespace innernet::relay

#include "engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_session.hpp"

namespace innernet::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- registering ----

TEST(Registering, TakesAHandshakeAndTheFirstMessageOfItsSession) {
  World world;
  const auto answer = world.send(kA, world.hello(0, 99));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->to, kA);
  EXPECT_EQ(std::get<Response>(*parse_message(answer->bytes)).receiver, 99U);
  EXPECT_EQ(world.where_is(0), std::nullopt) << "an initiation alone may have been recorded";
  ASSERT_TRUE(world.peers[0].accept(answer->bytes));
  EXPECT_EQ(world.send(kA, world.peers[0].keepalive()), std::nullopt);
  EXPECT_EQ(world.where_is(0), kA);
  EXPECT_EQ(world.counters().registrations, 1U);
}

TEST(Registering, TakesNoForgedFirstMessage) {
  World world;
  const auto answer = world.send(kA, world.hello(0));
  ASSERT_TRUE(answer && world.peers[0].accept(answer->bytes));
  Bytes forged = world.peers[0].keepalive();
  forged[20] ^= 1;
  world.send(kB, forged);
  EXPECT_EQ(world.where_is(0), std::nullopt);
  world.send(kA, world.peers[0].keepalive());
  EXPECT_EQ(world.where_is(0), kA);
}

TEST(Registering, OfASessionWhoseFirstMessageIsLostTakesTheNext) {
  World world;
  const auto answer = world.send(address(1), world.hello(0));
  ASSERT_TRUE(answer && world.peers[0].accept(answer->bytes));
  static_cast<void>(world.peers[0].keepalive());  // lost
  world.pass(std::chrono::seconds(25));
  EXPECT_FALSE(world.where_is(0));
  world.send(address(1), world.peers[0].keepalive());
  EXPECT_EQ(world.where_is(0), address(1));
}

TEST(Registering, HasAnIndexForEachSession) {
  World world;
  world.chance = 7;
  ASSERT_TRUE(world.enlist(0, kA));
  world.pass(seconds(5));
  ASSERT_TRUE(world.enlist(0, kB));
  EXPECT_EQ(world.where_is(0), kB) << "or the new session would be taken for the old one";
}

TEST(Registering, IsForMembersOnly) {
  World world;
  TestPeer other(77);
  EXPECT_EQ(world.send(kA, other.initiate(world.engine.public_key(), 1)), std::nullopt);
  EXPECT_EQ(world.counters().not_a_member, 1U);
}

TEST(Registering, CountsForThreeMinutes) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  const BootTime at = world.now;
  world.pass(seconds(179));
  EXPECT_EQ(world.where_is(0), kA);
  EXPECT_EQ(world.snapshot().members.at(0).last_handshake, WallTime() - (world.now - at));
  world.send(kA, world.peers[0].keepalive());
  world.pass(seconds(1));
  EXPECT_EQ(world.where_is(0), std::nullopt) << "a keepalive is no handshake";
  ASSERT_TRUE(world.enlist(0, kB));
  EXPECT_EQ(world.where_is(0), kB);
}

TEST(Registering, IsRenewedByTheNextHandshake) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  world.pass(seconds(120));
  ASSERT_TRUE(world.enlist(0, kA));
  world.pass(seconds(120));
  EXPECT_EQ(world.where_is(0), kA);
}

TEST(Registering, IgnoresARecordedInitiation) {
  World world;
  const Bytes old = world.hello(0);
  ASSERT_TRUE(world.enlist(0, kA));
  world.pass(seconds(5));
  EXPECT_EQ(world.send(kB, old), std::nullopt);
  EXPECT_EQ(world.counters().replayed, 1U);
  const Bytes fresh = world.hello(0);
  ASSERT_TRUE(world.send(kB, fresh)) << "taken on its way, and sent from elsewhere";
  EXPECT_EQ(world.send(kA, fresh), std::nullopt) << "the second time it is not new";
  EXPECT_EQ(world.where_is(0), kA);
  world.pass(seconds(11));
  EXPECT_EQ(world.where_is(0), kA);
}

TEST(Registering, IgnoresAFloodOfOnePeer) {
  World world;
  ASSERT_TRUE(world.send(kA, world.hello(0)));
  ASSERT_TRUE(world.send(kA, world.hello(0))) << "of a program that asks";
  EXPECT_EQ(world.send(kA, world.hello(0)), std::nullopt);
  EXPECT_EQ(world.counters().over_limit, 1U);
  world.pass(milliseconds(100));
  EXPECT_TRUE(world.send(kA, world.hello(0)));
}

TEST(Registering, IgnoresWhatWasForged) {
  World world;
  Bytes forged = world.hello(0);
  forged[20] ^= 1;
  EXPECT_EQ(world.send(kA, forged), std::nullopt);
  EXPECT_EQ(world.counters().nobody, 1U) << "its mac1 is nobody's";
  const auto covered = ByteView(forged).first(116);
  std::ranges::copy(mac(mac1_key(world.engine.public_key()), covered), forged.begin() + 116);
  EXPECT_EQ(world.send(kA, forged), std::nullopt);
  EXPECT_EQ(world.counters().unauthentic, 1U);
}

TEST(Roaming, FollowsAnAuthenticKeepalive) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  const Bytes keepalive = world.peers[0].keepalive();
  EXPECT_EQ(world.send(kB, keepalive), std::nullopt);
  EXPECT_EQ(world.where_is(0), kB);
  EXPECT_EQ(world.send(kC, keepalive), std::nullopt);
  EXPECT_EQ(world.where_is(0), kB) << "a replay";
  Bytes forged = world.peers[0].keepalive();
  forged[20] ^= 1;
  world.send(kC, forged);
  EXPECT_EQ(world.where_is(0), kB);
  const Counters counters = world.counters();
  EXPECT_EQ(counters.keepalives, 1U);
  EXPECT_EQ(counters.replayed, 1U);
  EXPECT_EQ(counters.unauthentic, 1U);
}

TEST(Roaming, TakesTheSessionsAlong) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  have_session(world);
  world.send(kC, world.peers[1].keepalive());
  EXPECT_THAT(world.send(kA, data(kBIndex)), passes(kC, data(kBIndex)));
  EXPECT_THAT(world.send(kC, data(kAIndex)), passes(kA, data(kAIndex)));
  EXPECT_EQ(world.send(kB, data(kAIndex)), std::nullopt) << "nobody is there any more";
}

TEST(Roaming, TakesAnAddressFromWhoeverHadIt) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kA));
  EXPECT_EQ(world.where_is(0), std::nullopt);
  EXPECT_EQ(world.where_is(1), kA);
  world.send(kA, world.peers[0].keepalive());
  EXPECT_EQ(world.where_is(1), kA) << "an old session does not bring it back";
}

// ---- passing on ----

TEST(PassingOn, ConnectsTwoMembers) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  have_session(world);
  EXPECT_EQ(world.counters().passed_on, 4U);
  EXPECT_EQ(world.counters().passed_on_bytes, 148U + 92 + 132 + 132);
  EXPECT_EQ(world.snapshot().flows, 2U);
  EXPECT_EQ(world.send(kC, data(kBIndex)), std::nullopt) << "from somewhere else";
}

TEST(PassingOn, IsForThoseWhoMayReachEachOther) {
  World world;
  world.set_membership({0, 1, 2}, {{0, 1}});
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  ASSERT_TRUE(world.enlist(2, kC));
  EXPECT_EQ(world.send(kA, world.peers[0].initiate(world.peers[2].key(), 5)), std::nullopt);
  EXPECT_EQ(world.send(kC, world.peers[2].initiate(world.peers[1].key(), 5)), std::nullopt);
  EXPECT_EQ(world.counters().nobody, 2U);
  have_session(world);
}

TEST(PassingOn, LeadsNobodyBackToItself) {
  World world;
  world.set_membership({0, 1}, {{0, 0}});
  ASSERT_TRUE(world.enlist(0, kA));
  EXPECT_EQ(world.send(kA, world.peers[0].initiate(world.peers[0].key(), 1)), std::nullopt);
}

TEST(PassingOn, NeedsARegisteredReceiver) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  EXPECT_EQ(world.send(kA, world.peers[0].initiate(world.peers[1].key(), 5)), std::nullopt);
  ASSERT_TRUE(world.enlist(1, kB));
  EXPECT_TRUE(world.send(kA, world.peers[0].initiate(world.peers[1].key(), 5)));
  world.pass(seconds(100));
  ASSERT_TRUE(world.enlist(0, kA));
  world.pass(seconds(80));
  EXPECT_EQ(world.send(kA, world.peers[0].initiate(world.peers[1].key(), 5)), std::nullopt) << "its handshake is 180 seconds old";
}

TEST(PassingOn, TakesOneAnswerForAnInitiation) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  ASSERT_TRUE(world.send(kA, world.peers[0].initiate(world.peers[1].key(), kAIndex)));
  EXPECT_EQ(world.send(kB, data(kAIndex)), std::nullopt) << "not before the response";
  EXPECT_TRUE(world.send(kB, response(kBIndex, kAIndex)));
  EXPECT_EQ(world.send(kB, response(kBIndex, kAIndex)), std::nullopt);

  ASSERT_TRUE(world.send(kA, world.peers[0].initiate(world.peers[1].key(), kAIndex + 1)));
  EXPECT_THAT(world.send(kB, cookie_reply(kAIndex + 1)), passes(kA, cookie_reply(kAIndex + 1)));
  EXPECT_EQ(world.send(kB, cookie_reply(kAIndex + 1)), std::nullopt);
  EXPECT_EQ(world.send(kB, response(kBIndex, kAIndex + 1)), std::nullopt);

  EXPECT_THAT(world.send(kA, cookie_reply(kBIndex)), passes(kB, cookie_reply(kBIndex))) << "of an initiator under load, to the response";
}

TEST(PassingOn, ForgetsWhatIsNotAnswered) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  ASSERT_TRUE(world.send(kA, world.peers[0].initiate(world.peers[1].key(), kAIndex)));
  world.pass(seconds(10));
  EXPECT_EQ(world.send(kB, response(kBIndex, kAIndex)), std::nullopt);
  EXPECT_EQ(world.snapshot().flows, 0U);
}

TEST(PassingOn, ForgetsASessionThreeMinutesAfterItsLastPacket) {
  World world;
  const auto stay = [&] {
    ASSERT_TRUE(world.enlist(0, kA));
    ASSERT_TRUE(world.enlist(1, kB));
  };
  stay();
  have_session(world);
  world.pass(seconds(170));
  stay();
  EXPECT_TRUE(world.send(kA, data(kBIndex)));
  world.pass(seconds(170));
  stay();
  EXPECT_TRUE(world.send(kA, data(kBIndex)));
  EXPECT_EQ(world.send(kB, data(kAIndex)), std::nullopt) << "quiet for 340 seconds";
  EXPECT_EQ(world.snapshot().flows, 1U);
}

TEST(PassingOn, LetsNobodyTakeAnIndexThatIsInUse) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  ASSERT_TRUE(world.enlist(2, kC));
  have_session(world);
  EXPECT_EQ(world.send(kC, world.peers[2].initiate(world.peers[1].key(), kAIndex)), std::nullopt);
  EXPECT_THAT(world.send(kB, data(kAIndex)), passes(kA, data(kAIndex)));
}

// ---- members who go ----

TEST(Membership, ThatChangesEndsWhatIsNoLongerInIt) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  ASSERT_TRUE(world.enlist(2, kC));
  have_session(world);
  world.set_membership({0, 2}, {{0, 2}});
  EXPECT_EQ(world.where_is(1), std::nullopt);
  EXPECT_EQ(world.where_is(0), kA) << "all others stay";
  EXPECT_EQ(world.where_is(2), kC);
  EXPECT_EQ(world.snapshot().flows, 0U);
  EXPECT_EQ(world.send(kA, data(kBIndex)), std::nullopt);
  EXPECT_EQ(world.send(kB, data(kAIndex)), std::nullopt);
  EXPECT_EQ(world.send(kB, world.peers[1].keepalive()), std::nullopt);
  EXPECT_EQ(world.send(kB, world.hello(1)), std::nullopt);
  EXPECT_TRUE(world.send(kA, world.peers[0].initiate(world.peers[2].key(), 9)));
}

TEST(Membership, ThatChangesEndsSessionsOfPairs) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  have_session(world);
  world.set_membership({0, 1, 2, 3}, {{0, 2}, {1, 2}});
  EXPECT_EQ(world.send(kA, data(kBIndex)), std::nullopt);
  EXPECT_EQ(world.where_is(0), kA);
  EXPECT_EQ(world.where_is(1), kB);
}

TEST(Membership, ThatChangesLeavesTheOthersAlone) {
  World world;
  ASSERT_TRUE(world.enlist(2, kA));
  ASSERT_TRUE(world.enlist(3, kB));
  const auto initiation = world.peers[2].initiate(world.peers[3].key(), 7);
  ASSERT_TRUE(world.send(kA, initiation));
  const Bytes old = world.hello(2);
  ASSERT_TRUE(world.send(kC, old));
  world.set_membership({3, 1, 2}, {{2, 3}});
  EXPECT_THAT(world.send(kB, response(8, 7)), passes(kA, response(8, 7)));
  EXPECT_EQ(world.send(kC, old), std::nullopt);
  EXPECT_EQ(world.counters().replayed, 1U) << "what was seen of it is still known";
}

}  // namespace
}  // namespace innernet::relay

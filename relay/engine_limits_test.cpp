#include "engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine_session.hpp"

namespace innernet::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// ---- strangers ----

TEST(Strangers, ReachWhoIsRegistered) {
  World world;
  ASSERT_TRUE(world.enlist(1, kB));
  const auto initiation = world.peers[0].initiate(world.peers[1].key(), kAIndex);
  EXPECT_THAT(world.send(kA, initiation), passes(kB, initiation));
  EXPECT_THAT(world.send(kB, response(kBIndex, kAIndex)), passes(kA, response(kBIndex, kAIndex)));
  EXPECT_EQ(world.send(kB, data(kAIndex)), std::nullopt) << "nothing has shown yet that it is there";
  EXPECT_THAT(world.send(kA, data(kBIndex)), passes(kB, data(kBIndex)));
  EXPECT_THAT(world.send(kB, data(kAIndex)), passes(kA, data(kAIndex)));
  EXPECT_EQ(world.snapshot().strangers, 1U);
  world.pass(seconds(100));
  ASSERT_TRUE(world.enlist(1, kB));
  world.pass(seconds(80));
  EXPECT_EQ(world.send(kB, data(kAIndex)), std::nullopt) << "180 seconds after its last packet";
  EXPECT_EQ(world.snapshot().strangers, 0U);
}

TEST(Strangers, ThatRegisterKeepTheirSessions) {
  World world;
  ASSERT_TRUE(world.enlist(1, kB));
  ASSERT_TRUE(world.enlist(2, kC));
  const auto hello = world.send(kA, world.hello(0));
  have_session(world);
  ASSERT_TRUE(hello);
  ASSERT_TRUE(world.enlist(3, address(9)));
  world.pass(milliseconds(100));
  ASSERT_TRUE(world.enlist(0, kA));
  EXPECT_EQ(world.snapshot().strangers, 0U);
  EXPECT_THAT(world.send(kA, data(kBIndex)), passes(kB, data(kBIndex)));
  EXPECT_THAT(world.send(kB, data(kAIndex)), passes(kA, data(kAIndex)));
}

TEST(Strangers, ThatTurnOutToBeSomebodyWhoMayNotLoseTheirSessions) {
  World world;
  world.set_membership({0, 1, 2}, {{0, 2}});
  ASSERT_TRUE(world.enlist(1, kB));
  have_session(world);
  ASSERT_TRUE(world.enlist(0, kA));
  EXPECT_EQ(world.send(kA, data(kBIndex)), std::nullopt);
  EXPECT_EQ(world.snapshot().flows, 0U);
}

TEST(Strangers, AreFewAtATime) {
  Limits limits;
  limits.strange_initiations_per_second = 3;
  World world(limits);
  ASSERT_TRUE(world.enlist(1, kB));
  const auto ask = [&](std::uint8_t host) { return world.send(address(host), world.peers[0].initiate(world.peers[1].key(), host)); };
  for (const std::uint8_t host : std::initializer_list<std::uint8_t>{10, 11, 12}) EXPECT_TRUE(ask(host));
  EXPECT_EQ(ask(13), std::nullopt);
  world.pass(milliseconds(400));
  EXPECT_TRUE(ask(14));
  EXPECT_EQ(ask(15), std::nullopt);
  ASSERT_TRUE(world.enlist(0, kA)) << "members are not held up by them";
  EXPECT_TRUE(world.send(kA, world.peers[0].initiate(world.peers[1].key(), 99)));
}

TEST(Strangers, OfOneNetworkLeaveTheOthersTheirShare) {
  Limits limits;
  limits.strange_initiations_per_second = 9;
  limits.strange_initiations_per_network = 2;
  World world(limits);
  ASSERT_TRUE(world.enlist(1, kB));
  std::uint32_t index = 0;
  const auto ask = [&](const char* from) {
    return world.send(*SocketAddress::parse(from), world.peers[0].initiate(world.peers[1].key(), ++index)).has_value();
  };
  EXPECT_TRUE(ask("198.51.100.1:1"));
  EXPECT_TRUE(ask("198.51.100.2:1"));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(ask("198.51.100.3:1"));
  EXPECT_TRUE(ask("198.51.101.3:1")) << "another /24";
  EXPECT_TRUE(ask("[2001:db8::1]:1"));
  EXPECT_TRUE(ask("[2001:db8::2]:1"));
  EXPECT_FALSE(ask("[2001:db8::3]:1"));
  EXPECT_TRUE(ask("[2001:db8:0:1::3]:1")) << "another /64";
  EXPECT_EQ(world.counters().over_limit, 21U);
  world.pass(milliseconds(500));
  EXPECT_TRUE(ask("198.51.100.3:1"));
  EXPECT_FALSE(ask("198.51.100.3:1"));
}

TEST(Strangers, UseUpNothingOfTheMembersTries) {
  Limits limits;
  limits.mac1_tries_per_second = 3;
  limits.strange_mac1_tries_per_second = 7;
  World world(limits);
  for (std::uint8_t i = 0; i < 4; ++i) ASSERT_TRUE(world.enlist(i, address(static_cast<std::uint8_t>(10 + i))));
  for (std::uint8_t i = 0; i < 8; ++i) EXPECT_FALSE(world.send(address(100 + i), hollow_initiation(TestPeer(99).key(), i)));
  EXPECT_EQ(world.counters().nobody, 1U) << "four tries";
  EXPECT_EQ(world.counters().over_limit, 7U) << "three tries, and none";
  EXPECT_FALSE(world.send(address(10), hollow_initiation(TestPeer(99).key(), 1)));
  EXPECT_EQ(world.counters().nobody + world.counters().over_limit, 9U);
  world.pass(seconds(1));
  EXPECT_FALSE(world.send(address(100), hollow_initiation(TestPeer(99).key(), 9)));
  EXPECT_TRUE(world.send(address(10), world.peers[0].initiate(world.peers[3].key(), 1))) << "whoever of the three it is";
}

TEST(Strangers, FillTheirTableAndNoMore) {
  Limits limits;
  limits.strangers = 2;
  World world(limits);
  ASSERT_TRUE(world.enlist(1, kB));
  const auto ask = [&](std::uint8_t host) { return world.send(address(host), world.peers[0].initiate(world.peers[1].key(), host)); };
  EXPECT_TRUE(ask(10));
  EXPECT_TRUE(ask(11));
  EXPECT_EQ(ask(12), std::nullopt);
  EXPECT_EQ(world.counters().table_full, 1U);
  world.pass(seconds(10));
  EXPECT_TRUE(ask(12)) << "who has not shown that it is there is forgotten after ten seconds";
}

// ---- limits ----

TEST(Limit, OfASource) {
  Limits limits;
  limits.source = {.packets = 100, .bytes = 1e9};
  limits.initiations_per_source_per_second = 100;
  World world(limits);
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  have_session(world);
  int passed = 0;
  while (world.send(kA, data(kBIndex))) ++passed;
  EXPECT_EQ(passed, 98) << "an initiation and one before";
  EXPECT_TRUE(world.send(kB, data(kAIndex))) << "another source";
  world.pass(milliseconds(50));
  passed = 0;
  while (world.send(kA, data(kBIndex))) ++passed;
  EXPECT_EQ(passed, 5);
}

TEST(Limit, OfInitiationsOfASource) {
  Limits limits;
  limits.initiations_per_source_per_second = 5;
  World world(limits);
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  std::uint32_t passed = 0;
  while (world.send(kA, world.peers[0].initiate(world.peers[1].key(), passed))) ++passed;
  EXPECT_EQ(passed, 5U);
  world.pass(seconds(1));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(world.send(kA, world.peers[0].initiate(TestPeer(99).key(), 1)), std::nullopt);
  EXPECT_EQ(world.counters().nobody, 5U);
  EXPECT_EQ(world.send(kA, world.peers[0].initiate(world.peers[1].key(), 9)), std::nullopt) << "those for nobody count, too";
}

TEST(Limit, OfAPair) {
  Limits limits;
  limits.pair = {.packets = 1000, .bytes = 148 + 92 + 132 + 132 + 1000};
  World world(limits);
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  ASSERT_TRUE(world.enlist(2, kC));
  have_session(world);
  EXPECT_TRUE(world.send(kA, data(kBIndex, 600)));
  EXPECT_EQ(world.send(kB, data(kAIndex, 600)), std::nullopt) << "both directions together";
  EXPECT_TRUE(world.send(kB, data(kAIndex, 400)));
  EXPECT_TRUE(world.send(kC, world.peers[2].initiate(world.peers[1].key(), 8))) << "another pair";
  EXPECT_EQ(world.counters().over_limit, 1U);
}

TEST(Limit, OfTheRelay) {
  Limits limits;
  limits.relay = {.packets = 6, .bytes = 1e9};
  World world(limits);
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  have_session(world);
  EXPECT_TRUE(world.send(kA, data(kBIndex)));
  EXPECT_TRUE(world.send(kB, data(kAIndex)));
  EXPECT_EQ(world.send(kA, data(kBIndex)), std::nullopt);
}

TEST(Limit, OfFlowsAndMembers) {
  Limits limits;
  limits.flows = 3;
  limits.members = 2;
  World world(limits);
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  EXPECT_FALSE(world.enlist(2, kC));
  have_session(world);
  EXPECT_TRUE(world.send(kA, world.peers[0].initiate(world.peers[1].key(), 8)));
  EXPECT_EQ(world.send(kA, world.peers[0].initiate(world.peers[1].key(), 9)), std::nullopt);
  EXPECT_EQ(world.counters().table_full, 2U);
  world.pass(seconds(10));
  EXPECT_TRUE(world.send(kA, world.peers[0].initiate(world.peers[1].key(), 9))) << "the one without an answer is over";
}

TEST(Limit, OfMac1Tries) {
  Limits limits;
  limits.mac1_tries_per_second = 3;
  World world(limits, 8);
  for (std::uint8_t i = 0; i < 8; ++i) ASSERT_TRUE(world.enlist(i, address(static_cast<std::uint8_t>(10 + i))));
  std::uint32_t found = 0;
  for (std::uint32_t i = 1; i < 8; ++i) {
    world.pass(seconds(1));
    if (world.send(address(10), world.peers[0].initiate(world.peers[i].key(), i))) ++found;
  }
  EXPECT_EQ(found, 3U) << "after three it stops looking";
  EXPECT_EQ(world.counters().over_limit, 4U);
  EXPECT_EQ(world.counters().nobody, 0U);
}

TEST(Limit, OfMac1TriesOfAMember) {
  Limits limits;
  limits.mac1_tries_per_second = 100;
  limits.mac1_tries_per_member = 2;
  World world(limits);
  for (std::uint8_t i = 0; i < 4; ++i) ASSERT_TRUE(world.enlist(i, address(static_cast<std::uint8_t>(10 + i))));
  const auto ask_in_vain = [&] { world.send(address(10), hollow_initiation(TestPeer(99).key(), 1)); };
  ask_in_vain();
  EXPECT_EQ(world.counters().nobody, 1U) << "three tries: it may always look to the end";
  ask_in_vain();
  EXPECT_EQ(world.counters().over_limit, 1U);
  for (const std::uint8_t i : std::initializer_list<std::uint8_t>{1, 2, 3})
    EXPECT_TRUE(world.send(address(static_cast<std::uint8_t>(10 + i)), world.peers[i].initiate(world.peers[0].key(), i)))
        << "what others may try is left";
  world.pass(milliseconds(900));
  ask_in_vain();
  EXPECT_EQ(world.counters().over_limit, 2U) << "one is owed, and less than two were earned";
  world.pass(milliseconds(100));
  ask_in_vain();
  EXPECT_EQ(world.counters().nobody, 2U);
}

TEST(Limit, OfFlowsOfAMember) {
  Limits limits;
  limits.flows_per_party = 2;
  World world(limits);
  for (std::uint8_t i = 0; i < 4; ++i) ASSERT_TRUE(world.enlist(i, address(static_cast<std::uint8_t>(10 + i))));
  const auto ask = [&](std::uint32_t peer, std::uint32_t index) {
    return world.send(address(static_cast<std::uint8_t>(10 + peer)), world.peers[peer].initiate(world.peers[1].key(), index)).has_value();
  };
  EXPECT_TRUE(ask(0, 1));
  EXPECT_TRUE(ask(0, 2));
  EXPECT_FALSE(ask(0, 3));
  EXPECT_EQ(world.counters().table_full, 1U);
  EXPECT_TRUE(ask(2, 4)) << "there is room for others";
  EXPECT_TRUE(ask(3, 5));
  EXPECT_TRUE(world.send(address(11), response(6, 1)));
  EXPECT_TRUE(world.send(address(11), response(7, 4)));
  EXPECT_FALSE(world.send(address(11), response(8, 5))) << "who answers has no more, either";
  EXPECT_EQ(world.counters().table_full, 2U);
  world.pass(seconds(10));
  EXPECT_TRUE(ask(0, 3)) << "the one without an answer is over";
  EXPECT_FALSE(ask(0, 9));
}

TEST(Load, AsksForACookie) {
  Limits limits;
  limits.own_handshakes_per_second = 4;
  World world(limits);
  ASSERT_TRUE(world.enlist(0, kA));
  ASSERT_TRUE(world.enlist(1, kB));
  ASSERT_TRUE(world.enlist(2, kC));
  const SocketAddress at = address(4);
  const auto reply = world.send(at, world.hello(3));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->to, at);
  const Bytes cookie = world.peers[3].open_cookie(reply->bytes);
  ASSERT_EQ(cookie.size(), 16U);
  EXPECT_EQ(world.counters().cookie_replies, 1U);

  Bytes with_cookie = world.hello(3);
  TestPeer::put_mac2(with_cookie, cookie);
  const auto elsewhere = world.send(address(5), with_cookie);
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(elsewhere->bytes.size(), kCookieReplySize) << "it is of another address";
  const auto answer = world.send(at, with_cookie);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(world.peers[3].accept(answer->bytes));
  world.pass(seconds(1));
  EXPECT_EQ(world.send(at, world.hello(3))->bytes.size(), kResponseSize) << "the load is over";
}

TEST(Load, BeyondItsLimitIsDropped) {
  Limits limits;
  limits.own_handshakes_per_second = 2;
  World world(limits, 8);
  for (std::uint8_t i = 0; i < 8; ++i) {
    const SocketAddress at = address(static_cast<std::uint8_t>(10 + i));
    const auto reply = world.send(at, world.hello(i));
    if (!reply || reply->bytes.size() != kCookieReplySize) continue;
    const Bytes cookie = world.peers[i].open_cookie(reply->bytes);
    Bytes again = world.hello(i);
    TestPeer::put_mac2(again, cookie);
    world.send(at, again);
  }
  EXPECT_EQ(world.counters().handshakes, 2U);
  EXPECT_EQ(world.counters().over_limit, 6U);
}

}  // namespace
}  // namespace innernet::relay

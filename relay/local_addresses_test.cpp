#include "local_addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "engine_world.hpp"

namespace innernet::relay {
namespace {

using ::testing::Eq;
using ::testing::Optional;

const SocketAddress kA = address(1), kB = address(2), kStrange = address(3);

IpAddress own(std::uint32_t number) {
  return IpAddress::v4(std::array<std::uint8_t, 4>{198, 51, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)});
}

auto passes(const SocketAddress& to, const Bytes& bytes, const IpAddress& from) {
  return Optional(Eq(Sent{.to = to, .bytes = bytes, .from = from}));
}

TEST(LocalAddresses, AreAByteEachWhileThereIsRoom) {
  LocalAddresses addresses;
  EXPECT_EQ(addresses.id_of(IpAddress()), 0U);
  constexpr std::uint32_t kMost = std::numeric_limits<LocalAddresses::Id>::max();
  for (std::uint32_t i = 1; i <= kMost; ++i) EXPECT_EQ(addresses.id_of(own(i)), i);
  EXPECT_EQ(addresses.id_of(own(kMost + 1)), 0U) << "as the routes say";
  EXPECT_EQ(addresses.id_of(own(kMost)), kMost);
  EXPECT_EQ(addresses.at(7), own(7));
  EXPECT_EQ(addresses.at(0), IpAddress());
}

TEST(LocalAddresses, AnswersComeFromTheOneThatWasAsked) {
  World world;
  const auto answer = world.send(kA, world.hello(0), own(1));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->from, own(1));
}

TEST(LocalAddresses, CookiesComeFromTheOneThatWasAsked) {
  World world({.own_handshakes_per_second = 1});
  world.send(kA, world.hello(0), own(1));
  const auto answer = world.send(kA, world.hello(0), own(2));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->bytes.size(), kCookieReplySize);
  EXPECT_EQ(answer->from, own(2));
}

TEST(LocalAddresses, AMemberHearsFromTheOneAtWhichItHasRegistered) {
  World world;
  ASSERT_TRUE(world.enlist(0, kA, own(1)));
  ASSERT_TRUE(world.enlist(1, kB, own(2)));
  const Bytes initiation = world.peers[0].initiate(world.peers[1].key(), 0xA1);
  EXPECT_THAT(world.send(kA, initiation, own(1)), passes(kB, initiation, own(2)));
  EXPECT_THAT(world.send(kB, response(0xB1, 0xA1), own(2)), passes(kA, response(0xB1, 0xA1), own(1)));

  world.send(kA, world.peers[0].keepalive(), own(3));
  EXPECT_THAT(world.send(kB, data(0xA1), own(2)), passes(kA, data(0xA1), own(3))) << "it goes on there, from where it was";
  EXPECT_THAT(world.send(kA, data(0xB1), own(1)), passes(kB, data(0xB1), own(2)));
  EXPECT_THAT(world.send(kB, data(0xA1), own(2)), passes(kA, data(0xA1), own(3))) << "data alone, which anybody could send, moves nobody";
}

TEST(LocalAddresses, AStrangerHearsFromTheOneThatItHasAsked) {
  World world;
  ASSERT_TRUE(world.enlist(1, kB, own(2)));
  const Bytes initiation = world.peers[0].initiate(world.peers[1].key(), 0xA1);
  EXPECT_THAT(world.send(kStrange, initiation, own(1)), passes(kB, initiation, own(2)));
  EXPECT_THAT(world.send(kB, response(0xB1, 0xA1), own(2)), passes(kStrange, response(0xB1, 0xA1), own(1)));
}

}  // namespace
}  // namespace innernet::relay

#pragma once

#include <gmock/gmock.h>

#include "engine_world.hpp"

namespace innernet::relay {

const SocketAddress kA = address(1), kB = address(2), kC = address(3);
constexpr std::uint32_t kAIndex = 0xA1, kBIndex = 0xB1;

inline auto passes(const SocketAddress& to, const Bytes& bytes) {
  return ::testing::Optional(::testing::Eq(Sent{.to = to, .bytes = bytes}));
}

/// Peers 0 and 1 have a session through the relay.
inline void have_session(World& world, const SocketAddress& a = kA, const SocketAddress& b = kB) {
  const auto initiation = world.peers[0].initiate(world.peers[1].key(), kAIndex);
  ASSERT_THAT(world.send(a, initiation), passes(b, initiation));
  ASSERT_THAT(world.send(b, response(kBIndex, kAIndex)), passes(a, response(kBIndex, kAIndex)));
  ASSERT_THAT(world.send(a, data(kBIndex)), passes(b, data(kBIndex)));
  ASSERT_THAT(world.send(b, data(kAIndex)), passes(a, data(kAIndex)));
}

}  // namespace innernet::relay

// What a relay with many members and flows holds. Not under sanitizers, which bring allocators of their own.
#ifndef INNERNET_SANITIZED

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "engine_world.hpp"

namespace {
std::size_t allocated = 0;  // of this program, by its one thread
}

void* operator new(std::size_t size) {
  void* const out = std::malloc(size);
  if (out == nullptr) throw std::bad_alloc();
  allocated += ::malloc_usable_size(out);
  return out;
}
void operator delete(void* pointer) noexcept {
  if (pointer != nullptr) allocated -= ::malloc_usable_size(pointer);
  std::free(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept { operator delete(pointer); }

namespace innernet::relay {
namespace {

constexpr std::uint32_t kMembers = 400;
constexpr std::uint32_t kNeighbours = 3;  // on either side
constexpr std::uint32_t kSessions = 50'000;

SocketAddress home(std::uint32_t member) {
  return {.ip = IpAddress::v4(std::array<std::uint8_t, 4>{10, 0, 0, 1}), .port = static_cast<std::uint16_t>(1000 + member)};
}

TEST(Memory, IsTwoHundredBytesForAMemberAndAHundredForAFlow) {
  World world(unlimited(), kMembers);
  std::vector<Member> members;
  std::vector<GroupPair> pairs;
  for (std::uint32_t i = 0; i < kMembers; ++i) {
    members.push_back({.key = world.peers[i].key(), .group = i});
    for (std::uint32_t j = 1; j <= kNeighbours; ++j) pairs.emplace_back(i, (i + j) % kMembers);
  }
  world.engine.set_membership(std::make_shared<const Membership>(), world.now);

  // Who may reach whom grows with the groups and their pairs, which are not counted here.
  const std::size_t nobody = allocated;
  std::vector<Member> in_one_group = members;
  for (Member& member : in_one_group) member.group = 0;
  world.engine.set_membership(std::make_shared<const Membership>(std::move(in_one_group), std::vector<GroupPair>()), world.now);
  for (std::uint32_t i = 0; i < kMembers; ++i) ASSERT_TRUE(world.enlist(i, home(i)));
  ASSERT_EQ(world.snapshot().members.size(), kMembers);
  const double for_a_member = static_cast<double>(allocated - nobody) / kMembers;
  RecordProperty("for_a_member", std::to_string(for_a_member));
  EXPECT_LE(for_a_member, 200);

  world.engine.set_membership(std::make_shared<const Membership>(members, pairs), world.now);
  const std::size_t no_flows = allocated;
  for (std::uint32_t i = 0; i < kSessions; ++i) {
    const std::uint32_t from = i % kMembers, to = (from + 1 + i / kMembers % kNeighbours) % kMembers;
    ASSERT_TRUE(world.send(home(from), hollow_initiation(world.peers[to].key(), 2 * i)));
    ASSERT_TRUE(world.send(home(to), response(2 * i + 1, 2 * i)));
  }
  const double for_a_flow = static_cast<double>(allocated - no_flows) / (2 * kSessions);
  RecordProperty("for_a_flow", std::to_string(for_a_flow));
  EXPECT_EQ(world.snapshot().flows, 2 * kSessions);
  EXPECT_LE(for_a_flow, 100);
}

}  // namespace
}  // namespace innernet::relay

#endif

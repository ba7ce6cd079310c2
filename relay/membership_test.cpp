#include "innernet/relay/membership.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mac.hpp"

namespace innernet::relay {
namespace {

using ::testing::UnorderedElementsAre;

wg::PublicKey key(std::uint8_t n) {
  std::array<std::uint8_t, 32> bytes{};
  bytes[0] = n;
  return wg::PublicKey::from_bytes(bytes);
}

std::vector<wg::PublicKey> reached(const Membership& membership, const wg::PublicKey& from) {
  std::vector<wg::PublicKey> out;
  for (const auto& range : membership.reachable(*membership.find(from)))
    for (auto number = range.begin; number != range.end; ++number) out.push_back(membership.key(number));
  return out;
}

TEST(Membership, KnowsWhoMayReachWhom) {
  const Membership membership({{key(1), 10}, {key(2), 20}, {key(3), 20}, {key(4), 30}, {key(5), 40}},
                              {{10, 20}, {30, 30}, {99, 10}, {20, 10}});
  const auto may = [&](int a, int b) {
    return membership.may(*membership.find(key(static_cast<std::uint8_t>(a))), *membership.find(key(static_cast<std::uint8_t>(b))));
  };
  EXPECT_TRUE(may(1, 2));
  EXPECT_TRUE(may(2, 1)) << "in either order";
  EXPECT_FALSE(may(2, 3)) << "the same group, which is not paired with itself";
  EXPECT_TRUE(may(4, 4));
  EXPECT_FALSE(may(1, 4));
  EXPECT_FALSE(may(5, 5));
  EXPECT_THAT(reached(membership, key(1)), UnorderedElementsAre(key(2), key(3)));
  EXPECT_THAT(reached(membership, key(3)), UnorderedElementsAre(key(1)));
  EXPECT_THAT(reached(membership, key(5)), UnorderedElementsAre());
}

TEST(Membership, FindsMembersOnly) {
  const Membership membership({{key(7), 1}, {key(3), 2}, {key(5), 1}}, {});
  for (const std::uint8_t n : std::initializer_list<std::uint8_t>{3, 5, 7}) {
    ASSERT_TRUE(membership.find(key(n)));
    EXPECT_EQ(membership.key(*membership.find(key(n))), key(n));
  }
  EXPECT_FALSE(membership.find(key(4)));
  EXPECT_FALSE(membership.find(key(8)));
  EXPECT_FALSE(Membership().find(key(0)));
}

TEST(Membership, TakesTheFirstOfAKeyThatIsNamedTwice) {
  const Membership membership({{key(1), 2}, {key(1), 1}, {key(3), 3}}, {{2, 3}});
  EXPECT_EQ(membership.size(), 2U);
  EXPECT_TRUE(membership.may(*membership.find(key(1)), *membership.find(key(3))));
}

TEST(Membership, KnowsAMembersMac1) {
  const Membership membership({{key(1), 1}, {key(2), 1}}, {});
  const std::vector<std::uint8_t> covered(116, 0x5A);
  const Mac made = mac(mac1_key(key(2)), covered);
  EXPECT_TRUE(membership.mac1_is_for(*membership.find(key(2)), covered, made));
  EXPECT_FALSE(membership.mac1_is_for(*membership.find(key(1)), covered, made));
}

}  // namespace
}  // namespace innernet::relay

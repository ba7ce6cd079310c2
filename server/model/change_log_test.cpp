#include "change_log.hpp"

#include <gmock/gmock.h>

#include <map>
#include <random>

namespace innernet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

constexpr CidrId kOne{1}, kOther{2};

bool everything(CidrId) { return true; }
bool only_other(CidrId cidr) { return cidr == kOther; }

TEST(ChangeLog, NamesWhoHasChangedSinceInWhatIsSeen) {
  ChangeLog log;
  log.note(kOne, PeerId{5}, 2);
  log.note(kOther, PeerId{7}, 3);
  log.note(kOne, PeerId{4}, 4);
  log.note(kOne, PeerId{5}, 5);
  EXPECT_THAT(log.since(1, everything), Optional(ElementsAre(PeerId{4}, PeerId{5}, PeerId{7})));
  EXPECT_THAT(log.since(3, everything), Optional(ElementsAre(PeerId{4}, PeerId{5})));
  EXPECT_THAT(log.since(4, everything), Optional(ElementsAre(PeerId{5})));
  EXPECT_THAT(log.since(5, everything), Optional(ElementsAre()));
  EXPECT_THAT(log.since(1, only_other), Optional(ElementsAre(PeerId{7})));
  log.clear();
  EXPECT_THAT(log.since(1, everything), Optional(ElementsAre()));
}

TEST(ChangeLog, KnowsTheLastChangeOfWhatIsSeen) {
  ChangeLog log;
  EXPECT_EQ(log.last(everything), 0U);
  log.note(kOther, PeerId{7}, 3);
  log.note(kOne, PeerId{4}, 4);
  EXPECT_EQ(log.last(everything), 4U);
  EXPECT_EQ(log.last(only_other), 3U);
  EXPECT_EQ(log.last([](CidrId) { return false; }), 0U);
}

// What is found at a start has happened at once.
TEST(ChangeLog, HasManyUnderOneNumber) {
  ChangeLog log;
  for (std::int64_t n = 0; n < 1000; ++n) log.note(n % 2 == 0 ? kOne : kOther, PeerId{n}, 9);
  EXPECT_THAT(log.since(8, everything), Optional(::testing::SizeIs(1000)));
  EXPECT_THAT(log.since(8, only_other), Optional(::testing::SizeIs(500)));
  EXPECT_THAT(log.since(9, everything), Optional(::testing::SizeIs(0)));
  log.note(kOne, PeerId{5}, 10);
  EXPECT_EQ(log.last(only_other), 9U);
  EXPECT_THAT(log.since(9, everything), Optional(ElementsAre(PeerId{5})));
}

TEST(ChangeLog, IsOneEntryHoweverOftenAPeerChanges) {
  ChangeLog log;
  std::uint64_t number = 1;
  log.note(kOther, PeerId{7}, ++number);
  for (int n = 0; n < 1'000'000; ++n) log.note(kOne, PeerId{5}, ++number);
  EXPECT_EQ(log.size(), 2U);
  // Two that take turns are not merged each time, but stay few.
  for (int n = 0; n < 1'000'000; ++n) log.note(kOne, PeerId{5 + n % 2}, ++number);
  EXPECT_LE(log.size(), 65U);
  EXPECT_THAT(log.since(1, everything), Optional(ElementsAre(PeerId{5}, PeerId{6}, PeerId{7}))) << "nobody's change is forgotten";
}

TEST(ChangeLog, OfOneCidrForgetsNothingOfAnother) {
  ChangeLog log;
  std::uint64_t number = 1;
  log.note(kOther, PeerId{-1}, ++number);
  for (std::int64_t n = 0; n < 3 * static_cast<std::int64_t>(ChangeLog::kMostPeers); ++n) log.note(kOne, PeerId{n}, ++number);
  EXPECT_LE(log.size(), 2 * ChangeLog::kMostPeers + 1);
  EXPECT_EQ(log.since(1, everything), std::nullopt) << "what is forgotten is not told as if it were all";
  EXPECT_THAT(log.since(1, only_other), Optional(ElementsAre(PeerId{-1})));
  EXPECT_THAT(log.since(number - 1, everything), Optional(ElementsAre(PeerId{3 * static_cast<std::int64_t>(ChangeLog::kMostPeers) - 1})));
}

TEST(ChangeLog, IsRightWhateverHappens) {
  std::mt19937 random(1);
  const auto pick = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
  ChangeLog log;
  std::map<std::pair<CidrId, PeerId>, std::uint64_t> last;
  for (std::uint64_t number = 2; number < 5'000; ++number) {
    const CidrId cidr{1 + pick(3)};
    const PeerId peer{pick(100)};
    log.note(cidr, peer, number);
    last[{cidr, peer}] = number;
    const auto from = static_cast<std::uint64_t>(pick(static_cast<unsigned>(number)));
    const CidrId hidden{1 + pick(3)};
    std::vector<PeerId> expected;
    for (const auto& [where, when] : last)
      if (when > from && where.first != hidden) expected.push_back(where.second);
    std::ranges::sort(expected);
    const auto repeated = std::ranges::unique(expected);
    expected.erase(repeated.begin(), repeated.end());
    ASSERT_EQ(log.since(from, [&](CidrId seen) { return seen != hidden; }), expected);
  }
}

}  // namespace
}  // namespace innernet::server

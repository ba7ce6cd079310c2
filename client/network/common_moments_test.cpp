#include "common_moments.hpp"

#include <gtest/gtest.h>

#include <set>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;

const WallTime kNow{std::chrono::seconds(1'795'363'000)};

TEST(CommonMoments, AreTheSameForBothSides) {
  const auto one = new_key(), other = new_key();
  const CommonMoments here(one, other), there(other, one);
  for (const auto period : {10s, 60s, 180s, 3600s}) {
    EXPECT_EQ(here.next(kNow, period), there.next(kNow, period));
    EXPECT_EQ(here.nearest(kNow, period, 90s), there.nearest(kNow, period, 90s));
  }
}

TEST(CommonMoments, AreAPeriodApart) {
  const CommonMoments moments(new_key(), new_key());
  for (const auto period : {10s, 60s, 180s, 3600s}) {
    const auto first = moments.next(kNow, period);
    EXPECT_GE(first, kNow);
    EXPECT_LT(first, kNow + period);
    EXPECT_EQ(moments.next(first, period), first);
    EXPECT_EQ(moments.next(first + 1ns, period), first + period);
    EXPECT_EQ(moments.nearest(first + period / 2 - 1ms, period), first);
    EXPECT_EQ(moments.nearest(first + period / 2 + 1ms, period), first + period);
    EXPECT_EQ(moments.next(first, period, 5s), first + 5s);
  }
}

TEST(CommonMoments, AreEveryHourWhateverTheTime) {
  const CommonMoments moments(new_key(), new_key());
  EXPECT_EQ(moments.next(WallTime(), 3600s) - WallTime(), (moments.next(kNow, 3600s) - WallTime()) % 1h);
  EXPECT_LE(moments.next(WallTime(-5h), 3600s), WallTime(-4h)) << "a clock that was never set";
}

TEST(CommonMoments, OfManyPairsAreSpreadOverTheMinute) {
  const auto own = new_key();
  std::set<std::chrono::seconds> seconds;
  for (int i = 0; i < 200; ++i)
    seconds.insert(std::chrono::floor<std::chrono::seconds>(CommonMoments(own, new_key()).next(kNow, 60s) - kNow));
  EXPECT_GT(seconds.size(), 40U);
}

}  // namespace
}  // namespace innernet::client

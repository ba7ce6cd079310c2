#include "http/giving_way.hpp"

#include <gmock/gmock.h>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAreArray;
using enum Occupant::Doing;

Occupant occupant(unsigned char source, Occupant::Doing doing, std::uint64_t since) {
  return {.source = IpAddress::v4(std::array<std::uint8_t, 4>{10, 0, 0, source}), .doing = doing, .since = since};
}

TEST(GivingWay, TakesFromWhoHasMostAndThenWhatIsWorthLeast) {
  const struct {
    const char* what;
    std::vector<Occupant> occupants;
    std::size_t count;
    std::size_t own;
    std::vector<std::size_t> expected;
  } cases[] = {
      {"nobody is there", {}, 1, 0, {}},
      {"the longest idle before the others", {occupant(1, kIdle, 5), occupant(2, kIdle, 3), occupant(3, kIdle, 4)}, 2, 0, {1, 2}},
      {"idle before waiting, whatever its age", {occupant(1, kWaiting, 1), occupant(2, kIdle, 9)}, 1, 0, {1}},
      {"the oldest wait", {occupant(1, kWaiting, 2), occupant(2, kWaiting, 1), occupant(3, kAnythingElse, 0)}, 1, 0, {1}},
      {"who asks for something does not give way to an equal", {occupant(1, kAnythingElse, 0), occupant(2, kAnythingElse, 0)}, 1, 0, {}},
      {"but where it has more", {occupant(1, kAnythingElse, 0), occupant(1, kAnythingElse, 1), occupant(2, kIdle, 0)}, 1, 0, {0}},
      {"a source with more than others gives way first",
       {occupant(1, kIdle, 0), occupant(2, kWaiting, 5), occupant(2, kWaiting, 6)},
       1,
       0,
       {1}},
      {"as many of one source as make it equal",
       {occupant(1, kWaiting, 0), occupant(1, kWaiting, 1), occupant(1, kWaiting, 2), occupant(2, kWaiting, 3), occupant(2, kWaiting, 4)},
       3,
       0,
       {0, 1, 3}},
      {"a newcomer takes nothing from who has less than it", {occupant(1, kIdle, 0), occupant(2, kWaiting, 0)}, 1, 1, {}},
      {"nor as much", {occupant(1, kIdle, 0), occupant(1, kIdle, 1)}, 1, 2, {}},
  };
  for (const auto& c : cases) EXPECT_THAT(who_gives_way(c.occupants, c.count, c.own), ElementsAreArray(c.expected)) << c.what;
}

TEST(SeldomTold, IsOnceAMinute) {
  SeldomTold told;
  const BootTime start{1h};
  EXPECT_TRUE(told.is_time(start));
  EXPECT_FALSE(told.is_time(start + 59s));
  EXPECT_TRUE(told.is_time(start + 60s));
  EXPECT_FALSE(told.is_time(start + 61s));
}

}  // namespace
}  // namespace innernet::server

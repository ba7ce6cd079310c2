#include "server_clock.hpp"

#include <gtest/gtest.h>

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }
constexpr WallTime date(std::chrono::seconds time) { return WallTime(std::chrono::seconds(1'795'363'000) + time); }

TEST(HttpDate, IsReadInTheOneFormThatServersWrite) {
  using namespace std::chrono;
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), WallTime(sys_days(1994y / November / 6) + 8h + 49min + 37s));
  EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT"), WallTime(sys_days(2024y / March / 1)));
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), WallTime());
}

TEST(HttpDate, AnythingElseIsNone) {
  for (const auto* text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 06 Nov 9999 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT",
        "Sol, 06 Nov 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:61:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov +994 08:49:37 GMT"})
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
}

TEST(ServerClock, IsUnknownBeforeTheFirstAnswer) { EXPECT_FALSE(ServerClock().is_known()); }

TEST(ServerClock, IsAtLeastWhatEachDateSays) {
  ServerClock clock;
  clock.see(date(10s), at(100'800ms));  // it was 10.8 there
  EXPECT_EQ(clock.at(at(100'800ms)), date(10s));
  clock.see(date(20s), at(110'050ms));
  EXPECT_EQ(clock.at(at(110'050ms)), date(20s)) << "later than the first one has said";
  clock.see(date(29s), at(120'040ms));  // it took a second to come
  EXPECT_EQ(clock.at(at(110'050ms)), date(20s)) << "which says less";
  EXPECT_EQ(clock.when(date(20s)), at(110'050ms));
}

TEST(ServerClock, FollowsOneThatIsSet) {
  ServerClock clock;
  clock.see(date(0s), at(0ms));
  clock.see(date(3600s), at(1000ms));
  EXPECT_EQ(clock.at(at(1000ms)), date(3600s));
  clock.see(date(2s), at(2000ms));
  EXPECT_EQ(clock.at(at(2000ms)), date(2s));
}

}  // namespace
}  // namespace innernet::client

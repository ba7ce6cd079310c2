#include "foreign_looks.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;

constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }

/// The times of all looks when notifications come at `notices`, if each look is taken when it is due.
std::vector<BootTime> looks_after(const std::vector<BootTime>& notices) {
  ForeignLooks looks;
  std::vector<BootTime> out;
  std::size_t next = 0;
  while (next < notices.size() || looks.due()) {
    if (next < notices.size() && (!looks.due() || notices[next] <= *looks.due())) {
      looks.notice(notices[next++]);
      continue;
    }
    if (out.size() == 100) break;  // a series without end
    const BootTime now = *looks.due();
    looks.look(now);
    out.push_back(now);
  }
  return out;
}

TEST(ForeignLooks, FollowANotificationInASeries) {
  struct Case {
    const char* name;
    std::vector<BootTime> notices;
    std::vector<BootTime> looks;
  };
  const std::vector<Case> cases{
      {"none without one", {}, {}},
      {"three after one", {at(0ms)}, {at(5ms), at(20ms), at(100ms)}},
      {"one after the other", {at(0ms), at(1'000ms)}, {at(5ms), at(20ms), at(100ms), at(1'005ms), at(1'020ms), at(1'100ms)}},
      {"what happens during a series makes another", {at(0ms), at(99ms)}, {at(5ms), at(20ms), at(100ms), at(105ms), at(120ms), at(200ms)}},
      {"and one alone, however much it was",
       {at(0ms), at(1ms), at(6ms), at(50ms), at(99ms)},
       {at(5ms), at(20ms), at(100ms), at(105ms), at(120ms), at(200ms)}},
      {"also during the second series",
       {at(0ms), at(50ms), at(150ms)},
       {at(5ms), at(20ms), at(100ms), at(105ms), at(120ms), at(200ms), at(205ms), at(220ms), at(300ms)}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(looks_after(c.notices), c.looks);
  }
}

TEST(ForeignLooks, LookTheFileUpOnceAfterEachReasonForDoubt) {
  ForeignLooks looks;
  looks.begin_to_be_notified();
  EXPECT_TRUE(looks.take_doubt()) << "nobody knows what happened before the start";
  EXPECT_FALSE(looks.take_doubt());
  looks.doubt_file();
  EXPECT_TRUE(looks.take_doubt());
  EXPECT_FALSE(looks.take_doubt());
  looks.notice(at(0ms));
  EXPECT_TRUE(looks.take_doubt());
  looks.notice(at(1ms));
  EXPECT_TRUE(looks.take_doubt()) << "also during a series";
  EXPECT_FALSE(looks.take_doubt());
  looks.look(at(5ms));
  EXPECT_TRUE(looks.take_doubt());
  EXPECT_FALSE(looks.take_doubt());
}

TEST(ForeignLooks, LookTheFileUpInEachTurnWithoutNotifications) {
  ForeignLooks looks;
  EXPECT_TRUE(looks.take_doubt());
  EXPECT_TRUE(looks.take_doubt());
}

}  // namespace
}  // namespace innernet::server

#include "hosts_schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;

constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }

TEST(HostsSchedule, SaysWhenTheFileIsDueAndWhetherItsEntriesAreOld) {
  enum class Event { kBegin, kChange, kHasten, kWrite };
  using enum Event;
  struct Step {
    std::chrono::milliseconds time;
    Event event;
  };
  struct Case {
    const char* name;
    std::vector<Step> steps;
    std::optional<BootTime> due;
    bool entries_are_old;
  };
  const std::vector<Case> cases{
      {"nothing before it begins", {{0ms, kChange}, {1ms, kHasten}}, {}, true},
      {"at once when it begins", {{7ms, kBegin}}, at(7ms), true},
      {"in a rhythm", {{0ms, kBegin}, {0ms, kWrite}}, at(10'000ms), false},
      {"in a rhythm with the same entries", {{0ms, kBegin}, {0ms, kWrite}, {10'000ms, kWrite}}, at(20'000ms), false},
      {"a moment after a change", {{0ms, kBegin}, {0ms, kWrite}, {1'000ms, kChange}}, at(1'200ms), true},
      {"changes that follow don't put it off",
       {{0ms, kBegin}, {0ms, kWrite}, {1'000ms, kChange}, {1'100ms, kChange}, {1'199ms, kChange}},
       at(1'200ms),
       true},
      {"nor does one that comes just before the rhythm", {{0ms, kBegin}, {0ms, kWrite}, {9'900ms, kChange}}, at(10'000ms), true},
      {"once after a change", {{0ms, kBegin}, {0ms, kWrite}, {1'000ms, kChange}, {1'200ms, kWrite}}, at(11'200ms), false},
      {"again after the next",
       {{0ms, kBegin}, {0ms, kWrite}, {1'000ms, kChange}, {1'200ms, kWrite}, {1'300ms, kChange}},
       at(1'500ms),
       true},
      {"at once when somebody waits", {{0ms, kBegin}, {0ms, kWrite}, {1'000ms, kHasten}}, at(1'000ms), true},
      {"which a change does not put off", {{0ms, kBegin}, {0ms, kWrite}, {1'000ms, kHasten}, {1'001ms, kChange}}, at(1'000ms), true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    HostsSchedule schedule({.regular = 10'000ms, .after_change = 200ms});
    for (const Step& step : c.steps) {
      switch (step.event) {
        case kBegin:
          schedule.begin(at(step.time));
          break;
        case kChange:
          schedule.note_change(at(step.time));
          break;
        case kHasten:
          schedule.hasten(at(step.time));
          break;
        case kWrite:
          schedule.begin_write(at(step.time));
          break;
      }
    }
    EXPECT_EQ(schedule.due(), c.due);
    EXPECT_EQ(schedule.begin_write(at(50'000ms)), c.entries_are_old);
  }
}

}  // namespace
}  // namespace innernet::server

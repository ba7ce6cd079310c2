#include "endpoint_schedule.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using Reason = EndpointSchedule::Reason;

constexpr EndpointSchedule::Periods kPeriods{.regular = 5'000ms, .soon = 100ms, .unseen = 1'000ms};
constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }

enum class Event { kBegin, kEnd, kKeyChanged, kUnseenPeer, kAsked };
struct Step {
  std::chrono::milliseconds time;
  Event event;
};
struct Case {
  const char* name;
  std::vector<Step> steps;
  std::optional<BootTime> due;
};

TEST(EndpointSchedule, SaysWhenTheNextPollIsDue) {
  using enum Event;
  const std::vector<Case> cases{
      {"nothing before the first poll", {}, {}},
      {"the first poll sees all", {{0ms, kUnseenPeer}, {0ms, kKeyChanged}}, {}},
      {"none while one is under way", {{0ms, kBegin}}, {}},
      {"the rhythm counts from the end", {{0ms, kBegin}, {30ms, kEnd}}, at(5'030ms)},
      {"an unseen peer: a second after the last began", {{0ms, kBegin}, {30ms, kEnd}, {200ms, kUnseenPeer}}, at(1'000ms)},
      {"a changed key: sooner", {{0ms, kBegin}, {30ms, kEnd}, {200ms, kKeyChanged}}, at(100ms)},
      {"somebody asks: at once", {{0ms, kBegin}, {30ms, kEnd}, {200ms, kAsked}}, at(0ms)},
      {"somebody asks while polling: at its end", {{0ms, kBegin}, {10ms, kAsked}, {30ms, kEnd}}, at(30ms)},
      {"the soonest wish counts", {{0ms, kBegin}, {30ms, kEnd}, {200ms, kKeyChanged}, {210ms, kUnseenPeer}}, at(100ms)},
      {"in whatever order", {{0ms, kBegin}, {30ms, kEnd}, {200ms, kUnseenPeer}, {210ms, kKeyChanged}}, at(100ms)},
      {"a poll that is due soon is not put off", {{0ms, kBegin}, {30ms, kEnd}, {4'900ms, kUnseenPeer}}, at(1'000ms)},
      {"asked for while polling: as far from its end", {{0ms, kBegin}, {10ms, kUnseenPeer}, {30ms, kEnd}}, at(1'030ms)},
      {"asked for twice while polling", {{0ms, kBegin}, {10ms, kKeyChanged}, {20ms, kUnseenPeer}, {30ms, kEnd}}, at(130ms)},
      {"once more after what was asked for",
       {{0ms, kBegin}, {30ms, kEnd}, {200ms, kKeyChanged}, {200ms, kBegin}, {230ms, kEnd}},
       at(1'230ms)},
      {"and then the rhythm again",
       {{0ms, kBegin}, {30ms, kEnd}, {200ms, kKeyChanged}, {200ms, kBegin}, {230ms, kEnd}, {1'230ms, kBegin}, {1'240ms, kEnd}},
       at(6'240ms)},
      {"what was asked for while polling is followed by one more, too",
       {{0ms, kBegin}, {10ms, kKeyChanged}, {30ms, kEnd}, {130ms, kBegin}, {140ms, kEnd}},
       at(1'140ms)},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EndpointSchedule schedule(kPeriods);
    for (const Step& step : c.steps) {
      switch (step.event) {
        case kBegin:
          schedule.begin_poll(at(step.time));
          break;
        case kEnd:
          schedule.end_poll(at(step.time));
          break;
        case kKeyChanged:
          schedule.hasten(Reason::kKeyChanged);
          break;
        case kUnseenPeer:
          schedule.hasten(Reason::kUnseenPeer);
          break;
        case kAsked:
          schedule.hasten(Reason::kAsked);
          break;
      }
    }
    EXPECT_EQ(schedule.due(), c.due);
  }
}

// Tests give periods of their own, so that the rhythm may be the shortest.
TEST(EndpointSchedule, NeverPutsOffTheRhythm) {
  EndpointSchedule schedule({.regular = 50ms, .soon = 100ms, .unseen = 1'000ms});
  schedule.begin_poll(at(0ms));
  schedule.hasten(Reason::kUnseenPeer);
  schedule.end_poll(at(10ms));
  EXPECT_EQ(schedule.due(), at(60ms));
  schedule.hasten(Reason::kKeyChanged);
  EXPECT_EQ(schedule.due(), at(60ms));
  schedule.begin_poll(at(60ms));
  schedule.end_poll(at(70ms));
  EXPECT_EQ(schedule.due(), at(120ms));
}

TEST(EndpointSchedule, FindsAReasonInARequest) {
  PeerContents contents{{.name = Hostname::parse("alice").value(), .ip = {}, .public_key = {}}, {}};
  const PeerRecord unseen{.peer = {contents}, .seen = std::nullopt};
  const PeerRecord seen{.peer = {contents}, .seen = SocketAddress{}};
  contents.is_disabled = true;
  const PeerRecord disabled{.peer = {contents}, .seen = std::nullopt};
  EXPECT_EQ(reason_to_poll(false, nullptr), std::nullopt);
  EXPECT_EQ(reason_to_poll(true, nullptr), Reason::kKeyChanged);
  EXPECT_EQ(reason_to_poll(true, &unseen), Reason::kKeyChanged);
  EXPECT_EQ(reason_to_poll(true, &seen), Reason::kKeyChanged);
  EXPECT_EQ(reason_to_poll(false, &unseen), Reason::kUnseenPeer);
  EXPECT_EQ(reason_to_poll(false, &seen), std::nullopt);
  EXPECT_EQ(reason_to_poll(false, &disabled), std::nullopt);
}

}  // namespace
}  // namespace innernet::server

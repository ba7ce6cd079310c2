#include "round_schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }

TEST(PauseAfterFailure, GrowsToTheIntervalAndDiffersBetweenClients) {
  EXPECT_EQ(pause_after_failure(1, 60s, 1.0), 2s);
  EXPECT_EQ(pause_after_failure(1, 60s, 0.0), 1s);
  EXPECT_EQ(pause_after_failure(3, 60s, 1.0), 8s);
  EXPECT_EQ(pause_after_failure(1000, 60s, 1.0), 60s);
  EXPECT_EQ(pause_after_failure(1000, 60s, 0.0), 30s);
  EXPECT_EQ(pause_after_failure(5, 1s, 1.0), 1s);
}

struct Step {
  bool reached;   // the server, by the round
  Waited waited;  // if so
  std::chrono::milliseconds took;
  std::chrono::milliseconds next;  // since the round began
};

// Rounds of a network at an interval of a minute, without chance: each begins when the one before it said so.
void expect_steps(const std::vector<Step>& steps) {
  RoundSchedule schedule(60s);
  BootTime began = at(1000s);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(i);
    const Step& step = steps[i];
    EXPECT_EQ(schedule.deadline(began), began + 60s);
    const BootTime now = began + step.took;
    const BootTime next = step.reached ? schedule.after(step.waited, began, now, 1.0) : schedule.after_failure(now, 1.0);
    EXPECT_EQ(next, began + step.next);
    began = next;
  }
}

TEST(RoundSchedule, IsTheIntervalFromBeginningToBeginning) {
  expect_steps({{true, Waited::kInVain, 5s, 60s}, {true, Waited::kInVain, 60s, 60s}, {true, Waited::kInVain, 75s, 60s}});
}

TEST(RoundSchedule, TakesNewsAtOnceButNotInACircle) {
  expect_steps({{true, Waited::kNews, 20s, 100ms}, {true, Waited::kNews, 1ms, 100ms}, {true, Waited::kInVain, 1ms, 60s}});
}

TEST(RoundSchedule, BacksOffFromAServerThatFailsHoweverItFails) {
  expect_steps({{false, {}, 10s, 12s},
                {true, Waited::kFailed, 1s, 5s},
                {false, {}, 0s, 8s},
                {false, {}, 0s, 16s},
                {false, {}, 0s, 32s},
                {false, {}, 0s, 60s},
                {false, {}, 3s, 63s}});
}

TEST(RoundSchedule, BeginsAnewAfterARoundThatWasGood) {
  for (const Waited good : {Waited::kNews, Waited::kInVain}) {
    const auto next = good == Waited::kNews ? 100ms : 60'000ms;
    expect_steps({{false, {}, 0s, 2s}, {false, {}, 0s, 4s}, {true, good, 0s, next}, {false, {}, 0s, 2s}});
  }
}

TEST(RoundSchedule, ComesSoonerForWhoWantsTheNextOneAtAMoment) {
  RoundSchedule schedule(60s);
  EXPECT_EQ(schedule.deadline(at(0s), at(20s)), at(20s));
  EXPECT_EQ(schedule.after(Waited::kInVain, at(0s), at(1s), 1.0, at(20s)), at(20s));
  EXPECT_EQ(schedule.after(Waited::kInVain, at(0s), at(1s), 1.0, at(80s)), at(60s)) << "never later";
  EXPECT_EQ(schedule.after(Waited::kInVain, at(10s), at(11s), 1.0, at(1s)), at(10'100ms)) << "nor in a circle";
}

TEST(Holding, PausesForLongerAndLongerAfterAnswersThatCameTooEarly) {
  struct Answer {
    std::chrono::milliseconds took;
    std::chrono::milliseconds pause;
  };
  Holding holding(10s);
  for (const auto& [took, pause] :
       std::vector<Answer>{{60s, 0s}, {30s, 0s}, {29'999ms, 2s}, {0s, 4s}, {1s, 8s}, {1s, 10s}, {0s, 10s}, {45s, 0s}, {0s, 2s}}) {
    SCOPED_TRACE(took.count());
    EXPECT_EQ(holding.pause(took, 60s, 1.0), pause);
  }
}

}  // namespace
}  // namespace innernet::client

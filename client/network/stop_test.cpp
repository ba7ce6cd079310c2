#include "innernet/client/stop.hpp"

#include <gmock/gmock.h>

#include "wait.hpp"

namespace innernet::client {
namespace {

TEST(Stop, EndsAWaitAndStays) {
  auto stop = Stop::create();
  ASSERT_TRUE(stop);
  auto poller = Poller::create(&*stop);
  const BootTime far = SystemClock().boot() + std::chrono::hours(24);
  EXPECT_EQ(*poller->until(BootTime{}), Woken::kDeadline) << "a deadline in the past";
  stop->request();
  EXPECT_EQ(*poller->until(far), Woken::kStopped);
  EXPECT_EQ(*poller->until(far), Woken::kStopped);
}

TEST(StopOnSignals, TheFirstSignalRequestsAStopAndTheSecondKillsAsUsual) {
  auto stop = Stop::create();
  ASSERT_TRUE(stop);
  {
    const StopOnSignals signals(*stop);
    ::raise(SIGINT);
    EXPECT_TRUE(stop->requested());
    struct sigaction now{};
    ::sigaction(SIGINT, nullptr, &now);
    EXPECT_EQ(now.sa_handler, SIG_DFL);
    ::sigaction(SIGTERM, nullptr, &now);
    EXPECT_NE(now.sa_handler, SIG_DFL);
  }
  struct sigaction after{};
  ::sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(after.sa_handler, SIG_DFL);
}

}  // namespace
}  // namespace innernet::client

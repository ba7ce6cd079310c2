#include "round_schedule.hpp"

#include <algorithm>

namespace innernet::client {

std::chrono::milliseconds pause_after_failure(int failures, std::chrono::seconds longest, double random) {
  const std::chrono::milliseconds whole =
      std::min<std::chrono::milliseconds>(longest, std::chrono::seconds(1LL << std::clamp(failures, 1, 20)));
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(whole.count()) * (0.5 + random / 2)));
}

BootTime RoundSchedule::after(Waited waited, BootTime began, BootTime now, double random, BootTime wanted) {
  switch (waited) {
    case Waited::kFailed:
      return after_failure(now, random);
    case Waited::kNews:
      failures_ = 0;
      return began + kBetweenRounds;
    case Waited::kInVain:
      break;
  }
  failures_ = 0;
  return deadline(began, wanted);
}

std::chrono::milliseconds Holding::pause(std::chrono::nanoseconds took, std::chrono::seconds asked_for, double random) {
  if (took * 2 >= asked_for) {
    early_ = 0;
    return std::chrono::milliseconds(0);
  }
  return pause_after_failure(++early_, longest_pause_, random);
}

}  // namespace innernet::client

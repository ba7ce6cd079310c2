#include "boot_timer.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>

namespace innernet::client {

Result<BootTimer> BootTimer::create() {
  UniqueFd fd(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd) return fail_errno(errno, "making a timer");
  return BootTimer(std::move(fd));
}

Result<void> BootTimer::set(BootTime due) {
  // A value of zero would disarm the timer.
  const auto since_boot = std::max(due.time_since_epoch(), std::chrono::nanoseconds(1));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
  itimerspec when{};
  when.it_value.tv_sec = seconds.count();
  when.it_value.tv_nsec = (since_boot - seconds).count();
  if (::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) return fail_errno(errno, "setting a timer");
  return {};
}

}  // namespace innernet::client

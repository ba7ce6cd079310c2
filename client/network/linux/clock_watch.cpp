#include "clock_watch.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <ctime>

namespace innernet::client {

ClockWatch::ClockWatch() : fd_(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) { arm(); }

// A timer that is never due is canceled when the clock is set; the kernel does that after a resume, too (timerfd_resume() in fs/timerfd.c).
bool ClockWatch::take() {
  std::uint64_t expirations = 0;
  const bool canceled = fd_ && ::read(fd_.get(), &expirations, sizeof expirations) < 0 && errno == ECANCELED;
  if (canceled) arm();
  return canceled;
}

void ClockWatch::arm() {
  itimerspec never{};
  never.it_value.tv_sec = std::time(nullptr) + 10LL * 365 * 24 * 3600;
  if (fd_) ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr);
}

}  // namespace innernet::client

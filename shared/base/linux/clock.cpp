#include "innernet/base/clock.hpp"

#include <ctime>

namespace innernet {
namespace {

std::chrono::nanoseconds read(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);  // can't fail for the two clocks below
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

WallTime SystemClock::wall() const { return WallTime(read(CLOCK_REALTIME)); }
BootTime SystemClock::boot() const { return BootTime(read(CLOCK_BOOTTIME)); }

}  // namespace innernet

#pragma once

#include <chrono>

namespace innernet {

/// Wall clock: for invitations, and what a device says of handshakes, only, because somebody may set it.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// CLOCK_BOOTTIME: never set, and goes on while the machine sleeps. For deadlines and periods.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

/// The time as a parameter: main() hands out the SystemClock, tests a FakeClock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual BootTime boot() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  BootTime boot() const override;
};

}  // namespace innernet

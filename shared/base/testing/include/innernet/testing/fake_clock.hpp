#pragma once

#include "innernet/base/clock.hpp"

namespace innernet::testing {

/// A clock that only moves when a test says so.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime wall = WallTime(std::chrono::seconds(1'795'363'000)), BootTime boot = BootTime(std::chrono::seconds(1000)))
      : wall_(wall), boot_(boot) {}

  WallTime wall() const override { return wall_; }
  BootTime boot() const override { return boot_; }

  void advance(std::chrono::nanoseconds by) {
    wall_ += by;
    boot_ += by;
  }
  void set_wall(WallTime wall) { wall_ = wall; }

 private:
  WallTime wall_;
  BootTime boot_;
};

}  // namespace innernet::testing

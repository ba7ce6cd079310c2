#pragma once

#include <algorithm>
#include <mutex>

#include "innernet/base/clock.hpp"

namespace innernet::client {

/// How often this machine may send to addresses of which it is not known that a peer is there: 200 at once, and 200 in a minute. Hosting
/// providers take more for an attack. May be used by several threads.
class ProbeBudget {
 public:
  static constexpr int kPerMinute = 200;

  /// Whether one more may be sent now, which it counts then.
  bool take(BootTime now) {
    const std::lock_guard lock(mutex_);
    const double minutes = std::chrono::duration<double, std::ratio<60>>(now - filled_).count();
    left_ = std::min<double>(kPerMinute, left_ + kPerMinute * std::max(0.0, minutes));
    filled_ = now;
    if (left_ < 1) return false;
    --left_;
    return true;
  }

 private:
  std::mutex mutex_;
  double left_ = kPerMinute;
  BootTime filled_{};
};

}  // namespace innernet::client

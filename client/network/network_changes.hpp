#pragma once

#include <algorithm>
#include <chrono>

#include "innernet/base/clock.hpp"

namespace innernet::client {

/// When this machine's network has changed, and all sessions are to be checked: at once, but some interfaces come and go all day.
class NetworkChanges {
 public:
  void note() { is_noted_ = true; }
  /// Whether to do so now; then it is done.
  bool take(BootTime now) {
    if (now < due(now)) return false;
    is_noted_ = false;
    left_ = left(now) - 1;
    counted_ = now;
    return true;
  }
  /// When one that was noted is to be taken; the end of time: none was.
  BootTime due(BootTime now) const {
    if (!is_noted_) return BootTime::max();
    const double missing = 1 - left(now);
    if (missing <= 0) return now;
    return now + std::chrono::ceil<std::chrono::milliseconds>(missing * std::chrono::duration<double>(kPeriod));
  }

 private:
  static constexpr double kAtOnce = 5;
  static constexpr std::chrono::seconds kPeriod{30};

  double left(BootTime now) const {
    return std::min(kAtOnce, left_ + std::chrono::duration<double>(now - counted_) / std::chrono::duration<double>(kPeriod));
  }

  bool is_noted_ = false;
  double left_ = kAtOnce;
  BootTime counted_{};
};

}  // namespace innernet::client

#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "innernet/base/clock.hpp"
#include "innernet/base/interface_name.hpp"

namespace innernet::client {

/// A thread says by when it will be heard of again, and another one sees when it was not: it is stuck.
class LifeSign {
 public:
  void expect_by(BootTime time) { expected_by_ = time.time_since_epoch().count(); }
  bool is_late(BootTime now) const { return now.time_since_epoch().count() > expected_by_; }

 private:
  std::atomic<BootTime::rep> expected_by_ = BootTime::max().time_since_epoch().count();
};

/// Which networks' threads are stuck: those that are late for longer than a moment. One that slept with the machine may be as late as who
/// looks, and gets that.
class LateThreads {
 public:
  static constexpr std::chrono::seconds kMoment{1};

  /// True once: when it is found to be stuck.
  bool see(const InterfaceName& name, bool is_late, BootTime now) {
    if (!is_late) {
      late_.erase(name);
      return false;
    }
    Late& late = late_.try_emplace(name, Late{.since = now}).first->second;
    return now - late.since >= kMoment && !std::exchange(late.is_stuck, true);
  }
  void forget(const InterfaceName& name) { late_.erase(name); }
  bool any_late() const { return !late_.empty(); }
  bool any_stuck() const {
    return std::ranges::any_of(late_, [](const auto& entry) { return entry.second.is_stuck; });
  }

 private:
  struct Late {
    BootTime since;
    bool is_stuck = false;
  };
  std::map<InterfaceName, Late> late_;
};

}  // namespace innernet::client

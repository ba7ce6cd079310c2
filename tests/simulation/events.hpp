#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "innernet/testing/fake_clock.hpp"

namespace innernet::simulation {

/// What happens when, on a clock that goes from one event to the next. What is due together happens in the order in which it was asked for.
class Events {
 public:
  using Action = std::function<void()>;

  BootTime now() const { return clock_.boot(); }
  const innernet::testing::FakeClock& clock() const { return clock_; }
  /// Since the start.
  std::chrono::nanoseconds elapsed() const { return now() - start_; }

  void at(BootTime when, Action action) { queue_.push({std::max(when, now()), next_++, std::move(action)}); }
  void after(std::chrono::nanoseconds delay, Action action) { at(now() + delay, std::move(action)); }
  void run_until(BootTime end) {
    while (!queue_.empty() && queue_.top().when <= end) {
      // A priority_queue shows what it has as constant, for its order; the action has no part in that.
      Action action = std::move(const_cast<Event&>(queue_.top()).action);
      clock_.advance(queue_.top().when - now());
      queue_.pop();
      ++count_;
      action();
    }
    clock_.advance(end - now());
  }
  std::uint64_t count() const { return count_; }

 private:
  struct Event {
    BootTime when;
    std::uint64_t number;
    Action action;
    bool operator<(const Event& other) const { return when != other.when ? when > other.when : number > other.number; }
  };

  innernet::testing::FakeClock clock_;
  BootTime start_ = clock_.boot();
  std::priority_queue<Event> queue_;
  std::uint64_t next_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace innernet::simulation

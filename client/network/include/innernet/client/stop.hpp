#pragma once

#include <signal.h>

#include <atomic>

#include "innernet/base/error.hpp"
#include "innernet/client/nudge.hpp"

namespace innernet::client {

/// A request to end that wakes whatever blocks: a flag, and a nudge that nobody takes.
class Stop {
 public:
  static Result<Stop> create();
  Stop(Stop&& other) noexcept : nudge_(std::move(other.nudge_)), requested_(other.requested_.load()) {}

  /// Async-signal-safe, and from any thread.
  void request();
  bool requested() const { return requested_; }
  int fd() const { return nudge_.fd(); }

 private:
  explicit Stop(Nudge nudge) : nudge_(std::move(nudge)) {}

  Nudge nudge_;
  std::atomic<bool> requested_ = false;
};

/// While it lives, the first SIGINT, SIGTERM or SIGHUP requests `stop`, and the command cleans up and ends; a second one kills as
/// usual. One at a time in a process.
class StopOnSignals {
 public:
  explicit StopOnSignals(Stop& stop);
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;
  ~StopOnSignals();

 private:
  struct sigaction interrupt_{};
  struct sigaction terminate_{};
  struct sigaction hang_up_{};
};

}  // namespace innernet::client

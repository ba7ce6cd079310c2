#pragma once

#include <algorithm>
#include <chrono>

#include "innernet/base/clock.hpp"

namespace innernet::client {

/// How long to wait after `failures` (from 1) in a row: doubling from two seconds to `longest`, and from half of that to all of it by
/// `random` in [0, 1), so that the clients of a server that comes back don't all ask at once.
std::chrono::milliseconds pause_after_failure(int failures, std::chrono::seconds longest, double random);

/// What became of waiting for news.
enum class Waited {
  kNews,    ///< there is another state
  kInVain,  ///< until the deadline, or somebody wants a round at once, or us to end
  kFailed,  ///< the server could not be asked
};

/// When the daemon's rounds of one network follow each other.
class RoundSchedule {
 public:
  explicit RoundSchedule(std::chrono::seconds interval) : interval_(interval) {}

  /// Until when to wait for news after a round that began at `began`; somebody may want the next one at a moment before.
  BootTime deadline(BootTime began, BootTime wanted = BootTime::max()) const {
    return std::min(began + interval_, std::max(wanted, began + kBetweenRounds));
  }
  /// When the next round is due after one that has not reached the server.
  BootTime after_failure(BootTime now, double random) { return now + pause_after_failure(++failures_, interval_, random); }
  /// The same after one that has; `waited` is what followed it, kInVain also where the server can't hold a request.
  BootTime after(Waited waited, BootTime began, BootTime now, double random, BootTime wanted = BootTime::max());

 private:
  // However fast a server has news: rounds are not closer than this.
  static constexpr std::chrono::milliseconds kBetweenRounds{100};

  std::chrono::seconds interval_;
  int failures_ = 0;  // in a row
};

/// Whether a server holds requests as it was asked to. One that never does must not be asked in a circle; one that ends sends away who
/// waits, and is soon there again.
class Holding {
 public:
  explicit Holding(std::chrono::seconds longest_pause) : longest_pause_(longest_pause) {}

  /// How long to pause before the next request, after an answer without news, whatever it says, that took `took` where `asked_for` was
  /// asked for.
  std::chrono::milliseconds pause(std::chrono::nanoseconds took, std::chrono::seconds asked_for, double random);

 private:
  std::chrono::seconds longest_pause_;
  int early_ = 0;  // answers in a row
};

}  // namespace innernet::client

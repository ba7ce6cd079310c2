#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/base/ip.hpp"

namespace innernet::server {

/// A connection, where there are too many.
struct Occupant {
  enum class Doing {
    kAnythingElse,  ///< a request is on its way, being answered, or its answer is being sent
    kWaiting,       ///< for news; it can be told that there are none
    kIdle,
  };
  IpAddress source;
  Doing doing = Doing::kIdle;
  std::uint64_t since = 0;  ///< by a number that grows with each request of anybody
};

/// Which `count` of the occupants give way to a newcomer whose source has `own` connections already, first those that should most; fewer
/// where nobody has to. Sources are made equal: those with the most connections lose some first, each its idle ones before those that
/// wait, and the oldest before the younger. Nobody loses to a source that has as much, but who is idle or waits gives way to one that has
/// nothing else.
std::vector<std::size_t> who_gives_way(std::span<const Occupant> occupants, std::size_t count, std::size_t own);

/// What is worth a line in the log, but not one each time.
class SeldomTold {
 public:
  /// True at most once a minute.
  bool is_time(BootTime now) {
    constexpr std::chrono::minutes kPause{1};
    if (has_told_ && now - told_ < kPause) return false;
    told_ = now;
    return has_told_ = true;
  }

 private:
  BootTime told_{};
  bool has_told_ = false;
};

}  // namespace innernet::server

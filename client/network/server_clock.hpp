#pragma once

#include <optional>
#include <string_view>

#include "innernet/base/clock.hpp"

namespace innernet::client {

/// The date of an HTTP answer (IMF-fixdate, RFC 9110, 5.6.7); none: it is no such date, or none that a machine of today would say.
std::optional<WallTime> parse_http_date(std::string_view text);

/// The server's clock by ours, from the dates of its answers: what two peers have in common that have never spoken to each other. This
/// machine's wall clock has no part in it, and that the server's is right does not matter, so long as it says the same to both.
///
/// A date is when an answer left, without what is smaller than a second: it is later by now. So each says that the server's clock is so far
/// ahead of ours at least, and the largest of many is right but for what an answer takes on its way.
class ServerClock {
 public:
  /// What an answer that began to arrive at `received` says.
  void see(WallTime date, BootTime received);

  bool is_known() const { return ahead_.has_value(); }
  /// Of both: only while it is known.
  WallTime at(BootTime time) const { return WallTime(time.time_since_epoch() + *ahead_); }
  BootTime when(WallTime time) const { return BootTime(time.time_since_epoch() - *ahead_); }

 private:
  std::optional<std::chrono::nanoseconds> ahead_;
};

}  // namespace innernet::client

#include "server_clock.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace innernet::client {
namespace {

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  // Sun, 06 Nov 1994 08:49:37 GMT
  constexpr std::string_view kShape = "---, -- --- ---- --:--:-- GMT";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i)
    if (kShape[i] != '-' && kShape[i] != text[i]) return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto weekday = std::ranges::find(kDays, text.substr(0, 3));
  const auto day = number(text.substr(5, 2)), year = number(text.substr(12, 4));
  const auto hours = number(text.substr(17, 2)), minutes = number(text.substr(20, 2)), seconds = number(text.substr(23, 2));
  if (month == kMonths.end() || weekday == kDays.end() || !day || !year || !hours || !minutes || !seconds) return std::nullopt;
  // A machine without a battery begins at 1970. What is beyond 2200 has no room in nanoseconds soon.
  if (*year < 1970 || *year > 2200 || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1), std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
}

void ServerClock::see(WallTime date, BootTime received) {
  // Between an answer that has left at the end of a second, and took its time, and one that has left at its beginning.
  constexpr std::chrono::seconds kMostBetweenTwo{3};
  const std::chrono::nanoseconds ahead = date.time_since_epoch() - received.time_since_epoch();
  const bool was_set_back = ahead_ && ahead < *ahead_ - kMostBetweenTwo;
  if (!ahead_ || ahead > *ahead_ || was_set_back) ahead_ = ahead;
}

}  // namespace innernet::client

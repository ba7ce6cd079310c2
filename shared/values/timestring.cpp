#include "innernet/values/timestring.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>

namespace innernet {
namespace {

/// 0 when `unit` is none.
std::uint64_t seconds_in(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return std::uint64_t{24} * 3600;
    case 'w':
      return std::uint64_t{7} * 24 * 3600;
    default:
      return 0;
  }
}

}  // namespace

Result<std::chrono::seconds> parse_timestring(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return invalid_input(fmt::format("{} is not a time: {}; write a number and one of s, m, h, d and w, as in 14d", quoted(text), why));
  };
  const std::uint64_t unit = text.empty() ? 0 : seconds_in(text.back());
  if (unit == 0) return refuse("it does not end with a unit");

  const std::string_view digits = text.substr(0, text.size() - 1);
  std::uint64_t count = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (end != digits.data() + digits.size() || failure == std::errc::invalid_argument)
    return refuse("before the unit there must be a number and nothing else");
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::chrono::seconds::rep>::max());
  if (failure != std::errc() || count > kMost / unit) return refuse("it is too long");
  return std::chrono::seconds(static_cast<std::chrono::seconds::rep>(count * unit));
}

}  // namespace innernet

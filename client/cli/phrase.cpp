#include "phrase.hpp"

#include <fmt/format.h>

namespace innernet::client {
namespace {

std::string counted(std::int64_t n, std::string_view unit) { return fmt::format("{} {}{}", n, unit, n == 1 ? "" : "s"); }

}  // namespace

std::string ago(std::chrono::nanoseconds age) { return age < std::chrono::seconds(1) ? "just now" : duration(age) + " ago"; }

std::string duration(std::chrono::nanoseconds time) {
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds < 1) return "less than a second";
  if (seconds < 60) return fmt::format("{} seconds", seconds);  // `1 seconds`, as the Rust program has it
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60) return fmt::format("{}, {}", counted(minutes, "minute"), counted(seconds % 60, "second"));
  return fmt::format("{}, {}", counted(minutes / 60, "hour"), counted(minutes % 60, "minute"));
}

std::string milliseconds(std::chrono::nanoseconds time) {
  const double value = std::chrono::duration<double, std::milli>(time).count();
  return fmt::format("{:.{}f} ms", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

std::string size(std::uint64_t bytes) {
  constexpr std::uint64_t kStep = 1024;
  if (bytes < 2 * kStep) return fmt::format("{} B", bytes);
  std::uint64_t unit = kStep;
  std::string_view name = "KiB";
  for (const std::string_view larger : {"MiB", "GiB", "TiB"}) {
    if (bytes / 2 < unit * kStep) break;
    unit *= kStep;
    name = larger;
  }
  return fmt::format("{:.2f} {}", static_cast<double>(bytes) / static_cast<double>(unit), name);
}

}  // namespace innernet::client

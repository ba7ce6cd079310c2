#include "phrase.hpp"

#include <fmt/format.h>

namespace innernet::client {
namespace {

std::string counted(std::int64_t n, std::string_view unit) { return fmt::format("{} {}{}", n, unit, n == 1 ? "" : "s"); }

}  // namespace

std::string ago(std::chrono::nanoseconds age) {
  if (age < std::chrono::seconds(1)) return "just now";
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  if (seconds < 60) return fmt::format("{} seconds ago", seconds);  // `1 seconds`, as the Rust program has it
  const std::int64_t minutes = seconds / 60;
  if (minutes < 60) return fmt::format("{}, {} ago", counted(minutes, "minute"), counted(seconds % 60, "second"));
  return fmt::format("{}, {} ago", counted(minutes / 60, "hour"), counted(minutes % 60, "minute"));
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

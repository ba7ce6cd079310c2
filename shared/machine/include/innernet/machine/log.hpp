#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace innernet::log {

// Log lines go to stderr, one write each, with the prefixes of the Rust programs: [*] info, [!] warning, [E] error, [D] debug,
// [T] trace. Data goes to stdout and never through here. Colour only on a terminal, never with NO_COLOR or CLICOLOR=0.

enum class Level { kTrace, kDebug, kInfo, kWarning, kError };

void set_level(Level level);
bool enabled(Level level);
/// Several lines, with `\n` between them, each get the prefix and leave in one write.
void write(Level level, std::string_view lines);

/// The server's level from INNERNET_LOG or RUST_LOG (`info`, or a list `target=level,…` in which `innernet_server` or a bare level
/// counts), `fallback` when neither says one.
Level level_from_environment(Level fallback);

template <class... Args>
void trace(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kTrace)) write(Level::kTrace, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kDebug)) write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kInfo)) write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kWarning)) write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kError)) write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace innernet::log

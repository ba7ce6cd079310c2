#include "colour.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace innernet::client {

bool wants_colour(bool is_terminal, const ColourEnvironment& environment) {
  const auto is_set = [](const char* value) { return value != nullptr && *value != '\0'; };
  if (is_set(environment.clicolor_force) && std::string_view(environment.clicolor_force) != "0") return true;
  if (is_set(environment.no_color)) return false;
  if (environment.clicolor != nullptr && std::string_view(environment.clicolor) == "0") return false;
  return is_terminal;
}

bool stdout_wants_colour() {
  return wants_colour(
      ::isatty(STDOUT_FILENO) == 1,
      {.no_color = std::getenv("NO_COLOR"), .clicolor = std::getenv("CLICOLOR"), .clicolor_force = std::getenv("CLICOLOR_FORCE")});
}

std::string Palette::wrap(std::string_view code, std::string_view text) const {
  return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

}  // namespace innernet::client

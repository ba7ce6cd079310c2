#pragma once

#include <string>
#include <string_view>

namespace innernet::client {

/// What the environment says about colour; null where a variable is not set.
struct ColourEnvironment {
  const char* no_color = nullptr;
  const char* clicolor = nullptr;
  const char* clicolor_force = nullptr;
};

/// Only on a terminal, never with NO_COLOR or CLICOLOR=0 (https://no-color.org, https://bixense.com/clicolors); CLICOLOR_FORCE, unless
/// it is 0, goes before all that.
bool wants_colour(bool is_terminal, const ColourEnvironment& environment);
/// Of standard output, with the environment of this process.
bool stdout_wants_colour();

/// Puts text into colour, or leaves it alone.
class Palette {
 public:
  explicit Palette(bool on) : on_(on) {}

  std::string bold(std::string_view text) const { return wrap("1", text); }
  std::string dim(std::string_view text) const { return wrap("2", text); }
  std::string name(std::string_view text) const { return wrap("33", text); }       // yellow
  std::string network(std::string_view text) const { return wrap("1;32", text); }  // bold green
  std::string number(std::string_view text) const { return wrap("36", text); }     // cyan

 private:
  std::string wrap(std::string_view code, std::string_view text) const;

  bool on_;
};

}  // namespace innernet::client

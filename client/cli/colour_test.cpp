#include "colour.hpp"

#include <gtest/gtest.h>

namespace innernet::client {
namespace {

TEST(Colour, FollowsTheTerminalAndTheEnvironment) {
  const struct {
    bool terminal;
    ColourEnvironment environment;
    bool colour;
  } cases[] = {
      {true, {}, true},
      {false, {}, false},
      {true, {.no_color = "1"}, false},
      {true, {.no_color = ""}, true},  // "present and not an empty string", https://no-color.org
      {true, {.clicolor = "0"}, false},
      {true, {.clicolor = "1"}, true},
      {false, {.clicolor = "1"}, false},
      {false, {.clicolor_force = "1"}, true},
      {false, {.clicolor_force = "0"}, false},
      {true, {.no_color = "1", .clicolor_force = "1"}, true},
      {true, {.clicolor = "0", .clicolor_force = "1"}, true},
  };
  for (const auto& c : cases) EXPECT_EQ(wants_colour(c.terminal, c.environment), c.colour) << &c - cases;
}

}  // namespace
}  // namespace innernet::client

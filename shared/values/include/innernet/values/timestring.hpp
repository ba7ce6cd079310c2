#pragma once

#include <chrono>
#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet {

/// A number and one unit letter: s, m, h, d or w (`14d`, `90m`). Anything else, and what does not fit in 64 bits, fails with
/// kInvalidInput and a message that shows an example.
Result<std::chrono::seconds> parse_timestring(std::string_view text);

}  // namespace innernet

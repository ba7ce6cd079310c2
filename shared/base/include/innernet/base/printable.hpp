#pragma once

#include <string>
#include <string_view>

namespace innernet {

/// Text that somebody else chose, with everything escaped that a terminal could act on, and what is invisible or turns directions.
std::string printable(std::string_view text);

}  // namespace innernet

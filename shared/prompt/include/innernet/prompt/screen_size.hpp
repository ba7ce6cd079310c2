#pragma once

#include <cstddef>

namespace innernet::prompt {

/// Of a terminal, or the part of it that may be used.
struct Size {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

/// What a terminal says of itself; where it says nothing (a serial line, a careless ssh), the usual.
Size size_of_terminal(int terminal);

}  // namespace innernet::prompt

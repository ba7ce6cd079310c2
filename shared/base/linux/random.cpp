#include "innernet/base/random.hpp"

#include <sys/random.h>

#include <cerrno>

namespace innernet {

std::expected<std::uint64_t, int> random_bits() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) return std::unexpected(errno);
  return bits;
}

}  // namespace innernet

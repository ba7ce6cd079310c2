#pragma once

#include <cstdint>
#include <expected>

namespace innernet {

/// 64 bits of the system's generator for keys; the errno of the call when it has none.
std::expected<std::uint64_t, int> random_bits();

}  // namespace innernet

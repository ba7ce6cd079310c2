#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace innernet::client {

/// `just now`, `N seconds ago`, `M minutes, S seconds ago`, `H hours, M minutes ago`. A negative age (the clock was set) is `just now`.
std::string ago(std::chrono::nanoseconds age);

/// Bytes below 2 KiB as they are, then KiB, MiB, GiB, TiB with two decimals, each from 2 of it on.
std::string size(std::uint64_t bytes);

}  // namespace innernet::client

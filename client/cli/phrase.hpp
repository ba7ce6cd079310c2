#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace innernet::client {

/// `just now`, `N seconds ago`, `M minutes, S seconds ago`, `H hours, M minutes ago`. A negative age (the clock was set) is `just now`.
std::string ago(std::chrono::nanoseconds age);

/// The same without `ago`; below a second `less than a second`.
std::string duration(std::chrono::nanoseconds time);

/// `0.42 ms`, `12.3 ms`, `124 ms`.
std::string milliseconds(std::chrono::nanoseconds time);

/// Bytes below 2 KiB as they are, then KiB, MiB, GiB, TiB with two decimals, each from 2 of it on.
std::string size(std::uint64_t bytes);

}  // namespace innernet::client

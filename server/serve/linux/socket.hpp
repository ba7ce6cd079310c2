#pragma once

#include <chrono>
#include <optional>

namespace innernet::server {

/// What was sent on a TCP socket and is not acknowledged yet, in bytes; none if nobody knows, as of a socket that is closed.
std::optional<int> bytes_unacknowledged(int socket);

/// The time of the last tick, a few milliseconds old at most, which is cheaper to read than the exact one.
std::chrono::steady_clock::time_point coarse_now();

}  // namespace innernet::server

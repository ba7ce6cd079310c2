#pragma once

#include <cstdint>

#include "innernet/base/error.hpp"

namespace innernet::server {

/// Fails with kAlreadyExists, naming the port, when a socket of this machine has it already. A userspace WireGuard would only log
/// that, and the kernel's says it once the half of an interface is there.
Result<void> probe_udp_port(std::uint16_t port);

}  // namespace innernet::server

#pragma once

#include "innernet/base/error.hpp"
#include "innernet/base/ip.hpp"

namespace innernet {

/// Whether a network can have these addresses; the message says why not. Refused is what has no room for two, what the kernel does not
/// route or gives a meaning of its own, and what is so large a part of all addresses (an IPv4 prefix below 8, IPv6 below 8) that its route
/// would be one for the internet.
Result<void> check_network_range(const IpNet& net);

/// Whether none of it belongs to anybody in the internet: RFC 1918, RFC 6598, RFC 4193, and what is set aside for documents and benchmarks.
bool is_private_range(const IpNet& net);

}  // namespace innernet

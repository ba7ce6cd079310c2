#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>

#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/client/stop.hpp"

namespace innernet::client {

/// How long a packet takes to a peer and back, by its address in the network; none: it was asked and did not answer, which says little, for
/// firewalls drop pings.
using RoundTrips = std::map<IpAddress, std::optional<std::chrono::nanoseconds>>;

/// So many are asked at once at most; the others are not in the result.
constexpr std::size_t kMostPinged = 64;

/// One ICMP echo (RFC 792, RFC 4443) to each of `peers`, through `interface` alone, and the answers that come within `patience`. Empty
/// where that is not allowed.
RoundTrips round_trips(const InterfaceName& interface, std::span<const IpAddress> peers, std::chrono::milliseconds patience,
                       const Stop& stop);

}  // namespace innernet::client

#pragma once

#include <functional>

#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"

namespace innernet::client {

/// Makes WireGuard send something to this address inside of the network, so that the peer hears from us, and answers if it is a machine
/// like most. Never blocks, never fails: it is a packet.
using Poke = std::function<void(const IpAddress&)>;

/// A UDP packet to the discard port (RFC 863), through `interface` alone. A machine without that service answers by ICMP.
Poke udp_poke(const InterfaceName& interface);

}  // namespace innernet::client

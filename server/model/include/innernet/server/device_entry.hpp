#pragma once

#include "innernet/server/network.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::server {

/// What a peer is on the server's device. Without an endpoint: one that is given makes WireGuard begin a handshake at once, and one that is
/// known already stays.
wg::PeerUpdate device_entry(const PeerFacts& peer);
/// The same for a peer of which the device knows no endpoint: with where it was seen last, else with a literal override.
wg::PeerUpdate device_entry(const PeerRecord& record);

}  // namespace innernet::server

#pragma once

#include <cstdint>

#include "innernet/server/network.hpp"

namespace innernet::server {

/// What states tell of this server's relay: at the endpoint of the server's peer, with the relay's port.
Relay server_relay(const Network& network, const wg::PublicKey& key, std::uint16_t port, std::uint32_t epoch);

}  // namespace innernet::server

#pragma once

#include "innernet/client/resolver.hpp"
#include "innernet/config/config.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

/// The peer that the config makes of its server, with the endpoint if that is known now (resolve it first).
wg::PeerUpdate server_peer(const InterfaceConfig& config, const Resolver& resolver);

}  // namespace innernet::client

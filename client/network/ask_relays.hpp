#pragma once

#include "innernet/wireguard/key.hpp"
#include "relay_care.hpp"

namespace innernet::client {

/// Asks relays from a socket of its own (relay::probe), within a second and a half, as the member that has this key.
RelayCare::Ask ask_relays_as(const wg::PrivateKey& own);

}  // namespace innernet::client

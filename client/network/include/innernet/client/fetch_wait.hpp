#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/client/options.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/values/peer.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

/// The enabled peers of a state that may be reached, for somebody knows where they are, and that have no session on the device. Pure.
std::vector<wg::PublicKey> unreached(std::span<const Peer> peers, const wg::Device& device, WallTime now);

/// `innernet fetch --wait`: fetch(), and then until nobody is unreached, or `patience` is over. Meanwhile ways are looked for, the relays
/// among them, unless another process (the daemon) is at that. Who is still unreached.
Result<std::vector<wg::PublicKey>> fetch_and_wait(const ClientOptions& options, const InterfaceName& name, const Stop& stop,
                                                  std::chrono::seconds patience);

}  // namespace innernet::client

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "innernet/wireguard/device.hpp"

namespace innernet::server {

/// What turns the peers of a device into the wanted ones: unknown keys are removed, missing ones added, allowed IPs, keep-alive and a
/// pre-shared key that we never set are put right. An endpoint that the device knows stays, for it is where a session lives.
/// Removals come first, so that an address is free before it is given away; nothing to do is an empty list.
std::vector<wg::PeerUpdate> device_difference(std::span<const wg::Peer> on_device, std::span<const wg::PeerUpdate> wanted);

/// Takes out of `wanted` what a device of at most `most` peers has no room for, and returns how many these are. Those that it has stay, and
/// of the others the first.
std::size_t leave_out(std::span<const wg::Peer> on_device, std::size_t most, std::vector<wg::PeerUpdate>& wanted);

/// Whether it gives a peer that is there an endpoint, and nothing else.
bool is_endpoint_only(const wg::PeerUpdate& update);
/// Takes those out of `updates` whose peer has one already at which it was talked with: WireGuard knows better than who has typed it in.
void leave_working_endpoints(std::span<const wg::Peer> on_device, std::vector<wg::PeerUpdate>& updates);

}  // namespace innernet::server

#pragma once

#include "api/redemptions.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/server/device_entry.hpp"

namespace innernet::server {

/// Adds to `effects` what a change of one peer means for device and hosts file. Not for a redemption: there the device follows the answer.
void add_effects(const PeerRecord* before, const PeerRecord* after, const std::optional<KeyChange>& recent_redemption,
                 Coordinator::Effects& effects);

/// What a device is to be told after all changes of `updates`, in whatever order peers have lost and taken keys, when `network` is what
/// came of them: each key once, removed or as its peer has it now, and the removals first, so that an address is free before it is given
/// away.
std::vector<wg::PeerUpdate> settled(std::vector<wg::PeerUpdate> updates, const Network& network);

}  // namespace innernet::server

#pragma once

#include "api/redemptions.hpp"
#include "innernet/server/coordinator.hpp"

namespace innernet::server {

/// Enabled ones, redeemed or invited, but not the server itself.
bool belongs_on_device(const Peer& peer);
/// What puts a peer on the device. The endpoint is where it was seen last, else a literal override: for a peer of which the device knows
/// none.
wg::PeerUpdate device_entry(const PeerRecord& record);

/// Adds to `effects` what a change of one peer means for device and hosts file. Not for a redemption: there the device follows the answer.
void add_effects(const PeerRecord* before, const PeerRecord* after, const std::optional<KeyChange>& recent_redemption,
                 Coordinator::Effects& effects);

}  // namespace innernet::server

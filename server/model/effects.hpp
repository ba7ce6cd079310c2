#pragma once

#include "api/redemptions.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/server/device_entry.hpp"

namespace innernet::server {

/// Adds to `effects` what a change of one peer means for device and hosts file. Not for a redemption: there the device follows the answer.
void add_effects(const PeerRecord* before, const PeerRecord* after, const std::optional<KeyChange>& recent_redemption,
                 Coordinator::Effects& effects);

}  // namespace innernet::server

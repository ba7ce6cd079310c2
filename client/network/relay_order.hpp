#pragma once

#include <span>
#include <vector>

#include "innernet/values/peer.hpp"

namespace innernet::client {

/// The places of `relays` in the order in which two peers take them: the shortest way from the one to the other first, as both have
/// measured it, then those of which nothing is known; else in the order of `relays`. Both sides find the same, for the state tells both
/// the same.
std::vector<std::size_t> relay_order(std::span<const PeerId> relays, const Peer& one, const Peer& other);

/// What a peer says of its distances when it has measured `now`, having said `said`: that again, as long as nothing has changed much
/// (a quarter, and at least 5 ms), for whatever it says is told to everybody.
std::vector<RelayDistance> distances_to_say(const std::vector<RelayDistance>& said, std::vector<RelayDistance> now);

}  // namespace innernet::client

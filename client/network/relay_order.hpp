#pragma once

#include <optional>
#include <span>
#include <vector>

#include "innernet/values/peer.hpp"

namespace innernet::client {

struct RelayPlace {
  std::size_t place = 0;                 ///< among `relays`
  std::optional<unsigned> milliseconds;  ///< from both of them, together; none: not both have measured it

  friend bool operator==(const RelayPlace&, const RelayPlace&) = default;
};

/// `relays` in the order in which two peers take them: the shortest way from the one to the other first, as both have measured it, then
/// those of which nothing is known; else in the order of `relays`. Both sides find the same, for the state tells both the same.
std::vector<RelayPlace> relay_order(std::span<const PeerId> relays, const Peer& one, const Peer& other);

/// Whether a pair is better off with a way of `one` milliseconds than with that of `other` that it has, for a change costs a handshake and
/// measured times vary.
bool is_clearly_nearer(unsigned one, unsigned other);

/// What a peer says of its distances when it has measured `now`, having said `said`: that again, as long as nothing has changed much
/// (a quarter, and at least 5 ms), for whatever it says is told to everybody.
std::vector<RelayDistance> distances_to_say(const std::vector<RelayDistance>& said, std::vector<RelayDistance> now);

}  // namespace innernet::client

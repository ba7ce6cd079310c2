#pragma once

#include <string>
#include <vector>

#include "innernet/base/ip.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::client {

/// Takes the peers out of `state` whose address is not in `network`. The route to the interface is for that alone, and a peer is nobody's
/// way to the rest of the world: with an allowed IP elsewhere it could claim the packets of others.
std::vector<Peer> take_outsiders(State& state, const IpNet& network);

/// What to warn of: none of the many is left uncounted, and few are named.
std::string warning_about(const std::vector<Peer>& outsiders, const IpNet& network);

}  // namespace innernet::client

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "innernet/relay/membership.hpp"
#include "innernet/server/network.hpp"

namespace innernet::server {

/// Who may be relayed to whom: enabled and redeemed peers, without the server, and those of their CIDRs that see each other. A group is all
/// CIDRs that see and are seen alike, so that a tree of thousands of CIDRs in which everybody sees everybody is one.
struct RelayMembers {
  std::vector<relay::Member> members;
  std::vector<relay::GroupPair> pairs;

  static RelayMembers of(const Network& network);
};

/// What states tell of this server's relay: at the endpoint of the server's peer, with the relay's port.
Relay server_relay(const Network& network, const wg::PublicKey& key, std::uint16_t port);

}  // namespace innernet::server

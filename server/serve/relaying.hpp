#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "innernet/relay/membership.hpp"
#include "innernet/server/network.hpp"
#include "innernet/values/options.hpp"

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

/// The relay's port where none is given: the first one behind the network's own that no other network of this machine is configured to
/// listen on. None: there is no such port.
std::optional<std::uint16_t> choose_relay_port(std::uint16_t listen_port, const std::set<std::uint16_t>& taken);
/// The listen ports of the configs of both programs, as far as they can be read.
std::set<std::uint16_t> configured_ports(const Folders& server, const Folders& client);

}  // namespace innernet::server

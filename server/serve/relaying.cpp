#include "relaying.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

namespace innernet::server {

RelayMembers RelayMembers::of(const Network& network) {
  // A CIDR sees another one if one of its roots is that CIDR or above it. So what tells two CIDRs apart is their roots, and which CIDRs
  // that are somebody's root they are or lie below.
  std::map<CidrId, std::vector<CidrId>> roots_of;
  std::set<CidrId> roots;
  for (const Cidr& cidr : network.cidrs()) {
    if (network.peers_of(cidr.id).empty()) continue;
    auto own = network.visible_roots(cidr.id);
    roots.insert(own.begin(), own.end());
    roots_of.emplace(cidr.id, std::move(own));
  }
  RelayMembers result;
  std::map<std::pair<std::vector<CidrId>, std::vector<CidrId>>, std::uint32_t> groups;
  std::unordered_map<CidrId, std::vector<std::uint32_t>> below;  // groups, by a root
  for (const auto& [id, own] : roots_of) {
    auto above = network.ancestry(id);
    std::erase_if(above, [&](CidrId ancestor) { return !roots.contains(ancestor); });
    std::ranges::sort(above);
    const auto [entry, is_new] = groups.try_emplace({own, above}, static_cast<std::uint32_t>(groups.size()));
    if (is_new)
      for (const CidrId root : above) below[root].push_back(entry->second);
    for (const PeerRecord* const record : network.peers_of(id))
      if (Network::is_visible(record->peer) && record->peer.id != kServerPeer)
        result.members.push_back({.key = record->peer.public_key, .group = entry->second});
  }
  std::set<relay::GroupPair> sees;
  for (const auto& [signature, group] : groups)
    for (const CidrId root : signature.first)
      for (const std::uint32_t other : below[root]) sees.emplace(group, other);
  // One that does not see the other drops its handshakes.
  for (const auto& [one, other] : sees)
    if (one <= other && sees.contains({other, one})) result.pairs.emplace_back(one, other);
  return result;
}

Relay server_relay(const Network& network, const wg::PublicKey& key, std::uint16_t port) {
  const PeerRecord* const server = network.find_peer(kServerPeer);
  const bool is_known = server != nullptr && server->peer.endpoint;
  return {.id = kServerPeer,
          .public_key = key,
          .endpoint = is_known ? server->peer.endpoint->with_port(port)
                               : Endpoint::of(SocketAddress{IpAddress::v4(std::array<std::uint8_t, 4>{}), port}),
          .answers_questions = true};
}

}  // namespace innernet::server

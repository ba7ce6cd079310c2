#include "innernet/server/relays.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace innernet::server {

RelayGroups relay_groups(const Network& network) {
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
  RelayGroups result;
  std::map<std::pair<std::vector<CidrId>, std::vector<CidrId>>, std::uint32_t> groups;
  std::unordered_map<CidrId, std::vector<std::uint32_t>> below;  // groups, by a root
  for (const auto& [id, own] : roots_of) {
    auto above = network.ancestry(id);
    std::erase_if(above, [&](CidrId ancestor) { return !roots.contains(ancestor); });
    std::ranges::sort(above);
    const auto [entry, is_new] = groups.try_emplace({own, above}, static_cast<std::uint32_t>(groups.size()));
    if (is_new) {
      result.groups.emplace_back();
      for (const CidrId root : above) below[root].push_back(entry->second);
    }
    for (const PeerRecord* const record : network.peers_of(id))
      if (Network::is_visible(record->peer) && record->peer.id != kServerPeer)
        result.groups[entry->second].push_back(record->peer.public_key);
  }
  std::set<RelayGroups::Pair> sees;
  for (const auto& [signature, group] : groups)
    for (const CidrId root : signature.first)
      for (const std::uint32_t other : below[root]) sees.emplace(group, other);
  // One that does not see the other drops its handshakes.
  for (const auto& [one, other] : sees)
    if (one <= other && sees.contains({other, one})) result.pairs.emplace_back(one, other);
  return result;
}

std::optional<Relay> relay_of(const PeerRecord& record) {
  const Peer& peer = record.peer;
  if (!peer.is_relay || !peer.relay || !Network::is_visible(peer)) return std::nullopt;
  const auto at = Network::observations_as_shown(record).endpoint;
  if (!at || at->is_unspecified()) return std::nullopt;
  return Relay{.id = peer.id, .public_key = peer.relay->public_key, .endpoint = at->with_port(peer.relay->port), .answers_questions = true};
}

std::vector<Relay> relays_of_peers(const Network& network, const RelaySigns& signs, BootTime now) {
  std::vector<Relay> relays;
  for (const PeerId id : network.relays()) {
    if (relays.size() == kMostPeerRelays) break;
    if (!signs.is_there(id, now)) continue;
    if (auto relay = relay_of(*network.find_peer(id))) relays.push_back(*std::move(relay));
  }
  return relays;
}

}  // namespace innernet::server

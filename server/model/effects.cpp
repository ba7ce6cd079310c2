#include "effects.hpp"

#include <iterator>
#include <unordered_set>

namespace innernet::server {
namespace {

wg::PeerUpdate removal(const wg::PublicKey& key) {
  wg::PeerUpdate update;
  update.public_key = key;
  update.remove = true;
  return update;
}

bool same_host(const Peer& a, const Peer& b) { return a.name == b.name && a.ip == b.ip; }

}  // namespace

void add_effects(const PeerRecord* before, const PeerRecord* after, const std::optional<KeyChange>& recent_redemption,
                 Coordinator::Effects& effects) {
  const bool was_host = before != nullptr && Network::is_visible(before->peer);
  const bool is_host = after != nullptr && Network::is_visible(after->peer);
  if (was_host != is_host || (is_host && !same_host(before->peer, after->peer))) effects.hosts = true;

  const bool was_there = before != nullptr && Network::belongs_on_device(before->peer);
  const bool is_there = after != nullptr && Network::belongs_on_device(after->peer);
  const bool is_other = was_there && is_there &&
                        (before->peer.public_key != after->peer.public_key || before->peer.allowed_ips() != after->peer.allowed_ips());
  if (was_there && (!is_there || is_other)) {
    effects.device.push_back(removal(before->peer.public_key));
    // Its answer may still be on the way, and then the device has the invitation's key.
    if (recent_redemption && recent_redemption->old_key != before->peer.public_key)
      effects.device.push_back(removal(recent_redemption->old_key));
  }
  if (is_there && (!was_there || is_other)) {
    effects.device.push_back(device_entry(*after));
  } else if (was_there && is_there && before->peer.endpoint != after->peer.endpoint && !after->seen) {
    if (const auto address = device_entry(*after).endpoint)
      effects.device.push_back({.public_key = after->peer.public_key, .update_only = true, .endpoint = address});
  }
}

std::vector<wg::PeerUpdate> settled(std::vector<wg::PeerUpdate> updates, const Network& network) {
  std::vector<wg::PeerUpdate> removals;
  std::vector<wg::PeerUpdate> rest;
  std::unordered_set<wg::PublicKey> removed, given;
  for (wg::PeerUpdate& update : updates) {
    const PeerRecord* const record = network.find_peer(update.public_key);
    if (record == nullptr || !Network::belongs_on_device(record->peer)) {
      if (removed.insert(update.public_key).second) removals.push_back(removal(update.public_key));
    } else if (update.update_only) {
      if (!given.contains(update.public_key)) rest.push_back(std::move(update));
    } else if (given.insert(update.public_key).second) {
      // Also where one peer has lost the key: another one has it now.
      rest.push_back(device_entry(*record));
    }
  }
  removals.insert(removals.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
  return removals;
}

}  // namespace innernet::server

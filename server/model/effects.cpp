#include "effects.hpp"

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

  const bool was_there = before != nullptr && belongs_on_device(before->peer);
  const bool is_there = after != nullptr && belongs_on_device(after->peer);
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

}  // namespace innernet::server

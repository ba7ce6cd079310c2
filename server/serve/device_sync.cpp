#include "device_sync.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

namespace innernet::server {
namespace {

std::vector<IpNet> sorted(std::vector<IpNet> nets) {
  std::ranges::sort(nets);
  nets.erase(std::unique(nets.begin(), nets.end()), nets.end());
  return nets;
}

/// What is to change about a peer that is there; none if nothing is.
std::optional<wg::PeerUpdate> correction(const wg::Peer& peer, const wg::PeerUpdate& wanted) {
  wg::PeerUpdate update{.public_key = wanted.public_key, .update_only = true};
  bool differs = false;
  if (sorted(peer.allowed_ips) != sorted(wanted.allowed_ips)) {
    update.replace_allowed_ips = true;
    update.allowed_ips = wanted.allowed_ips;
    differs = true;
  }
  if (wanted.persistent_keepalive && peer.persistent_keepalive != *wanted.persistent_keepalive) {
    update.persistent_keepalive = wanted.persistent_keepalive;
    differs = true;
  }
  if (!peer.endpoint && wanted.endpoint) {
    update.endpoint = wanted.endpoint;
    differs = true;
  }
  if (peer.preshared_key) {
    // The all-zero key is how WireGuard spells none.
    static constexpr std::array<std::uint8_t, wg::kKeySize> kNone{};
    update.preshared_key = wg::PresharedKey::from_bytes(kNone);
    differs = true;
  }
  if (!differs) return std::nullopt;
  return update;
}

}  // namespace

std::vector<wg::PeerUpdate> device_difference(std::span<const wg::Peer> on_device, std::span<const wg::PeerUpdate> wanted) {
  std::unordered_map<wg::PublicKey, const wg::PeerUpdate*> by_key;
  by_key.reserve(wanted.size());
  for (const wg::PeerUpdate& peer : wanted) by_key.emplace(peer.public_key, &peer);

  std::vector<wg::PeerUpdate> removals;
  std::vector<wg::PeerUpdate> rest;
  for (const wg::Peer& peer : on_device) {
    const auto found = by_key.find(peer.public_key);
    if (found == by_key.end()) {
      removals.push_back({.public_key = peer.public_key, .remove = true});
      continue;
    }
    if (found->second == nullptr) continue;
    if (auto update = correction(peer, *found->second)) rest.push_back(std::move(*update));
    found->second = nullptr;  // it is there
  }
  for (const wg::PeerUpdate& peer : wanted) {
    const auto found = by_key.find(peer.public_key);
    if (found->second != &peer) continue;
    rest.push_back(peer);
    rest.back().replace_allowed_ips = true;
  }
  removals.insert(removals.end(), std::make_move_iterator(rest.begin()), std::make_move_iterator(rest.end()));
  return removals;
}

std::size_t leave_out(std::span<const wg::Peer> on_device, std::size_t most, std::vector<wg::PeerUpdate>& wanted) {
  if (wanted.size() <= most) return 0;
  std::unordered_set<wg::PublicKey> there;
  there.reserve(on_device.size());
  for (const wg::Peer& peer : on_device) there.insert(peer.public_key);
  const auto stays = [&there](const wg::PeerUpdate& peer) { return there.contains(peer.public_key); };
  const auto staying = static_cast<std::size_t>(std::ranges::count_if(wanted, stays));
  std::size_t room = most - std::min(most, staying);
  return std::erase_if(wanted, [&](const wg::PeerUpdate& peer) {
    if (stays(peer)) return false;
    if (room == 0) return true;
    --room;
    return false;
  });
}

bool is_endpoint_only(const wg::PeerUpdate& update) { return update.update_only && !update.remove && update.endpoint.has_value(); }

void leave_working_endpoints(std::span<const wg::Peer> on_device, std::vector<wg::PeerUpdate>& updates) {
  std::unordered_set<wg::PublicKey> working;
  for (const wg::Peer& peer : on_device)
    if (peer.endpoint && peer.last_handshake) working.insert(peer.public_key);
  std::erase_if(updates, [&](const wg::PeerUpdate& update) { return is_endpoint_only(update) && working.contains(update.public_key); });
}

}  // namespace innernet::server

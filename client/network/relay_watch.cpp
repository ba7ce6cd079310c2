#include "relay_watch.hpp"

#include <algorithm>
#include <utility>

#include "nat_traversal.hpp"

namespace innernet::client {
namespace {

bool is_behind_relay(const wg::Device& device, const TraversalPeer& peer, const wg::Peer& there) {
  return there.endpoint && std::ranges::find(peer.relays, *there.endpoint) != peer.relays.end() && knows_us(device, *there.endpoint);
}

}  // namespace

const TraversalPeer* find_peer(const std::vector<TraversalPeer>& peers, const wg::PublicKey& key) {
  const auto found = std::ranges::find(peers, key, &TraversalPeer::public_key);
  return found == peers.end() ? nullptr : &*found;
}

bool knows_us(const wg::Device& device, const SocketAddress& relay) {
  return std::ranges::any_of(device.peers, [&](const wg::Peer& there) {
    return there.endpoint == relay && there.allowed_ips.empty() && there.last_handshake.has_value();
  });
}

std::vector<SocketAddress> RelayWatch::see(const wg::Device& device, const std::vector<TraversalPeer>& relayed, BootTime now) {
  std::erase_if(silent_, [&](const auto& entry) { return now - entry.second >= times_.forget; });
  std::set<SocketAddress> suspected;
  std::unordered_map<wg::PublicKey, Seen> seen;
  for (const wg::Peer& there : device.peers) {
    const TraversalPeer* const peer = find_peer(relayed, there.public_key);
    if (peer == nullptr || !is_behind_relay(device, *peer, there)) continue;
    const auto before = seen_.find(there.public_key);
    Seen entry = before == seen_.end() ? Seen{there.sent_bytes, there.received_bytes, {}} : before->second;
    if (there.received_bytes != entry.received)
      entry = {there.sent_bytes, there.received_bytes, {}};
    else if (there.sent_bytes != entry.sent && !entry.waits_since)
      entry.waits_since = now;
    if (entry.waits_since && now - *entry.waits_since >= times_.quiet) suspected.insert(*there.endpoint);
    seen.emplace(there.public_key, entry);
  }
  seen_ = std::move(seen);
  std::vector<SocketAddress> to_ask;
  suspected_ = suspected;
  for (const SocketAddress& relay : suspected) {
    const auto asked = asked_.find(relay);
    if (silent_.contains(relay) || (asked != asked_.end() && now - asked->second < times_.again)) continue;
    to_ask.push_back(relay);
  }
  return to_ask;
}

void RelayWatch::note(const SocketAddress& relay, bool has_answered, BootTime now) {
  asked_[relay] = now;
  static_cast<void>(note_measured(relay, has_answered));
  if (has_answered && suspected_.contains(relay)) forgetful_.insert(relay);
  if (has_answered)
    silent_.erase(relay);
  else
    silent_.try_emplace(relay, now);
}

bool RelayWatch::note_measured(const SocketAddress& relay, bool has_answered) {
  if (!has_answered) {
    away_.insert(relay);
    return false;
  }
  if (away_.erase(relay) == 0) return false;
  forgetful_.insert(relay);
  return true;
}

wg::DeviceUpdate RelayWatch::registrations(const wg::Device& device) {
  wg::DeviceUpdate update;
  const auto relays = std::exchange(forgetful_, {});
  for (const wg::Peer& there : device.peers)
    if (there.endpoint && there.allowed_ips.empty() && relays.contains(*there.endpoint)) add_anew(update, there, *there.endpoint);
  return update;
}

// Its handshake may have crossed the other side's, or was lost.
void RelayWatch::begin_anew(wg::DeviceUpdate& update, const TraversalPeer& peer, const wg::Peer& there, BootTime now) {
  constexpr int kMostTimes = 3;
  const auto moved = moved_.find(there.public_key);
  if (moved == moved_.end()) return;
  if (there.last_handshake || moved->second.times == kMostTimes) {
    moved_.erase(moved);
    return;
  }
  if (now - moved->second.at < times_.handshake + (peer.other_side_first ? times_.other_side : std::chrono::milliseconds(0))) return;
  add_anew(update, there, *there.endpoint);
  moved->second = {.at = now, .times = moved->second.times + 1};
}

wg::DeviceUpdate RelayWatch::moves(const wg::Device& device, const std::vector<TraversalPeer>& relayed, BootTime now) {
  wg::DeviceUpdate update;
  for (const wg::Peer& there : device.peers) {
    const TraversalPeer* const peer = find_peer(relayed, there.public_key);
    if (peer == nullptr || !is_behind_relay(device, *peer, there)) continue;
    const auto silent = silent_.find(*there.endpoint);
    if (silent == silent_.end()) {
      begin_anew(update, *peer, there, now);
      continue;
    }
    if (peer->other_side_first && now - silent->second < times_.other_side) continue;
    const auto next = std::ranges::find_if(peer->relays, [&](const SocketAddress& relay) { return !silent_.contains(relay); });
    if (next == peer->relays.end()) continue;
    add_anew(update, there, *next);
    moved_[there.public_key] = {.at = now};
  }
  return update;
}

}  // namespace innernet::client

#include "nearer_relay.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "nat_traversal.hpp"
#include "relay_order.hpp"
#include "relay_watch.hpp"

namespace innernet::client {
namespace {

bool contains(std::span<const SocketAddress> relays, const SocketAddress& at) { return std::ranges::find(relays, at) != relays.end(); }

// A nearer one than that at which the peer is.
std::optional<SocketAddress> nearer_one(const TraversalPeer& peer, const SocketAddress& at) {
  const auto place = static_cast<std::size_t>(std::ranges::find(peer.relays, at) - peer.relays.begin());
  if (place == 0 || place >= peer.relay_times.size()) return std::nullopt;
  const auto &first = peer.relay_times.front(), &now = peer.relay_times[place];
  if (!first || !now || !is_clearly_nearer(*first, *now)) return std::nullopt;
  return peer.relays.front();
}

}  // namespace

bool NearerRelay::see(const wg::Device& device, const std::vector<TraversalPeer>& relayed, BootTime now) {
  std::unordered_set<wg::PublicKey> current;
  bool is_new = false;
  for (const wg::Peer& there : device.peers) {
    const TraversalPeer* const peer = find_peer(relayed, there.public_key);
    if (peer == nullptr || !there.endpoint || !contains(peer->relays, *there.endpoint)) continue;
    current.insert(there.public_key);
    const auto [entry, is_first] = pairs_.try_emplace(there.public_key, Pair{.at = *there.endpoint});
    Pair& pair = entry->second;
    if (pair.at != *there.endpoint) {
      pair = {.at = *there.endpoint, .changed = now};
    }
    // Without a keepalive nothing might be sent for a long time, and they would seem to have no way to each other.
    const bool is_ours = !peer->other_side_first && there.persistent_keepalive != 0;
    const auto nearer = peer->is_overridden || pair.move ? std::nullopt : nearer_one(*peer, pair.at);
    if (!nearer) {
      pair.wish.reset();
    } else if (!pair.wish || pair.wish->to != *nearer) {
      pair.wish = {.to = *nearer, .since = now, .is_ours = is_ours};
      is_new = true;
    }
  }
  for (auto& [key, pair] : pairs_) {
    if (current.contains(key)) continue;
    // Reached directly just now, perhaps for the moment of a try.
    pair.wish.reset();
    pair.move.reset();
  }
  std::erase_if(pairs_, [&](const auto& entry) {
    const Pair& pair = entry.second;
    return !current.contains(entry.first) && (!pair.changed || now - *pair.changed >= times_.again);
  });
  return is_new;
}

bool NearerRelay::is_ripe(const Pair& pair, BootTime now) const {
  constexpr int kMostDoublings = 6;
  if (!pair.wish || !pair.wish->is_ours || now - pair.wish->since < times_.settled) return false;
  return !pair.changed || now - *pair.changed >= times_.again * (1 << std::min(pair.failures, kMostDoublings));
}

bool NearerRelay::wants_move(BootTime now) const {
  return std::ranges::any_of(pairs_, [&](const auto& entry) { return is_ripe(entry.second, now); });
}

bool NearerRelay::is_moving() const {
  return std::ranges::any_of(pairs_, [](const auto& entry) { return entry.second.move.has_value(); });
}

void NearerRelay::go_on(wg::DeviceUpdate& update, Pair& pair, const TraversalPeer& peer, const wg::Peer& there, BootTime now) {
  if (there.last_handshake) {
    if (!pair.move->arrived) pair.move->arrived = now;
    pokes_.push_back(peer.inside);
    if (now - *pair.move->arrived < times_.late) return;
    pair.failures = 0;
    pair.move.reset();
    return;
  }
  if (now - pair.move->at < times_.handshake) return;
  if (!std::exchange(pair.move->is_repeated, true)) {
    add_anew(update, there, pair.at);
    pair.move->at = now;
    return;
  }
  const SocketAddress back = pair.move->from;
  pair.move.reset();
  ++pair.failures;
  pair.changed = now;
  if (!contains(peer.relays, back)) return;
  add_anew(update, there, back);
  pair.at = back;
}

wg::DeviceUpdate NearerRelay::moves(const wg::Device& device, const std::vector<TraversalPeer>& relayed,
                                    std::span<const SocketAddress> answering, bool may_begin, BootTime now) {
  wg::DeviceUpdate update;
  std::size_t begun = 0;
  for (const wg::Peer& there : device.peers) {
    const auto entry = pairs_.find(there.public_key);
    const TraversalPeer* const peer = find_peer(relayed, there.public_key);
    if (entry == pairs_.end() || peer == nullptr || there.endpoint != entry->second.at) continue;
    Pair& pair = entry->second;
    if (pair.move) {
      go_on(update, pair, *peer, there, now);
      continue;
    }
    if (!may_begin || !there.last_handshake || begun == kMostAtOnce || !is_ripe(pair, now)) continue;
    const SocketAddress to = pair.wish->to;
    // It passes on for members; who has no session with it is none yet.
    if (!contains(answering, to) || !knows_us(device, to)) continue;
    ++begun;
    add_anew(update, there, to);
    pair.move = {.from = pair.at, .at = now};
    pair.at = to;
    pair.changed = now;
    pair.wish.reset();
  }
  return update;
}

}  // namespace innernet::client

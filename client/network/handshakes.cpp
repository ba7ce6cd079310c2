#include "innernet/client/handshakes.hpp"

#include <algorithm>

namespace innernet::client {
namespace {

constexpr std::chrono::seconds kRejectAfterTime{180};  // WireGuard's REJECT_AFTER_TIME: then a session is dead
// Clocks that are only corrected drift apart by less between two looks.
constexpr std::chrono::seconds kSet{1};

}  // namespace

bool is_recent(const std::optional<WallTime>& handshake, WallTime now) {
  return handshake && std::chrono::abs(now - *handshake) <= kRejectAfterTime;
}

std::chrono::nanoseconds Handshakes::age_of_new(WallTime handshake, const Look& before, const Look& now) {
  const auto elapsed = now.boot - before.boot;
  const bool was_set = std::chrono::abs((now.wall - before.wall) - elapsed) > kSet;
  if (was_set) return {};
  return std::clamp<std::chrono::nanoseconds>(now.wall - handshake, {}, std::max<std::chrono::nanoseconds>(elapsed, {}));
}

void Handshakes::see(const wg::Device& device, WallTime wall, BootTime boot) {
  const Look now{.wall = wall, .boot = boot};
  for (auto& [key, seen] : seen_) seen.is_there = false;
  for (const wg::Peer& peer : device.peers) {
    // A handshake counts as received, too.
    if (const auto doubted = doubted_.find(peer.public_key); doubted != doubted_.end() && doubted->second != peer.received_bytes)
      doubted_.erase(doubted);
    if (!peer.last_handshake) continue;
    const auto [entry, is_new] = seen_.try_emplace(peer.public_key);
    Seen& seen = entry->second;
    seen.is_there = true;
    if (is_new || seen.handshake != *peer.last_handshake) {
      if (last_look_)
        seen.at = boot - age_of_new(*peer.last_handshake, *last_look_, now);
      else if (client::is_recent(peer.last_handshake, wall))
        seen.at = boot - std::max<std::chrono::nanoseconds>(wall - *peer.last_handshake, {});
      seen.handshake = *peer.last_handshake;
      seen.received_bytes = peer.received_bytes;
      seen.first_look = boot;
    } else if (!seen.at && seen.received_bytes != peer.received_bytes) {
      // Something came through, so the handshake was not as old as the clock said; but it was there by then. (An initiation that leads to
      // nothing counts as received, too: only this once.)
      seen.at = seen.first_look;
    }
  }
  std::erase_if(seen_, [](const auto& entry) { return !entry.second.is_there; });
  std::erase_if(doubted_, [this](const auto& entry) { return !seen_.contains(entry.first); });
  last_look_ = now;
}

std::vector<wg::PublicKey> Handshakes::recent(BootTime now) const {
  std::vector<wg::PublicKey> peers;
  for (const auto& [key, seen] : seen_)
    if (is_recent(key, now)) peers.push_back(key);
  return peers;
}

std::optional<BootTime> Handshakes::last(const wg::PublicKey& peer) const {
  const auto found = seen_.find(peer);
  return found == seen_.end() ? std::nullopt : found->second.at;
}

void Handshakes::doubt(const wg::PublicKey& peer, std::uint64_t received_bytes) { doubted_.insert_or_assign(peer, received_bytes); }

bool Handshakes::is_recent(const wg::PublicKey& peer, BootTime now) const { return is_recent(peer, now, kRejectAfterTime); }

bool Handshakes::is_recent(const wg::PublicKey& peer, BootTime now, std::chrono::nanoseconds within) const {
  const auto found = seen_.find(peer);
  return found != seen_.end() && found->second.at && !doubted_.contains(peer) && now - *found->second.at <= within;
}

}  // namespace innernet::client

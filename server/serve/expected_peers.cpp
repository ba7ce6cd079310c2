#include "expected_peers.hpp"

#include <algorithm>
#include <vector>

namespace innernet::server {
namespace {

std::size_t mixed(std::size_t hash, std::size_t value) {
  constexpr std::size_t kOdd = 0x9E3779B97F4A7C15;
  hash = (hash ^ value) * kOdd;
  return hash ^ hash >> 32U;
}

std::size_t mixed(std::size_t hash, const IpNet& net) {
  const IpAddress address = net.address();
  for (const std::uint8_t byte : address.bytes()) hash = mixed(hash, byte);
  return mixed(hash, net.prefix());
}

/// The same for the same networks in any order.
std::size_t fingerprint(std::span<const IpNet> allowed_ips, std::uint16_t keepalive) {
  std::size_t hash = mixed(0, keepalive);
  if (allowed_ips.size() == 1) return mixed(hash, allowed_ips.front());
  std::vector<IpNet> sorted(allowed_ips.begin(), allowed_ips.end());
  std::ranges::sort(sorted);
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  for (const IpNet& net : sorted) hash = mixed(hash, net);
  return hash;
}

std::size_t fingerprint(const wg::PeerUpdate& peer) { return fingerprint(peer.allowed_ips, peer.persistent_keepalive.value_or(0)); }

}  // namespace

void ExpectedPeers::set(std::span<const wg::PeerUpdate> wanted) {
  auto& peers = peers_.emplace();
  peers.reserve(wanted.size());
  for (const wg::PeerUpdate& peer : wanted) peers.emplace(peer.public_key, fingerprint(peer));
}

void ExpectedPeers::change(std::span<const wg::PeerUpdate> updates) {
  if (!peers_) return;
  for (const wg::PeerUpdate& update : updates) {
    const auto known = peers_->find(update.public_key);
    if (update.remove)
      peers_->erase(update.public_key);
    else if (known == peers_->end() && !update.update_only)
      peers_->emplace(update.public_key, fingerprint(update));
    else if (known != peers_->end() && update.replace_allowed_ips)
      known->second = fingerprint(update);
  }
}

std::optional<std::size_t> ExpectedPeers::size_after(std::span<const wg::PeerUpdate> updates) const {
  if (!peers_) return std::nullopt;
  std::size_t size = peers_->size();
  for (const wg::PeerUpdate& update : updates) {
    const bool is_there = peers_->contains(update.public_key);
    if (update.remove && is_there) --size;
    if (!update.remove && !update.update_only && !is_there) ++size;
  }
  return size;
}

bool ExpectedPeers::are(std::span<const wg::Peer> on_device) const {
  if (!peers_) return true;
  if (on_device.size() != peers_->size()) return false;
  return std::ranges::all_of(on_device, [this](const wg::Peer& peer) {
    const auto expected = peers_->find(peer.public_key);
    return expected != peers_->end() && !peer.preshared_key && expected->second == fingerprint(peer.allowed_ips, peer.persistent_keepalive);
  });
}

}  // namespace innernet::server

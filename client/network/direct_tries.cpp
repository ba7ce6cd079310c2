#include "direct_tries.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace innernet::client {
namespace {

constexpr std::size_t kMostWays = 3;

// Where only who is near can be: RFC 1918, RFC 6598, RFC 4193.
bool is_private(const IpAddress& address) {
  static const std::array kNets{IpNet::parse("10.0.0.0/8").value(), IpNet::parse("172.16.0.0/12").value(),
                                IpNet::parse("192.168.0.0/16").value(), IpNet::parse("100.64.0.0/10").value(),
                                IpNet::parse("fc00::/7").value()};
  return std::ranges::any_of(kNets, [&](const IpNet& net) { return net.contains(address); });
}

// What is likely first; names and private addresses that nothing speaks for are left to those who have no session at all.
std::vector<Endpoint> ways_to(const TraversalPeer& peer) {
  std::vector<Endpoint> ways = peer.likely;
  if (peer.reported && std::ranges::find(ways, *peer.reported) == ways.end()) ways.push_back(*peer.reported);
  for (const Endpoint& candidate : peer.candidates) {
    const auto* const ip = std::get_if<IpAddress>(&candidate.host());
    if (ip != nullptr && !is_private(*ip) && std::ranges::find(ways, candidate) == ways.end()) ways.push_back(candidate);
  }
  if (ways.size() > kMostWays) ways.erase(ways.begin() + kMostWays, ways.end());
  return ways;
}

class Try {
 public:
  Try(std::span<const SocketAddress> relays, wg::Backend& backend, const InterfaceName& name, Wait& wait, const Poke& poke,
      const DirectTimes& times)
      : relays_(relays), backend_(backend), name_(name), wait_(wait), poke_(poke), times_(times) {}

  Result<bool> run(const TraversalPeer& peer, const SocketAddress& way) {
    TRY(const auto before, find(peer.public_key));
    if (!before || !is_relayed(*before)) return false;
    const BootTime end = wait_.clock().boot() + times_.way;
    // What comes through the relay meanwhile, for the other side has not heard of us yet, takes the endpoint back to it: it is set again.
    bool is_set = false;
    std::uint64_t received = before->received_bytes;  // when it was set last
    BootTime next_packet{};
    while (wait_.clock().boot() < end && !wait_.stopped()) {
      if (!is_set) TRY_VOID(set_endpoint(peer.public_key, way));
      is_set = true;
      if (const BootTime now = wait_.clock().boot(); now >= next_packet) {
        poke_(peer.inside);
        next_packet = now + times_.again;
      }
      wait_.until(wait_.clock().boot() + times_.poll);
      TRY(const auto there, find(peer.public_key));
      if (!there) return false;
      if (is_relayed(*there)) {
        is_set = false;
        received = there->received_bytes;
      } else if (there->received_bytes > received) {
        return true;
      }
    }
    TRY_VOID(set_endpoint(peer.public_key, *before->endpoint));
    poke_(peer.inside);
    return false;
  }

 private:
  bool is_relayed(const wg::Peer& peer) const { return peer.endpoint && std::ranges::find(relays_, *peer.endpoint) != relays_.end(); }

  Result<std::optional<wg::Peer>> find(const wg::PublicKey& key) {
    TRY(wg::Device device, backend_.get(name_));
    const auto found = std::ranges::find(device.peers, key, &wg::Peer::public_key);
    if (found == device.peers.end()) return std::nullopt;
    return std::move(*found);
  }

  Result<void> set_endpoint(const wg::PublicKey& key, const SocketAddress& to) {
    wg::DeviceUpdate update;
    update.peers.push_back({.public_key = key, .update_only = true, .endpoint = to, .allowed_ips = {}});
    return backend_.apply(name_, update);
  }

  std::span<const SocketAddress> relays_;
  wg::Backend& backend_;
  const InterfaceName& name_;
  Wait& wait_;
  const Poke& poke_;
  const DirectTimes& times_;
};

}  // namespace

std::vector<TraversalPeer> DirectTries::take(std::vector<TraversalPeer> relayed, BootTime now) {
  using std::chrono::minutes;
  constexpr std::array kAfter{minutes(1), minutes(5), minutes(15)};
  const auto next_after = [&](BootTime since) {
    for (const auto after : kAfter)
      if (since + after > now) return since + after;
    return now + std::chrono::hours(1);
  };
  for (auto& [key, seen] : seen_) seen.is_current = false;
  std::size_t turns = 0;
  std::erase_if(relayed, [&](const TraversalPeer& peer) {
    const auto [entry, is_new] = seen_.try_emplace(peer.public_key);
    Seen& seen = entry->second;
    seen.is_current = true;
    if (is_new) {
      seen = {.peer = peer, .since = now, .next = next_after(now), .is_current = true};
      return true;
    }
    const bool has_changed = seen.peer != peer && (!seen.tried || now - *seen.tried >= minutes(1));
    if ((!has_changed && now < seen.next) || turns == kMostAtOnce) return true;
    ++turns;
    if (has_changed) seen.since = now;
    seen.peer = peer;
    seen.tried = now;
    seen.next = next_after(seen.since);
    return false;
  });
  std::erase_if(seen_, [](const auto& entry) { return !entry.second.is_current; });
  return relayed;
}

Result<std::vector<wg::PublicKey>> try_directly(const std::vector<TraversalPeer>& peers, const IpNet& network,
                                                std::span<const SocketAddress> relays, wg::Backend& backend, const InterfaceName& name,
                                                Wait& wait, const Poke& poke, const Resolved& resolved, const DirectTimes& times) {
  std::vector<wg::PublicKey> direct;
  Try attempt(relays, backend, name, wait, poke, times);
  for (const TraversalPeer& peer : peers)
    for (const Endpoint& way : ways_to(peer)) {
      if (wait.stopped()) return direct;
      const auto address = resolved(way);
      if (!address || !can_be_outside(*address, network) || std::ranges::find(relays, *address) != relays.end()) continue;
      TRY(const bool works, attempt.run(peer, *address));
      if (!works) continue;
      direct.push_back(peer.public_key);
      break;
    }
  return direct;
}

}  // namespace innernet::client

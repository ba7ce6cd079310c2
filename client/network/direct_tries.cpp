#include "direct_tries.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "private_address.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kMostWays = 3;

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
    DirectAttempt attempt(way, relays_, times_);
    for (;;) {
      TRY(const auto there, find(peer.public_key));
      const auto step = wait_.stopped() ? attempt.give_up() : attempt.step(there ? &*there : nullptr, wait_.clock().boot());
      if (step.endpoint) TRY_VOID(set_endpoint(peer.public_key, *step.endpoint));
      if (step.pokes) poke_(peer.inside);
      if (attempt.progress() != DirectAttempt::Progress::kUnderWay) return attempt.progress() == DirectAttempt::Progress::kDirect;
      wait_.until(attempt.next_step());
    }
  }

 private:
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

std::vector<SocketAddress> direct_ways(const TraversalPeer& peer, const IpNet& network, std::span<const SocketAddress> relays,
                                       const Resolved& resolved) {
  std::vector<SocketAddress> ways;
  const std::vector<Endpoint> endpoints = ways_to(peer);
  for (const Endpoint& endpoint : endpoints) {
    const auto address = resolved(endpoint);
    if (address && can_be_outside(*address, network) && std::ranges::find(relays, *address) == relays.end()) ways.push_back(*address);
  }
  return ways;
}

Result<std::vector<wg::PublicKey>> try_directly(const std::vector<TraversalPeer>& peers, const IpNet& network,
                                                std::span<const SocketAddress> relays, wg::Backend& backend, const InterfaceName& name,
                                                Wait& wait, const Poke& poke, const Resolved& resolved, const DirectTimes& times,
                                                const NoteTried& note, ProbeBudget* budget) {
  std::vector<wg::PublicKey> direct;
  Try attempt(relays, backend, name, wait, poke, times);
  for (const TraversalPeer& peer : peers) {
    const std::vector<SocketAddress> ways = direct_ways(peer, network, relays, resolved);
    for (const SocketAddress& way : ways) {
      if (wait.stopped()) return direct;
      if (budget != nullptr && !budget->take(peer.public_key, wait.clock().boot(), kProbesOfDirectTry)) break;
      TRY(const bool works, attempt.run(peer, way));
      if (!works) {
        note({{.peer = peer.public_key, .is_registered = peer.is_registered, .to = way}}, Locked::kNo);
        continue;
      }
      direct.push_back(peer.public_key);
      break;
    }
  }
  return direct;
}

}  // namespace innernet::client

#include "nat_traversal.hpp"

#include <algorithm>
#include <unordered_set>

#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

wg::PeerUpdate endpoint_update(const wg::PublicKey& key, const SocketAddress& endpoint) {
  return {.public_key = key, .update_only = true, .endpoint = endpoint, .allowed_ips = {}};
}

}  // namespace

NatTraversal::NatTraversal(std::vector<TraversalPeer> due, const IpNet& network) : network_(network) {
  left_.reserve(due.size());
  for (TraversalPeer& peer : due) {
    std::vector<Endpoint> endpoints;
    if (peer.reported) endpoints.push_back(*peer.reported);
    for (Endpoint& candidate : peer.candidates) {
      if (endpoints.size() >= kMaxTried + (peer.reported ? 1U : 0U)) break;
      if (can_be_outside(candidate, network) && std::ranges::find(endpoints, candidate) == endpoints.end())
        endpoints.push_back(std::move(candidate));
    }
    // The reported endpoint alone is set on the device already.
    if (endpoints.size() <= (peer.reported ? 1U : 0U)) continue;
    left_.push_back({.public_key = peer.public_key, .endpoints = std::move(endpoints), .reported = std::move(peer.reported)});
  }
}

void NatTraversal::observe(const wg::Device& device, const Handshakes& handshakes, BootTime now) {
  if (left_.empty()) return;
  std::unordered_set<wg::PublicKey> still_waiting;
  for (const wg::Peer& peer : device.peers)
    if (!handshakes.is_recent(peer.public_key, now)) still_waiting.insert(peer.public_key);
  std::erase_if(left_, [&](const Left& left) { return !still_waiting.contains(left.public_key); });
}

std::optional<SocketAddress> NatTraversal::address_of(const Endpoint& endpoint, const Resolved& resolved) const {
  const auto address = resolved(endpoint);
  if (address && std::holds_alternative<std::string>(endpoint.host()) && !can_be_outside(*address, network_)) return std::nullopt;
  return address;
}

wg::DeviceUpdate NatTraversal::step(const Resolved& resolved) {
  wg::DeviceUpdate update;
  for (Left& left : left_) {
    // A name without an address costs no step.
    while (!left.endpoints.empty()) {
      const auto address = address_of(left.endpoints.back(), resolved);
      left.endpoints.pop_back();
      if (!address) continue;
      update.peers.push_back(endpoint_update(left.public_key, *address));
      left.tried = true;
      break;
    }
  }
  std::erase_if(left_, [](const Left& left) { return left.endpoints.empty(); });
  return update;
}

wg::DeviceUpdate NatTraversal::give_up(const Resolved& resolved) {
  wg::DeviceUpdate update;
  for (const Left& left : left_) {
    if (!left.tried || !left.reported) continue;
    if (const auto address = address_of(*left.reported, resolved)) update.peers.push_back(endpoint_update(left.public_key, *address));
  }
  left_.clear();
  return update;
}

Result<void> traverse(NatTraversal traversal, wg::Backend& backend, const InterfaceName& name, Wait& wait, BootTime updated_at,
                      const Resolved& resolved, Handshakes handshakes, const TraversalTimes& times, Audience audience) {
  if (traversal.done()) return {};
  constexpr std::chrono::seconds kNobodyAsks{1};  // why nothing happens
  bool is_said = false;
  const BootTime end = updated_at + times.all;
  BootTime next_step = std::min(end, updated_at + times.before_first_step);
  for (;;) {
    auto device = backend.get(name);
    if (!device) {
      if (device.error().kind() == ErrorKind::kNotFound) return {};
      return std::unexpected(std::move(device).error());
    }
    const BootTime now = wait.clock().boot();
    handshakes.see(*device, wait.clock().wall(), now);
    traversal.observe(*device, handshakes, now);
    if (traversal.done()) return {};

    const bool over = now >= end || wait.stopped();
    if (!is_said && !over && now - updated_at >= kNobodyAsks) {
      log::write(audience == Audience::kWaits ? log::Level::kInfo : log::Level::kDebug,
                 fmt::format("trying where else {} of {} may be, which {} not answered yet",
                             traversal.left() == 1 ? "a peer" : fmt::format("{} peers", traversal.left()), name.str(),
                             traversal.left() == 1 ? "has" : "have"));
      is_said = true;
    }
    if (over || now >= next_step) {
      const auto update = over ? traversal.give_up(resolved) : traversal.step(resolved);
      if (!update.empty()) TRY_VOID(backend.apply(name, update));
      if (traversal.done()) return {};
      next_step = std::min(end, wait.clock().boot() + times.step);
    }
    wait.until(std::min(next_step, wait.clock().boot() + times.poll));
  }
}

std::vector<TraversalPeer> TraversalHistory::take(std::vector<TraversalPeer> due, BootTime now) {
  constexpr std::chrono::minutes kFirstPause{1};
  constexpr std::chrono::minutes kLongestPause{60};
  for (auto& [key, tried] : tried_) tried.is_current = false;
  std::erase_if(due, [&](const TraversalPeer& peer) {
    Tried& tried = tried_[peer.public_key];
    tried.is_current = true;
    if (tried.candidates != peer.candidates) {
      tried.candidates = peer.candidates;
      tried.times = 0;
      tried.not_before = now;
    }
    if (now < tried.not_before) return true;
    tried.not_before = now + std::min(kFirstPause * (1 << std::min(tried.times, 6)), kLongestPause);
    ++tried.times;
    return false;
  });
  // A peer that was reached is no longer due; when it is lost again, it is tried at once.
  std::erase_if(tried_, [](const auto& entry) { return !entry.second.is_current; });
  return due;
}

}  // namespace innernet::client

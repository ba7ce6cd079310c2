#include <algorithm>

#include "innernet/server/network.hpp"

namespace innernet::server {
namespace {

std::optional<Endpoint> endpoint_at(const SocketAddress& address) {
  auto endpoint = Endpoint::parse(address.to_string());
  if (!endpoint) return std::nullopt;
  return *std::move(endpoint);
}

/// What is shown as endpoint of a peer that is seen there.
std::optional<Endpoint> shown_endpoint(const PeerRecord& record, const std::optional<SocketAddress>& seen) {
  const auto& override = record.peer.endpoint;
  if (override && !override->is_unspecified()) return override;
  if (!seen) return std::nullopt;
  return endpoint_at(override ? SocketAddress{seen->ip, override->port()} : *seen);
}

/// The seen address, where it is neither the endpoint nor a candidate that the peer reported.
std::optional<Endpoint> appended_candidate(const PeerRecord& record, const std::optional<Endpoint>& endpoint) {
  if (!record.seen) return std::nullopt;
  auto seen = endpoint_at(*record.seen);
  if (!seen || endpoint == seen || std::ranges::find(record.peer.candidates, *seen) != record.peer.candidates.end()) return std::nullopt;
  return seen;
}

}  // namespace

PeerObservations Network::observations_as_shown(const PeerRecord& record) {
  PeerObservations shown = record.peer.observations();
  // All members, so that one that is missing here does not compile: what it is filled in with, or that it is shown as it is stored, is
  // decided here.
  auto& [endpoint, persistent_keepalive_interval, candidates, relay, relay_distances] = shown;
  static_cast<void>(relay);  // as it is stored: who is to use it is said elsewhere
  relay_distances = record.relay_distances;
  endpoint = shown_endpoint(record, record.seen);
  persistent_keepalive_interval = kPersistentKeepalive;
  if (auto seen = appended_candidate(record, endpoint)) candidates.push_back(*std::move(seen));
  // In front: clients try the last one first. Those that know relays see by it who is registered there, the others find a way that they
  // know nothing about.
  if (record.relayed_at && std::ranges::find(candidates, *record.relayed_at) == candidates.end())
    candidates.insert(candidates.begin(), *record.relayed_at);
  return shown;
}

Peer Network::as_shown(const PeerRecord& record) { return {{record.peer.facts(), observations_as_shown(record)}, record.peer.id}; }

PeerChange Network::without_filled_in(const PeerRecord& record, PeerChange change, bool override_is_new) const {
  // It may have moved since the administrator was told of it.
  std::vector<SocketAddress> seen;
  if (const auto former = formerly_seen_.find(record.peer.id); former != formerly_seen_.end()) seen = former->second;
  if (record.seen) seen.push_back(*record.seen);
  const auto was_filled_in = [&](const std::optional<Endpoint>& endpoint) {
    // An override without a host shows as none until the peer is seen.
    if (!endpoint) return seen.empty() && !shown_endpoint(record, std::nullopt);
    return std::ranges::any_of(seen, [&](const SocketAddress& address) {
      return endpoint == shown_endpoint(record, address) || (override_is_new && endpoint == endpoint_at(address));
    });
  };
  if (was_filled_in(change.endpoint)) change.endpoint = record.peer.endpoint;
  const auto is_reported = [&](const Endpoint& candidate) {
    return std::ranges::find(record.peer.candidates, candidate) != record.peer.candidates.end();
  };
  // Wherever it is now: the list may have been put together from several. The peer may not be registered any more, or the relay be
  // elsewhere.
  std::erase_if(change.candidates, [&](const Endpoint& candidate) {
    return !is_reported(candidate) && std::ranges::find(relays_shown_, candidate) != relays_shown_.end();
  });
  if (!change.candidates.empty()) {
    const Endpoint& last = change.candidates.back();
    const bool was_seen = std::ranges::any_of(seen, [&](const SocketAddress& address) { return last == endpoint_at(address); });
    if (was_seen && !is_reported(last)) change.candidates.pop_back();
  }
  return change;
}

}  // namespace innernet::server

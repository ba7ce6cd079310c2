#include <algorithm>

#include "innernet/server/network.hpp"

namespace innernet::server {
namespace {

constexpr std::uint16_t kKeepalive = 25;  // seconds

std::optional<Endpoint> endpoint_at(const SocketAddress& address) {
  auto endpoint = Endpoint::parse(address.to_string());
  if (!endpoint) return std::nullopt;
  return *std::move(endpoint);
}

std::optional<Endpoint> shown_endpoint(const PeerRecord& record) {
  const auto& override = record.peer.endpoint;
  if (override && !override->is_unspecified()) return override;
  if (!record.seen) return std::nullopt;
  return endpoint_at(override ? SocketAddress{record.seen->ip, override->port()} : *record.seen);
}

/// The seen address, where it is neither the endpoint nor a candidate that the peer reported.
std::optional<Endpoint> appended_candidate(const PeerRecord& record, const std::optional<Endpoint>& endpoint) {
  if (!record.seen) return std::nullopt;
  auto seen = endpoint_at(*record.seen);
  if (!seen || endpoint == seen || std::ranges::find(record.peer.candidates, *seen) != record.peer.candidates.end()) return std::nullopt;
  return seen;
}

}  // namespace

Peer Network::as_shown(const PeerRecord& record) {
  Peer peer = record.peer;
  peer.persistent_keepalive_interval = kKeepalive;
  peer.endpoint = shown_endpoint(record);
  if (auto seen = appended_candidate(record, peer.endpoint)) peer.candidates.push_back(*std::move(seen));
  return peer;
}

PeerContents Network::without_filled_in(const PeerRecord& record, PeerContents contents) {
  const auto endpoint = shown_endpoint(record);
  if (contents.endpoint == endpoint) contents.endpoint = record.peer.endpoint;
  const auto appended = appended_candidate(record, endpoint);
  if (appended && !contents.candidates.empty() && contents.candidates.back() == *appended) contents.candidates.pop_back();
  return contents;
}

}  // namespace innernet::server

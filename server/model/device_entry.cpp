#include "innernet/server/device_entry.hpp"

namespace innernet::server {
namespace {

std::optional<SocketAddress> literal(const std::optional<Endpoint>& endpoint) {
  if (!endpoint || endpoint->is_unspecified() || endpoint->port() == 0) return std::nullopt;
  const auto* ip = std::get_if<IpAddress>(&endpoint->host());
  if (ip == nullptr) return std::nullopt;
  return SocketAddress{*ip, endpoint->port()};
}

}  // namespace

wg::PeerUpdate device_entry(const PeerFacts& peer) {
  const AllowedIps allowed_ips = peer.allowed_ips();
  return {.public_key = peer.public_key,
          .replace_allowed_ips = true,
          .persistent_keepalive = kPersistentKeepalive,
          .allowed_ips = {allowed_ips.begin(), allowed_ips.end()}};
}

wg::PeerUpdate device_entry(const PeerRecord& record) {
  wg::PeerUpdate update = device_entry(record.peer);
  update.endpoint = record.seen ? record.seen : literal(record.peer.endpoint);
  return update;
}

}  // namespace innernet::server

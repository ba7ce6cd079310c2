#include "server_peer.hpp"

#include "innernet/values/peer.hpp"

namespace innernet::client {
wg::PeerUpdate server_peer(const InterfaceConfig& config, const Resolver& resolver) {
  const AllowedIps allowed_ips = allowed_ips_of(config.server_internal_endpoint.ip);
  return {.public_key = config.server_public_key,
          .replace_allowed_ips = true,
          .preshared_key = {},
          .endpoint = resolver.address(config.server_external_endpoint),
          .persistent_keepalive = kPersistentKeepalive,
          .allowed_ips = {allowed_ips.begin(), allowed_ips.end()}};
}

}  // namespace innernet::client

#include "server_peer.hpp"

namespace innernet::client {
namespace {

constexpr std::uint16_t kServerKeepalive = 25;

}  // namespace

wg::PeerUpdate server_peer(const InterfaceConfig& config, const Resolver& resolver) {
  return {.public_key = config.server_public_key,
          .replace_allowed_ips = true,
          .preshared_key = {},
          .endpoint = resolver.address(config.server_external_endpoint),
          .persistent_keepalive = kServerKeepalive,
          .allowed_ips = {IpNet::host(config.server_internal_endpoint.ip)}};
}

}  // namespace innernet::client

#pragma once

#include <string>

#include "innernet/base/interface_name.hpp"
#include "innernet/config/config.hpp"
#include "innernet/json/json.hpp"

namespace innernet::client::testing {

inline IpAddress ip(const std::string& text) { return *IpAddress::parse(text); }
inline IpNet net(const std::string& text) { return *IpNet::parse(text); }
inline Endpoint endpoint(const std::string& text) { return *Endpoint::parse(text); }
inline SocketAddress address(const std::string& text) {
  const Endpoint parsed = endpoint(text);
  return {std::get<IpAddress>(parsed.host()), parsed.port()};
}
inline wg::PublicKey new_key() { return wg::PrivateKey::generate().public_key(); }

inline Peer peer(std::int64_t id, const std::string& name, const std::string& address, const wg::PublicKey& key) {
  PeerContents contents{{.name = *Hostname::parse(name), .ip = ip(address), .cidr_id = CidrId{1}, .public_key = key, .is_redeemed = true},
                        {.persistent_keepalive_interval = kPersistentKeepalive}};
  return {std::move(contents), PeerId{id}};
}

inline const InterfaceName& evilcorp() {
  static const InterfaceName name = *InterfaceName::parse("evilcorp");
  return name;
}

/// Ours is 10.66.1.2, the server's 10.66.0.1; its API is where the test says.
inline InterfaceConfig config_of(const wg::PrivateKey& own_key, const wg::PublicKey& server_key, const SocketAddress& api) {
  return {.network_name = "evilcorp",
          .address = net("10.66.1.2/16"),
          .private_key = own_key,
          .listen_port = {},
          .server_public_key = server_key,
          .server_external_endpoint = endpoint("203.0.113.1:51820"),
          .server_internal_endpoint = api,
          .peer_endpoint_overrides = {}};
}

}  // namespace innernet::client::testing

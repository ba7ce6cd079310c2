#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::wg {

/// A peer as a device reports it.
struct Peer {
  PublicKey public_key;
  std::optional<PresharedKey> preshared_key{};
  std::optional<SocketAddress> endpoint{};
  std::uint16_t persistent_keepalive = 0;  ///< seconds; 0 is off
  std::vector<IpNet> allowed_ips{};
  std::optional<WallTime> last_handshake{};  ///< none: never
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
};

struct Device {
  InterfaceName name;
  std::optional<PrivateKey> private_key{};  ///< none: not set (all zero), or we may not see it
  std::optional<PublicKey> public_key{};
  std::uint16_t listen_port = 0;
  std::uint32_t fwmark = 0;   ///< 0 is off
  std::vector<Peer> peers{};  ///< in the device's order, each key once
};

/// What to change about one peer; what is not set stays.
struct PeerUpdate {
  PublicKey public_key;
  bool remove = false;
  bool update_only = false;  ///< never creates the peer
  bool replace_allowed_ips = false;
  std::optional<PresharedKey> preshared_key{};
  std::optional<SocketAddress> endpoint{};
  std::optional<std::uint16_t> persistent_keepalive{};  ///< seconds; 0 turns it off
  std::vector<IpNet> allowed_ips{};                     ///< added, or the new list with replace_allowed_ips
};

/// What to change about a device; what is not set stays.
struct DeviceUpdate {
  std::optional<PrivateKey> private_key{};
  std::optional<std::uint16_t> listen_port{};  ///< 0: a random one
  std::optional<std::uint32_t> fwmark{};       ///< 0 turns it off
  bool replace_peers = false;
  std::vector<PeerUpdate> peers{};  ///< applied in this order

  bool empty() const { return !private_key && !listen_port && !fwmark && !replace_peers && peers.empty(); }
};

}  // namespace innernet::wg

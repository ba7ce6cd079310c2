#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "innernet/wireguard/device.hpp"

namespace innernet::wg {

// Peers for tests, a different one for each number.

inline PublicKey sample_key(std::uint32_t number) {
  std::array<std::uint8_t, kKeySize> bytes;
  bytes.fill(0x5A);
  std::memcpy(bytes.data(), &number, sizeof number);
  return PublicKey::from_bytes(bytes);
}

inline IpAddress sample_v4(std::uint32_t number) { return *IpAddress::parse("10.0.0.0")->plus(number); }
inline IpAddress sample_v6(std::uint32_t number) { return *IpAddress::parse("fd00:1234::")->plus(number); }

/// Every second endpoint and allowed IP is IPv6, every third peer has a pre-shared key.
inline PeerUpdate sample_peer(std::uint32_t number) {
  PeerUpdate peer{.public_key = sample_key(number)};
  peer.replace_allowed_ips = true;
  if (number % 3 == 0) peer.preshared_key = PresharedKey::from_bytes(sample_key(number + 1'000'000).bytes());
  peer.endpoint = number % 2 == 0 ? SocketAddress{sample_v4(number), static_cast<std::uint16_t>(1 + number % 60'000)}
                                  : SocketAddress{*IpAddress::parse("2001:db8::")->plus(number), 51820};
  peer.persistent_keepalive = static_cast<std::uint16_t>(number % 50);
  peer.allowed_ips.push_back(IpNet::host(sample_v4(number)));
  if (number % 2 == 0) peer.allowed_ips.push_back(IpNet::host(sample_v6(number)));
  return peer;
}

inline DeviceUpdate sample_device(std::uint32_t peers) {
  DeviceUpdate update;
  update.private_key = PrivateKey::from_bytes(PrivateKey::generate().secret().reveal());
  update.replace_peers = true;
  for (std::uint32_t number = 0; number < peers; ++number) update.peers.push_back(sample_peer(number));
  return update;
}

/// Whether two devices agree in what an update can set, whatever the order of peers and allowed IPs.
inline bool same_settings(Device a, Device b) {
  const auto order = [](Device& device) {
    std::ranges::sort(device.peers, {}, &Peer::public_key);
    for (Peer& peer : device.peers) std::ranges::sort(peer.allowed_ips);
  };
  order(a);
  order(b);
  const auto same_secret = [](const auto& x, const auto& y) {
    return x.has_value() == y.has_value() && (!x || std::ranges::equal(x->secret().reveal(), y->secret().reveal()));
  };
  return a.name == b.name && same_secret(a.private_key, b.private_key) && a.public_key == b.public_key && a.listen_port == b.listen_port &&
         a.fwmark == b.fwmark && std::ranges::equal(a.peers, b.peers, [&](const Peer& x, const Peer& y) {
           return x.public_key == y.public_key && same_secret(x.preshared_key, y.preshared_key) && x.endpoint == y.endpoint &&
                  x.persistent_keepalive == y.persistent_keepalive && x.allowed_ips == y.allowed_ips;
         });
}

/// What a device reports after the update, starting from an empty device, for updates without removals.
inline Device expected_device(const InterfaceName& name, const DeviceUpdate& update) {
  Device device{.name = name};
  device.private_key = update.private_key;
  if (update.private_key) device.public_key = update.private_key->public_key();
  device.listen_port = update.listen_port.value_or(0);
  device.fwmark = update.fwmark.value_or(0);
  for (const PeerUpdate& peer : update.peers) {
    Peer reported{.public_key = peer.public_key};
    reported.preshared_key = peer.preshared_key;
    reported.endpoint = peer.endpoint;
    reported.persistent_keepalive = peer.persistent_keepalive.value_or(0);
    reported.allowed_ips = peer.allowed_ips;
    device.peers.push_back(std::move(reported));
  }
  return device;
}

}  // namespace innernet::wg

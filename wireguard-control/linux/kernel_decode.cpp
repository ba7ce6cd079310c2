#include <fmt/format.h>
#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "kernel_message.hpp"

namespace innernet::wg {
namespace {

using netlink::Attribute;
using netlink::AttributeReader;
using netlink::Outcome;

// struct __kernel_timespec, whose header clashes with <time.h> on some systems.
struct KernelTime {
  std::int64_t seconds;
  std::int64_t nanoseconds;
};

std::unexpected<netlink::Failure> malformed(std::string_view what) {
  return netlink::failure(EPROTO, fmt::format("the kernel's answer is malformed: {}", what));
}

template <class Key>
std::optional<Key> decode_key(const Attribute& attribute) {
  if (attribute.payload.size() != kKeySize) return std::nullopt;
  return Key::from_bytes(attribute.payload.first<kKeySize>());
}

bool is_zero(netlink::Bytes bytes) {
  std::uint8_t all = 0;
  for (const std::uint8_t byte : bytes) all = static_cast<std::uint8_t>(all | byte);
  return all == 0;
}

std::optional<SocketAddress> decode_endpoint(const Attribute& attribute) {
  if (const auto v4 = attribute.value<sockaddr_in>(); v4 && v4->sin_family == AF_INET) {
    const netlink::Bytes bytes(reinterpret_cast<const std::uint8_t*>(&v4->sin_addr), 4);
    return SocketAddress{IpAddress::v4(bytes.first<4>()), ntohs(v4->sin_port)};
  }
  if (const auto v6 = attribute.value<sockaddr_in6>(); v6 && v6->sin6_family == AF_INET6) {
    const netlink::Bytes bytes(reinterpret_cast<const std::uint8_t*>(&v6->sin6_addr), 16);
    return SocketAddress{IpAddress::v6(bytes.first<16>()), ntohs(v6->sin6_port)};
  }
  return std::nullopt;
}

// None for a time that the wall clock can't say.
std::optional<WallTime> decode_time(const KernelTime& time) {
  constexpr std::int64_t kLastSecond = std::chrono::floor<std::chrono::seconds>(WallTime::max()).time_since_epoch().count() - 1;
  if (time.seconds < 0 || time.seconds > kLastSecond || time.nanoseconds < 0 || time.nanoseconds >= 1'000'000'000) return std::nullopt;
  return WallTime(std::chrono::seconds(time.seconds) + std::chrono::nanoseconds(time.nanoseconds));
}

Outcome<IpNet> decode_allowed_ip(netlink::Bytes bytes) {
  std::optional<std::uint16_t> family;
  std::optional<std::uint8_t> prefix;
  netlink::Bytes address;
  AttributeReader attributes(bytes);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == WGALLOWEDIP_A_FAMILY) family = attribute->u16();
    if (attribute->type == WGALLOWEDIP_A_IPADDR) address = attribute->payload;
    if (attribute->type == WGALLOWEDIP_A_CIDR_MASK) prefix = attribute->u8();
  }
  if (!attributes.well_formed() || !family || !prefix) return malformed("an allowed IP is incomplete");
  std::optional<IpAddress> ip;
  if (*family == AF_INET && address.size() == 4) ip = IpAddress::v4(address.first<4>());
  if (*family == AF_INET6 && address.size() == 16) ip = IpAddress::v6(address.first<16>());
  if (!ip) return malformed("an allowed IP has no address");
  auto net = IpNet::make(*ip, *prefix);
  if (!net) return malformed("an allowed IP has a prefix that is longer than its address");
  return *net;
}

}  // namespace

Outcome<void> DeviceDump::add(const netlink::MessageView& message) {
  if (!message.header<genlmsghdr>()) return malformed("a message about a device is too short");
  AttributeReader attributes = message.attributes_after(sizeof(genlmsghdr));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case WGDEVICE_A_PRIVATE_KEY:
        device_.private_key = decode_key<PrivateKey>(*attribute);
        if (device_.private_key && is_zero(device_.private_key->secret().reveal())) device_.private_key.reset();
        break;
      case WGDEVICE_A_PUBLIC_KEY:
        device_.public_key = decode_key<PublicKey>(*attribute);
        if (device_.public_key && is_zero(device_.public_key->bytes())) device_.public_key.reset();
        break;
      case WGDEVICE_A_LISTEN_PORT:
        device_.listen_port = attribute->u16().value_or(0);
        break;
      case WGDEVICE_A_FWMARK:
        device_.fwmark = attribute->u32().value_or(0);
        break;
      case WGDEVICE_A_PEERS:
        TRY_VOID(add_peers(attribute->payload));
        break;
      default:
        break;
    }
  }
  if (!attributes.well_formed()) return malformed("an attribute of a device is cut off");
  return {};
}

Outcome<void> DeviceDump::add_peers(netlink::Bytes peers) {
  AttributeReader attributes(peers);
  while (const auto peer = attributes.next()) TRY_VOID(add_peer(peer->payload));
  if (!attributes.well_formed()) return malformed("a peer is cut off");
  return {};
}

Peer& DeviceDump::peer_of(const PublicKey& key) {
  const auto [place, is_new] = index_.try_emplace(key, device_.peers.size());
  if (is_new) device_.peers.push_back(Peer{.public_key = key});
  return device_.peers[place->second];
}

Outcome<void> DeviceDump::add_peer(netlink::Bytes bytes) {
  // The key comes first, but nothing promises it.
  std::optional<PublicKey> key;
  AttributeReader search(bytes);
  while (const auto attribute = search.next()) {
    if (attribute->type != WGPEER_A_PUBLIC_KEY) continue;
    key = decode_key<PublicKey>(*attribute);
    break;
  }
  if (!key) return malformed("a peer has no public key");

  Peer& peer = peer_of(*key);
  AttributeReader attributes(bytes);
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case WGPEER_A_PRESHARED_KEY:
        peer.preshared_key = decode_key<PresharedKey>(*attribute);
        if (peer.preshared_key && is_zero(peer.preshared_key->secret().reveal())) peer.preshared_key.reset();
        break;
      case WGPEER_A_ENDPOINT:
        peer.endpoint = decode_endpoint(*attribute);
        break;
      case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
        peer.persistent_keepalive = attribute->u16().value_or(0);
        break;
      case WGPEER_A_LAST_HANDSHAKE_TIME: {
        const auto time = attribute->value<KernelTime>();
        const bool never = time && time->seconds == 0 && time->nanoseconds == 0;
        peer.last_handshake = time && !never ? decode_time(*time) : std::nullopt;
        break;
      }
      case WGPEER_A_RX_BYTES:
        peer.received_bytes = attribute->u64().value_or(0);
        break;
      case WGPEER_A_TX_BYTES:
        peer.sent_bytes = attribute->u64().value_or(0);
        break;
      case WGPEER_A_ALLOWEDIPS: {
        AttributeReader allowed_ips(attribute->payload);
        while (const auto one = allowed_ips.next()) {
          TRY(const IpNet net, decode_allowed_ip(one->payload));
          peer.allowed_ips.push_back(net);
        }
        if (!allowed_ips.well_formed()) return malformed("an allowed IP is cut off");
        break;
      }
      default:
        break;
    }
  }
  if (!attributes.well_formed()) return malformed("an attribute of a peer is cut off");
  return {};
}

}  // namespace innernet::wg

#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "kernel_message.hpp"

namespace innernet::wg {
namespace {

using netlink::Message;

// The macros of <linux/netlink.h> calculate with int.
constexpr std::size_t kNest = sizeof(nlattr);
constexpr std::size_t padded(std::size_t size) { return (kNest + size + NLA_ALIGNTO - 1) / NLA_ALIGNTO * NLA_ALIGNTO; }

// The attributes of one allowed IP with its own nesting.
std::size_t encoded_size(const IpNet& allowed) {
  return kNest + padded(sizeof(std::uint16_t)) + padded(allowed.address().bytes().size()) + padded(sizeof(std::uint8_t));
}

// A peer without its allowed IPs.
std::size_t encoded_size(const PeerUpdate& peer) {
  std::size_t size = kNest + padded(kKeySize) + padded(sizeof(std::uint32_t));
  if (peer.preshared_key) size += padded(kKeySize);
  if (peer.endpoint) size += padded(peer.endpoint->ip.is_v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  if (peer.persistent_keepalive) size += padded(sizeof(std::uint16_t));
  return size;
}

void put_endpoint(Message& message, const SocketAddress& endpoint) {
  if (endpoint.ip.is_v6()) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, endpoint.ip.bytes().data(), sizeof address.sin6_addr);
    message.put_value(WGPEER_A_ENDPOINT, address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, endpoint.ip.bytes().data(), sizeof address.sin_addr);
    message.put_value(WGPEER_A_ENDPOINT, address);
  }
}

void put_allowed_ip(Message& message, const IpNet& allowed) {
  const std::size_t nest = message.begin_nested(0);
  message.put_u16(WGALLOWEDIP_A_FAMILY, allowed.address().is_v6() ? AF_INET6 : AF_INET);
  message.put(WGALLOWEDIP_A_IPADDR, allowed.address().bytes());
  message.put_u8(WGALLOWEDIP_A_CIDR_MASK, allowed.prefix());
  message.end_nested(nest);
}

// Fills messages one after the other.
class SetDeviceWriter {
 public:
  SetDeviceWriter(std::uint16_t family, const InterfaceName& name, std::size_t message_size)
      : family_(family), name_(name), message_size_(std::clamp<std::size_t>(message_size, 512, 65'535)) {
    start_message();
  }

  void put_device(const DeviceUpdate& update) {
    if (update.private_key) current().put(WGDEVICE_A_PRIVATE_KEY, update.private_key->secret().reveal());
    if (update.listen_port) current().put_u16(WGDEVICE_A_LISTEN_PORT, *update.listen_port);
    if (update.fwmark) current().put_u32(WGDEVICE_A_FWMARK, *update.fwmark);
    if (update.replace_peers) current().put_u32(WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
  }

  void put_peer(const PeerUpdate& peer) {
    // The kernel looks at nothing else in a peer that it removes.
    const std::span<const IpNet> allowed_ips = peer.remove ? std::span<const IpNet>() : peer.allowed_ips;
    const std::size_t smallest = encoded_size(peer) + (allowed_ips.empty() ? 0 : kNest + encoded_size(allowed_ips.front()));
    make_room(smallest);
    std::size_t nest = current().begin_nested(0);
    current().put(WGPEER_A_PUBLIC_KEY, peer.public_key.bytes());
    std::uint32_t flags = 0;
    if (peer.update_only) flags |= WGPEER_F_UPDATE_ONLY;
    if (peer.remove) flags |= WGPEER_F_REMOVE_ME;
    if (peer.replace_allowed_ips && !peer.remove) flags |= WGPEER_F_REPLACE_ALLOWEDIPS;
    if (flags != 0) current().put_u32(WGPEER_A_FLAGS, flags);
    if (!peer.remove) {
      if (peer.preshared_key) current().put(WGPEER_A_PRESHARED_KEY, peer.preshared_key->secret().reveal());
      if (peer.endpoint) put_endpoint(current(), *peer.endpoint);
      if (peer.persistent_keepalive) current().put_u16(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, *peer.persistent_keepalive);
    }
    if (!allowed_ips.empty()) put_allowed_ips(peer, allowed_ips, nest);
    current().end_nested(nest);
  }

  std::vector<Message> finish() && {
    end_message();
    return std::move(messages_);
  }

 private:
  // `peer_nest` is the peer's place in the message that was begun last.
  void put_allowed_ips(const PeerUpdate& peer, std::span<const IpNet> allowed_ips, std::size_t& peer_nest) {
    std::size_t nest = current().begin_nested(WGPEER_A_ALLOWEDIPS);
    for (const IpNet& allowed : allowed_ips) {
      if (current().size() + encoded_size(allowed) > message_size_) {
        current().end_nested(nest);
        current().end_nested(peer_nest);
        end_message();
        start_message();
        peers_nest_ = current().begin_nested(WGDEVICE_A_PEERS);
        peer_nest = current().begin_nested(0);
        current().put(WGPEER_A_PUBLIC_KEY, peer.public_key.bytes());
        // Without it the continuation would create a peer that its beginning did not.
        if (peer.update_only) current().put_u32(WGPEER_A_FLAGS, WGPEER_F_UPDATE_ONLY);
        nest = current().begin_nested(WGPEER_A_ALLOWEDIPS);
      }
      put_allowed_ip(current(), allowed);
    }
    current().end_nested(nest);
  }

  void make_room(std::size_t size) {
    const std::size_t opening = peers_nest_ ? 0 : kNest;
    if (current().size() + opening + size > message_size_) {
      end_message();
      start_message();
    }
    if (!peers_nest_) peers_nest_ = current().begin_nested(WGDEVICE_A_PEERS);
  }

  void start_message() {
    messages_.emplace_back(family_);
    current().put_header(genlmsghdr{.cmd = WG_CMD_SET_DEVICE, .version = WG_GENL_VERSION, .reserved = 0});
    current().put_string(WGDEVICE_A_IFNAME, name_.str());
  }

  void end_message() {
    if (peers_nest_) current().end_nested(*peers_nest_);
    peers_nest_.reset();
  }

  Message& current() { return messages_.back(); }

  std::uint16_t family_;
  const InterfaceName& name_;
  std::size_t message_size_;
  std::vector<Message> messages_;
  std::optional<std::size_t> peers_nest_;
};

}  // namespace

Message encode_get_device(std::uint16_t family, const InterfaceName& name) {
  Message message(family);
  message.put_header(genlmsghdr{.cmd = WG_CMD_GET_DEVICE, .version = WG_GENL_VERSION, .reserved = 0});
  message.put_string(WGDEVICE_A_IFNAME, name.str());
  return message;
}

std::vector<Message> encode_set_device(std::uint16_t family, const InterfaceName& name, const DeviceUpdate& update,
                                       std::size_t message_size) {
  if (update.empty()) return {};
  SetDeviceWriter writer(family, name, message_size);
  writer.put_device(update);
  for (const PeerUpdate& peer : update.peers) writer.put_peer(peer);
  return std::move(writer).finish();
}

}  // namespace innernet::wg

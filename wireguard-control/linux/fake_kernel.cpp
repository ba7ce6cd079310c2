#include "fake_kernel.hpp"

#include <linux/genetlink.h>
#include <linux/wireguard.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace innernet::wg {
namespace {

using netlink::Attribute;
using netlink::AttributeReader;
using netlink::Bytes;
using netlink::Message;

std::vector<std::pair<std::uint16_t, Bytes>> all_of(Bytes bytes, bool& well_formed) {
  std::vector<std::pair<std::uint16_t, Bytes>> out;
  AttributeReader attributes(bytes);
  while (const auto attribute = attributes.next()) out.emplace_back(attribute->type, attribute->payload);
  well_formed = well_formed && attributes.well_formed();
  return out;
}

template <class T>
T number(Bytes bytes) {
  return Attribute{0, bytes}.value<T>().value();
}

SocketAddress endpoint(Bytes bytes) {
  if (bytes.size() == sizeof(sockaddr_in6)) {
    const auto address = number<sockaddr_in6>(bytes);
    return {IpAddress::v6(Bytes(address.sin6_addr.s6_addr, 16).first<16>()), ntohs(address.sin6_port)};
  }
  const auto address = number<sockaddr_in>(bytes);
  std::array<std::uint8_t, 4> raw;
  std::memcpy(raw.data(), &address.sin_addr, sizeof raw);
  return {IpAddress::v4(raw), ntohs(address.sin_port)};
}

}  // namespace

bool FakeKernel::set(Bytes bytes) {
  netlink::MessageReader messages(bytes);
  const auto message = messages.next();
  if (!message || messages.next() || !messages.well_formed() || message->type != kFamily) return false;
  const auto header = message->header<genlmsghdr>();
  if (!header || header->cmd != WG_CMD_SET_DEVICE || header->version != WG_GENL_VERSION) return false;
  bool well_formed = true;
  bool named = false;
  const auto attributes = all_of(message->payload.subspan(sizeof(genlmsghdr)), well_formed);
  const auto each = [&attributes](std::uint16_t type, auto act) {
    for (const auto& [found, payload] : attributes)
      if (found == type) act(payload);
  };
  each(WGDEVICE_A_IFNAME, [&](Bytes payload) { named = Attribute{0, payload}.text() == device_.name.str(); });
  if (!named) return false;
  // In the kernel's order.
  each(WGDEVICE_A_FWMARK, [&](Bytes payload) { device_.fwmark = number<std::uint32_t>(payload); });
  each(WGDEVICE_A_LISTEN_PORT, [&](Bytes payload) { device_.listen_port = number<std::uint16_t>(payload); });
  each(WGDEVICE_A_FLAGS, [&](Bytes payload) {
    if ((number<std::uint32_t>(payload) & WGDEVICE_F_REPLACE_PEERS) != 0) device_.peers.clear();
  });
  each(WGDEVICE_A_PRIVATE_KEY, [&](Bytes payload) {
    device_.private_key = PrivateKey::from_bytes(payload.first<kKeySize>());
    device_.public_key = device_.private_key->public_key();
  });
  each(WGDEVICE_A_PEERS, [&](Bytes peers) {
    for (const auto& [ignored, peer] : all_of(peers, well_formed)) well_formed = set_peer(peer) && well_formed;
  });
  return well_formed;
}

bool FakeKernel::set_peer(Bytes bytes) {
  bool well_formed = true;
  const auto attributes = all_of(bytes, well_formed);
  std::optional<PublicKey> key;
  std::uint32_t flags = 0;
  for (const auto& [type, payload] : attributes) {
    if (type == WGPEER_A_PUBLIC_KEY) key = PublicKey::from_bytes(payload.first<kKeySize>());
    if (type == WGPEER_A_FLAGS) flags = number<std::uint32_t>(payload);
  }
  if (!key) return false;
  // Peers that are set in bulk come in order, so the last one is nearly always the right one.
  auto place = device_.peers.end();
  if (!device_.peers.empty() && device_.peers.back().public_key == *key)
    place = std::prev(place);
  else if (device_.peers.size() < 2'000)
    place = std::ranges::find(device_.peers, *key, &Peer::public_key);
  if ((flags & WGPEER_F_REMOVE_ME) != 0) {
    if (place != device_.peers.end()) device_.peers.erase(place);
    return true;
  }
  if (place == device_.peers.end()) {
    if ((flags & WGPEER_F_UPDATE_ONLY) != 0) return true;
    place = device_.peers.insert(place, Peer{.public_key = *key});
  }
  if ((flags & WGPEER_F_REPLACE_ALLOWEDIPS) != 0) place->allowed_ips.clear();
  for (const auto& [type, payload] : attributes) {
    if (type == WGPEER_A_PRESHARED_KEY) place->preshared_key = PresharedKey::from_bytes(payload.first<kKeySize>());
    if (type == WGPEER_A_ENDPOINT) place->endpoint = endpoint(payload);
    if (type == WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL) place->persistent_keepalive = number<std::uint16_t>(payload);
    if (type != WGPEER_A_ALLOWEDIPS) continue;
    for (const auto& [ignored, one] : all_of(payload, well_formed)) {
      std::uint8_t prefix = 0;
      IpAddress ip;
      for (const auto& [part, value] : all_of(one, well_formed)) {
        if (part == WGALLOWEDIP_A_IPADDR) ip = value.size() == 4 ? IpAddress::v4(value.first<4>()) : IpAddress::v6(value.first<16>());
        if (part == WGALLOWEDIP_A_CIDR_MASK) prefix = number<std::uint8_t>(value);
      }
      place->allowed_ips.push_back(*IpNet::make(ip, prefix));
    }
  }
  return well_formed;
}

std::vector<std::vector<std::uint8_t>> FakeKernel::dump(std::uint32_t sequence, std::size_t message_size,
                                                        std::size_t peers_per_list) const {
  std::vector<std::vector<std::uint8_t>> out;
  std::size_t peer = 0;
  std::size_t allowed = 0;
  do {
    Message message(kFamily, NLM_F_MULTI);
    message.put_header(genlmsghdr{.cmd = WG_CMD_GET_DEVICE, .version = WG_GENL_VERSION, .reserved = 0});
    if (out.empty()) {
      message.put_u16(WGDEVICE_A_LISTEN_PORT, device_.listen_port);
      message.put_u32(WGDEVICE_A_FWMARK, device_.fwmark);
      message.put_u32(WGDEVICE_A_IFINDEX, 4);
      message.put_string(WGDEVICE_A_IFNAME, device_.name.str());
      message.put_u32(200, 1);  // from the future
      if (device_.private_key) {
        message.put(WGDEVICE_A_PRIVATE_KEY, device_.private_key->secret().reveal());
        message.put(WGDEVICE_A_PUBLIC_KEY, device_.public_key->bytes());
      }
    }
    std::size_t in_list = 0;
    std::optional<std::size_t> list;
    for (; peer < device_.peers.size() && message.size() + 260 < message_size; ++peer) {
      const Peer& from = device_.peers[peer];
      if (list && in_list == peers_per_list) {
        message.end_nested(*list);
        list.reset();
      }
      if (!list) {
        list = message.begin_nested(WGDEVICE_A_PEERS);
        in_list = 0;
      }
      ++in_list;
      const std::size_t nest = message.begin_nested(0);
      message.put(WGPEER_A_PUBLIC_KEY, from.public_key.bytes());
      if (allowed == 0) {
        std::array<std::uint8_t, kKeySize> preshared{};
        if (from.preshared_key) std::ranges::copy(from.preshared_key->secret().reveal(), preshared.begin());
        message.put(WGPEER_A_PRESHARED_KEY, preshared);
        const auto handshake = from.last_handshake ? from.last_handshake->time_since_epoch().count() : 0;
        const std::int64_t time[2] = {handshake / 1'000'000'000, handshake % 1'000'000'000};
        message.put_value(WGPEER_A_LAST_HANDSHAKE_TIME, time);
        message.put_u16(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, from.persistent_keepalive);
        message.put_u64(WGPEER_A_TX_BYTES, from.sent_bytes);
        message.put_u64(WGPEER_A_RX_BYTES, from.received_bytes);
        message.put_u32(WGPEER_A_PROTOCOL_VERSION, 1);
        if (from.endpoint && from.endpoint->ip.is_v6()) {
          sockaddr_in6 address{};
          address.sin6_family = AF_INET6;
          address.sin6_port = htons(from.endpoint->port);
          address.sin6_scope_id = 3;
          std::memcpy(&address.sin6_addr, from.endpoint->ip.bytes().data(), 16);
          message.put_value(WGPEER_A_ENDPOINT, address);
        } else if (from.endpoint) {
          sockaddr_in address{};
          address.sin_family = AF_INET;
          address.sin_port = htons(from.endpoint->port);
          std::memcpy(&address.sin_addr, from.endpoint->ip.bytes().data(), 4);
          message.put_value(WGPEER_A_ENDPOINT, address);
        }
      }
      const std::size_t ips = message.begin_nested(WGPEER_A_ALLOWEDIPS);
      for (; allowed < from.allowed_ips.size() && message.size() + 64 < message_size; ++allowed) {
        const IpNet& net = from.allowed_ips[allowed];
        const std::size_t one = message.begin_nested(0);
        message.put_u8(WGALLOWEDIP_A_CIDR_MASK, net.prefix());
        message.put_u16(WGALLOWEDIP_A_FAMILY, net.address().is_v6() ? AF_INET6 : AF_INET);
        message.put(WGALLOWEDIP_A_IPADDR, net.address().bytes());
        message.end_nested(one);
      }
      message.end_nested(ips);
      message.end_nested(nest);
      if (allowed < from.allowed_ips.size()) break;
      allowed = 0;
    }
    if (list) message.end_nested(*list);
    const Bytes bytes = message.finish(sequence);
    out.emplace_back(bytes.begin(), bytes.end());
  } while (peer < device_.peers.size());
  return out;
}

}  // namespace innernet::wg

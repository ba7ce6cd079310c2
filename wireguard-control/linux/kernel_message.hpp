#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "innernet/netlink/failure.hpp"
#include "innernet/netlink/message.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::wg {

// The kernel's WireGuard messages as values (<linux/wireguard.h> documents them); no I/O.

/// The kernel sets no limit of its own to a message; this one keeps what it has to copy at once small.
constexpr std::size_t kSetMessageSize = 16U << 10U;

netlink::Message encode_get_device(std::uint16_t family, const InterfaceName& name);

/// The messages that bring the update to a device, to be sent in this order, each at most `message_size` bytes (at least 512,
/// at most 65,535) and naming the device. Settings of the device are in the first; a peer with many allowed IPs goes on in
/// further messages. None for an empty update.
std::vector<netlink::Message> encode_set_device(std::uint16_t family, const InterfaceName& name, const DeviceUpdate& update,
                                                std::size_t message_size = kSetMessageSize);

/// Puts a device together from the messages of a dump. The kernel may split the peers over messages and a peer over two.
class DeviceDump {
 public:
  explicit DeviceDump(const InterfaceName& name) : device_{.name = name} {}

  netlink::Outcome<void> add(const netlink::MessageView& message);
  Device take() && { return std::move(device_); }

 private:
  netlink::Outcome<void> add_peers(netlink::Bytes peers);
  netlink::Outcome<void> add_peer(netlink::Bytes peer);
  Peer& peer_of(const PublicKey& key);

  Device device_;
  std::unordered_map<PublicKey, std::size_t> index_;
};

}  // namespace innernet::wg

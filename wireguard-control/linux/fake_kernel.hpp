#pragma once

#include <cstdint>
#include <vector>

#include "innernet/netlink/message.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::wg {

/// What the kernel does with WireGuard's messages (drivers/net/wireguard/netlink.c), for one device in memory.
class FakeKernel {
 public:
  static constexpr std::uint16_t kFamily = 0x23;

  explicit FakeKernel(const InterfaceName& name) : device_{.name = name} {}

  /// Applies a WG_CMD_SET_DEVICE message. False when it is not one, or not for this device.
  bool set(netlink::Bytes message);

  /// The answers to WG_CMD_GET_DEVICE, each at most `message_size` bytes: a peer's allowed IPs go on in the next one when they
  /// do not fit. `peers_per_list` limits how many peers stand in one WGDEVICE_A_PEERS before another begins in the same message.
  std::vector<std::vector<std::uint8_t>> dump(std::uint32_t sequence, std::size_t message_size,
                                              std::size_t peers_per_list = ~std::size_t{0}) const;

  Device& device() { return device_; }

 private:
  bool set_peer(netlink::Bytes peer);

  Device device_;
};

}  // namespace innernet::wg

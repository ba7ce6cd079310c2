#pragma once

#include <optional>

#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/machine/network_stack.hpp"
#include "innernet/values/options.hpp"
#include "innernet/wireguard/backend.hpp"

namespace innernet {

/// Brings an interface to work: makes the link if there is none, applies `update` (key, port, first peers), then link up with its MTU,
/// address, and the route to the network unless `options.no_routing`. `address` carries the network's prefix length.
///
/// On failure a link that this call made is removed again; one that was there is left. Refuses (kAlreadyExists) a link of that
/// name that is not WireGuard's, and a WireGuard interface whose private key is neither empty nor the one in `update`
/// nor `also_ours`, because it is somebody else's; and an MTU that the address's family can't have (kInvalidInput).
Result<void> bring_up(wg::Backend& backend, const InterfaceName& name, const IpNet& address, const wg::DeviceUpdate& update,
                      const NetworkOptions& options, const wg::PrivateKey* also_ours = nullptr,
                      NetworkStack& stack = system_network_stack());

/// What is there under this name, as `up`, `fetch` and `serve` must tell apart.
enum class InterfaceStatus {
  kAbsent,
  kForeign,     ///< a link that is not WireGuard's, or a WireGuard interface with somebody else's key
  kIncomplete,  ///< ours or empty, but key, address, route or IFF_UP is missing
  kUp,
};
struct InterfaceView {
  InterfaceStatus status = InterfaceStatus::kAbsent;
  int link_index = 0;                ///< 0: there is none
  std::optional<wg::Device> device;  ///< as it was at that moment, where there is one: reading a large one twice costs
};
Result<InterfaceView> interface_status(wg::Backend& backend, const InterfaceName& name, const IpNet& address, const wg::PrivateKey& key,
                                       const NetworkOptions& options, NetworkStack& stack = system_network_stack());

/// Whether the link of this name, if there is one, is a WireGuard device or a TUN that answers the userspace protocol.
Result<bool> is_wireguard_link(wg::Backend& backend, const InterfaceName& name, NetworkStack& stack = system_network_stack());

}  // namespace innernet

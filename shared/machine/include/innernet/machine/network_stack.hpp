#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/netlink/route.hpp"

namespace innernet {

/// Links, addresses and routes, behind a seam so that decisions about them are tested without a kernel. Each member
/// promises what the function of that name in innernet/netlink/route.hpp does.
class NetworkStack {
 public:
  virtual ~NetworkStack() = default;

  virtual Result<std::optional<netlink::Link>> find_link(const InterfaceName& name) = 0;
  virtual Result<std::vector<netlink::Address>> list_addresses() = 0;
  virtual Result<void> set_address(const InterfaceName& name, const IpNet& address) = 0;
  virtual Result<void> set_link_up(const InterfaceName& name, std::uint32_t mtu) = 0;
  virtual Result<void> add_route(const InterfaceName& name, const IpNet& network) = 0;
  virtual Result<bool> has_route(const InterfaceName& name, const IpNet& network) = 0;
};

/// The kernel's, of this process's network namespace.
NetworkStack& system_network_stack();

}  // namespace innernet

#include "innernet/machine/network_stack.hpp"

namespace innernet {
namespace {

class SystemNetworkStack final : public NetworkStack {
 public:
  Result<std::optional<netlink::Link>> find_link(const InterfaceName& name) override { return netlink::find_link(name); }
  Result<std::vector<netlink::Address>> list_addresses() override { return netlink::list_addresses(); }
  Result<void> set_address(const InterfaceName& name, const IpNet& address) override { return netlink::set_address(name, address); }
  Result<void> set_link_up(const InterfaceName& name, std::uint32_t mtu) override { return netlink::set_link_up(name, mtu); }
  Result<void> add_route(const InterfaceName& name, const IpNet& network) override { return netlink::add_route(name, network); }
  Result<bool> has_route(const InterfaceName& name, const IpNet& network) override { return netlink::has_route(name, network); }
};

}  // namespace

NetworkStack& system_network_stack() {
  static SystemNetworkStack stack;
  return stack;
}

}  // namespace innernet

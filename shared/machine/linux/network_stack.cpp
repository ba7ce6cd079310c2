#include "innernet/machine/network_stack.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "innernet/netlink/route.hpp"

namespace innernet {
namespace {

LinkKind kind_of(const netlink::Link& link) {
  if (link.kind == "wireguard") return LinkKind::kWireguard;
  return link.kind == "tun" ? LinkKind::kTun : LinkKind::kOther;
}

Link neutral(const netlink::Link& link) {
  return {.index = link.index,
          .name = link.name,
          .kind = kind_of(link),
          .is_up = link.is_up,
          .is_running = link.is_running,
          .is_loopback = link.is_loopback};
}

/// rtnetlink(7). Each call opens a socket of its own and blocks for a round trip to the kernel.
class RtnetlinkStack final : public NetworkStack {
 public:
  Result<std::optional<Link>> find_link(const InterfaceName& name) override {
    TRY(const auto link, netlink::find_link(name));
    return link ? std::optional(neutral(*link)) : std::nullopt;
  }
  Result<std::vector<Link>> list_links() override {
    TRY(const auto links, netlink::list_links());
    std::vector<Link> out;
    for (const netlink::Link& link : links) out.push_back(neutral(link));
    return out;
  }
  Result<std::vector<LinkAddress>> list_addresses() override {
    TRY(auto addresses, netlink::list_addresses());
    std::vector<LinkAddress> out;
    for (netlink::Address& address : addresses)
      out.push_back({.link_index = address.link_index,
                     .net = address.net,
                     .is_global = address.scope == RT_SCOPE_UNIVERSE,
                     .is_duplicate = (address.flags & IFA_F_DADFAILED) != 0,
                     .label = std::move(address.label)});
    return out;
  }
  Result<void> set_address(const InterfaceName& name, const IpNet& address) override { return netlink::set_address(name, address); }
  Result<void> set_link_up(const InterfaceName& name, std::uint32_t mtu) override { return netlink::set_link_up(name, mtu); }
  Result<void> add_route(const InterfaceName& name, const IpNet& network) override { return netlink::add_route(name, network); }
  Result<bool> has_route(const InterfaceName& name, const IpNet& network) override { return netlink::has_route(name, network); }
};

}  // namespace

NetworkStack& system_network_stack() {
  static RtnetlinkStack stack;
  return stack;
}

}  // namespace innernet

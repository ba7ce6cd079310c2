#include "links.hpp"

#include "innernet/netlink/route.hpp"

namespace innernet::wg {

Result<std::optional<UnderlyingLink>> find_underlying_link(const InterfaceName& name) {
  TRY(const auto link, netlink::find_link(name));
  if (!link) return std::nullopt;
  return UnderlyingLink{
      .index = link->index, .kind = link->kind, .is_kernel_wireguard = link->kind == "wireguard", .is_tunnel = link->kind == "tun"};
}

}  // namespace innernet::wg

#include "link.hpp"

#include <algorithm>

namespace innernet::server {

Result<LinkState> link_state(NetworkStack& stack, const InterfaceName& name, const IpAddress& address) {
  TRY(const auto link, stack.find_link(name));
  if (!link) return LinkState{};
  TRY(const auto addresses, stack.list_addresses());
  const bool has_address = std::ranges::any_of(
      addresses, [&](const LinkAddress& candidate) { return candidate.link_index == link->index && candidate.net.address() == address; });
  return LinkState{.index = link->index, .is_whole = link->is_up && has_address};
}

}  // namespace innernet::server

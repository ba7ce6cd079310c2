#pragma once

#include "innernet/machine/network_stack.hpp"
#include "innernet/server/link_state.hpp"

namespace innernet::server {

/// Of the link with this name now, where the server is to have `address`.
Result<LinkState> link_state(NetworkStack& stack, const InterfaceName& name, const IpAddress& address);

}  // namespace innernet::server

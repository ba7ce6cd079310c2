#pragma once

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/netlink/route.hpp"
#include "innernet/server/link_state.hpp"

namespace innernet::server {

/// Of the link with this name now, where the server is to have `address`.
Result<LinkState> link_state(const InterfaceName& name, const IpAddress& address);

/// Its descriptor becomes readable when links or addresses of this machine change; drain() reads it empty.
using LinkWatch = netlink::LinkMonitor;

}  // namespace innernet::server

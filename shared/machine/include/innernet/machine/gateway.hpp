#pragma once

#include <optional>

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"

namespace innernet {

/// The router through which this machine reaches the internet.
struct Gateway {
  IpAddress router;  ///< of IPv6: link-local, mostly
  InterfaceName link;
  int link_index = 0;
  IpAddress local;  ///< the address that packets leave from

  friend bool operator==(const Gateway&, const Gateway&) = default;
};

/// Asks the routes, and sends nothing. None where there is no way to the internet, or one without a router (a tunnel, a phone's line).
Result<std::optional<Gateway>> default_gateway(bool v6);

}  // namespace innernet

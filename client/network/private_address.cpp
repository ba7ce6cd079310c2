#include "private_address.hpp"

#include <algorithm>
#include <array>

namespace innernet::client {

bool is_private(const IpAddress& address) {
  static const std::array kNets{IpNet::parse("10.0.0.0/8").value(), IpNet::parse("172.16.0.0/12").value(),
                                IpNet::parse("192.168.0.0/16").value(), IpNet::parse("100.64.0.0/10").value(),
                                IpNet::parse("fc00::/7").value()};
  return std::ranges::any_of(kNets, [&](const IpNet& net) { return net.contains(address); });
}

bool is_public(const IpAddress& address) {
  if (address.is_v6()) return address.is_unicast_global_v6();
  static const std::array kNowhere{IpNet::parse("0.0.0.0/8").value(), IpNet::parse("192.0.0.0/24").value(),
                                   IpNet::parse("240.0.0.0/4").value()};
  return !is_private(address) && !address.is_loopback() && !address.is_link_local() && !address.is_multicast() &&
         std::ranges::none_of(kNowhere, [&](const IpNet& net) { return net.contains(address); });
}

}  // namespace innernet::client

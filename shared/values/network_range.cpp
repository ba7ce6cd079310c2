#include "innernet/values/network_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace innernet {
namespace {

constexpr std::uint8_t kShortestPrefix = 8;

struct Range {
  std::string_view cidr;
  std::string_view what;
};
// Addresses that no peer can have: the kernel does not route them, or gives them a meaning of their own.
constexpr std::array<Range, 8> kUnusable{{{"0.0.0.0/8", "\"this network\" addresses"},
                                          {"127.0.0.0/8", "loopback addresses"},
                                          {"169.254.0.0/16", "link-local addresses"},
                                          {"224.0.0.0/4", "multicast addresses"},
                                          {"255.255.255.255/32", "the broadcast address"},
                                          {"::/127", "the loopback address"},
                                          {"fe80::/10", "link-local addresses"},
                                          {"ff00::/8", "multicast addresses"}}};

constexpr std::array<std::string_view, 10> kPrivate{"10.0.0.0/8",   "172.16.0.0/12",   "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15",
                                                    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "fc00::/7",      "2001:db8::/32"};

}  // namespace

Result<void> check_network_range(const IpNet& net) {
  constexpr std::string_view kExample = "a private range such as 10.42.0.0/16 or fd00:1::/64 works";
  if (net.prefix() == 0) return invalid_input(fmt::format("{} is the whole address family, not a network: {}", net.to_string(), kExample));
  if (net.address().bits() - net.prefix() < 2)
    return invalid_input(fmt::format("{} has no room for a server and a peer: {}", net.to_string(), kExample));
  for (const Range& range : kUnusable) {
    const auto unusable = IpNet::parse(range.cidr);
    if (unusable && unusable->overlaps(net)) return invalid_input(fmt::format("{} contains {}: {}", net.to_string(), range.what, kExample));
  }
  if (net.prefix() < kShortestPrefix)
    return invalid_input(fmt::format("{} is too large a part of all addresses for a network: {}", net.to_string(), kExample));
  return {};
}

bool is_private_range(const IpNet& net) {
  return std::ranges::any_of(kPrivate, [&](std::string_view text) {
    const auto range = IpNet::parse(text);
    return range && range->contains(net);
  });
}

}  // namespace innernet

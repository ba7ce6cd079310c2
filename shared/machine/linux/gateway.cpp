#include "innernet/machine/gateway.hpp"

#include <net/if.h>

#include <array>

#include "innernet/netlink/route.hpp"

namespace innernet {

Result<std::optional<Gateway>> default_gateway(bool v6) {
  // Any address of the internet. This one is asked by our publicip, too, and no LAN has it.
  constexpr std::array<std::uint8_t, 4> kSomewhereV4{9, 9, 9, 9};
  constexpr std::array<std::uint8_t, 16> kSomewhereV6{0x26, 0x20, 0, 0xFE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFE};
  TRY(const auto way, netlink::find_way(v6 ? IpAddress::v6(kSomewhereV6) : IpAddress::v4(kSomewhereV4)));
  if (!way || !way->gateway || !way->source) return std::nullopt;
  std::array<char, IF_NAMESIZE> text{};
  if (::if_indextoname(static_cast<unsigned>(way->link_index), text.data()) == nullptr) return std::nullopt;
  auto link = InterfaceName::parse(text.data());
  if (!link) return std::nullopt;
  return Gateway{.router = *way->gateway, .link = *std::move(link), .link_index = way->link_index, .local = *way->source};
}

}  // namespace innernet

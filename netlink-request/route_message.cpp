#include "innernet/netlink/route_message.hpp"

#include <fmt/format.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>

namespace innernet::netlink {
namespace {

constexpr std::uint8_t kOperUp = 6;  // IF_OPER_UP of RFC 2863, which <linux/if.h> hides when <net/if.h> came before it

std::unexpected<Failure> malformed(std::string_view what) {
  return failure(EPROTO, fmt::format("the kernel's answer about {} is malformed", what));
}

std::uint8_t family_of(const IpNet& net) { return net.address().is_v6() ? AF_INET6 : AF_INET; }

std::optional<IpAddress> decode_ip(std::uint8_t family, Bytes bytes) {
  if (family == AF_INET && bytes.size() == 4) return IpAddress::v4(bytes.first<4>());
  if (family == AF_INET6 && bytes.size() == 16) return IpAddress::v6(bytes.first<16>());
  return std::nullopt;
}

std::string decode_kind(Bytes link_info) {
  AttributeReader attributes(link_info);
  while (const auto attribute = attributes.next())
    if (attribute->type == IFLA_INFO_KIND) return std::string(attribute->text());
  return {};
}

}  // namespace

Message encode_find_link(const InterfaceName& name) {
  Message message(RTM_GETLINK);
  message.put_header(ifinfomsg{});
  message.put_string(IFLA_IFNAME, name.str());
  message.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return message;
}

Message encode_list_links() {
  Message message(RTM_GETLINK);
  message.put_header(ifinfomsg{});
  message.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return message;
}

Message encode_create_link(const InterfaceName& name, std::string_view kind) {
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  message.put_header(ifinfomsg{});
  message.put_string(IFLA_IFNAME, name.str());
  const std::size_t info = message.begin_nested(IFLA_LINKINFO);
  message.put_string(IFLA_INFO_KIND, kind);
  message.end_nested(info);
  return message;
}

Message encode_delete_link(int index) {
  Message message(RTM_DELLINK);
  ifinfomsg header{};
  header.ifi_index = index;
  message.put_header(header);
  return message;
}

Message encode_set_link_up(const InterfaceName& name, std::uint32_t mtu) {
  Message message(RTM_NEWLINK);
  ifinfomsg header{};
  header.ifi_flags = IFF_UP;
  header.ifi_change = IFF_UP;
  message.put_header(header);
  message.put_string(IFLA_IFNAME, name.str());
  message.put_u32(IFLA_MTU, mtu);
  return message;
}

Outcome<std::optional<Link>> decode_link(const MessageView& message) {
  if (message.type != RTM_NEWLINK) return std::nullopt;
  const auto header = message.header<ifinfomsg>();
  if (!header) return malformed("a link");

  std::string_view name;
  std::string kind;
  std::uint32_t mtu = 0;
  std::uint8_t operational_state = 0;
  AttributeReader attributes = message.attributes_after(sizeof(ifinfomsg));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case IFLA_IFNAME:
        name = attribute->text();
        break;
      case IFLA_MTU:
        mtu = attribute->u32().value_or(0);
        break;
      case IFLA_OPERSTATE:
        operational_state = attribute->u8().value_or(0);
        break;
      case IFLA_LINKINFO:
        kind = decode_kind(attribute->payload);
        break;
      default:
        break;
    }
  }
  if (!attributes.well_formed()) return malformed("a link");
  auto parsed = InterfaceName::parse(name);
  if (!parsed) return std::nullopt;
  return Link{.index = header->ifi_index,
              .name = *std::move(parsed),
              .kind = std::move(kind),
              .is_up = (header->ifi_flags & IFF_UP) != 0,
              .is_running = operational_state == kOperUp,
              .is_loopback = (header->ifi_flags & IFF_LOOPBACK) != 0,
              .mtu = mtu};
}

Message encode_list_addresses() {
  Message message(RTM_GETADDR);
  message.put_header(ifaddrmsg{});
  return message;
}

Message encode_set_address(int link_index, const IpNet& address) {
  Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  ifaddrmsg header{};
  header.ifa_family = family_of(address);
  header.ifa_prefixlen = address.prefix();
  header.ifa_scope = RT_SCOPE_UNIVERSE;
  header.ifa_index = static_cast<std::uint32_t>(link_index);
  if (address.address().is_v6()) header.ifa_flags = IFA_F_NODAD;
  message.put_header(header);
  message.put(IFA_LOCAL, address.address().bytes());
  message.put(IFA_ADDRESS, address.address().bytes());
  return message;
}

Outcome<std::optional<Address>> decode_address(const MessageView& message) {
  if (message.type != RTM_NEWADDR) return std::nullopt;
  const auto header = message.header<ifaddrmsg>();
  if (!header) return malformed("an address");

  Address address{.link_index = static_cast<int>(header->ifa_index),
                  .net = IpNet::host(IpAddress()),
                  .scope = header->ifa_scope,
                  .flags = header->ifa_flags,
                  .label = {}};
  // On a point-to-point link IFA_ADDRESS is the other side; IFA_LOCAL is ours wherever it is given.
  std::optional<IpAddress> local;
  std::optional<IpAddress> fallback;
  AttributeReader attributes = message.attributes_after(sizeof(ifaddrmsg));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case IFA_LOCAL:
        local = decode_ip(header->ifa_family, attribute->payload);
        break;
      case IFA_ADDRESS:
        fallback = decode_ip(header->ifa_family, attribute->payload);
        break;
      case IFA_LABEL:
        address.label = attribute->text();
        break;
      case IFA_FLAGS:
        address.flags = attribute->u32().value_or(address.flags);
        break;
      default:
        break;
    }
  }
  if (!attributes.well_formed()) return malformed("an address");
  if (!local) local = fallback;
  if (!local) return std::nullopt;
  const auto net = IpNet::make(*local, header->ifa_prefixlen);
  if (!net) return malformed("an address");
  address.net = *net;
  return address;
}

Message encode_add_route(int link_index, const IpNet& network) {
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  rtmsg header{};
  header.rtm_family = family_of(network);
  header.rtm_dst_len = network.prefix();
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_scope = RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  message.put_header(header);
  message.put(RTA_DST, network.network().bytes());
  message.put_u32(RTA_OIF, static_cast<std::uint32_t>(link_index));
  return message;
}

// Kernels with strict checking list the routes of this link alone; others list all of the family.
Message encode_list_routes(int link_index, bool v6) {
  Message message(RTM_GETROUTE);
  rtmsg header{};
  header.rtm_family = v6 ? AF_INET6 : AF_INET;
  message.put_header(header);
  message.put_u32(RTA_OIF, static_cast<std::uint32_t>(link_index));
  return message;
}

Outcome<std::optional<Route>> decode_route(const MessageView& message) {
  if (message.type != RTM_NEWROUTE) return std::nullopt;
  const auto header = message.header<rtmsg>();
  if (!header) return malformed("a route");
  if (header->rtm_family != AF_INET && header->rtm_family != AF_INET6) return std::nullopt;

  // The default route has no RTA_DST.
  constexpr std::uint8_t kZeros[16] = {};
  const bool v6 = header->rtm_family == AF_INET6;
  std::optional<IpAddress> destination = v6 ? IpAddress::v6(kZeros) : IpAddress();
  std::uint32_t table = header->rtm_table;
  std::uint32_t link_index = 0;
  AttributeReader attributes = message.attributes_after(sizeof(rtmsg));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case RTA_DST:
        destination = decode_ip(header->rtm_family, attribute->payload);
        break;
      case RTA_OIF:
        link_index = attribute->u32().value_or(0);
        break;
      case RTA_TABLE:
        table = attribute->u32().value_or(table);
        break;
      default:
        break;
    }
  }
  if (!attributes.well_formed() || !destination) return malformed("a route");
  if (table != RT_TABLE_MAIN || header->rtm_type != RTN_UNICAST) return std::nullopt;
  const auto net = IpNet::make(*destination, header->rtm_dst_len);
  if (!net) return malformed("a route");
  return Route{static_cast<int>(link_index), *net};
}

Message encode_find_way(const IpAddress& destination) {
  Message message(RTM_GETROUTE);
  rtmsg header{};
  header.rtm_family = destination.is_v6() ? AF_INET6 : AF_INET;
  header.rtm_dst_len = destination.bits();
  message.put_header(header);
  message.put(RTA_DST, destination.bytes());
  return message;
}

Outcome<std::optional<Way>> decode_way(const MessageView& message) {
  if (message.type != RTM_NEWROUTE) return std::nullopt;
  const auto header = message.header<rtmsg>();
  if (!header) return malformed("a route");
  Way way;
  AttributeReader attributes = message.attributes_after(sizeof(rtmsg));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case RTA_OIF:
        way.link_index = static_cast<int>(attribute->u32().value_or(0));
        break;
      case RTA_GATEWAY:
        way.gateway = decode_ip(header->rtm_family, attribute->payload);
        break;
      case RTA_PREFSRC:
        way.source = decode_ip(header->rtm_family, attribute->payload);
        break;
      default:
        break;
    }
  }
  if (!attributes.well_formed()) return malformed("a route");
  if (header->rtm_type != RTN_UNICAST || way.link_index == 0) return std::nullopt;
  return way;
}

}  // namespace innernet::netlink

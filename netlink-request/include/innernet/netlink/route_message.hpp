#pragma once

#include <optional>

#include "innernet/netlink/failure.hpp"
#include "innernet/netlink/message.hpp"
#include "innernet/netlink/route.hpp"

namespace innernet::netlink {

// rtnetlink(7) messages as values; no I/O.

Message encode_find_link(const InterfaceName& name);
Message encode_list_links();
Message encode_create_link(const InterfaceName& name, std::string_view kind);
Message encode_delete_link(int index);
Message encode_set_link_up(const InterfaceName& name, std::uint32_t mtu);
/// None for messages other than RTM_NEWLINK, and for links whose name InterfaceName refuses.
Outcome<std::optional<Link>> decode_link(const MessageView& message);

Message encode_list_addresses();
Message encode_set_address(int link_index, const IpNet& address);
/// None for messages other than RTM_NEWADDR, for families other than IP, and for entries without an address.
Outcome<std::optional<Address>> decode_address(const MessageView& message);

/// A unicast route of the main table.
struct Route {
  int link_index = 0;  ///< 0: none of its own (several next hops)
  IpNet destination;
};
Message encode_add_route(int link_index, const IpNet& network);
Message encode_list_routes(int link_index, bool v6);
/// None for messages other than RTM_NEWROUTE, for other tables, families and kinds of route.
Outcome<std::optional<Route>> decode_route(const MessageView& message);

/// Which way a packet to `destination` would take, by all tables and rules.
Message encode_find_way(const IpAddress& destination);
/// None for messages other than RTM_NEWROUTE, and for kinds of route that lead nowhere.
Outcome<std::optional<Way>> decode_way(const MessageView& message);

}  // namespace innernet::netlink

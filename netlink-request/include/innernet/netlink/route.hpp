#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/base/unique_fd.hpp"

namespace innernet::netlink {

// Links, addresses and routes through rtnetlink (rtnetlink(7)). Each call opens a socket of its own and blocks for a
// round trip to the kernel. Errors name the interface; kPermission without CAP_NET_ADMIN.

struct Link {
  int index = 0;
  InterfaceName name;
  std::string kind{};       ///< IFLA_INFO_KIND: "wireguard", "tun", "veth", …; empty for hardware and loopback
  bool is_up = false;       ///< IFF_UP
  bool is_running = false;  ///< operational state IF_OPER_UP
  bool is_loopback = false;
  std::uint32_t mtu = 0;
};

/// None when there is no such link.
Result<std::optional<Link>> find_link(const InterfaceName& name);
Result<std::vector<Link>> list_links();

/// Fails with kAlreadyExists when any link has this name; kUnsupported when the kernel does not know `kind` (EOPNOTSUPP).
Result<void> create_link(const InterfaceName& name, const std::string& kind);
/// kNotFound when there is none.
Result<void> delete_link(const InterfaceName& name);
Result<void> set_link_up(const InterfaceName& name, std::uint32_t mtu);

struct Address {
  int link_index = 0;
  IpNet net;                ///< the address with its prefix length
  std::uint8_t scope = 0;   ///< RT_SCOPE_UNIVERSE is 0
  std::uint32_t flags = 0;  ///< IFA_F_*
  std::string label{};      ///< IFA_LABEL, IPv4 only
};
/// Of all links, both families.
Result<std::vector<Address>> list_addresses();

/// Adds or replaces; IPv6 without duplicate address detection (IFA_F_NODAD), so that it can be bound to at once.
Result<void> set_address(const InterfaceName& name, const IpNet& address);

/// A route to `network` (host bits are cleared) through the interface: scope link, table main, protocol boot. A route that is
/// there already is fine.
Result<void> add_route(const InterfaceName& name, const IpNet& network);
Result<bool> has_route(const InterfaceName& name, const IpNet& network);

/// The way of a packet.
struct Way {
  int link_index = 0;
  std::optional<IpAddress> gateway{};  ///< none: the other side is on the link itself
  std::optional<IpAddress> source{};   ///< the address that it leaves from
};
/// Which way packets to `destination` take now; none when there is no route. Nothing is sent.
Result<std::optional<Way>> find_way(const IpAddress& destination);

/// A non-blocking socket that becomes readable when links or addresses change (RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
/// RTNLGRP_IPV6_IFADDR). `drain` reads what is there and forgets it: callers look at the state anew, so that a lost
/// notification (ENOBUFS) costs nothing.
class LinkMonitor {
 public:
  static Result<LinkMonitor> open();
  int fd() const { return fd_.get(); }
  void drain();

 private:
  explicit LinkMonitor(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace innernet::netlink

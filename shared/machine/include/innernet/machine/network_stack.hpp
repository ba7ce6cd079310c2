#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"

namespace innernet {

enum class LinkKind {
  kWireguard,  ///< the kernel's
  kTun,        ///< what a userspace WireGuard, among others, puts under an interface
  kOther,
};

struct Link {
  int index = 0;  ///< of this link alone: one that is made anew under the same name has another
  InterfaceName name;
  LinkKind kind = LinkKind::kOther;
  bool is_up = false;       ///< somebody has switched it on
  bool is_running = false;  ///< and it can carry packets, as far as the system knows
  bool is_loopback = false;
};

struct LinkAddress {
  int link_index = 0;
  IpNet net;                  ///< the address with its prefix length
  bool is_global = true;      ///< neither of the link nor of the host alone
  bool is_duplicate = false;  ///< the system has found it to be somebody else's
  std::string label{};        ///< IPv4: the link's name, or an alias; else empty
};

/// Links, addresses and routes of this machine, behind a seam so that decisions about them are tested without a kernel, and so that there
/// is one place to port (doc/porting.md). Errors name the interface; kPermission without the right to change it.
class NetworkStack {
 public:
  virtual ~NetworkStack() = default;

  /// None when there is no such link.
  virtual Result<std::optional<Link>> find_link(const InterfaceName& name) = 0;
  virtual Result<std::vector<Link>> list_links() = 0;
  /// Of all links, both families, in the system's order.
  virtual Result<std::vector<LinkAddress>> list_addresses() = 0;
  /// Adds or replaces; an address can be bound to at once.
  virtual Result<void> set_address(const InterfaceName& name, const IpNet& address) = 0;
  /// `mtu` in bytes.
  virtual Result<void> set_link_up(const InterfaceName& name, std::uint32_t mtu) = 0;
  /// A route to `network` (host bits are cleared) through the interface. One that is there already is fine.
  virtual Result<void> add_route(const InterfaceName& name, const IpNet& network) = 0;
  virtual Result<bool> has_route(const InterfaceName& name, const IpNet& network) = 0;
};

/// The system's, of this process's network namespace.
NetworkStack& system_network_stack();

}  // namespace innernet

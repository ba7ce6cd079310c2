#pragma once

#include <optional>
#include <string>

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"

namespace innernet::wg {

/// The network interface under a WireGuard device, as far as a backend must tell it apart.
struct UnderlyingLink {
  int index = 0;                     ///< of this link alone: one that is made anew under the same name has another
  std::string kind;                  ///< the system's word, for people
  bool is_kernel_wireguard = false;  ///< the kernel's WireGuard drives it
  bool is_tunnel = false;            ///< a program does, like wireguard-go
};

/// None when there is no such interface.
Result<std::optional<UnderlyingLink>> find_underlying_link(const InterfaceName& name);

}  // namespace innernet::wg

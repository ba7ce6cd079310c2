#pragma once

#include "innernet/netlink/transport.hpp"
#include "innernet/wireguard/backend.hpp"

namespace innernet::wg {

/// As kernel_backend(), with another way to the kernel's generic netlink; links are always the real kernel's.
std::unique_ptr<Backend> kernel_backend_over(netlink::OpenTransport open_transport);

/// Whether the kernel has WireGuard, after it was given the chance to load its module.
bool kernel_has_wireguard();

}  // namespace innernet::wg

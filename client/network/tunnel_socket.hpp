#pragma once

#include <chrono>

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"

namespace innernet::client {

/// From now on the socket sends and takes only what goes through `interface`, wherever routes lead. kUnreachable when there is none of
/// that name; kPermission says how the right is given.
Result<void> bind_to_interface(int socket, const InterfaceName& interface);

/// Whether that is still the interface that the socket was bound to: one that was made anew under its name is another.
bool is_bound_to(int socket, const InterfaceName& interface);

/// A TCP connection fails (ETIMEDOUT) when its other end has not answered for as long, which it is asked to now and then, whatever waits
/// for what; 0: only after the system's hours. It is the machine that answers, not its program.
void notice_death(int socket, std::chrono::seconds within);

}  // namespace innernet::client

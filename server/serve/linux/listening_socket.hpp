#pragma once

#include <optional>

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/base/unique_fd.hpp"

namespace innernet::server {

/// A TCP socket that listens on `address`, which need not be there yet, and takes only what comes through `device`, if one is given.
Result<UniqueFd> open_listening_socket(const SocketAddress& address, const std::optional<InterfaceName>& device);

}  // namespace innernet::server

#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "innernet/values/options.hpp"

namespace innernet::server {

/// The relay's port where none is given: the first one behind the network's own that no other network of this machine is configured to
/// listen on. None: there is no such port.
std::optional<std::uint16_t> choose_relay_port(std::uint16_t listen_port, const std::set<std::uint16_t>& taken);
/// The listen ports of the configs of both programs, as far as they can be read.
std::set<std::uint16_t> configured_ports(const Folders& server, const Folders& client);

}  // namespace innernet::server

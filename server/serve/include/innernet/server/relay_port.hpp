#pragma once

#include <cstdint>
#include <set>

#include "innernet/values/options.hpp"

namespace innernet::server {

/// The listen ports of the configs of both programs, as far as they can be read: none is for a relay.
std::set<std::uint16_t> configured_ports(const Folders& server, const Folders& client);

}  // namespace innernet::server

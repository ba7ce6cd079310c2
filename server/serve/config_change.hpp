#pragma once

#include "innernet/config/config.hpp"

namespace innernet::server {

/// Whether a config that was read anew says something that is taken only by the next start. A server that runs takes another listen port.
bool needs_restart(const ServerConfig& served, const ServerConfig& read);

}  // namespace innernet::server

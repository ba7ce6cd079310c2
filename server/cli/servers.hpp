#pragma once

#include "innernet/command_line/context.hpp"
#include "innernet/config/config.hpp"

namespace innernet::server {

/// The config of a network that may have several servers: its database is PostgreSQL. Else the error says how it gets there.
Result<ServerConfig> config_with_servers(const command_line::Context& context, const InterfaceName& interface);

}  // namespace innernet::server

#include "servers.hpp"

#include <fmt/format.h>

#include "open.hpp"

namespace innernet::server {

Result<ServerConfig> config_with_servers(const command_line::Context& context, const InterfaceName& interface) {
  TRY(auto config, open_config(context, interface));
  if (config.database_url) return config;
  return invalid_input(fmt::format(
      "the database of {} is a file on this machine, so it has one server: innernet-server move-database {} --to postgresql://… first",
      interface.str(), interface.str()));
}

}  // namespace innernet::server

#include "innernet/server/relay_port.hpp"

#include "innernet/config/config.hpp"
#include "innernet/machine/local_addresses.hpp"

namespace innernet::server {

std::optional<std::uint16_t> choose_relay_port(std::uint16_t listen_port, const std::set<std::uint16_t>& taken) {
  for (std::uint32_t port = listen_port + 1U; port <= 65'535; ++port)
    if (!taken.contains(static_cast<std::uint16_t>(port))) return static_cast<std::uint16_t>(port);
  return std::nullopt;
}

std::set<std::uint16_t> configured_ports(const Folders& server, const Folders& client) {
  std::set<std::uint16_t> ports;
  for (const InterfaceName& name : interfaces_with_config(server.config))
    if (const auto config = ServerConfig::read(server.config_file(name))) ports.insert(config->listen_port);
  for (const InterfaceName& name : interfaces_with_config(client.config))
    if (const auto config = InterfaceConfig::read(client.config_file(name)); config && config->listen_port)
      ports.insert(*config->listen_port);
  return ports;
}

}  // namespace innernet::server

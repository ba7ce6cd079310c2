#include "innernet/server/relay_port.hpp"

#include "innernet/config/config.hpp"
#include "innernet/machine/local_addresses.hpp"

namespace innernet::server {

RelayPorts relay_ports(std::uint16_t listen_port, std::optional<std::uint16_t> now, std::optional<std::uint16_t> given,
                       const std::set<std::uint16_t>& taken) {
  if (given) return now == given ? RelayPorts{.is_right = true, .to_try = {}} : RelayPorts{.is_right = false, .to_try = {*given}};
  if (now && *now != listen_port && !taken.contains(*now)) return {.is_right = true, .to_try = {}};
  RelayPorts out;
  for (std::uint32_t port = listen_port + 1U; port <= 65'535 && out.to_try.size() < kMostRelayPorts; ++port)
    if (!taken.contains(static_cast<std::uint16_t>(port))) out.to_try.push_back(static_cast<std::uint16_t>(port));
  return out;
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

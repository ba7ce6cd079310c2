#include "innernet/server/relay_port.hpp"

#include "innernet/config/config.hpp"
#include "innernet/machine/local_addresses.hpp"

namespace innernet::server {

std::set<std::uint16_t> configured_ports(const Folders& server, const Folders& client) {
  auto ports = listen_ports_of_servers(server, interfaces_with_config(server.config));
  ports.merge(listen_ports_of_clients(client, interfaces_with_config(client.config)));
  return ports;
}

}  // namespace innernet::server

#include "round.hpp"

namespace innernet::client {

RestClient& FetchMemory::client_of(const InterfaceConfig& config, const InterfaceName& name, const Machine& machine) {
  if (!client || server != config.server_internal_endpoint || server_key != config.server_public_key) {
    client.emplace(config, machine.api_interface(name), machine.stop, times);
    client->interrupt_by(interrupt_fd);
    server = config.server_internal_endpoint;
    server_key = config.server_public_key;
    capabilities.reset();
    etag.clear();
    news.reset();
  }
  return *client;
}

void FetchMemory::forget_interface() {
  if (client) client->disconnect();
  etag.clear();
  reported.reset();
  handshakes.clear();
  traversal.clear();
  direct_tries.clear();
}

}  // namespace innernet::client

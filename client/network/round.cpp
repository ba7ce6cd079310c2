#include "round.hpp"

namespace innernet::client {

RestClient& FetchMemory::client_of(const InterfaceConfig& config, const Stop* stop) {
  if (!client || server != config.server_internal_endpoint || server_key != config.server_public_key) {
    client.emplace(config, stop, times);
    server = config.server_internal_endpoint;
    server_key = config.server_public_key;
    capabilities.reset();
    etag.clear();
    news.reset();
  }
  return *client;
}

void FetchMemory::forget_interface() {
  etag.clear();
  reported.reset();
  handshakes.clear();
  traversal.clear();
}

}  // namespace innernet::client

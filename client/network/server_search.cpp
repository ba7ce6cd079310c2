#include "server_search.hpp"

#include <algorithm>

#include "server_peer.hpp"

namespace innernet::client {

Result<void> find_server(const Round& round, DeviceReading& reading) {
  const auto& [options, name, config, machine, memory, caller] = round;
  if (!reading.device) return {};  // it was brought up just now, and the name looked up
  const auto there = std::ranges::find(reading.device->peers, config.server_public_key, &wg::Peer::public_key);
  if (there != reading.device->peers.end() && there->endpoint) return {};
  machine.resolver.forget_failures_of(config.server_external_endpoint);
  machine.resolver.look_up({&config.server_external_endpoint, 1}, machine.clock(), machine.stop);
  wg::PeerUpdate peer = server_peer(config, machine.resolver);
  if (!peer.endpoint) return {};
  // Added anew, so that WireGuard tries it at once: it has tried in vain, and would wait.
  reading = {};
  return machine.backend.apply(name,
                               {.private_key = {},
                                .listen_port = {},
                                .fwmark = {},
                                .peers = {{.public_key = config.server_public_key, .remove = true, .allowed_ips = {}}, std::move(peer)}});
}

}  // namespace innernet::client

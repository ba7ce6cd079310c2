#include "key_change.hpp"

#include <algorithm>

#include "server_peer.hpp"

namespace innernet::client {
namespace {

// The server's peer anew, with the endpoint at which it was heard last.
std::vector<wg::PeerUpdate> renewed(const InterfaceConfig& config, const wg::Device& device, const Resolver& resolver) {
  wg::PeerUpdate peer = server_peer(config, resolver);
  const auto there = std::ranges::find(device.peers, config.server_public_key, &wg::Peer::public_key);
  if (there != device.peers.end() && there->endpoint) peer.endpoint = there->endpoint;
  return {{.public_key = config.server_public_key, .remove = true, .allowed_ips = {}}, std::move(peer)};
}

// Any: a peer that was added anew has none before.
bool has_handshake(const InterfaceConfig& config, const wg::Device& device) {
  const auto there = std::ranges::find(device.peers, config.server_public_key, &wg::Peer::public_key);
  return there != device.peers.end() && there->last_handshake;
}

}  // namespace

Answer<void> change_key(const InterfaceConfig& config, const InterfaceName& name, Machine& machine, const KeyChangeTimes& times) {
  const Clock& clock = machine.clock();
  TRY(const wg::Device before, machine.backend.get(name));
  wg::DeviceUpdate update{.private_key = config.private_key,
                          .listen_port = config.listen_port,
                          .fwmark = {},
                          .peers = renewed(config, before, machine.resolver)};
  TRY_VOID(machine.backend.apply(name, update));

  const BootTime end = clock.boot() + times.patience;
  for (bool connected = false;;) {
    const BootTime next = clock.boot() + times.retry;
    RestClient probe(
        config, machine.api_interface(name), machine.stop,
        {.connect = connected ? 4 * times.retry : times.retry, .progress = std::chrono::seconds(5), .whole = std::chrono::seconds(10)});
    const auto answer = probe.capabilities();
    if (answer || answer.error().status()) return {};
    if (answer.error().kind() != ErrorKind::kUnreachable || clock.boot() >= end) return std::unexpected(answer.error());
    // Also when it was refused at once, so that this is no busy loop.
    if (!machine.wait.until(next)) return std::unexpected(RequestError(Error(ErrorKind::kInterrupted, "stopped")));
    TRY(const wg::Device device, machine.backend.get(name));
    // One whose session does not work is renewed as well, after a second try (key_change.hpp).
    connected = !connected && has_handshake(config, device);
    if (!connected)
      TRY_VOID(machine.backend.apply(
          name, {.private_key = {}, .listen_port = {}, .fwmark = {}, .peers = renewed(config, device, machine.resolver)}));
  }
}

}  // namespace innernet::client

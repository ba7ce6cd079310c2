#include "server_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server_peer.hpp"

namespace innernet::client {
namespace {

constexpr std::chrono::milliseconds kForEach{1'000};
constexpr std::chrono::milliseconds kPoll{20};
/// Of a new server, however few its addresses are: the first handshake may be lost, or come before the server knows the invitation.
constexpr std::size_t kLeastTries = 3;

/// Whether WireGuard tries the first address already.
enum class First { kIsTried, kIsSet };

const wg::Peer* server_on(const wg::Device& device, const InterfaceConfig& config) {
  const auto found = std::ranges::find(device.peers, config.server_public_key, &wg::Peer::public_key);
  return found != device.peers.end() ? &*found : nullptr;
}

// Added anew, so that WireGuard tries it at once: after tries in vain it would wait (REKEY_TIMEOUT, 5 s).
wg::DeviceUpdate at(const SocketAddress& endpoint, const wg::Peer* there, const InterfaceConfig& config, const Machine& machine) {
  wg::PeerUpdate peer = server_peer(config, machine.resolver);
  peer.endpoint = endpoint;
  if (there != nullptr) peer.preshared_key = there->preshared_key;
  if (there != nullptr && there->persistent_keepalive != 0) peer.persistent_keepalive = there->persistent_keepalive;
  return {.private_key = {},
          .listen_port = {},
          .fwmark = {},
          .peers = {{.public_key = config.server_public_key, .remove = true, .allowed_ips = {}}, std::move(peer)}};
}

Result<void> move_to(const SocketAddress& endpoint, const InterfaceConfig& config, const InterfaceName& name, Machine& machine) {
  TRY(const wg::Device device, machine.backend.get(name));
  return machine.backend.apply(name, at(endpoint, server_on(device, config), config, machine));
}

// From where this machine is now. Its session may be alive with an address that no way leads to any more, as IPv6's in a network without
// it.
Result<bool> still_answers(const InterfaceConfig& config, const InterfaceName& name, Machine& machine) {
  constexpr std::chrono::milliseconds kBetweenTwo{300};
  TRY(const wg::Device before, machine.backend.get(name));
  const wg::Peer* there = server_on(before, config);
  if (there == nullptr || !there->endpoint) return false;
  // As SessionCheck does, which may have set it after our first packet.
  wg::DeviceUpdate as_it_is;
  as_it_is.peers.push_back({.public_key = there->public_key, .update_only = true, .endpoint = there->endpoint, .allowed_ips = {}});
  TRY_VOID(machine.backend.apply(name, as_it_is));
  std::optional<std::uint64_t> received;
  BootTime next_poke = machine.clock().boot();
  const BootTime end = next_poke + kForEach;
  for (;;) {
    TRY(const wg::Device device, machine.backend.get(name));
    const wg::Peer* server = server_on(device, config);
    if (server == nullptr) return false;
    if (server->received_bytes > received.value_or(server->received_bytes)) return true;
    received = server->received_bytes;
    const BootTime now = machine.clock().boot();
    if (now >= end) return false;
    if (now >= next_poke) {
      machine.poke(config.server_internal_endpoint.ip);
      next_poke = now + kBetweenTwo;
    }
    if (!machine.wait.until(std::min(end, now + kPoll))) return fail(ErrorKind::kInterrupted, "stopped");
  }
}

Result<bool> hears(const InterfaceConfig& config, const InterfaceName& name, Machine& machine) {
  const BootTime end = machine.clock().boot() + kForEach;
  for (;;) {
    TRY(const wg::Device device, machine.backend.get(name));
    if (const wg::Peer* server = server_on(device, config); server != nullptr && server->last_handshake) return true;
    const BootTime now = machine.clock().boot();
    if (now >= end) return false;
    if (!machine.wait.until(std::min(end, now + kPoll))) return fail(ErrorKind::kInterrupted, "stopped");
  }
}

/// Whether there was a handshake with one; else `stays` is on the device.
Result<bool> try_each(std::span<const SocketAddress> order, const SocketAddress& stays, First first, const InterfaceConfig& config,
                      const InterfaceName& name, Machine& machine) {
  for (const SocketAddress& endpoint : order) {
    if (first == First::kIsSet || &endpoint != order.data()) TRY_VOID(move_to(endpoint, config, name, machine));
    TRY(const bool is_heard, hears(config, name, machine));
    if (is_heard) return true;
  }
  TRY_VOID(move_to(stays, config, name, machine));
  return false;
}

// That of the config first: somebody has written it there, perhaps because the server has moved.
std::vector<Endpoint> server_endpoints(const InterfaceConfig& config, const State* last) {
  std::vector<Endpoint> endpoints{config.server_external_endpoint};
  if (last == nullptr) return endpoints;
  const auto said = std::ranges::find(last->peers, config.server_public_key, &Peer::public_key);
  if (said == last->peers.end() || !said->endpoint || !can_be_outside(*said->endpoint, config.address.truncated())) return endpoints;
  if (*said->endpoint != config.server_external_endpoint) endpoints.push_back(*said->endpoint);
  return endpoints;
}

}  // namespace

std::vector<SocketAddress> search_order(const std::optional<SocketAddress>& on_device, std::span<const SocketAddress> known) {
  std::vector<SocketAddress> order;
  if (on_device) order.push_back(*on_device);
  for (const SocketAddress& address : known)
    if (std::ranges::find(order, address) == order.end()) order.push_back(address);
  return order;
}

std::string text_of(std::span<const SocketAddress> addresses) {
  std::string text;
  for (std::size_t i = 0; i < addresses.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == addresses.size() ? " and " : ", ", addresses[i].to_string());
  return text;
}

Result<void> search_new_server(const InterfaceConfig& config, const InterfaceName& name, Machine& machine) {
  const auto known = machine.resolver.addresses(config.server_external_endpoint);
  if (known.empty()) return {};
  std::vector<SocketAddress> order = known;
  while (order.size() < kLeastTries) order.push_back(known[order.size() % known.size()]);
  TRY_VOID(try_each(order, known.front(), First::kIsTried, config, name, machine));
  return {};
}

Result<void> find_server(const Round& round, DeviceReading& reading, const State* last) {
  const auto& [options, name, config, machine, memory, caller] = round;
  memory.server_tried.clear();
  // They may be older than the move: whether it still answers is for the next round to find out.
  if (memory.news) return {};
  const bool has_moved = std::exchange(memory.has_moved, false);
  const bool is_overridden = config.peer_endpoint_overrides.contains(config.server_internal_endpoint.ip);
  if (is_overridden || memory.in_traversal.contains(config.server_public_key)) return {};
  const bool is_new = !reading.device;
  bool is_silent = false;
  if (!is_new) {
    const BootTime now = machine.clock().boot();
    memory.handshakes.see(*reading.device, machine.clock().wall(), now);
    if (memory.handshakes.is_recent(config.server_public_key, now)) {
      if (!has_moved) return {};
      TRY(const bool answers, still_answers(config, name, machine));
      if (answers) return {};
      is_silent = true;
    }
  }
  const std::vector<Endpoint> endpoints = server_endpoints(config, last);
  machine.resolver.forget_failures_of(config.server_external_endpoint);
  if (!is_new || endpoints.size() > 1) machine.resolver.look_up(endpoints, machine.clock(), machine.stop);
  std::vector<SocketAddress> known;
  for (const Endpoint& endpoint : endpoints)
    for (const SocketAddress& address : machine.resolver.addresses(endpoint))
      if (&endpoint == endpoints.data() || can_be_outside(address, config.address.truncated())) known.push_back(address);
  if (known.empty()) return {};

  const wg::Peer* there = is_new ? nullptr : server_on(*reading.device, config);
  const auto on_device = is_new             ? machine.resolver.address(config.server_external_endpoint)
                         : there != nullptr ? there->endpoint
                                            : std::nullopt;
  const auto order = search_order(on_device, known);
  if (order.size() == 1) {
    // Nothing to choose from, and nothing to wait for.
    if (on_device && !is_silent) return {};
    reading = {};
    return move_to(order.front(), config, name, machine);
  }
  reading = {};
  const First first = is_new && on_device ? First::kIsTried : First::kIsSet;
  TRY(const bool is_found, try_each(order, known.front(), first, config, name, machine));
  if (!is_found) memory.server_tried = order;
  return {};
}

}  // namespace innernet::client

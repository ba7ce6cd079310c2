#include "server_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "server_peer.hpp"

namespace innernet::client {
namespace {

constexpr std::chrono::milliseconds kPoll{20};
/// Of a new server, however few its addresses are: the first handshake may be lost, or come before the server knows the invitation.
constexpr std::size_t kLeastTries = 3;

// Of one name beside the config's.
constexpr std::size_t kMostAddressesOfName = 4;

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
  const BootTime end = next_poke + ServerWalk::kForEach;
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

Result<bool> walk(ServerWalk& walk, const InterfaceConfig& config, const InterfaceName& name, Machine& machine) {
  using What = ServerWalk::Step::What;
  for (;;) {
    TRY(const wg::Device device, machine.backend.get(name));
    const wg::Peer* server = server_on(device, config);
    const BootTime now = machine.clock().boot();
    const auto step = walk.step(server != nullptr && server->last_handshake, now);
    switch (step.what) {
      case What::kFound:
        return true;
      case What::kOver:
        return false;
      case What::kMove:
        TRY_VOID(machine.backend.apply(name, at(step.to, server, config, machine)));
        break;
      case What::kWait:
        if (!machine.wait.until(std::min(step.end, now + kPoll))) return fail(ErrorKind::kInterrupted, "stopped");
    }
  }
}

}  // namespace

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
  ServerWalk each(std::move(order), ServerWalk::First::kIsTried);
  TRY(const bool is_found, walk(each, config, name, machine));
  return is_found ? Result<void>() : move_to(known.front(), config, name, machine);
}

bool ServerSearch::may_search() const {
  const InterfaceConfig& config = round_.config;
  return !config.peer_endpoint_overrides.contains(config.server_internal_endpoint.ip) &&
         !round_.memory.in_traversal.contains(config.server_public_key);
}

// That of the config first: somebody has written it there, perhaps because the server has moved.
std::vector<Endpoint> ServerSearch::endpoints() const {
  const InterfaceConfig& config = round_.config;
  std::vector<Endpoint> endpoints{config.server_external_endpoint};
  const auto add = [&](const Endpoint& endpoint) {
    if (can_be_outside(endpoint, config.address.truncated()) && std::ranges::find(endpoints, endpoint) == endpoints.end())
      endpoints.push_back(endpoint);
  };
  if (last_ != nullptr) {
    const auto said = std::ranges::find(last_->peers, config.server_public_key, &Peer::public_key);
    if (said != last_->peers.end() && said->endpoint) add(*said->endpoint);
  }
  std::ranges::for_each(known_.servers, add);
  return endpoints;
}

std::vector<SocketAddress> ServerSearch::addresses() {
  Resolver& resolver = round_.machine.resolver;
  const auto network = round_.config.address.truncated();
  const std::vector<Endpoint> all = endpoints();
  std::vector<SocketAddress> addresses = resolver.addresses(all.front());
  for (const Endpoint& endpoint : all | std::views::drop(1))
    for (const SocketAddress& address : resolver.addresses(endpoint) | std::views::take(kMostAddressesOfName))
      if (can_be_outside(address, network)) addresses.push_back(address);
  return addresses;
}

Result<bool> ServerSearch::walk_on(const SocketAddress& stays) {
  TRY(const bool is_found, walk(*walk_, round_.config, round_.name, round_.machine));
  if (is_found) return true;
  round_.memory.server_tried = walk_->silent();
  TRY_VOID(move_to(stays, round_.config, round_.name, round_.machine));
  return false;
}

Result<void> ServerSearch::find(DeviceReading& reading) {
  const auto& [options, name, config, machine, memory, caller] = round_;
  memory.server_tried.clear();
  // They may be older than the move: whether it still answers is for the next round to find out.
  if (memory.news) return {};
  const bool has_moved = std::exchange(memory.has_moved, false);
  const bool is_doubted = std::exchange(memory.is_server_doubted, false) && !known_.servers.empty();
  if (!may_search()) return {};
  const bool is_new = !reading.device;
  bool is_silent = is_doubted;
  if (!is_new) {
    const BootTime now = machine.clock().boot();
    memory.handshakes.see(*reading.device, machine.clock().wall(), now);
    if (!is_doubted && memory.handshakes.is_recent(config.server_public_key, now)) {
      if (!has_moved) return {};
      TRY(const bool answers, still_answers(config, name, machine));
      if (answers) return {};
      is_silent = true;
    }
  }
  const std::vector<Endpoint> all = endpoints();
  machine.resolver.forget_failures_of(config.server_external_endpoint);
  if (!is_new || all.size() > 1) machine.resolver.look_up(all, machine.clock(), machine.stop);
  const std::vector<SocketAddress> known = addresses();
  if (known.empty()) return {};

  const wg::Peer* there = is_new ? nullptr : server_on(*reading.device, config);
  const auto on_device = is_new             ? machine.resolver.address(config.server_external_endpoint)
                         : there != nullptr ? there->endpoint
                                            : std::nullopt;
  auto order = is_doubted ? order_after(on_device, known) : search_order(on_device, known);
  if (order.size() == 1) {
    // Nothing to choose from, and nothing to wait for.
    if (on_device && !is_silent) return {};
    reading = {};
    return move_to(order.front(), config, name, machine);
  }
  reading = {};
  walk_.emplace(std::move(order), is_new && on_device && !is_doubted ? ServerWalk::First::kIsTried : ServerWalk::First::kIsSet);
  TRY_VOID(walk_on(known.front()));
  return {};
}

Result<bool> ServerSearch::find_other(DeviceReading& reading) {
  const auto& [options, name, config, machine, memory, caller] = round_;
  if (known_.servers.empty() || !may_search() || (walk_ && walk_->is_over())) return false;
  TRY(const wg::Device device, machine.backend.get(name));
  const wg::Peer* there = server_on(device, config);
  auto asked = there != nullptr ? there->endpoint : std::nullopt;
  if (walk_) {
    walk_->go_on();
  } else {
    machine.resolver.look_up(endpoints(), machine.clock(), machine.stop);
    auto order = order_after(asked, addresses());
    if (asked) order.pop_back();
    if (!asked && !order.empty()) asked = order.front();
    walk_.emplace(std::move(order), ServerWalk::First::kIsSet);
  }
  memory.server_tried = walk_->silent();
  if (walk_->is_over()) return false;
  reading = {};
  return walk_on(*asked);
}

}  // namespace innernet::client

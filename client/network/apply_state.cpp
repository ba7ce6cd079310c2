#include "apply_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "innernet/base/file.hpp"
#include "innernet/client/file_access.hpp"
#include "innernet/client/saved_pairs.hpp"
#include "innernet/machine/hosts_section.hpp"
#include "network_files.hpp"
#include "own_candidates.hpp"

namespace innernet::client {
namespace {

Result<wg::Device> current_device(const Round& round, DeviceReading reading) {
  if (reading.is_fresh(round.machine.clock().boot())) return *std::move(reading.device);
  TRY(wg::Device device, round.machine.backend.get(round.name));
  // Nobody was kept from it while the server was asked.
  if (device.public_key && *device.public_key != round.config.private_key.public_key())
    return std::unexpected(refusal(InterfaceStatus::kForeign, round.name));
  return device;
}

// Not in one update with the peers: a port that is taken costs neither them nor the old port. The one that the device has then.
std::uint16_t take_listen_port(const Round& round, std::uint16_t from, std::uint16_t to) {
  wg::Backend& backend = round.machine.backend;
  const auto taken = backend.apply(round.name, {.listen_port = to});
  if (taken) {
    log::info("  the listening port is {} now", to);
    return to;
  }
  log::warning("listen-port {}: {}; going on with {}", to, taken.error().message(), from);
  if (const auto restored = backend.apply(round.name, {.listen_port = from}); !restored)
    log::warning("{} could not get its old port {} back: {}", round.name.str(), from, restored.error().message());
  return from;
}

// Whose endpoints may be of a traversal. Another process does not say whose: all but the server's, which is found otherwise.
std::unordered_set<wg::PublicKey> peers_in_traversal(const Round& round, const wg::Device& device) {
  const FetchMemory& memory = round.memory;
  std::unordered_set<wg::PublicKey> peers = memory.tried_directly;
  peers.insert(memory.in_traversal.begin(), memory.in_traversal.end());
  if (!memory.in_traversal.empty() || !FileLock::is_locked(traversal_file(round.options.folders, round.name))) return peers;
  for (const wg::Peer& peer : device.peers)
    if (peer.endpoint && peer.public_key != round.config.server_public_key) peers.insert(peer.public_key);
  return peers;
}

// For `show`: what comes next changes nothing for a peer with a session.
void remember_pairs(const Round& round, const wg::Device& device, const Difference& changes) {
  SavedPairs(round.options.folders, round.name).change([&](PairRecords& pairs) {
    pairs.see(device, changes.relays, round.machine.clock().wall());
    if (pairs.size() == 0) return;
    for (const PeerChange& change : changes.changes)
      if (change.kind == PeerChangeKind::kRemoved) pairs.forget(change.public_key);
  });
}

}  // namespace

std::vector<Endpoint> names_to_look_up(const State& state, const Endpoint& server) {
  std::vector<Endpoint> names;
  for (const Peer& peer : state.peers)
    if (peer.endpoint && !peer.is_disabled && is_name(*peer.endpoint)) names.push_back(*peer.endpoint);
  for (const Relay& relay : state.relays)
    if (is_name(relay.endpoint) && relay.id != kServerPeer) names.push_back(relay.endpoint);
  if (is_name(server)) names.push_back(server);
  return names;
}

std::vector<hostsfile::Entry> entries_of_enabled(const State& state, const HostsOptions& options, const InterfaceName& name) {
  if (std::ranges::none_of(state.peers, &Peer::is_disabled)) return hosts_entries(state.peers, options, name);
  std::vector<Peer> enabled;
  std::ranges::remove_copy_if(state.peers, std::back_inserter(enabled), &Peer::is_disabled);
  return hosts_entries(enabled, options, name);
}

std::vector<LogLines> lines_about(const std::vector<PeerChange>& changes, Details details) {
  std::vector<LogLines> all;
  const auto add = [&](log::Level level, std::string_view indent, std::string_view line) {
    if (all.empty() || all.back().level != level)
      all.push_back({.level = level, .text = {}});
    else
      all.back().text += '\n';
    all.back().text.append(indent).append(line);
  };
  for (const PeerChange& change : changes) {
    add(log::Level::kInfo, "  ", change.to_string());
    if (change.endpoint) add(log::Level::kInfo, "    ", *change.endpoint);
    if (details == Details::kHidden) continue;
    for (const std::string& other : change.others) add(log::Level::kDebug, "    ", other);
  }
  return all;
}

Result<AppliedState> update_device(const Round& round, const ObtainedState& obtained, const RelayRegistrations& registered,
                                   std::span<const Relay> known_relays, const DataStore& store, DeviceReading reading) {
  const auto& [options, name, config, machine, memory, caller] = round;
  if (const auto names = names_to_look_up(obtained.state, config.server_external_endpoint); !names.empty())
    machine.resolver.look_up(names, machine.clock(), machine.stop);

  TRY(const wg::Device device, current_device(round, std::move(reading)));
  const BootTime now = machine.clock().boot();
  memory.handshakes.see(device, machine.clock().wall(), now);
  const ServerPeer server{config.server_public_key, config.server_internal_endpoint.ip, config.server_external_endpoint};
  const auto in_traversal = peers_in_traversal(round, device);
  // The state may tell of a network that this machine has left.
  std::vector<Endpoint> candidates;
  const auto addresses = machine.local_addresses();
  if (addresses) candidates = own_candidates(*addresses, {}, device.listen_port, options.nat);
  const Details details = log::enabled(log::Level::kDebug) ? Details::kShown : Details::kHidden;
  auto changes = difference({.device = device,
                             .state = obtained.state,
                             .cached = is_in_data_store(obtained.origin) ? nullptr : &store.state(),
                             .own_key = config.private_key.public_key(),
                             .server = server,
                             .network = config.address.truncated(),
                             .overrides = config.peer_endpoint_overrides,
                             .handshakes = memory.handshakes,
                             .now = now,
                             .server_answers = server_answered(obtained.origin),
                             .listen_port = config.listen_port,
                             .in_traversal = &in_traversal,
                             .max_peers = machine.backend.max_peers(),
                             .wants_traversal = !options.nat.no_traversal,
                             .server_is_new = obtained.server_knew_nothing,
                             .known_relays = known_relays,
                             .registered = is_in_data_store(obtained.origin) ? nullptr : &registered,
                             .own_candidates = addresses ? &candidates : nullptr,
                             .details_of_new = details == Details::kShown},
                            [&](const Endpoint& endpoint) { return machine.resolver.address(endpoint); });
  remember_pairs(round, device, changes);
  AppliedState applied{.due = std::move(changes.due),
                       .relayed = std::move(changes.relayed),
                       .used_relays = std::move(changes.used_relays),
                       .relays = std::move(changes.relays),
                       .updated_at = machine.clock().boot(),
                       .listen_port = device.listen_port};
  if (changes.left_out > 0)
    log::warning("{} peers are left out, for the WireGuard of {} takes at most {}; the kernel's takes more", changes.left_out, name.str(),
                 machine.backend.max_peers().value_or(0));
  if (changes.update.empty()) {
    log::write(progress_level(caller), nothing_to_update(obtained.origin));
    return applied;
  }
  const auto port = std::exchange(changes.update.listen_port, std::nullopt);
  if (!changes.update.empty()) TRY_VOID(machine.backend.apply(name, changes.update));
  applied.updated_at = machine.clock().boot();
  for (const auto& [level, text] : lines_about(changes.changes, details)) log::write(level, text);
  if (port) applied.listen_port = take_listen_port(round, device.listen_port, *port);
  log::info("updated interface {}", name.str());
  return applied;
}

void update_hosts(const Round& round, const State& state) {
  const HostsOptions& hosts = round.options.hosts;
  if (!hosts.write) return;
  const auto written = hostsfile::update(hosts.path, round.name.str(), entries_of_enabled(state, hosts, round.name));
  if (written) return;
  if (written.error().kind() == ErrorKind::kReadOnly) return warn_of_read_only(hosts.path);
  log::warning("the names of the peers could not be written: {}", written.error().message());
}

}  // namespace innernet::client

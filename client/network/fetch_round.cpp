#include "fetch_round.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "innernet/client/data_store.hpp"
#include "innernet/client/difference.hpp"
#include "innernet/client/fetch.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/hostsfile/hostsfile.hpp"
#include "innernet/machine/hosts_section.hpp"
#include "innernet/machine/interface_up.hpp"
#include "innernet/machine/log.hpp"
#include "key_change.hpp"
#include "own_candidates.hpp"
#include "pending_install.hpp"
#include "saved_etag.hpp"

namespace innernet::client {
namespace {

constexpr std::uint16_t kServerKeepalive = 25;
constexpr std::chrono::milliseconds kFresh{1000};

bool is_name(const Endpoint& endpoint) { return std::holds_alternative<std::string>(endpoint.host()); }

class Round {
 public:
  Round(const ClientOptions& options, const InterfaceName& name, Machine& machine, FetchMemory& memory, RoundKind kind)
      : options_(options), name_(name), machine_(machine), memory_(memory), kind_(kind), saved_etag_(options.folders, name) {}

  Result<RoundResult> run() {
    TRY(const InterfaceConfig config, read_config(options_.folders, name_));
    TRY_VOID(make_sure_it_is_up(config));
    const bool install_was_cut_short = !kind_.of_install && invitation_of_config(options_.folders.config_file(name_));
    if (install_was_cut_short) finish_key_change(config);
    TRY(auto loaded, DataStore::load(options_.folders.data_store(name_)));
    TRY(State state, fetch_state(config, loaded));
    DataStore store = loaded ? *std::move(loaded) : DataStore::empty(options_.folders.data_store(name_));
    if (!is_stored_) TRY_VOID(store.check_pins(state));
    apply_overrides(state, config.peer_endpoint_overrides);

    TRY(const std::uint16_t listen_port, update_device(config, state, store));
    update_hosts(state);
    if (result_.server_answered) {
      report_candidates(config, state, listen_port);
      if (!is_stored_) {
        store.take_over(std::move(state));
        TRY_VOID(store.save());
        if (!kind_.is_repeated) saved_etag_.save(etag_);
      }
      // Without the mark of an install that has not ended.
      if (install_was_cut_short) TRY_VOID(write_config(options_.folders, name_, config));
    }
    return std::move(result_);
  }

 private:
  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) const {
    if (kind_.is_repeated)
      log::debug(format, std::forward<Args>(args)...);
    else
      log::info(format, std::forward<Args>(args)...);
  }

  Result<InterfaceStatus> status(const InterfaceConfig& config) {
    TRY(auto view, interface_status(machine_.backend, name_, config.address, config.private_key, options_.network, machine_.stack));
    device_ = std::move(view.device);
    device_read_at_ = machine_.clock().boot();
    return view.status;
  }

  // What the status was found from, while it is fresh: after a slow answer, a handshake may have made an endpoint work that must be left
  // alone.
  Result<wg::Device> device() {
    if (device_ && machine_.clock().boot() - device_read_at_ < kFresh) return *std::exchange(device_, std::nullopt);
    return machine_.backend.get(name_);
  }

  Result<void> make_sure_it_is_up(const InterfaceConfig& config) {
    TRY(InterfaceStatus there, status(config));
    if (there == InterfaceStatus::kForeign && kind_.may_bring_up) {
      TRY(const bool finished, finish_killed_install(config));
      if (finished) {
        TRY(there, status(config));
      }
    }
    if (there == InterfaceStatus::kUp) return {};
    // Whatever was applied before went with the interface.
    device_.reset();
    memory_.etag.clear();
    memory_.reported.reset();
    memory_.traversal.clear();
    switch (there) {
      case InterfaceStatus::kForeign:
        return fail(
            ErrorKind::kAlreadyExists,
            fmt::format("there is an interface {} that is not this network's: it is no WireGuard interface, or has another private key; "
                        "nothing was changed. Remove or rename that one (ip link delete {}), then try again",
                        quoted(name_.str()), name_.str()));
      case InterfaceStatus::kAbsent:
        if (!kind_.may_bring_up)
          return fail(ErrorKind::kNotFound,
                      fmt::format("interface {} is down; bring it up with: innernet up {}", quoted(name_.str()), name_.str()));
        break;
      default:
        if (!kind_.may_bring_up)
          return fail(ErrorKind::kSystem, fmt::format("interface {} is only half configured; put that right with: innernet up {}",
                                                      quoted(name_.str()), name_.str()));
    }
    log::info("bringing up interface {}", name_.str());
    machine_.resolver.look_up({&config.server_external_endpoint, 1}, machine_.clock(), machine_.stop);
    wg::DeviceUpdate update{.private_key = config.private_key,
                            .listen_port = config.listen_port,
                            .fwmark = {},
                            .peers = {server_peer(config, machine_.resolver)}};
    if (!update.peers.front().endpoint)
      log::warning("the server's name in {} has no address now; it is looked up again later",
                   quoted(config.server_external_endpoint.to_string()));
    return bring_up(machine_.backend, name_, config.address, update, options_.network, nullptr, machine_.stack);
  }

  // An install that was killed between the server's answer and the change of keys leaves an interface with the invitation's key.
  Result<bool> finish_killed_install(const InterfaceConfig& config) {
    const auto invitation = invitation_of_config(options_.folders.config_file(name_));
    if (!invitation) return false;
    const auto device = machine_.backend.get(name_);
    if (!device || device->public_key != *invitation) return false;
    TRY_VOID(machine_.backend.apply(name_, {.private_key = config.private_key, .listen_port = {}, .fwmark = {}, .peers = {}}));
    return true;
  }

  // Killed around the change of keys, an install has lost the handshake that the server did not take yet, and WireGuard tries the next one
  // later than a request waits for its connection. A server that does not answer at all is found out by who asks next.
  void finish_key_change(const InterfaceConfig& config) {
    log::info("the install of {} was cut short: finishing it", name_.str());
    static_cast<void>(change_key(config, name_, machine_, {}));
    device_.reset();
  }

  RestClient& client(const InterfaceConfig& config) {
    if (!memory_.client || memory_.server != config.server_internal_endpoint || memory_.server_key != config.server_public_key) {
      memory_.client.emplace(config, machine_.stop);
      memory_.server = config.server_internal_endpoint;
      memory_.server_key = config.server_public_key;
      memory_.capabilities.reset();
      memory_.etag.clear();
      memory_.news.reset();
    }
    return *memory_.client;
  }

  Answer<StateAnswer> ask(const InterfaceConfig& config, bool has_store) {
    RestClient& server = client(config);
    if (memory_.news) return *std::exchange(memory_.news, std::nullopt);
    StateQuery query;
    if (kind_.is_repeated) {
      if (!memory_.capabilities) {
        auto capabilities = server.capabilities();
        if (!capabilities && capabilities.error().kind() == ErrorKind::kUnreachable)
          return std::unexpected(std::move(capabilities).error());
        if (capabilities) memory_.capabilities = *capabilities;
      }
      if (memory_.capabilities && memory_.capabilities->state_etag) query.if_none_match = memory_.etag;
      query.accept_delta = memory_.capabilities && memory_.capabilities->state_delta;
    } else if (has_store) {
      query.if_none_match = saved_etag_.read();
    }
    return server.get_state(query);
  }

  // What the store holds is taken out of it.
  Result<State> fetch_state(const InterfaceConfig& config, std::optional<DataStore>& store) {
    say("fetching the state of {} from the server", name_.str());
    auto answer = ask(config, store.has_value());
    if (answer) {
      result_.server_answered = true;
      if (kind_.is_repeated || !std::holds_alternative<NotModified>(answer->news)) return take(std::move(*answer));
      is_stored_ = true;
      return store->take_state();
    }
    memory_.etag.clear();
    memory_.capabilities.reset();
    Error error = Error(std::move(answer).error()).context(fmt::format("fetching the state of {}", quoted(name_.str())));
    if (error.kind() != ErrorKind::kUnreachable) return std::unexpected(std::move(error));
    if (!store)
      return fail(
          ErrorKind::kUnreachable,
          fmt::format("{}; and no earlier fetch has left anything to go on with. Is the server running, and does its UDP port get through?",
                      error.message()));
    log::warning("{}; going on with the peers of the last fetch", error.message());
    is_stored_ = true;
    return store->take_state();
  }

  // The whole state; what the server sent stays in the memory of a daemon.
  State take(StateAnswer&& answer) {
    is_new_ = !std::holds_alternative<NotModified>(answer.news);
    State state;
    if (auto* whole = std::get_if<State>(&answer.news))
      state = std::move(*whole);
    else if (auto* delta = std::get_if<StateDelta>(&answer.news))
      state = apply_delta(std::move(memory_.state), std::move(*delta));
    else
      state = std::move(memory_.state);
    if (kind_.is_repeated) memory_.state = state;
    // Valid again when all has gone well, see fetch_round().
    etag_ = std::move(answer.etag);
    memory_.etag.clear();
    return state;
  }

  Result<std::uint16_t> update_device(const InterfaceConfig& config, const State& state, const DataStore& store) {
    std::vector<Endpoint> names;
    for (const Peer& peer : state.peers)
      if (peer.endpoint && !peer.is_disabled && is_name(*peer.endpoint)) names.push_back(*peer.endpoint);
    if (is_name(config.server_external_endpoint)) names.push_back(config.server_external_endpoint);
    if (!names.empty()) machine_.resolver.look_up(names, machine_.clock(), machine_.stop);

    TRY(const wg::Device device, this->device());
    const ServerPeer server{config.server_public_key, config.server_internal_endpoint.ip, config.server_external_endpoint};
    auto changes = difference({.device = device,
                               .state = state,
                               .cached = is_stored_ ? nullptr : &store.state(),
                               .own_key = config.private_key.public_key(),
                               .server = server,
                               .overrides = config.peer_endpoint_overrides,
                               .now = machine_.clock().wall(),
                               .in_traversal = &memory_.in_traversal,
                               .wants_traversal = !options_.nat.no_traversal,
                               .details_of_new = log::enabled(log::Level::kDebug)},
                              [&](const Endpoint& endpoint) { return machine_.resolver.address(endpoint); });
    if (config.listen_port && *config.listen_port != device.listen_port) changes.update.listen_port = config.listen_port;
    result_.due = std::move(changes.due);
    result_.updated_at = machine_.clock().boot();
    if (changes.update.empty()) {
      say("{}", result_.server_answered ? "peers are already up to date" : "the device has the peers of the last fetch already");
      return device.listen_port;
    }
    TRY_VOID(machine_.backend.apply(name_, changes.update));
    result_.updated_at = machine_.clock().boot();
    print(changes.changes);
    if (changes.update.listen_port) log::info("  the listening port is {} now", *changes.update.listen_port);
    log::info("updated interface {}", name_.str());
    return changes.update.listen_port.value_or(device.listen_port);
  }

  // A write a line would be half of the work of a first fetch of a large network.
  static void print(const std::vector<PeerChange>& changes) {
    const bool with_others = log::enabled(log::Level::kDebug);
    std::string lines;
    const auto flush = [&] {
      if (!lines.empty()) log::write(log::Level::kInfo, std::exchange(lines, {}));
    };
    const auto add = [&](std::string_view indent, std::string_view line) {
      if (!lines.empty()) lines += '\n';
      lines.append(indent).append(line);
    };
    for (const PeerChange& change : changes) {
      add("  ", change.to_string());
      if (change.endpoint) add("    ", *change.endpoint);
      if (!with_others || change.others.empty()) continue;
      flush();
      for (const std::string& other : change.others) log::debug("    {}", other);
    }
    flush();
  }

  void update_hosts(const State& state) const {
    if (!options_.hosts.write) return;
    const auto is_disabled = [](const Peer& peer) { return peer.is_disabled; };
    std::vector<hostsfile::Entry> entries;
    if (std::ranges::any_of(state.peers, is_disabled)) {
      std::vector<Peer> enabled;
      std::ranges::remove_copy_if(state.peers, std::back_inserter(enabled), is_disabled);
      entries = hosts_entries(enabled, options_.hosts, name_);
    } else {
      entries = hosts_entries(state.peers, options_.hosts, name_);
    }
    const auto written = hostsfile::update(options_.hosts.path, name_.str(), entries);
    if (!written) log::warning("the names of the peers could not be written: {}", written.error().message());
  }

  void report_candidates(const InterfaceConfig& config, const State& state, std::uint16_t listen_port) {
    auto addresses = machine_.local_addresses();
    if (!addresses) {
      log::warning("the addresses of this machine are not known, so none is reported: {}", addresses.error().message());
      return;
    }
    auto candidates = own_candidates(*addresses, listen_port, options_.nat);
    // The server may let others wait a while before they see our report, but never tells us of an older one in a new answer.
    if (!is_new_ && memory_.reported == candidates) return;
    const auto own = std::ranges::find(state.peers, config.address.address(), &Peer::ip);
    if (must_report(candidates, own == state.peers.end() ? nullptr : &*own, listen_port)) {
      log::debug("reporting {} candidates", candidates.size());
      if (const auto put = client(config).put_candidates(candidates); !put) {
        if (put.error().status() == 404)
          log::warning(
              "the server is too old to take this machine's addresses; peers behind NAT may not find a way here until it is updated");
        else
          log::warning("this machine's addresses could not be reported: {}", put.error().message());
        memory_.reported.reset();
        return;
      }
    }
    memory_.reported = std::move(candidates);
  }

 public:
  std::string etag_;

 private:
  const ClientOptions& options_;
  const InterfaceName& name_;
  Machine& machine_;
  FetchMemory& memory_;
  RoundKind kind_;
  RoundResult result_;
  SavedEtag saved_etag_;
  bool is_new_ = false;
  bool is_stored_ = false;  // the state is what the data store holds
  std::optional<wg::Device> device_;
  BootTime device_read_at_{};
};

}  // namespace

wg::PeerUpdate server_peer(const InterfaceConfig& config, const Resolver& resolver) {
  return {.public_key = config.server_public_key,
          .replace_allowed_ips = true,
          .preshared_key = {},
          .endpoint = resolver.address(config.server_external_endpoint),
          .persistent_keepalive = kServerKeepalive,
          .allowed_ips = {IpNet::host(config.server_internal_endpoint.ip)}};
}

Result<RoundResult> fetch_round(const ClientOptions& options, const InterfaceName& name, Machine& machine, FetchMemory& memory,
                                RoundKind kind) {
  Round round(options, name, machine, memory, kind);
  auto result = round.run();
  memory.news.reset();
  if (result && result->server_answered && kind.is_repeated)
    memory.etag = std::move(round.etag_);
  else
    memory.etag.clear();
  return result;
}

void traverse_due(const ClientOptions& options, const InterfaceName& name, const IpNet& network, Machine& machine, FetchMemory& memory,
                  RoundResult result, bool is_repeated, const TraversalTimes& times) {
  if (options.nat.no_traversal) return;
  auto due = is_repeated ? memory.traversal.take(std::move(result.due), machine.clock().boot()) : std::move(result.due);
  std::vector<Endpoint> names;
  for (const TraversalPeer& peer : due) std::ranges::copy_if(peer.candidates, std::back_inserter(names), is_name);
  if (!names.empty()) machine.resolver.look_up(names, machine.clock(), machine.stop);
  const auto traversed = traverse(
      NatTraversal(std::move(due), network), machine.backend, name, machine.wait, result.updated_at,
      [&](const Endpoint& endpoint) { return machine.resolver.address(endpoint); }, times,
      is_repeated ? Audience::kLater : Audience::kWaits);
  if (!traversed) log::warning("looking for ways to peers of {}: {}", quoted(name.str()), traversed.error().message());
}

Result<void> fetch_once(const ClientOptions& options, const InterfaceName& name, Machine& machine, RoundKind kind) {
  // Before the lock, whose file an unknown network does not get. The address never changes.
  TRY(const InterfaceConfig config, read_config(options.folders, name));
  FetchMemory memory;
  RoundResult result;
  {
    TRY(const FileLock lock, lock_network(options.folders, name, machine.stop));
    TRY(result, fetch_round(options, name, machine, memory, kind));
  }
  // Without the lock: it may take a minute, touches only peers without a connection, and others may want to work.
  traverse_due(options, name, config.address.truncated(), machine, memory, std::move(result), false);
  return {};
}

Result<void> fetch(const ClientOptions& options, const InterfaceName& name, const Stop& stop) {
  TRY(SystemMachine system, SystemMachine::create(options, name, stop));
  Machine machine = system.machine();
  return fetch_once(options, name, machine, {.may_bring_up = false});
}

Result<void> up(const ClientOptions& options, const InterfaceName& name, const Stop& stop) {
  TRY(SystemMachine system, SystemMachine::create(options, name, stop));
  Machine machine = system.machine();
  return fetch_once(options, name, machine, {.may_bring_up = true});
}

}  // namespace innernet::client

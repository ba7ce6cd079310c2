#include "fetch_round.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "apply_state.hpp"
#include "direct_turn.hpp"
#include "innernet/base/file.hpp"
#include "innernet/base/temp_file.hpp"
#include "innernet/client/data_store.hpp"
#include "innernet/client/fetch.hpp"
#include "innernet/client/file_access.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/client/saved_relays.hpp"
#include "innernet/machine/log.hpp"
#include "key_change.hpp"
#include "network_files.hpp"
#include "obtain_state.hpp"
#include "outsiders.hpp"
#include "own_interface.hpp"
#include "pair_notes.hpp"
#include "pending_install.hpp"
#include "report_candidates.hpp"
#include "report_distances.hpp"
#include "saved_etag.hpp"
#include "saved_servers.hpp"
#include "server_search.hpp"

namespace innernet::client {
namespace {

// Tried besides the first one.
constexpr std::size_t kMostAddressesOfName = 3;

// Killed around the change of keys, an install has lost the handshake that the server did not take yet, and WireGuard tries the next one
// later than a request waits for its connection. A server that does not answer at all is found out by who asks next.
void finish_key_change(const Round& round) {
  log::info("the install of {} was cut short: finishing it", round.name.str());
  static_cast<void>(change_key(round.config, round.name, round.machine, {}));
}

// Without the folder, that the store can't be written would look as if somebody had removed it just now.
Result<void> save_store(DataStore& store, const Folders& folders) {
  TRY_VOID(make_private_folder(folders.data));
  return store.save();
}

void report(const InterfaceName& name, const auto& outcome) {
  if (!outcome) log::warning("looking for ways to peers of {}: {}", quoted(name.str()), outcome.error().message());
}

struct Finished {
  RoundResult result;
  std::string etag_to_remember;
};

// What was known when the server was asked, and its answer.
struct Asked {
  SavedEtag saved_etag;
  InterfaceConfig config;
  KnownServers servers;
  bool ends_install = false;
  DeviceReading reading;
  std::optional<DataStore> loaded;
  Answer<StateAnswer> answer;
};

// Since a server that has a term has answered. A daemon believes its own ears alone, by a clock that nobody sets.
std::chrono::nanoseconds silence_of_terms(const Round& round, const KnownServers& known, const SavedServers& saved) {
  FetchMemory& memory = round.memory;
  const Clock& clock = round.machine.clock();
  if (!known.term) memory.term_heard.reset();
  if (!known.term) return {};
  if (!memory.term_heard && round.caller != Caller::kDaemon) return saved.age(clock.wall());
  if (!memory.term_heard) memory.term_heard = clock.boot();
  return clock.boot() - *memory.term_heard;
}

// One server of the network after the other, while the one that was asked is of no use.
Result<Answer<StateAnswer>> ask_servers(const Round& round, ServerSearch& search, DeviceReading& reading, bool has_data_store,
                                        const SavedEtag& saved_etag, const KnownServers& servers, std::chrono::nanoseconds silence) {
  FetchMemory& memory = round.memory;
  for (;;) {
    auto answer = ask_for_state(round, has_data_store, saved_etag);
    if (answer)
      if (auto refusal = refusal_of(*answer, round, servers.term, silence)) answer = std::unexpected(*std::move(refusal));
    if (answer || !asks_another_server_after(answer.error())) return answer;
    TRY(const bool is_found, search.find_other(reading));
    memory.is_server_doubted = !is_found;
    if (!is_found) return answer;
    log::warning("{}; trying another server of {}", answer.error().message(), round.name.str());
    // What was agreed with one is not with another.
    if (memory.client) memory.client->disconnect();
    memory.capabilities.reset();
    memory.shows_life();
  }
}

// Without the lock: a slow server would keep `down` and all others waiting.
Result<Asked> ask(const ClientOptions& options, const InterfaceName& name, Machine& machine, FetchMemory& memory, Caller caller,
                  RoundLock* lock) {
  const auto files = [&] {
    return std::pair(file_identity(options.folders.config_file(name)), file_identity(options.folders.data_store(name)));
  };
  for (int attempt = 1;; ++attempt) {
    const auto before = files();
    SavedEtag saved_etag(options.folders, name);
    TRY(InterfaceConfig config, read_config(options.folders, name));
    TRY_VOID(check_own_key(config, name));
    const auto invitation = invitation_of_config(options.folders.config_file(name));
    const Round round{options, name, config, machine, memory, caller};
    TRY(DeviceReading reading, own_interface(round, invitation));
    const bool ends_install = finishes_install(caller, invitation);
    if (ends_install) {
      finish_key_change(round);
      reading = {};
    }
    TRY(auto loaded, DataStore::load(options.folders.data_store(name)));
    if (memory.unsaved) loaded = memory.unsaved;
    const SavedServers saved_servers(options.folders, name, config.server_public_key);
    const auto known_servers = [&] { return memory.unsaved_servers ? *memory.unsaved_servers : saved_servers.read(); };
    const KnownServers servers = known_servers();

    const bool lets_go = lets_go_of_lock(lock != nullptr, attempt);
    if (lets_go) lock->let_go();
    memory.shows_life();
    ServerSearch search(round, loaded ? &loaded->state() : nullptr, servers);
    TRY_VOID(search.find(reading));
    TRY(auto answer,
        ask_servers(round, search, reading, loaded.has_value(), saved_etag, servers, silence_of_terms(round, servers, saved_servers)));
    if (lets_go) TRY_VOID(lock->take_again());
    if (lets_go && (files() != before || known_servers() != servers)) continue;
    return Asked{.saved_etag = std::move(saved_etag),
                 .config = std::move(config),
                 .servers = servers,
                 .ends_install = ends_install,
                 .reading = std::move(reading),
                 .loaded = std::move(loaded),
                 .answer = std::move(answer)};
  }
}

// What a state says of the servers, with those alone that can be used.
void take_servers(State& state, const KnownServers& known, const Round& round, Origin origin) {
  if (is_in_data_store(origin)) {
    state.servers = known.servers;
    state.term = known.term;
    return;
  }
  const auto level = repeats_itself(round.caller, origin) ? log::Level::kDebug : log::Level::kWarning;
  state.servers = usable_servers(state.servers, round.config.address.truncated(), [&](std::string_view text) { log::write(level, text); });
}

// Before the device has any of the state: who is killed in between must not believe an older server afterwards.
void keep_servers(const Round& round, const State& state) {
  FetchMemory& memory = round.memory;
  const Clock& clock = round.machine.clock();
  KnownServers known{.servers = state.servers, .term = state.term};
  const bool is_saved = SavedServers(round.options.folders, round.name, round.config.server_public_key).save(known, clock.wall());
  memory.unsaved_servers = is_saved ? std::nullopt : std::optional(std::move(known));
  if (state.term) memory.term_heard = clock.boot();
}

std::optional<Peer> own_entry(const State& state, const InterfaceConfig& config) {
  const auto own = std::ranges::find(state.peers, config.address.address(), &Peer::ip);
  return own == state.peers.end() ? std::nullopt : std::optional(*own);
}

Result<Finished> run(const ClientOptions& options, const InterfaceName& name, Machine& machine, FetchMemory& memory, Caller caller,
                     RoundLock* lock) {
  TRY(Asked asked, ask(options, name, machine, memory, caller, lock));
  const auto& config = asked.config;
  const Round round{options, name, config, machine, memory, caller};
  memory.shows_life();
  TRY(ObtainedState obtained, obtain_state(round, std::move(asked.answer), asked.loaded));
  const Origin origin = obtained.origin;
  SavedRelays saved_relays(options.folders, name);
  const auto known_relays = memory.unsaved_relays ? *memory.unsaved_relays : saved_relays.read();
  if (is_in_data_store(origin)) obtained.state.relays = known_relays;
  take_servers(obtained.state, asked.servers, round, origin);
  const auto registered = take_relay_registrations(obtained.state);
  if (const auto outsiders = take_outsiders(obtained.state, config.address.truncated()); !outsiders.empty())
    log::write(repeats_itself(caller, origin) ? log::Level::kDebug : log::Level::kWarning,
               warning_about(outsiders, config.address.truncated()));
  DataStore store = asked.loaded ? *std::move(asked.loaded) : DataStore::empty(options.folders.data_store(name));
  if (!is_in_data_store(origin)) TRY_VOID(store.check_pins(obtained.state));
  if (server_answered(origin)) keep_servers(round, obtained.state);
  apply_overrides(obtained.state, config.peer_endpoint_overrides);

  TRY(AppliedState applied, update_device(round, obtained, registered, known_relays, store, std::move(asked.reading)));
  update_hosts(round, obtained.state);
  const EtagPlace etag_goes = etag_place(caller, origin);
  const auto own = own_entry(obtained.state, config);
  if (!is_in_data_store(origin)) {
    memory.unsaved_relays.reset();
    if (!saved_relays.save(obtained.state.relays)) memory.unsaved_relays = obtained.state.relays;
    store.take_over(std::move(obtained.state));
    const auto saved = save_store(store, options.folders);
    if (!saved && saved.error().kind() == ErrorKind::kReadOnly) memory.unsaved = store;
    TRY_VOID(unless_read_only(saved, options.folders.data_store(name)));
    if (saved) memory.unsaved.reset();
    // To a store, relays, or servers that are still the old ones it would say that there is nothing new.
    if (saved && !memory.unsaved_relays && !memory.unsaved_servers && etag_goes == EtagPlace::kFile) asked.saved_etag.save(obtained.etag);
  }
  // Without the mark of an install that has not ended.
  if (asked.ends_install && server_answered(origin))
    TRY_VOID(unless_read_only(write_config(options.folders, name, config), options.folders.config_file(name)));
  if (lock != nullptr) lock->let_go();
  memory.shows_life();
  if (server_answered(origin)) report_candidates(round, origin, own ? &*own : nullptr, applied.listen_port);
  if (server_answered(origin) && own) report_distances(round, *own);
  OwnSide side{.key = config.private_key.public_key()};
  if (own) side.places = own->candidates;
  if (own && own->endpoint) side.places.push_back(*own->endpoint);
  if (memory.client) side.clock = memory.client->server_clock();
  return Finished{.result = {.server_answered = server_answered(origin),
                             .due = std::move(applied.due),
                             .relayed = std::move(applied.relayed),
                             .used_relays = std::move(applied.used_relays),
                             .relays = std::move(applied.relays),
                             .updated_at = applied.updated_at,
                             .own = std::move(side),
                             .is_relay = own && own->is_relay,
                             .listen_port = applied.listen_port},
                  .etag_to_remember = etag_goes == EtagPlace::kMemory ? std::move(obtained.etag) : ""};
}

}  // namespace

Result<RoundResult> fetch_round(const ClientOptions& options, const InterfaceName& name, Machine& machine, FetchMemory& memory,
                                Caller caller, RoundLock* lock) {
  auto finished = run(options, name, machine, memory, caller, lock);
  memory.news.reset();
  memory.etag.clear();
  if (!finished) return std::unexpected(std::move(finished).error());
  memory.etag = std::move(finished->etag_to_remember);
  return std::move(finished->result);
}

TryLock try_lock_of(const ClientOptions& options, const InterfaceName& name, const Stop* stop) {
  return [folders = options.folders, name, stop]() -> std::shared_ptr<const void> {
    auto held = lock_network(folders, name, stop, ReadOnly::kAccepted, std::chrono::milliseconds(0));
    if (!held) return nullptr;
    return std::make_shared<const FileLock>(*std::move(held));
  };
}

void try_relayed(const ClientOptions& options, const InterfaceName& name, const IpNet& network, Machine& machine,
                 const RoundResult& result) {
  if (options.nat.no_traversal || result.relayed.empty()) return;
  PairNotes pairs(options.folders, name, machine.clock(), result.relays);
  const auto direct = try_directly(
      result.relayed, network, result.relays, machine.backend, name, machine.wait, machine.poke,
      [&](const Endpoint& endpoint) { return machine.resolver.address(endpoint); }, {},
      [&](const std::vector<TriedWay>& tried, Locked locked) { pairs.keep(tried, locked); }, machine.probes);
  report(name, direct);
  if (direct && !direct->empty())
    log::info("{} of {}, relayed until now, {} reached directly", direct->size() == 1 ? "a peer" : fmt::format("{} peers", direct->size()),
              name.str(), direct->size() == 1 ? "is" : "are");
  pairs.finish(machine.backend);
}

TryLock try_traversal_of(const ClientOptions& options, const InterfaceName& name) {
  return [path = traversal_file(options.folders, name)]() -> std::shared_ptr<const void> {
    auto held = FileLock::acquire_while_locked(path, std::chrono::milliseconds(0));
    if (!held) return nullptr;
    return std::make_shared<const FileLock>(*std::move(held));
  };
}

void traverse_due(const ClientOptions& options, const InterfaceName& name, const IpNet& network, Machine& machine, RoundResult result,
                  Handshakes handshakes, const TraversalOptions& traversal) {
  if (options.nat.no_traversal || result.due.empty()) return;
  // Two that try endpoints of one peer take the way from each other that has just begun to work.
  const auto lock = FileLock::acquire_while_locked(traversal_file(options.folders, name), traversal.patience);
  if (!lock && lock.error().kind() == ErrorKind::kBusy) {
    log::debug("another process looks for ways to peers of {} already", quoted(name.str()));
    return;
  }
  std::vector<Endpoint> names;
  for (const TraversalPeer& peer : result.due) {
    std::ranges::copy_if(peer.candidates, std::back_inserter(names), is_name);
    if (peer.reported && is_name(*peer.reported)) names.push_back(*peer.reported);
  }
  if (!names.empty()) machine.resolver.look_up(names, machine.clock(), machine.stop);
  // The round has set the first address of a name. IPv6 may go nowhere.
  for (TraversalPeer& peer : result.due) {
    if (!peer.reported || !is_name(*peer.reported)) continue;
    const auto addresses = machine.resolver.addresses(*peer.reported);
    const auto others = addresses | std::views::drop(1) | std::views::take(kMostAddressesOfName) | std::views::transform(Endpoint::of);
    peer.likely.insert(peer.likely.begin(), others.begin(), others.end());
  }
  const Resolved resolved = [&](const Endpoint& endpoint) { return machine.resolver.address(endpoint); };
  PairNotes pairs(options.folders, name, machine.clock(), result.relays);
  const NoteTried note = [&](const std::vector<TriedWay>& tried, Locked locked) { pairs.keep(tried, locked); };
  const TryLock try_lock = try_lock_of(options, name, machine.stop);
  report(name, traverse(NatTraversal(std::move(result.due), network, result.relays, result.updated_at, traversal.times, machine.probes),
                        machine.backend, name, machine.wait, result.updated_at, resolved, std::move(handshakes), try_lock, traversal.times,
                        traversal.audience, note));
  pairs.finish(machine.backend);
}

Result<void> fetch_once(const ClientOptions& options, const InterfaceName& name, Machine& machine, Caller caller) {
  // Before the lock, whose file an unknown network does not get. The address never changes.
  TRY(const InterfaceConfig config, read_config(options.folders, name));
  FetchMemory memory;
  RoundResult result;
  {
    TRY(RoundLock lock, RoundLock::take(options.folders, name, machine.stop));
    TRY(result, fetch_round(options, name, machine, memory, caller, &lock));
  }
  // Of writes of a daemon that was killed: no command writes these files, and so none would clean up after it.
  for (const auto& file : {mapping_file(options.folders, name), relay_port_file(options.folders, name)})
    static_cast<void>(remove_leftovers_of(file));
  // Without the lock: it may take a minute, touches only peers without a connection, and others may want to work.
  traverse_due(options, name, config.address.truncated(), machine, std::move(result), std::move(memory.handshakes));
  return {};
}

Result<void> fetch(const ClientOptions& options, const InterfaceName& name, const Stop& stop) {
  TRY(SystemMachine system, SystemMachine::create(options, name, stop));
  Machine machine = system.machine();
  return fetch_once(options, name, machine, Caller::kFetch);
}

Result<void> up(const ClientOptions& options, const InterfaceName& name, const Stop& stop) {
  TRY(SystemMachine system, SystemMachine::create(options, name, stop));
  Machine machine = system.machine();
  return fetch_once(options, name, machine, Caller::kUp);
}

}  // namespace innernet::client

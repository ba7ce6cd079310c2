#include "fetch_round.hpp"

#include <algorithm>

#include "apply_state.hpp"
#include "innernet/client/data_store.hpp"
#include "innernet/client/fetch.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/machine/log.hpp"
#include "key_change.hpp"
#include "obtain_state.hpp"
#include "own_interface.hpp"
#include "pending_install.hpp"
#include "report_candidates.hpp"
#include "saved_etag.hpp"

namespace innernet::client {
namespace {

// Killed around the change of keys, an install has lost the handshake that the server did not take yet, and WireGuard tries the next one
// later than a request waits for its connection. A server that does not answer at all is found out by who asks next.
void finish_key_change(const Round& round) {
  log::info("the install of {} was cut short: finishing it", round.name.str());
  static_cast<void>(change_key(round.config, round.name, round.machine, {}));
}

struct Finished {
  RoundResult result;
  std::string etag_to_remember;
};

Result<Finished> run(const ClientOptions& options, const InterfaceName& name, Machine& machine, FetchMemory& memory, Caller caller) {
  const SavedEtag saved_etag(options.folders, name);
  TRY(const InterfaceConfig config, read_config(options.folders, name));
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
  TRY(ObtainedState obtained, obtain_state(round, loaded, saved_etag));
  DataStore store = loaded ? *std::move(loaded) : DataStore::empty(options.folders.data_store(name));
  if (!is_in_data_store(obtained.origin)) TRY_VOID(store.check_pins(obtained.state));
  apply_overrides(obtained.state, config.peer_endpoint_overrides);

  TRY(AppliedState applied, update_device(round, obtained, store, std::move(reading)));
  update_hosts(round, obtained.state);
  const EtagPlace etag_goes = etag_place(caller, obtained.origin);
  if (server_answered(obtained.origin)) report_candidates(round, obtained, applied.listen_port);
  if (!is_in_data_store(obtained.origin)) {
    store.take_over(std::move(obtained.state));
    TRY_VOID(store.save());
    if (etag_goes == EtagPlace::kFile) saved_etag.save(obtained.etag);
  }
  // Without the mark of an install that has not ended.
  if (ends_install && server_answered(obtained.origin)) TRY_VOID(write_config(options.folders, name, config));
  return Finished{
      .result = {.server_answered = server_answered(obtained.origin), .due = std::move(applied.due), .updated_at = applied.updated_at},
      .etag_to_remember = etag_goes == EtagPlace::kMemory ? std::move(obtained.etag) : ""};
}

}  // namespace

Result<RoundResult> fetch_round(const ClientOptions& options, const InterfaceName& name, Machine& machine, FetchMemory& memory,
                                Caller caller) {
  auto finished = run(options, name, machine, memory, caller);
  memory.news.reset();
  memory.etag.clear();
  if (!finished) return std::unexpected(std::move(finished).error());
  memory.etag = std::move(finished->etag_to_remember);
  return std::move(finished->result);
}

void traverse_due(const ClientOptions& options, const InterfaceName& name, const IpNet& network, Machine& machine, RoundResult result,
                  const TraversalOptions& traversal) {
  if (options.nat.no_traversal) return;
  std::vector<Endpoint> names;
  for (const TraversalPeer& peer : result.due) std::ranges::copy_if(peer.candidates, std::back_inserter(names), is_name);
  if (!names.empty()) machine.resolver.look_up(names, machine.clock(), machine.stop);
  const auto traversed = traverse(
      NatTraversal(std::move(result.due), network), machine.backend, name, machine.wait, result.updated_at,
      [&](const Endpoint& endpoint) { return machine.resolver.address(endpoint); }, traversal.times, traversal.audience);
  if (!traversed) log::warning("looking for ways to peers of {}: {}", quoted(name.str()), traversed.error().message());
}

Result<void> fetch_once(const ClientOptions& options, const InterfaceName& name, Machine& machine, Caller caller) {
  // Before the lock, whose file an unknown network does not get. The address never changes.
  TRY(const InterfaceConfig config, read_config(options.folders, name));
  FetchMemory memory;
  RoundResult result;
  {
    TRY(const FileLock lock, lock_network(options.folders, name, machine.stop));
    TRY(result, fetch_round(options, name, machine, memory, caller));
  }
  // Without the lock: it may take a minute, touches only peers without a connection, and others may want to work.
  traverse_due(options, name, config.address.truncated(), machine, std::move(result));
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

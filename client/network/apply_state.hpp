#pragma once

#include <string>
#include <vector>

#include "innernet/client/data_store.hpp"
#include "innernet/client/difference.hpp"
#include "innernet/hostsfile/hostsfile.hpp"
#include "innernet/machine/log.hpp"
#include "obtain_state.hpp"
#include "own_interface.hpp"

namespace innernet::client {

/// The names that stand in the place of addresses in endpoints that matter, the server's among them.
std::vector<Endpoint> names_to_look_up(const State& state, const Endpoint& server);

/// What the hosts file says of a state: nothing of disabled peers.
std::vector<hostsfile::Entry> entries_of_enabled(const State& state, const HostsOptions& options, const InterfaceName& name);

enum class Details { kHidden, kShown };

struct LogLines {
  log::Level level;
  std::string text;  ///< lines, with `\n` between them

  friend bool operator==(const LogLines&, const LogLines&) = default;
};
/// What happened to the peers. Lines of one level are joined: a write each would be half of the work of a first fetch of a large network.
std::vector<LogLines> lines_about(const std::vector<PeerChange>& changes, Details details);

struct AppliedState {
  std::vector<TraversalPeer> due;
  std::vector<TraversalPeer> relayed;
  std::vector<UsedRelay> used_relays;
  std::vector<SocketAddress> relays;
  BootTime updated_at{};
  std::uint16_t listen_port = 0;
};

/// Brings the device in line with the state, `store` and `known_relays` being what was known before, `registered` who is so with a relay if
/// the state is the server's.
Result<AppliedState> update_device(const Round& round, const ObtainedState& obtained, const RelayRegistrations& registered,
                                   std::span<const Relay> known_relays, const DataStore& store, DeviceReading reading);

/// Brings the hosts file in line. A failure is only warned about.
void update_hosts(const Round& round, const State& state);

}  // namespace innernet::client

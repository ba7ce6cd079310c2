#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "direct_tries.hpp"
#include "innernet/client/data_store.hpp"
#include "innernet/client/options.hpp"
#include "innernet/client/rest_client.hpp"
#include "innernet/config/config.hpp"
#include "known_servers.hpp"
#include "machine.hpp"
#include "nat_traversal.hpp"
#include "round_policy.hpp"

namespace innernet::client {

/// What one round leaves to the next of the same network.
struct FetchMemory {
  RequestTimes times{};   ///< of `client`
  int interrupt_fd = -1;  ///< the same; see RestClient::interrupt_by()
  std::optional<RestClient> client;
  SocketAddress server;                     ///< of `client`
  std::optional<wg::PublicKey> server_key;  ///< of `client`
  std::optional<Capabilities> capabilities;
  std::string etag;                  ///< of `state`, which was applied to the device without error since the interface came up; else empty
  State state;                       ///< as the server sent it
  std::optional<DataStore> unsaved;  ///< the data store, where its file can't be written
  std::optional<std::vector<Relay>> unsaved_relays;  ///< the same of them
  std::optional<KnownServers> unsaved_servers;       ///< the same of what is known of the servers
  std::optional<StateAnswer> news;                   ///< what waiting for news has brought: the next round does not ask again
  std::vector<SocketAddress> mapped;                 ///< where the own router lets others in to us
  std::optional<std::vector<Endpoint>> reported;
  std::optional<BootTime> report_after;                       ///< the server wants no report before
  std::optional<std::vector<RelayDistance>> relay_distances;  ///< as measured; none: not yet
  std::optional<BootTime> distances_after;                    ///< the next report of them
  Handshakes handshakes;
  bool has_moved = false;                   ///< this machine, since the server has answered: its session is not believed
  std::vector<SocketAddress> server_tried;  ///< where there was no handshake with it in this round, of several
  bool is_server_doubted = false;           ///< it was of no use when it was asked last: another one of the network comes first
  std::optional<BootTime> term_heard;       ///< when a server with a term has answered last; of a daemon that knows none since it asks
  int own_link = 0;                         ///< the index of the link that had our key in an earlier round; 0: none
  TraversalHistory traversal;
  DirectTries direct_tries;
  std::unordered_set<wg::PublicKey> in_traversal;    ///< by another thread of this process
  std::unordered_set<wg::PublicKey> tried_directly;  ///< by yet another one

  std::function<void()> shows_life = [] {};  ///< called between steps that may take long

  /// `client`, made anew when the config names another server, of which nothing is known.
  RestClient& client_of(const InterfaceConfig& config, const InterfaceName& name, const Machine& machine);
  /// Whatever was applied to an interface goes with it.
  void forget_interface();
};

/// What the pieces of a round have in common.
struct Round {
  const ClientOptions& options;
  const InterfaceName& name;
  const InterfaceConfig& config;
  Machine& machine;
  FetchMemory& memory;
  Caller caller;
};

}  // namespace innernet::client

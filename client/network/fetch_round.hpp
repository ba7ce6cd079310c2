#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "innernet/client/options.hpp"
#include "innernet/client/rest_client.hpp"
#include "innernet/config/config.hpp"
#include "machine.hpp"
#include "nat_traversal.hpp"

namespace innernet::client {

/// What one round leaves to the next of the same network.
struct FetchMemory {
  std::optional<RestClient> client;
  SocketAddress server;                     ///< of `client`
  std::optional<wg::PublicKey> server_key;  ///< of `client`
  std::optional<Capabilities> capabilities;
  std::string etag;                 ///< of `state`, which was applied to the device without error since the interface came up; else empty
  State state;                      ///< as the server sent it
  std::optional<StateAnswer> news;  ///< what waiting for news has brought: the next round does not ask again
  std::optional<std::vector<Endpoint>> reported;
  TraversalHistory traversal;
  std::unordered_set<wg::PublicKey> in_traversal;  ///< by another thread
};

struct RoundKind {
  bool may_bring_up = false;
  bool is_repeated = false;  ///< by a daemon: says less when nothing happens, asks with an ETag, remembers what was tried
  bool of_install = false;   ///< which changes the keys and ends itself; else an install that was cut short is finished
};

struct RoundResult {
  bool server_answered = false;
  std::vector<TraversalPeer> due;
  BootTime updated_at{};
};

/// Brings interface, hosts file and data store in line with the server's state, or with the cached one when the server can't be reached,
/// and reports our candidates. The caller holds the network's lock, and follows up with traverse_due() without it.
Result<RoundResult> fetch_round(const ClientOptions& options, const InterfaceName& name, Machine& machine, FetchMemory& memory,
                                RoundKind kind);

/// NAT traversal for those who are due. Its failure is only warned about: the next round tries again.
void traverse_due(const ClientOptions& options, const InterfaceName& name, const IpNet& network, Machine& machine, FetchMemory& memory,
                  RoundResult result, bool is_repeated, const TraversalTimes& times = {});

/// One fetch with its own memory and the network's lock: what fetch() and up() do on the given machine.
Result<void> fetch_once(const ClientOptions& options, const InterfaceName& name, Machine& machine, RoundKind kind);

/// The peer that the config makes of its server, with the endpoint if that is known now (resolve it first).
wg::PeerUpdate server_peer(const InterfaceConfig& config, const Resolver& resolver);

}  // namespace innernet::client

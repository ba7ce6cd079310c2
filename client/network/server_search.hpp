#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "known_servers.hpp"
#include "own_interface.hpp"
#include "server_walk.hpp"

namespace innernet::client {

/// "A, B and C".
std::string text_of(std::span<const SocketAddress> addresses);

/// For an interface that was brought up just now, with the first address of the server's name: where there are more, each gets a second,
/// until there is a handshake. The first one stays when there is none at any.
Result<void> search_new_server(const InterfaceConfig& config, const InterfaceName& name, Machine& machine);

/// The same during a round, for a network of one server or of several.
class ServerSearch {
 public:
  /// `last`: the last state, if there is one; `known`: what was said of the servers until now. Both must outlive it.
  ServerSearch(const Round& round, const State* last, const KnownServers& known) : round_(round), last_(last), known_(known) {}

  /// At the beginning of a round that finds no live tunnel to the server, or whose server was of no use to the last one although it had one
  /// (memory.is_server_doubted) where there are others. Its names are looked up each time. First comes what the config says, which stays
  /// when there is no handshake at all; then where the last state says that it is, for it may have moved, and so may what the config says;
  /// then the known servers. What was tried in vain is left in memory.server_tried. `reading` is forgotten when the device was changed.
  Result<void> find(DeviceReading& reading);
  /// The server that was asked is of no use. Whether another one had a handshake, of those that were not tried in this round; otherwise the
  /// device stays with the one that was asked.
  Result<bool> find_other(DeviceReading& reading);

 private:
  bool may_search() const;
  std::vector<Endpoint> endpoints() const;
  std::vector<SocketAddress> addresses();
  /// Whether there was a handshake; else `stays` is on the device.
  Result<bool> walk_on(const SocketAddress& stays);

  const Round& round_;
  const State* last_;
  const KnownServers& known_;
  std::optional<ServerWalk> walk_;
};

}  // namespace innernet::client

#pragma once

#include <vector>

#include "commands/commands.hpp"
#include "innernet/config/config.hpp"
#include "innernet/server/registry.hpp"

namespace innernet::server {

/// The database of a network that exists; else the error says what `new` would do.
Result<Registry> open_registry(const CommandContext& context, const InterfaceName& interface);

/// The config of the network. Fixes a mode that others can read, and says so.
Result<ServerConfig> open_config(const CommandContext& context, const InterfaceName& interface);

/// Brings a change to the device, if the interface is up. `serve` does the same when it sees the change in the database, so a failure is a
/// warning: the database is what counts.
void update_device(const CommandContext& context, const InterfaceName& interface, std::vector<wg::PeerUpdate> peers);

/// The peer as it belongs on the server's own device.
wg::PeerUpdate device_peer(const Peer& peer);

/// True: go on. False: the user said no, which has been printed.
Result<bool> confirmed(const CommandContext& context, bool yes, const std::string& question);

}  // namespace innernet::server

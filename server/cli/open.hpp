#pragma once

#include <vector>

#include "innernet/command_line/context.hpp"
#include "innernet/config/config.hpp"
#include "innernet/server/registry.hpp"

namespace innernet::server {

/// The database of a network that exists; else the error says what `new` would do.
Result<Registry> open_registry(const command_line::Context& context, const InterfaceName& interface);

/// The config of the network. Fixes a mode that others can read, and says so.
Result<ServerConfig> open_config(const command_line::Context& context, const InterfaceName& interface);

/// Lets the registry refuse a peer that the device has no room for, if the interface is up.
void limit_to_device(const command_line::Context& context, const InterfaceName& interface, Registry& registry);

/// Brings a change to the device, if the interface is up and has the network's key. `serve` does the same when it sees the change in the
/// database, so a failure is a warning: the database is what counts.
void update_device(const command_line::Context& context, const InterfaceName& interface, std::vector<wg::PeerUpdate> peers);

}  // namespace innernet::server

#pragma once

#include <functional>
#include <vector>

#include "innernet/command_line/context.hpp"
#include "innernet/config/config.hpp"
#include "innernet/server/registry.hpp"

namespace innernet::server {

/// Where the network's database is: what its config says, and where that can't be read, the usual file.
DatabaseLocation database_of(const Folders& folders, const InterfaceName& interface);

/// What went wrong with a PostgreSQL database, with what an administrator does about it. `whence`: what names it, for who has to change
/// that.
Error with_remedy(const Error& error, std::string_view whence);

/// A network's database, open for a command. It is written only while it is the network's: `move-database` may be faster than who reads a
/// question.
class OpenDatabase {
 public:
  const Network& network() const { return registry_.network(); }
  void set_max_on_device(std::optional<std::size_t> most) { registry_.set_max_on_device(most); }
  /// As Registry::write(); kBusy, and nothing is written, when the network is in another database by now.
  Result<void> write(const std::function<Result<void>(Registry::Writer&)>& change);

 private:
  friend Result<OpenDatabase> open_registry(const command_line::Context& context, const InterfaceName& interface);
  OpenDatabase(Registry registry, DatabaseLocation location, Folders folders, InterfaceName interface)
      : registry_(std::move(registry)), location_(std::move(location)), folders_(std::move(folders)), interface_(std::move(interface)) {}

  Result<void> check_location() const;

  Registry registry_;
  DatabaseLocation location_;
  Folders folders_;
  InterfaceName interface_;
};

/// The database of a network that exists; else the error says what `new` would do.
Result<OpenDatabase> open_registry(const command_line::Context& context, const InterfaceName& interface);

/// The config of the network. Fixes a mode that others can read, and says so.
Result<ServerConfig> open_config(const command_line::Context& context, const InterfaceName& interface);

/// Lets the registry refuse a peer that the device has no room for, if the interface is up.
void limit_to_device(const command_line::Context& context, const InterfaceName& interface, OpenDatabase& registry);

/// Brings a change to the device, if the interface is up and has the network's key. `serve` does the same when it sees the change in the
/// database, so a failure is a warning: the database is what counts.
void update_device(const command_line::Context& context, const InterfaceName& interface, std::vector<wg::PeerUpdate> peers);

}  // namespace innernet::server

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "innernet/config/config.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/hostname.hpp"

// The servers of a network whose database is PostgreSQL: one of them serves, the others stand by. For the command line.

namespace innernet::server {

struct ServerOfNetwork {
  std::string name;
  Endpoint endpoint;
  bool is_active = false;
  std::optional<std::chrono::seconds> active_for{};  ///< of the active one
  std::optional<std::chrono::seconds> seen_ago{};    ///< when it was last there, active or standing by; none: never

  /// A server says that it is there every five seconds.
  bool stands_by() const { return !is_active && seen_ago && *seen_ago < std::chrono::seconds(15); }
};

/// What the server is called that this config is of.
std::string name_of_server(const ServerConfig& config);

/// First the one that was there first. Errors as those of Registry::open().
Result<std::vector<ServerOfNetwork>> list_servers(const DatabaseUrl& url);

/// From now on peers know of it. kAlreadyExists: the name or the endpoint is another server's.
Result<void> add_server(const DatabaseUrl& url, const Hostname& name, const Endpoint& endpoint);

/// Peers don't try it any more. kNotFound: there is none of this name. kInvalidInput: it is the active one, or the last.
Result<void> remove_server(const DatabaseUrl& url, const Hostname& name);

/// Tells the active server to let another one take over; it stands by then. kNotFound: none is active, or none stands by.
Result<void> step_down(const DatabaseUrl& url);

}  // namespace innernet::server

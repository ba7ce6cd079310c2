#pragma once

#include <cstdint>
#include <optional>

#include "innernet/config/config.hpp"

namespace innernet::server {

/// What a config that was read anew demands of a server that runs.
struct ConfigChange {
  bool needs_restart = false;                ///< it says something that is taken only by the next start
  std::optional<std::uint16_t> listen_port;  ///< another than now: device and API move there

  friend bool operator==(const ConfigChange&, const ConfigChange&) = default;
};
ConfigChange config_change(const ServerConfig& served, const ServerConfig& read);

}  // namespace innernet::server

#pragma once

#include <chrono>
#include <optional>

#include "innernet/client/options.hpp"

namespace innernet::client {

enum class DaemonEnd {
  kTold,         ///< by SIGTERM or SIGINT
  kNothingLeft,  ///< no config to look after
};

/// `innernet up --daemon`: looks after one network, or all that are configured (those that appear later, too), until SIGTERM or SIGINT,
/// or until the configs of all are gone. Blocks; takes over SIGTERM, SIGINT and SIGHUP of the process. A network that fails is logged
/// and tried again with growing pauses; no other one is held up. Fails only when it can't start: `only` is not installed, or
/// the system refuses a descriptor.
Result<DaemonEnd> run_daemon(const ClientOptions& options, std::optional<InterfaceName> only, std::chrono::seconds interval);

}  // namespace innernet::client

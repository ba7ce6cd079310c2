#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <vector>

#include "innernet/base/file.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/client/stop.hpp"
#include "innernet/values/options.hpp"

namespace innernet::client {

/// The files of a network, whether they are there or not, its config first: without any of them there is no such network.
std::vector<std::filesystem::path> network_files(const Folders& folders, const InterfaceName& name);

/// What becomes of a command whose files lie on a file system that takes no changes (an appliance's).
enum class ReadOnly {
  kRefused,   ///< it has to write
  kAccepted,  ///< it works on the interface, too: a warning says once that nothing is remembered, and the config serves as the lock
};

/// Held (flock on DATA_DIR/NAME.lock) by each command that changes a network, and by each round of the daemon, but not while they
/// wait for the server. Waits up to `patience` or until `stop` (which may be null), then fails; the first names
/// the holder's process id. Makes the data folder if it is missing. The file goes with the last of network_files().
/// fetch(), up() and install() take it themselves; other changing commands take it here, and not around those.
Result<FileLock> lock_network(const Folders& folders, const InterfaceName& name, const Stop* stop, ReadOnly read_only,
                              std::chrono::milliseconds patience = std::chrono::seconds(10));

/// The process id of the daemon that looks after this network, none without one. `down` warns: it would bring the interface up again.
std::optional<int> daemon_of(const Folders& folders, const InterfaceName& name);

/// Locked by that daemon, with its process id. Not among network_files(): it is the daemon's.
std::filesystem::path daemon_file(const Folders& folders, const InterfaceName& name);

}  // namespace innernet::client

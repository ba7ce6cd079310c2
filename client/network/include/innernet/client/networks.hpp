#pragma once

#include <vector>

#include "innernet/client/options.hpp"
#include "innernet/config/config.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

/// The networks of a config folder: regular files `NAME.conf`, sorted by name. Files that start with a dot are skipped silently, those
/// whose stem is no interface name with a warning. A missing folder holds none. Fails when the folder can't be read.
Result<std::vector<InterfaceName>> configured_networks(const Folders& folders);

/// Reads NAME.conf, with a warning when others can access it. kNotFound says that the network is not installed; kPermission names the
/// group recipe.
Result<InterfaceConfig> read_config(const Folders& folders, const InterfaceName& name);

/// Whether a device of that name has a key that is neither its config's nor that of the invitation whose install was cut short: somebody
/// else's then, the server's on this machine perhaps, and not ours to remove. Without a config nothing says so.
bool has_foreign_key(const Folders& folders, const wg::Device& device);

/// Replaces NAME.conf.
Result<void> write_config(const Folders& folders, const InterfaceName& name, const InterfaceConfig& config);

}  // namespace innernet::client

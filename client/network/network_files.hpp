#pragma once

#include <filesystem>
#include <vector>

#include "innernet/values/options.hpp"

namespace innernet::client {

// Files of ours beside NAME.conf and NAME.json. None ends in .conf or .json: the Rust programs would take them for networks.

/// The config of an install that has not ended.
inline std::filesystem::path pending_file(const Folders& folders, const InterfaceName& name) {
  return folders.config / (name.str() + ".pending");
}
/// Where the `number`th one (from 1) goes that another invitation's install came upon. There may be the only copy of a redeemed key in it,
/// so none is ever replaced; an install of its own invitation takes it back.
std::filesystem::path set_aside_pending_file(const Folders& folders, const InterfaceName& name, unsigned number = 1);
/// Those that are there, by number.
std::vector<std::filesystem::path> set_aside_pending_files(const Folders& folders, const InterfaceName& name);
inline std::filesystem::path corrupt_copy(const std::filesystem::path& data_store) { return data_store.string() + ".corrupt"; }
/// Locked, and there, while somebody tries other endpoints of peers (fetch_round.hpp).
inline std::filesystem::path traversal_file(const Folders& folders, const InterfaceName& name) {
  return folders.data / (name.str() + ".traversal");
}
/// See saved_relays.hpp.
inline std::filesystem::path relays_file(const Folders& folders, const InterfaceName& name) {
  return folders.data / (name.str() + ".relays");
}
/// See saved_servers.hpp.
inline std::filesystem::path servers_file(const Folders& folders, const InterfaceName& name) {
  return folders.data / (name.str() + ".servers");
}
/// See saved_pairs.hpp.
inline std::filesystem::path pairs_file(const Folders& folders, const InterfaceName& name) {
  return folders.data / (name.str() + ".pairs");
}
/// See saved_mapping.hpp.
inline std::filesystem::path mapping_file(const Folders& folders, const InterfaceName& name) {
  return folders.data / (name.str() + ".mapping");
}
/// The UDP port of the relay that this machine has run for the network (own_relay.hpp).
inline std::filesystem::path relay_port_file(const Folders& folders, const InterfaceName& name) {
  return folders.data / (name.str() + ".relay-port");
}
/// See saved_etag.hpp.
inline std::filesystem::path etag_file(const Folders& folders, const InterfaceName& name) { return folders.data / (name.str() + ".etag"); }

}  // namespace innernet::client

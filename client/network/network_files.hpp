#pragma once

#include <filesystem>

#include "innernet/values/options.hpp"

namespace innernet::client {

// Files of ours beside NAME.conf and NAME.json. None ends in .conf or .json: the Rust programs would take them for networks.

/// The config of an install that has not ended.
inline std::filesystem::path pending_file(const Folders& folders, const InterfaceName& name) {
  return folders.config / (name.str() + ".pending");
}
/// One that another invitation's install came upon. Nothing reads it; there may be the only copy of a redeemed key in it.
inline std::filesystem::path set_aside_pending_file(const Folders& folders, const InterfaceName& name) {
  return folders.config / (name.str() + ".pending.old");
}
inline std::filesystem::path corrupt_copy(const std::filesystem::path& data_store) { return data_store.string() + ".corrupt"; }
/// See saved_etag.hpp.
inline std::filesystem::path etag_file(const Folders& folders, const InterfaceName& name) { return folders.data / (name.str() + ".etag"); }

}  // namespace innernet::client

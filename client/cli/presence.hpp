#pragma once

#include <filesystem>

#include "innernet/base/interface_name.hpp"
#include "innernet/values/options.hpp"

namespace innernet::client {

/// Whether something is at `path` (a link that leads nowhere counts). Fails when that can't be told, for example for lack of rights.
Result<bool> is_present(const std::filesystem::path& path);

/// Whether a network is ours: it has a config or a data store.
Result<bool> is_ours(const Folders& folders, const InterfaceName& name);

/// kNotFound: no network of that name is installed.
std::unexpected<Error> not_installed(const Folders& folders, const InterfaceName& name);

}  // namespace innernet::client

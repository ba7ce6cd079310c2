#pragma once

#include <filesystem>

#include "innernet/config/config.hpp"

namespace innernet::client {

/// Reads an invitation, which comes from somebody else, and checks it. Errors name the file.
Result<InterfaceConfig> read_invitation(const std::filesystem::path& path);

/// Whether it can be what a server hands out: a name of bounded length, a network that is neither the internet nor this machine
/// (check_network_range()), a server that is inside of it and reached from outside. Fails with kInvalidInput, naming the key.
Result<void> check_invitation(const InterfaceConfig& invitation);

}  // namespace innernet::client

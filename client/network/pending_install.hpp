#pragma once

#include <filesystem>
#include <optional>

#include "innernet/base/error.hpp"
#include "innernet/config/config.hpp"

namespace innernet::client {

/// The config that an install writes before it tells the server of the permanent key: NAME.conf as it will be, with the
/// invitation's public key in a comment. Renamed to NAME.conf when the server has answered, it still tells whose install it was;
/// when that has changed the keys, the comment goes.
struct PendingInstall {
  wg::PublicKey invitation;
  InterfaceConfig config;  ///< with the permanent key

  SecretText to_text() const;
  /// None when there is no such file, kInvalidInput when it is something else.
  static Result<std::optional<PendingInstall>> read(const std::filesystem::path& path);
};

/// The public key of the invitation whose install wrote this config and did not end, else none.
std::optional<wg::PublicKey> invitation_of_config(const std::filesystem::path& config_file);

}  // namespace innernet::client

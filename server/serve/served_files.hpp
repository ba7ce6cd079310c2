#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "innernet/base/file.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/values/options.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::server {

/// Config, database and lock of the network that is served, under names that others can give to other files. (Whether the database is the
/// network's is the Coordinator's to tell.)
class ServedFiles {
 public:
  /// `guarded` are those that the network can't do without: the config, and the database if it is a file.
  ServedFiles(const Folders& folders, const InterfaceName& interface, std::vector<std::filesystem::path> guarded, const wg::PublicKey& key,
              FileLock lock);

  /// One that the network can't do without, if it is not there.
  std::optional<std::filesystem::path> missing() const;
  /// Why the network is not ours to serve any more; none: it is. A lock file that somebody has removed is made anew.
  std::optional<std::string> taken_over();
  /// taken_over() has found another network's config.
  bool has_other_config() const { return has_other_config_; }

 private:
  std::optional<std::string> other_config();
  std::optional<std::string> other_server();

  std::filesystem::path config_;
  std::vector<std::filesystem::path> guarded_;
  std::filesystem::path lock_file_;
  wg::PublicKey key_;
  std::optional<FileLock> lock_;
  struct stat read_{};  // the config, when it was read last
  bool has_other_config_ = false;
};

}  // namespace innernet::server

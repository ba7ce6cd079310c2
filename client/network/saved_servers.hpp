#pragma once

#include <chrono>
#include <filesystem>

#include "innernet/base/clock.hpp"
#include "innernet/values/options.hpp"
#include "known_servers.hpp"

namespace innernet::client {

/// What is known of a network's servers, from one process to the next. The file's time says when a server with a term has answered last, a
/// minute too early at most: all that a command that ends soon knows of it.
class SavedServers {
 public:
  SavedServers(const Folders& folders, const InterfaceName& name, const wg::PublicKey& server_key);

  /// Empty when there is no file, or none that can be read.
  KnownServers read() const;
  /// A server has said so at `now`. Of nothing there is no file. Whether it could be written; what was there before stays, otherwise.
  bool save(const KnownServers& known, WallTime now) const;
  /// Since the file's time. A file of the future is of this moment, since clocks are set; 0 without a file.
  std::chrono::nanoseconds age(WallTime now) const;

 private:
  std::filesystem::path path_;
  wg::PublicKey server_key_;
};

}  // namespace innernet::client

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "innernet/values/options.hpp"

namespace innernet::client {

/// No two contents of a path have the same: replacing makes another inode, writing another time of change. Empty: there is none.
std::string file_identity(const std::filesystem::path& path);

/// The ETag of the state in a network's data store, from one fetch to the next: a server with nothing new need not send 10,000 peers, and
/// we need not read them. It counts only while the data store, the relays and the config (whose overrides are in the data store) are the
/// very files that it was saved for, and what is known of the servers (NAME.servers) is the same; a file that was edited, restored or
/// written by another program makes the next fetch a whole one.
class SavedEtag {
 public:
  /// Looks at the config: construct it before that is read. The caller holds the network's lock.
  SavedEtag(const Folders& folders, const InterfaceName& name);

  /// Empty: none that counts.
  std::string read() const;
  /// For the data store as it lies there now; empty: forgets. Not having it costs one whole fetch, so failures are only logged.
  void save(std::string_view etag) const;

 private:
  /// Which files it was saved for, were it saved now; empty: one of them is missing.
  std::string files() const;

  std::filesystem::path path_;
  std::filesystem::path data_store_;
  std::filesystem::path relays_;
  std::filesystem::path servers_;
  std::string config_identity_;
};

}  // namespace innernet::client

#pragma once

#include <filesystem>
#include <vector>

#include "innernet/values/options.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::client {

/// The relays of the state that is in a network's data store, whose file belongs to the Rust programs as well: they would lose them.
/// Without the file no ETag counts (saved_etag.hpp), so not having it costs one whole fetch, and failures are only logged.
class SavedRelays {
 public:
  SavedRelays(const Folders& folders, const InterfaceName& name);

  /// None when there is no file, or none that can be read.
  std::vector<Relay> read() const;
  /// Writes nothing when the file says the same. Whether it does in the end.
  bool save(const std::vector<Relay>& relays) const;

 private:
  std::filesystem::path path_;
};

}  // namespace innernet::client

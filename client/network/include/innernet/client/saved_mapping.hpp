#pragma once

#include <filesystem>

#include "innernet/client/mapping_report.hpp"
#include "innernet/values/options.hpp"

namespace innernet::client {

/// What the daemon says of a network's port on the router, for the commands. It decides nothing: failures are only logged.
class SavedMapping {
 public:
  SavedMapping(const Folders& folders, const InterfaceName& name);

  /// Says nothing when there is no file, or none that can be read.
  MappingReport read() const;
  /// Writes nothing when the file says the same. The caller holds the network's lock.
  void save(const MappingReport& report) const;
  void remove() const;

 private:
  std::filesystem::path path_;
};

}  // namespace innernet::client

#pragma once

#include <filesystem>
#include <functional>

#include "innernet/client/pair_record.hpp"
#include "innernet/values/options.hpp"

namespace innernet::client {

/// The records of a network's pairs, from one command to the next. They are told to people and decide nothing: failures are only logged.
class SavedPairs {
 public:
  SavedPairs(const Folders& folders, const InterfaceName& name);

  /// None when there is no file, or none that can be read.
  PairRecords read() const;
  /// Reads, changes and writes, if something has changed. The caller holds the network's lock.
  void change(const std::function<void(PairRecords&)>& change) const;

 private:
  std::filesystem::path path_;
};

}  // namespace innernet::client

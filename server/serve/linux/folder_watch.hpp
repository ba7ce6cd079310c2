#pragma once

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/unique_fd.hpp"
#include "innernet/values/options.hpp"

namespace innernet::server {

/// Notices when somebody writes, replaces or removes a network's config or database (inotify(7)). It tells early: SQLite's
/// change is visible only a moment later.
class FolderWatch {
 public:
  static Result<FolderWatch> open(const Folders& folders, const InterfaceName& interface);

  int fd() const { return fd_.get(); }
  /// Reads what there is; whether any of it was about this network.
  bool drain();

 private:
  FolderWatch(UniqueFd fd, std::string prefix) : fd_(std::move(fd)), prefix_(std::move(prefix)) {}

  UniqueFd fd_;
  std::string prefix_;
};

}  // namespace innernet::server

#pragma once

#include "innernet/base/clock.hpp"
#include "innernet/base/error.hpp"
#include "innernet/base/unique_fd.hpp"

namespace innernet::client {

/// Becomes readable at a moment of boot time, which goes on while the machine sleeps; poll's own time-out stands still.
class BootTimer {
 public:
  static Result<BootTimer> create();

  /// In place of what was set before. One that has passed counts at once.
  Result<void> set(BootTime due);
  int fd() const { return fd_.get(); }

 private:
  explicit BootTimer(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace innernet::client

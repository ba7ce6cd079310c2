#pragma once

#include "innernet/base/unique_fd.hpp"

namespace innernet::client {

/// Becomes readable when the wall clock was set, or the machine has slept. Where that can't be watched, never.
class ClockWatch {
 public:
  ClockWatch();
  int fd() const { return fd_.get(); }
  /// Whether it has happened since the last call.
  bool take();

 private:
  void arm();

  UniqueFd fd_;
};

}  // namespace innernet::client

#pragma once

#include "innernet/base/error.hpp"
#include "innernet/base/unique_fd.hpp"

namespace innernet::client {

/// Something that ends a wait early, from another thread or a signal handler. Stays until it is taken.
class Nudge {
 public:
  static Result<Nudge> create();

  /// Async-signal-safe.
  void give();
  /// Whether there was one.
  bool take();
  /// Readable while there is one.
  int fd() const { return fd_.get(); }

 private:
  explicit Nudge(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace innernet::client

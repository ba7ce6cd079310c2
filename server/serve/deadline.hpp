#pragma once

#include <optional>

#include "innernet/base/clock.hpp"

namespace innernet::server {

/// When something is due, if at all.
class Deadline {
 public:
  std::optional<BootTime> due() const { return due_; }
  bool is_set() const { return due_.has_value(); }

  void set(BootTime due) { due_ = due; }
  void clear() { due_.reset(); }
  /// The first of many wishes counts: those that follow don't put it off.
  void set_no_later_than(BootTime due) {
    if (!due_ || due < *due_) due_ = due;
  }

 private:
  std::optional<BootTime> due_;
};

}  // namespace innernet::server

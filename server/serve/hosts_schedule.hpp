#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include "deadline.hpp"

namespace innernet::server {

/// When the hosts file is written: in a rhythm, for others may have changed it, and a moment after a change of the network.
class HostsSchedule {
 public:
  struct Periods {
    std::chrono::milliseconds regular;
    std::chrono::milliseconds after_change;  ///< from the first of many
  };

  explicit HostsSchedule(const Periods& periods) : periods_(periods) {}

  /// None before begin().
  std::optional<BootTime> due() const { return deadline_.due(); }
  void begin(BootTime now) { deadline_.set(now); }
  /// The entries are others now.
  void note_change(BootTime now) {
    if (!std::exchange(are_entries_old_, true) && deadline_.is_set()) deadline_.set_no_later_than(now + periods_.after_change);
  }
  /// The entries may be others now, and somebody waits for them.
  void hasten(BootTime now) {
    are_entries_old_ = true;
    if (deadline_.is_set()) deadline_.set(now);
  }
  /// The file is being written. True if the entries have to be made anew for it.
  bool begin_write(BootTime now) {
    deadline_.set(now + periods_.regular);
    return std::exchange(are_entries_old_, false);
  }

 private:
  Periods periods_;
  Deadline deadline_;
  bool are_entries_old_ = true;
};

}  // namespace innernet::server

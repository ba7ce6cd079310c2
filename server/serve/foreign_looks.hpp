#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "deadline.hpp"

namespace innernet::server {

/// When the database is looked at for what other programs have written, and whether its file is looked up by name then.
///
/// A notification comes before SQLite's change is visible, so it is followed by a series of looks. What happens during a series makes it be
/// followed by another one: the last look of the first may have come too early for it.
class ForeignLooks {
 public:
  /// From now on notifications tell of what happens to the file. Without them it is looked up in each turn.
  void begin_to_be_notified() { is_notified_ = true; }

  /// Something has happened to our files.
  void notice(BootTime now);
  std::optional<BootTime> due() const { return deadline_.due(); }
  /// The look that is due is taken.
  void look(BootTime now);

  /// Something that nobody notifies of may have happened to the file: a mount, or to a folder further up.
  void doubt_file() { is_file_in_doubt_ = true; }
  /// Whether the turn that begins has to look the file up, for it may have been replaced.
  bool take_doubt() { return std::exchange(is_file_in_doubt_, false) || !is_notified_; }

 private:
  Deadline deadline_;
  std::size_t step_ = 0;  // of the series
  bool again_ = false;
  bool is_file_in_doubt_ = true;
  bool is_notified_ = false;
};

}  // namespace innernet::server

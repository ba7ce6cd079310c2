#pragma once

#include <signal.h>
#include <termios.h>

#include <array>

#include "innernet/base/error.hpp"

namespace innernet::prompt {

enum class Signalled { kNothing, kEnd, kRedraw };

/// A terminal that gives every key as it is pressed, and signals that arrive as something to read, while this lives. When it goes, both
/// are as they were. One at a time in a process.
class RawMode {
 public:
  explicit RawMode(int terminal);
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
  ~RawMode();

  /// Again, when something else may have changed the mode (the shell of a job that was stopped).
  Result<void> enter();
  /// As it was before enter(); afterwards, enter() again.
  void leave();

  /// Becomes readable when a signal has arrived.
  int signal_fd() const { return pipe_[0]; }
  /// What has arrived since the last call. An end stays one.
  Signalled signalled();

 private:
  Result<void> watch_signals();

  static constexpr std::array<int, 6> kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT};

  int terminal_;
  bool is_raw_ = false;
  termios before_{};
  termios raw_{};
  std::array<int, 2> pipe_{-1, -1};
  std::array<struct sigaction, kSignals.size()> handlers_{};
};

}  // namespace innernet::prompt

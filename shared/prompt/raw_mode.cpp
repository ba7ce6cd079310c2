#include "raw_mode.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace innernet::prompt {
namespace {

std::atomic<int> pipe_of_signals = -1;
std::atomic<bool> has_to_end = false;

void on_signal(int signal) {
  const int saved_errno = errno;
  if (signal != SIGWINCH && signal != SIGCONT) has_to_end = true;
  const char byte = 's';
  // Full, when nobody has read for thousands of signals: then there is something to read anyway.
  [[maybe_unused]] const ssize_t ignored = ::write(pipe_of_signals, &byte, 1);
  errno = saved_errno;
}

/// tcsetattr(3) may be interrupted by the very signals that we wait for.
int set_attributes(int terminal, const termios& attributes) {
  int result = 0;
  do result = ::tcsetattr(terminal, TCSANOW, &attributes);  // not TCSAFLUSH: what was typed ahead is an answer, too
  while (result != 0 && errno == EINTR);
  return result;
}

}  // namespace

RawMode::RawMode(int terminal) : terminal_(terminal) {}

Result<void> RawMode::watch_signals() {
  if (::pipe2(pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0) return fail_errno(errno, "making a pipe");
  has_to_end = false;
  pipe_of_signals = pipe_[1];
  struct sigaction action{};
  action.sa_handler = on_signal;
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &action, &handlers_[i]);
    // Ignored for good, for example by nohup(1).
    if (handlers_[i].sa_handler == SIG_IGN && kSignals[i] != SIGWINCH) ::sigaction(kSignals[i], &handlers_[i], nullptr);
  }
  return {};
}

Result<void> RawMode::enter() {
  if (pipe_[0] < 0) TRY_VOID(watch_signals());
  if (!is_raw_) {
    if (::tcgetattr(terminal_, &before_) != 0) return fail_errno(errno, "reading the mode of the terminal");
    raw_ = before_;
    // Keys as they are pressed, none of them a signal; output is left alone.
    raw_.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
    raw_.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IGNCR | IXON | ISTRIP);
    raw_.c_cc[VMIN] = 1;
    raw_.c_cc[VTIME] = 0;
    is_raw_ = true;
  }
  if (set_attributes(terminal_, raw_) != 0) return fail_errno(errno, "setting the mode of the terminal");
  return {};
}

void RawMode::leave() {
  if (!is_raw_) return;
  is_raw_ = false;
  // Fails when the terminal has gone, and then there is nothing to restore.
  (void)set_attributes(terminal_, before_);
}

RawMode::~RawMode() {
  leave();
  if (pipe_[0] < 0) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &handlers_[i], nullptr);
  pipe_of_signals = -1;
  ::close(pipe_[0]);
  ::close(pipe_[1]);
}

Signalled RawMode::signalled() {
  char bytes[64];
  bool any = false;
  while (::read(pipe_[0], bytes, sizeof bytes) > 0) any = true;
  if (has_to_end) return Signalled::kEnd;
  return any ? Signalled::kRedraw : Signalled::kNothing;
}

}  // namespace innernet::prompt

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "innernet/base/error.hpp"

namespace innernet::wg {

/// The program of a userspace implementation: `asked`, or $WG_USERSPACE_IMPLEMENTATION, or $WG_QUICK_USERSPACE_IMPLEMENTATION,
/// or `wireguard-go`; a name without a slash is looked for in $PATH. The absolute path; kUnsupported when there is no such
/// program, with a message that says what to install or set.
Result<std::string> find_implementation(const std::string& asked);

/// A program that was started and is expected to put itself into the background.
class UserspaceProcess {
 public:
  /// In a session of its own, in the root folder, with /dev/null for input and output and nothing else open, so that neither
  /// Ctrl-C nor the end of a login reaches it and it holds nothing of ours.
  static Result<UserspaceProcess> start(const std::string& program, const std::string& argument);

  UserspaceProcess(UserspaceProcess&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)), how_it_ended_(std::move(other.how_it_ended_)) {}
  UserspaceProcess& operator=(UserspaceProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(how_it_ended_, other.how_it_ended_);
    return *this;
  }
  UserspaceProcess(const UserspaceProcess&) = delete;
  UserspaceProcess& operator=(const UserspaceProcess&) = delete;
  /// Neither waits nor kills: the implementation outlives us.
  ~UserspaceProcess();

  /// None while it runs, then how it ended ("exit status 1", "signal 9"; empty is success). Never blocks.
  std::optional<std::string> ended();
  /// Asks it and what it started in its session's first process group to end, if it still runs.
  void terminate();

 private:
  explicit UserspaceProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_ = -1;  // -1: it has ended and was waited for
  std::string how_it_ended_;
};

}  // namespace innernet::wg

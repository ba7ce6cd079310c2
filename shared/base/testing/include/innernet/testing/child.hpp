#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace innernet::testing {

/// Runs `work` in a process of its own, for what can't be undone (limits, namespaces, another user), and returns what it
/// returned; false if it died.
template <class Work>
bool in_child(Work work) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) ::_exit(work() ? 0 : 1);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace innernet::testing

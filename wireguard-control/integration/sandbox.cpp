#include "integration/sandbox.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace innernet::wg {

namespace {

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

// Runs `body` in a child and returns what it returns.
int in_child(const std::function<int()>& body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) {
    std::perror("fork");
    return 1;
  }
  if (child > 0) return wait_for(child);
  const int code = body();
  std::fflush(nullptr);
  ::_exit(code);
}

int with_folders_of_its_own(const std::function<int()>& inside) {
  const bool mounted = ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       ::mount("proc", "/proc", "proc", 0, nullptr) == 0 && ::mount("tmpfs", "/run", "tmpfs", 0, "mode=0755") == 0;
  if (mounted) return inside();
  std::printf("NOT RUN: cannot mount a /run of our own: %s\n", std::strerror(errno));
  return kSkipped;
}

}  // namespace

// The process that enters a new process namespace stays outside itself and can start nothing more once its first child, which is inside,
// has ended: not even the thread of a leak checker. So that is a child, too.
int in_sandbox(const std::function<int()>& inside) {
  return in_child([&inside] {
    if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) != 0) {
      std::printf("NOT RUN: these tests need root and namespaces of their own: %s\n", std::strerror(errno));
      return kSkipped;
    }
    return in_child([&inside] { return with_folders_of_its_own(inside); });
  });
}

}  // namespace innernet::wg

#include "integration/sandbox.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace innernet::wg {

int in_sandbox(const std::function<int()>& inside) {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID) != 0) {
    std::printf("NOT RUN: these tests need root and namespaces of their own: %s\n", std::strerror(errno));
    return kSkipped;
  }
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) {
    std::perror("fork");
    return 1;
  }
  if (child == 0) {
    const bool mounted = ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("proc", "/proc", "proc", 0, nullptr) == 0 && ::mount("tmpfs", "/run", "tmpfs", 0, "mode=0755") == 0;
    if (!mounted) std::printf("NOT RUN: cannot mount a /run of our own: %s\n", std::strerror(errno));
    const int code = mounted ? inside() : kSkipped;
    std::fflush(nullptr);
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace innernet::wg

#include "innernet/machine/confined.hpp"

#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include "innernet/base/clock.hpp"
#include "innernet/base/unique_fd.hpp"

namespace innernet {
namespace {

constexpr std::size_t kLongest = 64U << 10U;

// Whatever malloc(3) needs, to write to this descriptor alone, and to end.
// (With sanitizers, whose runtime makes calls of its own, it stays an ordinary process.)
#if defined(INNERNET_SANITIZED)
bool give_up_all_but_memory(int) { return true; }
#else
bool give_up_all_but_memory(int out) {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(::seccomp_init(SCMP_ACT_KILL_PROCESS), ::seccomp_release);
  if (!filter) return false;
  bool done = true;
  for (const int number : {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(exit_group)})
    done &= ::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, number, 0) == 0;
  for (const int number : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    // glibc maps by mmap2 where a 32-bit system has it.
    const int failed = ::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, number, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    done &= failed == 0;
  }
  ::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(mmap2), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  done &= ::seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(out))) == 0;
  return done && ::seccomp_load(filter.get()) == 0;
}
#endif

[[noreturn]] void be_the_child(const std::function<std::string()>& work, int out) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A handler of ours would do what it does in the parent.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(signal, SIG_DFL);
  if (!give_up_all_but_memory(out)) ::_exit(1);
  std::string_view left;
  const std::string answer = work();
  for (left = answer; !left.empty();) {
    const ssize_t n = ::write(out, left.data(), left.size());
    if (n <= 0) ::_exit(1);
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  ::_exit(0);
}

// False at the deadline.
bool wait_for(int fd, BootTime deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SystemClock().boot()).count();
    if (left <= 0) return false;
    pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

Result<std::string> confined(const std::function<std::string()>& work, std::chrono::milliseconds patience) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "making a pipe");
  const UniqueFd in(ends[0]);
  UniqueFd out(ends[1]);
  const BootTime deadline = SystemClock().boot() + patience;
  const pid_t child = ::fork();
  if (child < 0) return fail_errno(errno, "starting a process");
  if (child == 0) be_the_child(work, out.get());
  out.reset();

  std::string answer;
  bool whole = false;
  std::array<char, 4096> piece;
  while (answer.size() <= kLongest && wait_for(in.get(), deadline)) {
    const ssize_t n = ::read(in.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      whole = n == 0;
      break;
    }
    answer.append(piece.data(), static_cast<std::size_t>(n));
  }
  if (!whole) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!whole) return fail(ErrorKind::kInvalidInput, "it is not read to its end in time");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail(ErrorKind::kInvalidInput, "what reads it was brought to its end by it");
  return answer;
}

}  // namespace innernet

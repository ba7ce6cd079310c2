// Runs a command and stops it, or makes it fail, at its N-th system call that changes something.
//
//   fault_tracer [OPTION...] COMMAND [ARGUMENT...]
//
//   --log FILE        one line per counted call: number, call, what it is about (tab separated); the one that was hit begins with `!`
//   --at N            which call is hit; without, all are only counted
//   --call NAME       from the N-th on, the first of that name is hit (threads make the order vary)
//   --kill            SIGKILL to the process before the call is made
//   --tear            SIGKILL after half of the bytes of a write have been written; what is no write of several bytes to a file is not hit
//   --errno NAME      the call is not made and fails so
//   --also NAME,...   with --errno: so does, from then on, each call of these names
//   --wide            also counts what only acquires or reads: files, sockets, connections, pipes, locks, questions to netlink
//
// Its exit status is the command's, 128 + N when that died of signal N. SIGTERM is passed on to the command.
// calls.hpp says which calls count. Child processes are not followed: wireguard-go outlives its maker.
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "calls.hpp"

namespace innernet::faults {
namespace {

[[noreturn]] void die(std::string_view what) {
  fmt::print(stderr, "fault_tracer: {}: {}\n", what, std::strerror(errno));
  std::exit(125);
}

// ---- the registers of a thread that is stopped ---------------------------------------------------------------------------

struct Stop {
  std::optional<Entry> entry;
  std::int64_t result = 0;  // at the exit
};

Stop look(pid_t thread) {
  __ptrace_syscall_info info{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) < 0) return {};
  Stop stop;
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    stop.entry = Entry{.call = static_cast<long>(info.entry.nr), .args = {}};
    for (std::size_t i = 0; i < stop.entry->args.size(); ++i) stop.entry->args[i] = info.entry.args[i];
  } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
    stop.result = info.exit.rval;
  }
  return stop;
}

user_regs_struct registers_of(pid_t thread) {
  user_regs_struct registers{};
  iovec whole{&registers, sizeof registers};
  ::ptrace(PTRACE_GETREGSET, thread, NT_PRSTATUS, &whole);
  return registers;
}

void set_registers(pid_t thread, user_regs_struct registers) {
  iovec whole{&registers, sizeof registers};
  ::ptrace(PTRACE_SETREGSET, thread, NT_PRSTATUS, &whole);
}

#if defined(__x86_64__)
void skip_call(pid_t thread) {
  auto registers = registers_of(thread);
  registers.orig_rax = ~0ULL;
  set_registers(thread, registers);
}
void set_result(pid_t thread, std::int64_t result) {
  auto registers = registers_of(thread);
  registers.rax = static_cast<Word>(result);
  set_registers(thread, registers);
}
void set_third_argument(pid_t thread, Word value) {
  auto registers = registers_of(thread);
  registers.rdx = value;
  set_registers(thread, registers);
}
#elif defined(__aarch64__)
void skip_call(pid_t thread) {
  int none = -1;
  iovec number{&none, sizeof none};
  ::ptrace(PTRACE_SETREGSET, thread, NT_ARM_SYSTEM_CALL, &number);
}
void set_result(pid_t thread, std::int64_t result) {
  auto registers = registers_of(thread);
  registers.regs[0] = static_cast<Word>(result);
  set_registers(thread, registers);
}
void set_third_argument(pid_t thread, Word value) {
  auto registers = registers_of(thread);
  registers.regs[2] = value;
  set_registers(thread, registers);
}
#else
#error "fault_tracer knows the registers of x86-64 and AArch64"
#endif

// ---- the run -------------------------------------------------------------------------------------------------------------

struct Options {
  std::string log;
  unsigned at = 0;
  std::string call;
  bool kill = false;
  bool tear = false;
  int error = 0;
  std::set<std::string, std::less<>> also;
  bool wide = false;
  std::vector<char*> command;
};

int errno_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, int>, 12> kNames{{{"ENOSPC", ENOSPC},
                                                                     {"EIO", EIO},
                                                                     {"EROFS", EROFS},
                                                                     {"EMFILE", EMFILE},
                                                                     {"ENFILE", ENFILE},
                                                                     {"EINTR", EINTR},
                                                                     {"ENOBUFS", ENOBUFS},
                                                                     {"ENOMEM", ENOMEM},
                                                                     {"EACCES", EACCES},
                                                                     {"EPERM", EPERM},
                                                                     {"EDQUOT", EDQUOT},
                                                                     {"ENOLCK", ENOLCK}}};
  for (const auto& [known, number] : kNames)
    if (known == name) return number;
  errno = EINVAL;
  die(name);
}

std::set<std::string, std::less<>> names_in(std::string_view list) {
  std::set<std::string, std::less<>> names;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    names.emplace(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return names;
}

Options parse(int argc, char** argv) {
  Options options;
  int i = 1;
  for (; i < argc && std::string_view(argv[i]).starts_with("--"); ++i) {
    const std::string_view word = argv[i];
    const auto value = [&]() -> std::string_view {
      if (i + 1 < argc) return argv[++i];
      errno = EINVAL;
      die(word);
    };
    if (word == "--log")
      options.log = value();
    else if (word == "--at") {
      const auto number = value();
      std::from_chars(number.data(), number.data() + number.size(), options.at);
    } else if (word == "--call")
      options.call = value();
    else if (word == "--kill")
      options.kill = true;
    else if (word == "--tear")
      options.tear = true;
    else if (word == "--errno")
      options.error = errno_named(value());
    else if (word == "--also")
      options.also = names_in(value());
    else if (word == "--wide")
      options.wide = true;
    else {
      errno = EINVAL;
      die(word);
    }
  }
  options.command.assign(argv + i, argv + argc);
  options.command.push_back(nullptr);
  if (options.command.size() < 2) {
    errno = EINVAL;
    die("no command");
  }
  return options;
}

volatile pid_t traced_process = -1;

class Tracer {
 public:
  explicit Tracer(const Options& options) : options_(options) {
    if (!options.log.empty() && (log_ = std::fopen(options.log.c_str(), "we")) == nullptr) die(options.log);
  }

  int run() {
    process_ = ::fork();
    if (process_ < 0) die("fork");
    if (process_ == 0) {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      ::raise(SIGSTOP);
      ::execvp(options_.command[0], options_.command.data());
      die(options_.command[0]);
    }
    traced_process = process_;
    ::signal(SIGTERM, [](int number) { ::kill(traced_process, number); });
    int status = 0;
    if (::waitpid(process_, &status, 0) < 0) die("waitpid");
    constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (::ptrace(PTRACE_SETOPTIONS, process_, nullptr, kOptions) < 0) die("ptrace");
    ::ptrace(PTRACE_SYSCALL, process_, nullptr, 0L);
    for (;;) {
      const pid_t thread = ::waitpid(-1, &status, __WALL);
      if (thread < 0 && errno == EINTR) continue;
      if (thread < 0) die("waitpid");
      if (WIFEXITED(status) || WIFSIGNALED(status)) {
        if (thread != process_) continue;
        if (log_ != nullptr) std::fclose(log_);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      if (!WIFSTOPPED(status)) continue;
      ::ptrace(PTRACE_SYSCALL, thread, nullptr, static_cast<long>(stopped(thread, status)));
    }
  }

 private:
  // What an entry has left to be done at its exit.
  struct Waiting {
    std::int64_t error = 0;
    bool kill = false;
    std::optional<Entry> socket;
  };

  // Returns the signal that the thread goes on with.
  int stopped(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    if (signal != (SIGTRAP | 0x80)) {
      const bool is_event = status >> 16 != 0;
      const bool first_stop_of_thread = signal == SIGSTOP && known_.insert(thread).second && thread != process_;
      return is_event || first_stop_of_thread || signal == SIGTRAP ? 0 : signal;
    }
    known_.insert(thread);
    const Stop stop = look(thread);
    if (stop.entry)
      entered(thread, *stop.entry);
    else
      left(thread, stop.result);
    return 0;
  }

  void entered(pid_t thread, const Entry& entry) {
    // Both programs look first whether somebody closed their standard descriptors. What is before is the dynamic linker's work.
    if (!begun_) begun_ = entry.call == SYS_fcntl && entry.args[1] == F_GETFD;
    if (!begun_) return;
    if (entry.call == SYS_socket) waiting_[thread].socket = entry;
    const auto call = calls_.call(thread, entry);
    if (!call || (!call->changes && !options_.wide)) return;
    ++count_;
    const bool hit = is_chosen(*call) || repeats(*call);
    note(*call, hit);
    if (!hit) return;
    if (options_.kill) {
      skip_call(thread);
      ::kill(process_, SIGKILL);
    } else if (options_.tear) {
      set_third_argument(thread, call->bytes / 2);
      waiting_[thread].kill = true;
    } else if (options_.error != 0) {
      failed_ = true;
      skip_call(thread);
      waiting_[thread].error = -options_.error;
    }
  }

  bool is_chosen(const Call& call) const {
    if (options_.at == 0 || (options_.tear && call.bytes < 2)) return false;
    return options_.call.empty() ? count_ == options_.at : !failed_ && count_ >= options_.at && call.name == options_.call;
  }

  bool repeats(const Call& call) const { return failed_ && options_.also.contains(call.name); }

  void left(pid_t thread, std::int64_t result) {
    const auto waiting = waiting_.extract(thread);
    if (waiting.empty()) return;
    if (waiting.mapped().error != 0)
      set_result(thread, waiting.mapped().error);
    else if (waiting.mapped().socket)
      calls_.made_socket(*waiting.mapped().socket, result);
    if (waiting.mapped().kill) ::kill(process_, SIGKILL);
  }

  void note(const Call& call, bool hit) {
    if (log_ == nullptr) return;
    fmt::print(log_, "{}{}\t{}\t{}\n", hit ? "!" : "", count_, call.name, call.about);
    std::fflush(log_);
  }

  const Options& options_;
  std::FILE* log_ = nullptr;
  pid_t process_ = -1;
  bool begun_ = false;
  unsigned count_ = 0;
  Calls calls_;
  std::set<pid_t> known_;
  std::map<pid_t, Waiting> waiting_;
  bool failed_ = false;
};

}  // namespace
}  // namespace innernet::faults

int main(int argc, char** argv) {
  const auto options = innernet::faults::parse(argc, argv);
  return innernet::faults::Tracer(options).run();
}

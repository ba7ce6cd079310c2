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
//   --wide            also counts what only acquires: files that are opened to be read, sockets, pipes, locks, questions to netlink
//
// Its exit status is the command's, 128 + N when that died of signal N. SIGTERM is passed on to the command.
//
// Counted are, of all threads together and in the order in which the kernel is asked: writes to regular files and sockets; open with
// O_CREAT or O_TRUNC; rename, link, symlink, unlink, rmdir, mkdir, mknod; truncate, allocate; fsync, fdatasync; changes of mode, owner,
// times and attributes; messages on sockets, connect, bind and listen (but for netlink's own); ioctls that set something; mount, umount.
// Not counted: what goes to standard output or error, to a terminal or a pipe; what netlink or WireGuard's text protocol are only asked;
// all that happens before the program's first look at its standard descriptors (the dynamic linker's work); what shared memory is written
// (SQLite's index of its log). Child processes are not followed: wireguard-go outlives its maker.
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
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

namespace {

using Word = std::uint64_t;

[[noreturn]] void die(std::string_view what) {
  fmt::print(stderr, "fault_tracer: {}: {}\n", what, std::strerror(errno));
  std::exit(125);
}

// ---- the registers of a thread that is stopped ---------------------------------------------------------------------------

struct Entry {
  long call;
  std::array<Word, 6> args;
};

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

std::string memory(pid_t thread, Word address, std::size_t size) {
  std::string bytes(size, '\0');
  iovec here{bytes.data(), size};
  iovec there{reinterpret_cast<void*>(address), size};  // NOLINT: another process's
  const ssize_t got = ::process_vm_readv(thread, &here, 1, &there, 1, 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::string text_at(pid_t thread, Word address) {
  std::string text;
  // In small steps: what follows the text may not be mapped.
  while (text.size() < PATH_MAX) {
    const std::size_t step = 256 - (address + text.size()) % 256;
    const std::string piece = memory(thread, address + text.size(), step);
    if (piece.empty()) break;
    const auto end = piece.find('\0');
    text += piece.substr(0, end);
    if (end != std::string::npos) break;
  }
  return text;
}

template <class T>
std::optional<T> value_at(pid_t thread, Word address) {
  const std::string bytes = memory(thread, address, sizeof(T));
  if (bytes.size() != sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// ---- what a call is about ------------------------------------------------------------------------------------------------

std::string link_target(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  return length < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(length));
}

std::string path_of_descriptor(pid_t thread, int fd) { return link_target(fmt::format("/proc/{}/fd/{}", thread, fd)); }

std::string path_at(pid_t thread, int folder, Word name) {
  std::string path = text_at(thread, name);
  if (path.starts_with('/')) return path;
  const std::string base = folder == AT_FDCWD ? link_target(fmt::format("/proc/{}/cwd", thread)) : path_of_descriptor(thread, folder);
  return path.empty() ? base : base + "/" + path;
}

bool is_regular(pid_t thread, int fd) {
  struct stat status{};
  return ::stat(fmt::format("/proc/{}/fd/{}", thread, fd).c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

enum class Kind { kFile, kSocket };

// A call that counts.
struct Call {
  std::string name;
  std::string about;
  Kind kind = Kind::kFile;
  bool changes = true;
  Word bytes = 0;  // of a plain write to a file
};

// The sockets that the program made, for what they are can't be seen from outside.
struct Socket {
  int domain;
  int protocol;
};

class Calls {
 public:
  // What `entry` is, if it counts in the wide sense.
  std::optional<Call> call(pid_t thread, const Entry& entry) const {
    const auto& a = entry.args;
    const auto fd = static_cast<int>(a[0]);
    const auto here = [&](std::string name, Word path) { return Call{.name = std::move(name), .about = path_at(thread, AT_FDCWD, path)}; };
    const auto at = [&](std::string name, Word folder, Word path) {
      return Call{.name = std::move(name), .about = path_at(thread, static_cast<int>(folder), path)};
    };
    const auto of_fd = [&](std::string name) { return Call{.name = std::move(name), .about = path_of_descriptor(thread, fd)}; };
    switch (entry.call) {
      case SYS_write:
      case SYS_pwrite64:
        return written(thread, fd, entry.call == SYS_write ? "write" : "pwrite", a[1], a[2]);
      case SYS_writev:
      case SYS_pwritev:
      case SYS_pwritev2:
        return written(thread, fd, "writev", 0, 0);
      case SYS_sendto:
        return sent(thread, fd, "sendto", a[1], a[2]);
      case SYS_sendmsg: {
        const auto message = value_at<msghdr>(thread, a[1]);
        const auto first = message ? value_at<iovec>(thread, reinterpret_cast<Word>(message->msg_iov)) : std::nullopt;        // NOLINT
        return sent(thread, fd, "sendmsg", first ? reinterpret_cast<Word>(first->iov_base) : 0, first ? first->iov_len : 0);  // NOLINT
      }
      case SYS_sendmmsg:
        return sent(thread, fd, "sendmmsg", 0, 0);
      case SYS_connect:
      case SYS_bind:
      case SYS_listen: {
        Call call{.name = entry.call == SYS_connect ? "connect"
                          : entry.call == SYS_bind  ? "bind"
                                                    : "listen",
                  .about = name_of(fd),
                  .kind = Kind::kSocket};
        const auto there = sockets_.find(fd);
        call.changes = there == sockets_.end() || there->second.domain != AF_NETLINK;
        return call;
      }
      case SYS_openat:
        return opened(at("open", a[0], a[1]), a[2]);
#ifdef SYS_open
      case SYS_open:
        return opened(here("open", a[0]), a[1]);
      case SYS_rename:
        return here("rename", a[1]);
      case SYS_link:
        return here("link", a[1]);
      case SYS_symlink:
        return here("symlink", a[1]);
      case SYS_unlink:
        return here("unlink", a[0]);
      case SYS_rmdir:
        return here("rmdir", a[0]);
      case SYS_mkdir:
        return here("mkdir", a[0]);
      case SYS_mknod:
        return here("mknod", a[0]);
      case SYS_chmod:
        return here("chmod", a[0]);
      case SYS_chown:
      case SYS_lchown:
        return here("chown", a[0]);
#endif
#ifdef SYS_renameat
      case SYS_renameat:
        return at("rename", a[2], a[3]);
#endif
      case SYS_renameat2:
        return at("rename", a[2], a[3]);
      case SYS_linkat:
        return at("link", a[2], a[3]);
      case SYS_symlinkat:
        return at("symlink", a[1], a[2]);
      case SYS_unlinkat:
        return at("unlink", a[0], a[1]);
      case SYS_mkdirat:
        return at("mkdir", a[0], a[1]);
      case SYS_mknodat:
        return at("mknod", a[0], a[1]);
      case SYS_fchmodat:
        return at("chmod", a[0], a[1]);
      case SYS_fchownat:
        return at("chown", a[0], a[1]);
      case SYS_utimensat:
        return at("utimens", a[0], a[1]);
      case SYS_truncate:
        return here("truncate", a[0]);
      case SYS_ftruncate:
        return of_fd("ftruncate");
      case SYS_fallocate:
        return of_fd("fallocate");
      case SYS_fsync:
        return of_fd("fsync");
      case SYS_fdatasync:
        return of_fd("fdatasync");
      case SYS_fchmod:
        return of_fd("fchmod");
      case SYS_fchown:
        return of_fd("fchown");
      case SYS_fsetxattr:
        return of_fd("fsetxattr");
      case SYS_setxattr:
        return here("setxattr", a[0]);
      case SYS_mount:
        return here("mount", a[1]);
      case SYS_umount2:
        return here("umount", a[0]);
      case SYS_ioctl:
        return controlled(thread, fd, a[1]);
      case SYS_flock:
        return acquiring(of_fd("flock"));
      case SYS_fcntl:
        if (a[1] != F_SETLK && a[1] != F_SETLKW && a[1] != F_OFD_SETLK && a[1] != F_OFD_SETLKW) return std::nullopt;
        return acquiring(of_fd("fcntl"));
      case SYS_socket:
        return Call{.name = "socket", .about = domain_name(fd, static_cast<int>(a[2])), .kind = Kind::kSocket, .changes = false};
      case SYS_pipe2:
        return Call{.name = "pipe2", .about = "pipe", .kind = Kind::kSocket, .changes = false};
      case SYS_eventfd2:
        return Call{.name = "eventfd2", .about = "eventfd", .kind = Kind::kSocket, .changes = false};
      case SYS_timerfd_create:
        return Call{.name = "timerfd_create", .about = "timerfd", .kind = Kind::kSocket, .changes = false};
      case SYS_epoll_create1:
        return Call{.name = "epoll_create1", .about = "epoll", .kind = Kind::kSocket, .changes = false};
      case SYS_inotify_init1:
        return Call{.name = "inotify_init1", .about = "inotify", .kind = Kind::kSocket, .changes = false};
      default:
        return std::nullopt;
    }
  }

  void made_socket(const Entry& entry, std::int64_t fd) {
    if (fd >= 0) sockets_[static_cast<int>(fd)] = {.domain = static_cast<int>(entry.args[0]), .protocol = static_cast<int>(entry.args[2])};
  }

 private:
  static std::optional<Call> acquiring(Call call) {
    call.changes = false;
    return call;
  }

  static std::string domain_name(int domain, int protocol) {
    if (domain == AF_NETLINK) return protocol == NETLINK_ROUTE ? "netlink route" : "netlink generic";
    if (domain == AF_UNIX) return "unix";
    if (domain == AF_INET || domain == AF_INET6) return "inet";
    return fmt::format("domain {}", domain);
  }

  std::string name_of(int fd) const {
    const auto there = sockets_.find(fd);
    return there == sockets_.end() ? "accepted" : domain_name(there->second.domain, there->second.protocol);
  }

  std::optional<Call> written(pid_t thread, int fd, std::string name, Word data, Word size) const {
    const std::string path = path_of_descriptor(thread, fd);
    if (path.starts_with("socket:")) return sent(thread, fd, std::move(name), data, size);
    if (fd == STDOUT_FILENO || fd == STDERR_FILENO || !is_regular(thread, fd)) return std::nullopt;
    return Call{.name = std::move(name), .about = path, .bytes = size};
  }

  // What only asks is left to the wide sense: WireGuard's `get=1`, requests to read from rtnetlink (their types are 2 modulo 4).
  std::optional<Call> sent(pid_t thread, int fd, std::string name, Word data, Word size) const {
    Call call{.name = std::move(name), .about = name_of(fd), .kind = Kind::kSocket};
    const std::string begin = memory(thread, data, std::min<Word>(size, 64));
    if (const auto there = sockets_.find(fd);
        there != sockets_.end() && there->second.domain == AF_NETLINK && begin.size() >= sizeof(nlmsghdr)) {
      nlmsghdr head;
      std::memcpy(&head, begin.data(), sizeof head);
      call.changes = there->second.protocol != NETLINK_ROUTE || head.nlmsg_type % 4 != 2;
      call.about += fmt::format(" {}", head.nlmsg_type);
    }
    if (begin.starts_with("get=1")) call.changes = false;
    return call;
  }

  static std::optional<Call> opened(Call call, Word flags) {
    if ((flags & (O_CREAT | O_TRUNC)) != 0) {
      call.name = "create";
      return call;
    }
    for (const std::string_view system : {"/dev/", "/proc/", "/sys/", "/usr/", "/lib"})
      if (call.about.starts_with(system)) return std::nullopt;
    return acquiring(std::move(call));
  }

  static std::optional<Call> controlled(pid_t thread, int fd, Word request) {
    // Terminals are asked for their size and modes, sockets for what is queued.
    if (request == TIOCGWINSZ || request == 0x5401 /* TCGETS */ || request == FIONREAD || request == FIONBIO || request == TIOCOUTQ)
      return std::nullopt;
    return Call{.name = "ioctl", .about = fmt::format("{} {:#x}", path_of_descriptor(thread, fd), request), .kind = Kind::kSocket};
  }

  std::map<int, Socket> sockets_;
};

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
    // Both programs look first whether somebody closed their standard descriptors.
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

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  return Tracer(options).run();
}

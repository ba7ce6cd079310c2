#include "userspace_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "innernet/base/unique_fd.hpp"

namespace innernet::wg {
namespace {

constexpr int kStatusFd = 3;

bool is_program(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

// Between fork and exec only what is async-signal-safe: other threads may hold any lock.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* variables, int status_fd, int highest_fd) {
  const auto give_up = [](int fd) {
    const int code = errno;
    [[maybe_unused]] const ssize_t ignored = ::write(fd, &code, sizeof code);
    ::_exit(127);
  };
  ::setsid();
  // Ignored signals and the mask are inherited; the defaults are what a program expects.
  for (const int number : {SIGPIPE, SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGCHLD, SIGUSR1, SIGUSR2}) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::chdir("/") != 0) give_up(status_fd);

  // Out of the way of the standard descriptors, which may be closed in us.
  const int high = ::fcntl(status_fd, F_DUPFD_CLOEXEC, kStatusFd + 1);
  if (high < 0) give_up(status_fd);
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) give_up(high);
  for (int fd = 0; fd < kStatusFd; ++fd)
    if (null != fd && ::dup2(null, fd) < 0) give_up(high);
  if (::dup3(high, kStatusFd, O_CLOEXEC) < 0) give_up(high);
  if (::close_range(kStatusFd + 1, ~0U, 0) != 0)
    for (int fd = kStatusFd + 1; fd < highest_fd; ++fd) ::close(fd);
  ::execve(program, arguments, variables);
  give_up(kStatusFd);
  ::_exit(127);
}

}  // namespace

Result<std::string> find_implementation(const std::string& asked) {
  std::string program = asked;
  for (const char* name : {"WG_USERSPACE_IMPLEMENTATION", "WG_QUICK_USERSPACE_IMPLEMENTATION"})
    if (const char* value = environment(name); program.empty() && value != nullptr) program = value;
  if (program.empty()) program = "wireguard-go";

  if (program.find('/') != std::string::npos) {
    std::error_code unknown;
    const std::filesystem::path absolute = std::filesystem::absolute(program, unknown);
    if (!unknown && is_program(absolute)) return absolute.string();
  } else {
    const char* path = environment("PATH");
    std::string_view rest = path != nullptr ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    while (!rest.empty()) {
      const std::string_view folder = rest.substr(0, rest.find(':'));
      rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
      // An empty or relative entry means the current folder, from which nobody wants to run a program as root.
      std::string candidate = fmt::format("{}/{}", folder, program);
      if (folder.starts_with('/') && is_program(candidate)) return candidate;
    }
  }
  return fail(ErrorKind::kUnsupported,
              fmt::format("there is no userspace WireGuard: the program {} was not found. Install wireguard-go, or set "
                          "WG_USERSPACE_IMPLEMENTATION to the program of another implementation",
                          quoted(program)));
}

Result<UserspaceProcess> UserspaceProcess::start(const std::string& program, const std::string& argument) {
  const std::string doing = fmt::format("starting {} {}", program, argument);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, doing);
  UniqueFd status(ends[0]);
  UniqueFd status_of_child(ends[1]);
  std::string program_argument = program;
  std::string name_argument = argument;
  char* const arguments[] = {program_argument.data(), name_argument.data(), nullptr};
  const int highest_fd = static_cast<int>(::sysconf(_SC_OPEN_MAX));

  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(errno, doing);
  if (pid == 0) become(program.c_str(), arguments, ::environ, status_of_child.get(), highest_fd);

  status_of_child.reset();
  UserspaceProcess process(pid);
  int code = 0;
  ssize_t received = 0;
  do {
    received = ::read(status.get(), &code, sizeof code);
  } while (received < 0 && errno == EINTR);
  if (received != sizeof code) return process;
  int ignored = 0;
  while (::waitpid(pid, &ignored, 0) < 0 && errno == EINTR) {
  }
  process.pid_ = -1;
  return fail_errno(code, doing);
}

std::optional<std::string> UserspaceProcess::ended() {
  if (pid_ < 0) return how_it_ended_;
  int status = 0;
  const pid_t waited = ::waitpid(pid_, &status, WNOHANG);
  if (waited == 0 || (waited < 0 && errno == EINTR)) return std::nullopt;
  pid_ = -1;
  // Somebody else waited for it (or SIGCHLD is ignored), so nobody can say how it ended.
  if (waited < 0) return how_it_ended_;
  if (WIFSIGNALED(status)) how_it_ended_ = fmt::format("signal {}", WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) how_it_ended_ = fmt::format("exit status {}", WEXITSTATUS(status));
  return how_it_ended_;
}

void UserspaceProcess::terminate() {
  // While it was not waited for, nobody else can have its number; setsid() made it that of a process group.
  if (!ended()) ::kill(-pid_, SIGTERM);
}

UserspaceProcess::~UserspaceProcess() { ended(); }

}  // namespace innernet::wg

#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "innernet/testing/screen.hpp"

namespace innernet::testing {

/// A process at a terminal of its own, with somebody who reads the screen and types. What is waited for is what is on the screen; the
/// deadline only ends a test that has failed anyway.
class PseudoTerminal {
 public:
  struct Settings {
    std::size_t rows = 24;
    std::size_t columns = 80;
    std::string term = "xterm";
    bool no_color = true;
    std::string stdout_file{};  ///< empty: standard output is the terminal, too
    std::string stdin_file{};
  };

  /// Runs `work` in the new process; what it returns is the exit status.
  PseudoTerminal(const Settings& settings, const std::function<int()>& work) : screen_(settings.rows, settings.columns) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0) throw std::runtime_error("no pseudo-terminal");
    // Kept open, so that the mode can be looked at when the process has ended.
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave_ < 0) throw std::runtime_error("the pseudo-terminal can't be opened");
    resize(settings.rows, settings.columns);
    before_ = mode();
    std::fflush(nullptr);  // else the child would write once more what is in the buffers
    child_ = ::fork();
    if (child_ != 0) return;
    ::close(master_);
    ::setsid();
    // As a login has them, whatever the shell ignores that runs the tests.
    for (const int number : {SIGINT, SIGQUIT, SIGHUP, SIGTERM}) std::signal(number, SIG_DFL);
    ::ioctl(slave_, TIOCSCTTY, 0);
    for (int fd = 0; fd <= 2; ++fd) ::dup2(slave_, fd);
    if (!settings.stdin_file.empty()) ::dup2(::open(settings.stdin_file.c_str(), O_RDONLY | O_CLOEXEC), 0);
    if (!settings.stdout_file.empty()) ::dup2(::open(settings.stdout_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), 1);
    ::setenv("TERM", settings.term.c_str(), 1);
    for (const char* name : {"NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"}) ::unsetenv(name);
    if (settings.no_color) ::setenv("NO_COLOR", "1", 1);
    const int status = work();
    std::fflush(nullptr);
    ::_exit(status);
  }
  PseudoTerminal(const Settings& settings, std::vector<std::string> words)
      : PseudoTerminal(settings, [&words] {
          std::vector<char*> argv;
          for (std::string& word : words) argv.push_back(word.data());
          argv.push_back(nullptr);
          ::execv(argv[0], argv.data());
          return 127;
        }) {}
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;
  ~PseudoTerminal() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    hang_up();
  }

  void type(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(master_, bytes.data(), bytes.size());
      if (written <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  /// False when the process ended, or much time has passed, without it.
  bool sees(std::string_view text) {
    return read_until([&] { return screen_.text().find(text) != std::string::npos; });
  }
  /// A question and then its answer; with neither in the screen's text, what is there is part of the exception.
  void answer(std::string_view question, std::string_view keys) {
    if (!sees(question)) throw std::runtime_error("waited for " + std::string(question) + ", saw\n" + screen_.text());
    type(keys);
  }

  /// The exit status, -SIGNAL, or -1000 when it does not end.
  int ends() {
    read_until([] { return false; });
    return child_ == 0 ? status_ : -1000;
  }

  void resize(std::size_t rows, std::size_t columns) {
    const winsize size{static_cast<unsigned short>(rows), static_cast<unsigned short>(columns), 0, 0};
    ::ioctl(master_, TIOCSWINSZ, &size);
  }
  /// A screen of the new size that is empty, for what is drawn after a resize.
  void clear(std::size_t rows, std::size_t columns) { screen_ = Screen(rows, columns); }
  void signal(int number) const { ::kill(child_, number); }
  /// The terminal goes away, as when a window is closed or a connection breaks.
  void hang_up() {
    for (int* fd : {&slave_, &master_})
      if (*fd >= 0) ::close(std::exchange(*fd, -1));
  }

  const Screen& screen() const { return screen_; }
  const std::string& transcript() const { return transcript_; }
  bool is_as_before() const {
    const termios now = mode();
    return now.c_lflag == before_.c_lflag && now.c_iflag == before_.c_iflag && now.c_oflag == before_.c_oflag && screen_.shows_cursor();
  }
  bool is_raw() const { return (mode().c_lflag & (ICANON | ECHO)) == 0; }

 private:
  termios mode() const {
    termios found{};
    ::tcgetattr(slave_, &found);
    return found;
  }

  bool read_until(const std::function<bool()>& is_enough) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < deadline) {
      if (is_enough()) return true;
      const bool has_ended = child_ == 0 || ended();
      pollfd waiting{.fd = master_, .events = POLLIN, .revents = 0};
      // The process may end without a byte, which nothing tells while the terminal is open here.
      const bool readable = master_ >= 0 && ::poll(&waiting, 1, has_ended ? 0 : 20) > 0 && (waiting.revents & POLLIN) != 0;
      if (readable)
        read();
      else if (has_ended)
        return is_enough();
      else if (master_ < 0)
        ::poll(nullptr, 0, 20);
    }
    return false;
  }

  void read() {
    char bytes[4096];
    const ssize_t got = ::read(master_, bytes, sizeof bytes);
    if (got <= 0) return;
    const std::string_view text(bytes, static_cast<std::size_t>(got));
    transcript_ += text;
    screen_.write(text);
  }

  bool ended() {
    int status = 0;
    if (::waitpid(child_, &status, WNOHANG) != child_) return false;
    child_ = 0;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return true;
  }

  int master_ = -1;
  int slave_ = -1;
  termios before_{};
  pid_t child_ = 0;
  int status_ = 0;
  Screen screen_;
  std::string transcript_;
};

}  // namespace innernet::testing

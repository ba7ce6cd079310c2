#include "innernet/machine/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "innernet/base/unique_fd.hpp"

namespace innernet::log {
namespace {

// What goes to descriptor 2 while it lives goes to a socket, which keeps writes apart.
class CapturedStderr {
 public:
  CapturedStderr() : before_(::dup(STDERR_FILENO)) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    read_.reset(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
  }
  ~CapturedStderr() { ::dup2(before_.get(), STDERR_FILENO); }

  /// The next write, whole; empty when there is none.
  std::string next() {
    char buffer[4096];
    const ssize_t size = ::recv(read_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : "";
  }
  void close_reader() { read_.reset(); }

 private:
  UniqueFd before_;
  UniqueFd read_;
};

class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) { value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { ::unsetenv(name_); }

 private:
  const char* name_;
};

class Log : public ::testing::Test {
 protected:
  ~Log() override { set_level(Level::kInfo); }
};

TEST_F(Log, EachLineIsOneWriteWithItsPrefix) {
  CapturedStderr captured;
  set_level(Level::kTrace);
  info("updated interface {}", "evilcorp");
  warning("careful");
  error("it failed: {}", 7);
  debug("details");
  trace("more of them {{}}");
  write(Level::kInfo, "not a format {} %s");
  EXPECT_EQ(captured.next(), "[*] updated interface evilcorp\n");
  EXPECT_EQ(captured.next(), "[!] careful\n");
  EXPECT_EQ(captured.next(), "[E] it failed: 7\n");
  EXPECT_EQ(captured.next(), "[D] details\n");
  EXPECT_EQ(captured.next(), "[T] more of them {}\n");
  EXPECT_EQ(captured.next(), "[*] not a format {} %s\n");
  EXPECT_EQ(captured.next(), "");
}

TEST_F(Log, SaysNothingBelowItsLevel) {
  CapturedStderr captured;
  const Level levels[] = {Level::kTrace, Level::kDebug, Level::kInfo, Level::kWarning, Level::kError};
  for (const Level level : levels) {
    set_level(level);
    for (const Level line : levels) {
      EXPECT_EQ(enabled(line), line >= level);
      write(line, "x");
      EXPECT_EQ(!captured.next().empty(), line >= level);
    }
  }
}

TEST_F(Log, StartsWithInfo) { EXPECT_TRUE(enabled(Level::kInfo) && !enabled(Level::kDebug)); }

// `innernet fetch 2>&1 | head -1`, or a terminal that was closed under the daemon.
TEST_F(Log, SurvivesAReaderThatWentAway) {
  struct sigaction ours{};
  ours.sa_handler = SIG_DFL;
  struct sigaction before{};
  ::sigaction(SIGPIPE, &ours, &before);
  {
    CapturedStderr captured;
    captured.close_reader();
    info("nobody reads this");
    info("nor this");
  }
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_FALSE(::sigismember(&pending, SIGPIPE)) << "nothing is left to hit somebody later";
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  EXPECT_FALSE(::sigismember(&mask, SIGPIPE)) << "the mask is as it was";
  ::sigaction(SIGPIPE, &before, nullptr);
}

TEST_F(Log, SurvivesAClosedStderr) {
  const UniqueFd before(::dup(STDERR_FILENO));
  ::close(STDERR_FILENO);
  info("nowhere");
  ::dup2(before.get(), STDERR_FILENO);
}

TEST_F(Log, ThreadsDoNotMixTheirLines) {
  CapturedStderr captured;
  {
    std::jthread one([] {
      for (int i = 0; i < 20; ++i) info("{}", std::string(100, 'a'));
    });
    std::jthread two([] {
      for (int i = 0; i < 20; ++i) info("{}", std::string(100, 'b'));
    });
  }
  int lines = 0;
  for (std::string line = captured.next(); !line.empty(); line = captured.next(), ++lines)
    EXPECT_TRUE(line == "[*] " + std::string(100, 'a') + "\n" || line == "[*] " + std::string(100, 'b') + "\n") << line;
  EXPECT_EQ(lines, 40);
}

TEST_F(Log, ColoursOnlyATerminalThatWantsIt) {
  const UniqueFd controller(::posix_openpt(O_RDWR | O_NOCTTY));
  ASSERT_TRUE(controller);
  ASSERT_EQ(::grantpt(controller.get()), 0);
  ASSERT_EQ(::unlockpt(controller.get()), 0);
  const UniqueFd terminal(::open(::ptsname(controller.get()), O_RDWR | O_NOCTTY));
  ASSERT_TRUE(terminal);
  const auto printed = [&controller, &terminal] {
    const UniqueFd before(::dup(STDERR_FILENO));
    ::dup2(terminal.get(), STDERR_FILENO);
    info("hello");
    ::dup2(before.get(), STDERR_FILENO);
    char buffer[256];
    const ssize_t size = ::read(controller.get(), buffer, sizeof buffer);
    return std::string(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  };
  EXPECT_NE(printed().find("\x1b["), std::string::npos);
  {
    const Environment no_colour("NO_COLOR", "1");
    EXPECT_EQ(printed(), "[*] hello\r\n");
  }
  {
    const Environment no_colour("NO_COLOR", "");
    EXPECT_NE(printed(), "[*] hello\r\n") << "empty counts as unset, no-color.org";
  }
  {
    const Environment no_colour("CLICOLOR", "0");
    EXPECT_EQ(printed(), "[*] hello\r\n");
  }
}

TEST_F(Log, TakesItsLevelFromTheEnvironment) {
  const struct {
    const char* innernet;
    const char* rust;
    Level level;
  } cases[] = {
      {nullptr, nullptr, Level::kWarning},
      {nullptr, "", Level::kWarning},
      {nullptr, "info", Level::kInfo},
      {nullptr, "ERROR", Level::kError},
      {nullptr, "off", Level::kError},
      {nullptr, "nonsense", Level::kWarning},
      {nullptr, "innernet_server=debug", Level::kDebug},
      {nullptr, "innernet_server", Level::kTrace},
      {nullptr, "hyper=trace", Level::kWarning},
      {nullptr, "hyper=trace,info", Level::kInfo},
      {nullptr, "error,innernet_server=debug,hyper=trace", Level::kDebug},
      {nullptr, "innernet_server=debug,error", Level::kDebug},
      {nullptr, " warn , innernet_server = trace ", Level::kTrace},
      {nullptr, "debug/some.regex", Level::kDebug},
      {nullptr, ",,=,=debug,innernet_server=,innernet_server=loud", Level::kWarning},
      {"debug", "error", Level::kDebug},
      {"nonsense", "error", Level::kError},
  };
  for (const auto& c : cases) {
    const Environment innernet("INNERNET_LOG", c.innernet);
    const Environment rust("RUST_LOG", c.rust);
    EXPECT_EQ(level_from_environment(Level::kWarning), c.level) << (c.innernet ? c.innernet : "-") << " " << (c.rust ? c.rust : "-");
  }
}

}  // namespace
}  // namespace innernet::log

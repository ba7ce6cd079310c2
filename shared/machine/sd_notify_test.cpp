#include "innernet/machine/sd_notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "innernet/base/unique_fd.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet {
namespace {

class SdNotify : public ::testing::Test {
 protected:
  ~SdNotify() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }

  // A manager's socket at `path` (a leading '@' stands for the abstract namespace).
  static UniqueFd manager(const std::string& path) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path[0] == '@') address.sun_path[0] = '\0';
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size())),
              0);
    return socket;
  }
  static std::string received(const UniqueFd& socket) {
    char buffer[256];
    const ssize_t size = ::recv(socket.get(), buffer, sizeof buffer, 0);
    return size > 0 ? std::string(buffer, static_cast<std::size_t>(size)) : "";
  }

  testing::TempDir folder_;
};

TEST_F(SdNotify, SendsADatagramToTheManager) {
  for (const std::string& path : {(folder_ / "notify").string(), "@innernet-test-" + std::to_string(::getpid())}) {
    const UniqueFd socket = manager(path);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    sd_notify("READY=1\nSTATUS=serving");
    EXPECT_EQ(received(socket), "READY=1\nSTATUS=serving") << path;
  }
}

TEST_F(SdNotify, NothingDependsOnAManager) {
  sd_notify("READY=1");
  const std::string too_long = "/" + std::string(200, 'x');
  for (const char* path : {"", "relative", "/nonexistent/notify", too_long.c_str()}) {
    ::setenv("NOTIFY_SOCKET", path, 1);
    sd_notify("READY=1");
  }
}

TEST_F(SdNotify, AManagerThatDoesNotReadHoldsNobodyUp) {
  const std::string path = (folder_ / "notify").string();
  const UniqueFd socket = manager(path);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  for (int i = 0; i < 10'000; ++i) sd_notify("WATCHDOG=1");
}

TEST_F(SdNotify, TheWatchdogIsFedTwiceAPeriod) {
  const std::string own_pid = std::to_string(::getpid());
  const struct {
    const char* usec;
    const char* pid;
    std::int64_t period;  // 0: none
  } cases[] = {
      {nullptr, nullptr, 0},
      {"20000000", nullptr, 10'000'000},
      {"20000000", own_pid.c_str(), 10'000'000},
      {"20000000", "1", 0},
      {"20000000", "x", 0},
      {"0", nullptr, 0},
      {"-1", nullptr, 0},
      {"x", nullptr, 0},
      {"", nullptr, 0},
      {"18446744073709551615", nullptr, 0},
  };
  for (const auto& c : cases) {
    c.usec != nullptr ? ::setenv("WATCHDOG_USEC", c.usec, 1) : ::unsetenv("WATCHDOG_USEC");
    c.pid != nullptr ? ::setenv("WATCHDOG_PID", c.pid, 1) : ::unsetenv("WATCHDOG_PID");
    const auto period = watchdog_period();
    EXPECT_EQ(period ? period->count() : 0, c.period) << (c.usec ? c.usec : "unset");
  }
}

}  // namespace
}  // namespace innernet

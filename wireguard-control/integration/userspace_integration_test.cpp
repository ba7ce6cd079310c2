// What only userspace implementations do; skipped when the kernel's backend is tested.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "innernet/netlink/route.hpp"
#include "innernet/wireguard/backend.hpp"
#include "integration/sandbox.hpp"
#include "sample_peers.hpp"

namespace innernet::wg {
namespace {

#define ASSERT_OK(result) ASSERT_TRUE(result) << (result).error().message()

namespace fs = std::filesystem;

class Userspace : public ::testing::Test {
 protected:
  void SetUp() override {
    if (tested_backend() != BackendKind::kUserspace) GTEST_SKIP() << "about the userspace backend";
  }
  void TearDown() override {
    static_cast<void>(userspace_backend()->remove(name_));
    ::unsetenv("WG_USERSPACE_IMPLEMENTATION");
    ::unsetenv("WG_QUICK_USERSPACE_IMPLEMENTATION");
  }

  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The implementation's process: the sandbox has a /proc of its own, and zombies have no command line.
  fs::path process() const {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string command = read(entry.path() / "cmdline");
      if (command.find("wireguard-go") != std::string::npos && command.find(name_.str()) != std::string::npos) return entry.path();
    }
    return {};
  }

  static std::string script(const std::string& body) {
    const std::string path = "/run/implementation";
    std::ofstream(path) << "#!/bin/sh\n" << body << '\n';
    ::chmod(path.c_str(), 0755);
    return path;
  }

  const InterfaceName name_ = *InterfaceName::parse("intest1");
};

TEST_F(Userspace, RunsInASessionOfItsOwnAndHoldsNothingOfOurs) {
  const int ours = ::open("/proc/self/status", O_RDONLY);  // inheritable
  const auto backend = userspace_backend();
  ASSERT_OK(backend->create(name_));
  const DeviceUpdate update = sample_device(2);
  ASSERT_OK(backend->apply(name_, update));

  const fs::path process = this->process();
  ASSERT_FALSE(process.empty());
  const pid_t pid = std::stoi(process.filename());
  EXPECT_NE(::getsid(pid), ::getsid(0));
  for (const char* number : {"0", "1", "2"}) EXPECT_EQ(fs::read_symlink(process / "fd" / number), "/dev/null");
  for (const auto& fd : fs::directory_iterator(process / "fd")) {
    // The program runs, and may close a descriptor between our listing it and looking at it; what it had from us it would keep.
    std::error_code closed;
    const std::string target = fs::read_symlink(fd.path(), closed);
    EXPECT_EQ(target.find("status"), std::string::npos) << target;
  }
  EXPECT_EQ(fs::read_symlink(process / "cwd"), "/");
  for (const char* file : {"cmdline", "environ"}) {
    const std::string text = read(process / file);
    EXPECT_EQ(text.find(update.private_key->to_base64().reveal()), std::string::npos);
    EXPECT_EQ(text.find(update.private_key->to_hex().reveal()), std::string::npos);
  }
  ::close(ours);
}

TEST_F(Userspace, ReplacesASocketThatNobodyListensTo) {
  fs::create_directories("/run/wireguard");
  const std::string path = "/run/wireguard/" + name_.str() + ".sock";
  {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  const auto backend = userspace_backend();
  EXPECT_TRUE(backend->list()->empty());
  EXPECT_EQ(backend->get(name_).error().kind(), ErrorKind::kNotFound);
  ASSERT_OK(backend->create(name_));
  EXPECT_TRUE(backend->get(name_));
}

TEST_F(Userspace, NoticesAtOnceThatTheProgramFailed) {
  const auto backend = userspace_backend({.implementation = script("exit 7")});
  const auto created = backend->create(name_);
  ASSERT_FALSE(created);
  EXPECT_NE(created.error().message().find("exit status 7"), std::string::npos) << created.error().message();
}

TEST_F(Userspace, EndsAnotherOneThatWasStillStartingWhenWeBegan) {
  const auto backend = userspace_backend({.implementation = script("if mkdir /run/begun 2>/dev/null; then wireguard-go \"$@\"; exit 1; fi\n"
                                                                   "exec wireguard-go \"$@\"")});
  const auto created = backend->create(name_);
  ASSERT_TRUE(created) << created.error().message();
  EXPECT_TRUE(backend->get(name_));
}

TEST_F(Userspace, GivesUpOnAProgramThatNeverAnswers) {
  const auto backend = userspace_backend({.implementation = script("exit 0")});
  const auto created = backend->create(name_);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().kind(), ErrorKind::kUnreachable);
  EXPECT_FALSE(*netlink::find_link(name_));
}

TEST_F(Userspace, SaysWhatToInstallWhenThereIsNoProgram) {
  std::ofstream("/run/not-executable") << "text";
  for (const char* program : {"no-such-program", "/no/such/program", "/run/not-executable", "/run"}) {
    const auto created = userspace_backend({.implementation = program})->create(name_);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().kind(), ErrorKind::kUnsupported);
    EXPECT_NE(created.error().message().find("WG_USERSPACE_IMPLEMENTATION"), std::string::npos);
    EXPECT_NE(created.error().message().find(program), std::string::npos);
  }
}

TEST_F(Userspace, TakesTheProgramFromTheEnvironment) {
  ::setenv("WG_QUICK_USERSPACE_IMPLEMENTATION", script("touch /run/was-here; exec wireguard-go \"$1\"").c_str(), 1);
  ASSERT_OK(userspace_backend()->create(name_));
  EXPECT_TRUE(fs::exists("/run/was-here"));
  ASSERT_OK(userspace_backend()->remove(name_));
  ::setenv("WG_USERSPACE_IMPLEMENTATION", "no-such-program", 1);
  EXPECT_EQ(userspace_backend()->create(name_).error().kind(), ErrorKind::kUnsupported) << "the first of the two counts";
}

TEST_F(Userspace, KeepsAProgramThatStaysInTheForeground) {
  const auto backend = userspace_backend({.implementation = script("exec wireguard-go -f \"$1\"")});
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(backend->create(name_));
    ASSERT_OK(backend->apply(name_, sample_device(3)));
    EXPECT_EQ(backend->get(name_)->peers.size(), 3U);
    ASSERT_OK(backend->remove(name_));
  }
}

TEST_F(Userspace, EndsWithItsProcessGone) {
  const auto backend = userspace_backend();
  ASSERT_OK(backend->create(name_));
  ASSERT_FALSE(process().empty());
  ASSERT_OK(backend->remove(name_));
  EXPECT_FALSE(*netlink::find_link(name_));
  EXPECT_FALSE(fs::exists("/run/wireguard/" + name_.str() + ".sock"));
}

}  // namespace
}  // namespace innernet::wg

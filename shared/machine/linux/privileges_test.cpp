#include "innernet/machine/privileges.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netdb.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <thread>

#include "innernet/base/file.hpp"
#include "innernet/testing/child.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet {
namespace {

using testing::in_child;

constexpr std::uint64_t kOfNetworks = 1ULL << CAP_NET_ADMIN | 1ULL << CAP_NET_BIND_SERVICE;
constexpr std::uint64_t kOfSharedFiles = 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_CHOWN | 1ULL << CAP_FOWNER;

// A line of /proc/PID/status as a number.
std::uint64_t status(std::string_view name, int base) {
  const auto text = read_file("/proc/self/status");
  if (!text) return ~0ULL;
  const std::size_t at = text->find("\n" + std::string(name) + ":\t");
  if (at == std::string::npos) return ~0ULL;
  const char* begin = text->data() + at + name.size() + 3;
  std::uint64_t value = ~0ULL;
  std::from_chars(begin, text->data() + text->size(), value, base);
  return value;
}

bool is_denied(long result) { return result == -1 && errno == EPERM; }

bool program_ends_with_0(const char* program) {
  return in_child([program] {
    ::execl(program, program, nullptr);
    return false;
  });
}

TEST(Privileges, Dropped) {
  const std::uint64_t permitted = status("CapPrm", 16);
  EXPECT_TRUE(in_child([&] {
    drop_privileges({});
    return status("CapPrm", 16) == (permitted & kOfNetworks) && status("CapEff", 16) == (permitted & kOfNetworks) &&
           status("CapInh", 16) == 0 && status("NoNewPrivs", 10) == 1 && status("Seccomp", 10) == 2;
  }));
}

TEST(Privileges, WhatIsStartedGetsNoMore) {
  EXPECT_TRUE(in_child([] {
    drop_privileges({});
    return in_child([] {
      ::execl("/bin/sh", "sh", "-c",
              "while read -r name value; do case $name in"
              " CapEff:|CapPrm:|CapBnd:) [ \"$name\" = CapBnd: ] && [ \"$(id -u)\" != 0 ] || [ $((0x$value & ~0x1400)) = 0 ] || exit 1 ;;"
              " Seccomp:) [ \"$value\" = 2 ] || exit 1 ;;"
              " esac; done </proc/self/status",
              nullptr);
      return false;
    });
  }));
}

TEST(Privileges, CallsThatNoDaemonMakesAreDenied) {
  EXPECT_TRUE(in_child([] {
    drop_privileges({});
    return is_denied(::unshare(CLONE_NEWUSER)) && is_denied(::mount("none", "/nowhere", "tmpfs", 0, nullptr)) && is_denied(::chroot("/")) &&
           is_denied(::syscall(SYS_bpf, 0, nullptr, 0)) && is_denied(::syscall(SYS_keyctl, 0, 0, 0, 0)) &&
           is_denied(::syscall(SYS_init_module, nullptr, 0, "")) &&
           is_denied(::syscall(SYS_process_vm_readv, ::getpid(), nullptr, 0, nullptr, 0, 0)) && is_denied(::setuid(::getuid()));
  }));
#if !defined(INNERNET_SANITIZED)
  EXPECT_TRUE(in_child([] {
    drop_privileges({});
    return is_denied(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
  }));
#endif
}

TEST(Privileges, OrdinaryWorkGoesOn) {
  EXPECT_TRUE(in_child([] {
    testing::TempDir dir;
    drop_privileges({});
    drop_privileges({});  // a second time, too
    bool done = false;
    std::thread([&] { done = true; }).join();
    addrinfo* found = nullptr;
    if (::getaddrinfo("localhost", nullptr, nullptr, &found) == 0) ::freeaddrinfo(found);
    return done && replace_file(dir / "file", "content") && read_file(dir / "file") && remove_file(dir / "file") &&
           program_ends_with_0("/bin/true");
  }));
}

TEST(Privileges, SharedFilesStayInReach) {
  if (::geteuid() != 0) GTEST_SKIP() << "!!!! NOT RUN: only root can give a file to another user !!!!";
  const testing::TempDir dir;
  ASSERT_TRUE(create_file(dir / "theirs", "content"));
  ASSERT_EQ(::chown((dir / "theirs").c_str(), 65534, 65534), 0);
  const std::uint64_t permitted = status("CapPrm", 16);
  EXPECT_TRUE(in_child([&] {
    drop_privileges({dir / "nothing"});
    return !read_file(dir / "theirs");
  }));
  // The file itself, and a folder that it is in; or one in which somebody may put such a file later.
  std::filesystem::create_directory(dir / "group");
  ASSERT_EQ(::chmod((dir / "group").c_str(), 02770), 0);
  for (const auto& named : {dir / "theirs", dir.path(), dir / "group"}) {
    EXPECT_TRUE(in_child([&] {
      drop_privileges({named});
      struct stat after{};
      return status("CapEff", 16) == (permitted & (kOfNetworks | kOfSharedFiles)) && read_file(dir / "theirs") &&
             replace_file(dir / "theirs", "new") && ::stat((dir / "theirs").c_str(), &after) == 0 && after.st_uid == 65534;
    })) << named;
  }
}

// As systemd starts a service with User= and AmbientCapabilities=.
bool become_user_with(std::uint64_t capabilities) {
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) return false;
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const auto low = static_cast<std::uint32_t>(capabilities);
  std::array<__user_cap_data_struct, 2> data{{{.effective = low, .permitted = low, .inheritable = low}, {}}};
  if (::syscall(SYS_capset, &header, data.data()) != 0) return false;
  for (unsigned capability = 0; capability < 32; ++capability)
    if ((low >> capability & 1U) != 0 && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) return false;
  return true;
}

TEST(Privileges, AnotherUserThanRootPassesOnWhatItWasGivenForNetworks) {
  if (::geteuid() != 0) GTEST_SKIP() << "!!!! NOT RUN: only root can become another user !!!!";
  EXPECT_TRUE(in_child([] {
    if (!become_user_with(kOfNetworks | 1ULL << CAP_KILL)) return false;
    drop_privileges({});
    const bool keeps_no_more = status("CapPrm", 16) == kOfNetworks && status("CapEff", 16) == kOfNetworks &&
                               status("CapInh", 16) == kOfNetworks && status("CapAmb", 16) == kOfNetworks;
    return keeps_no_more && may_change_networks() && in_child([] {
             ::execl("/bin/sh", "sh", "-c", "grep -q '^CapEff:.*0000000000001400$' /proc/self/status", nullptr);
             return false;
           });
  }));
  EXPECT_TRUE(in_child([] { return become_user_with(1ULL << CAP_NET_BIND_SERVICE) && !may_change_networks(); }));
}

TEST(Privileges, NoCoreDump) {
  EXPECT_TRUE(in_child([] {
    keep_memory_private();
    rlimit limit{};
    return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
  }));
}

}  // namespace
}  // namespace innernet

#include "innernet/hostsfile/hostsfile.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>

#include "innernet/base/file.hpp"
#include "innernet/testing/child.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet::hostsfile {
namespace {

using innernet::testing::in_child;
using innernet::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;
const std::string kLocalhost = "127.0.0.1 localhost\n";

bool is_root() { return ::geteuid() == 0; }

std::vector<Entry> one_entry(std::string name = "alice.evilcorp.wg") { return {{IpAddress::parse("10.66.1.2").value(), std::move(name)}}; }

std::string with_one_entry(const std::string& text) { return with_section(text, "evilcorp", one_entry()).value(); }

struct stat status_of(const std::filesystem::path& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename());
  return {names.begin(), names.end()};
}

void write(const std::filesystem::path& path, std::string_view text, mode_t mode = 0644) { ASSERT_TRUE(replace_file(path, text, mode)); }

// A mount namespace whose mounts nobody else sees. Only in a child.
bool leave_mounts_behind() { return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0; }

TEST(HostsFile, IsReplacedOnceAndThenLeftAlone) {
  const TempDir dir;
  write(dir / "hosts", kLocalhost);
  EXPECT_EQ(update(dir / "hosts", "evilcorp", one_entry()), Written::kReplaced);
  EXPECT_EQ(*read_file(dir / "hosts"), with_one_entry(kLocalhost));
  const auto before = status_of(dir / "hosts");
  EXPECT_EQ(update(dir / "hosts", "evilcorp", one_entry()), Written::kUnchanged);
  const auto after = status_of(dir / "hosts");
  EXPECT_EQ(after.st_ino, before.st_ino);
  EXPECT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
  EXPECT_EQ(update(dir / "hosts", "evilcorp", {}), Written::kReplaced);
  EXPECT_EQ(*read_file(dir / "hosts"), kLocalhost + "\n");
  EXPECT_THAT(names_in(dir.path()), ElementsAre("hosts"));
}

TEST(HostsFile, IsMadeWhenMissingAndNeeded) {
  const TempDir dir;
  EXPECT_EQ(update(dir / "hosts", "evilcorp", {}), Written::kUnchanged);
  EXPECT_THAT(names_in(dir.path()), ElementsAre());
  const mode_t mask = ::umask(077);
  EXPECT_EQ(update(dir / "hosts", "evilcorp", one_entry()), Written::kReplaced);
  ::umask(mask);
  EXPECT_EQ(status_of(dir / "hosts").st_mode & 07777U, 0644U) << "everybody resolves names";
  EXPECT_EQ(*read_file(dir / "hosts"), with_one_entry(""));
}

TEST(HostsFile, KeepsOwnerGroupAndMode) {
  const TempDir dir;
  write(dir / "hosts", kLocalhost);
  if (is_root()) {
    ASSERT_EQ(::chown((dir / "hosts").c_str(), 12, 34), 0);
  }
  ASSERT_EQ(::chmod((dir / "hosts").c_str(), 0664), 0);
  const auto before = status_of(dir / "hosts");
  ASSERT_EQ(update(dir / "hosts", "evilcorp", one_entry()), Written::kReplaced);
  const auto after = status_of(dir / "hosts");
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_EQ(after.st_gid, before.st_gid);
  EXPECT_EQ(after.st_mode, before.st_mode);
}

// A hosts file without its SELinux label is unreadable for half of the system.
TEST(HostsFile, KeepsExtendedAttributesLabelAndAcl) {
  const TempDir dir;
  const auto path = dir / "hosts";
  write(path, kLocalhost);
  // POSIX ACL version 2: user::rw-, user:12:r--, group::r--, mask::r--, other::r--
  const unsigned char acl[] = {2, 0, 0,   0,   1,   0,   6,  0, 255, 255, 255, 255, 2,   0,   4,  0, 12, 0, 0,   0,   4,   0,
                               4, 0, 255, 255, 255, 255, 16, 0, 4,   0,   255, 255, 255, 255, 32, 0, 4,  0, 255, 255, 255, 255};
  const struct {
    const char* name;
    std::string value;
  } attributes[] = {
      {"user.origin", "cloud-init"},
      {"user.empty", ""},
      {"system.posix_acl_access", std::string(reinterpret_cast<const char*>(acl), sizeof acl)},
      {"security.selinux", std::string("system_u:object_r:net_conf_t:s0\0", 32)},
  };
  std::vector<std::string> set;
  for (const auto& a : attributes)
    if (::setxattr(path.c_str(), a.name, a.value.data(), a.value.size(), 0) == 0) set.emplace_back(a.name);
  if (set.empty()) GTEST_SKIP() << "no extended attributes here";
  ASSERT_EQ(update(path, "evilcorp", one_entry()), Written::kReplaced);
  for (const auto& a : attributes) {
    if (std::ranges::find(set, a.name) == set.end()) continue;
    char value[256];
    const ssize_t size = ::getxattr(path.c_str(), a.name, value, sizeof value);
    ASSERT_GE(size, 0) << a.name;
    EXPECT_EQ(std::string(value, static_cast<std::size_t>(size)), a.value) << a.name;
  }
}

TEST(HostsFile, BehindALinkIsReplacedWhereItIs) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "real");
  write(dir / "real" / "hosts", kLocalhost);
  std::filesystem::create_symlink("real/hosts", dir / "hosts");
  EXPECT_EQ(update(dir / "hosts", "evilcorp", one_entry()), Written::kReplaced);
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "hosts"));
  EXPECT_EQ(*read_file(dir / "real" / "hosts"), with_one_entry(kLocalhost));
  EXPECT_THAT(names_in(dir / "real"), ElementsAre("hosts"));
}

TEST(HostsFile, RefusesWhatIsNoFile) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "folder");
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0644), 0);
  for (const char* name : {"folder", "fifo", "missing/hosts"}) {
    const auto result = update(dir / name, "evilcorp", one_entry());
    ASSERT_FALSE(result) << name;
    EXPECT_THAT(result.error().message(), HasSubstr((dir / name).string()));
  }
  EXPECT_THAT(names_in(dir.path()), ElementsAre("fifo", "folder"));
}

TEST(HostsFile, WithBrokenMarkersStaysAndIsNamed) {
  const TempDir dir;
  const std::string broken = "# DO NOT EDIT innernet evilcorp END\n# DO NOT EDIT innernet evilcorp BEGIN\n";
  write(dir / "hosts", broken);
  const auto result = update(dir / "hosts", "evilcorp", one_entry());
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr((dir / "hosts").string()));
  EXPECT_EQ(*read_file(dir / "hosts"), broken);
}

TEST(HostsFile, OnAFullDiskStaysAsItWas) {
  const TempDir dir;
  write(dir / "hosts", kLocalhost);
  EXPECT_TRUE(in_child([&] {
    const rlimit small{100, 100};
    ::signal(SIGXFSZ, SIG_IGN);
    return ::setrlimit(RLIMIT_FSIZE, &small) == 0 && !update(dir / "hosts", "evilcorp", one_entry(std::string(200, 'a'))).has_value();
  }));
  EXPECT_EQ(*read_file(dir / "hosts"), kLocalhost);
  EXPECT_THAT(names_in(dir.path()), ElementsAre("hosts"));
}

// A container's hosts file: a mount on the file itself, so that a rename is EBUSY.
TEST(HostsFile, ThatIsMountedIsWrittenInPlace) {
  if (!is_root()) GTEST_SKIP() << "needs root to mount";
  const TempDir dir;
  write(dir / "outside", kLocalhost);
  write(dir / "hosts", "");
  const bool good = in_child([&] {
    if (!leave_mounts_behind() || ::mount((dir / "outside").c_str(), (dir / "hosts").c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
    const bool longer =
        update(dir / "hosts", "evilcorp", one_entry()) == Written::kInPlace && *read_file(dir / "hosts") == with_one_entry(kLocalhost);
    const bool unchanged = update(dir / "hosts", "evilcorp", one_entry()) == Written::kUnchanged;
    const bool shorter = update(dir / "hosts", "evilcorp", {}) == Written::kInPlace && *read_file(dir / "hosts") == kLocalhost + "\n";
    return longer && unchanged && shorter;
  });
  EXPECT_TRUE(good);
  EXPECT_EQ(*read_file(dir / "outside"), kLocalhost + "\n");
  EXPECT_THAT(names_in(dir.path()), ElementsAre("hosts", "outside")) << "no temporary file stays";
}

// Mounted and without room: the old content must survive a write in place that can't be finished.
TEST(HostsFile, WrittenInPlaceOnAFullDiskStaysAsItWas) {
  if (!is_root()) GTEST_SKIP() << "needs root to mount";
  const TempDir dir;
  const std::string large(100'000, '#');
  write(dir / "hosts", "");
  const bool good = in_child([&] {
    std::filesystem::create_directory(dir / "tiny");
    if (!leave_mounts_behind() || ::mount("tmpfs", (dir / "tiny").c_str(), "tmpfs", 0, "size=128k") != 0) return false;
    write(dir / "tiny" / "hosts", large);
    if (::mount((dir / "tiny" / "hosts").c_str(), (dir / "hosts").c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
    const auto result = update(dir / "hosts", "evilcorp", one_entry(std::string(60'000, 'a')));
    return !result && result.error().message().find("No space left") != std::string::npos && *read_file(dir / "hosts") == large;
  });
  EXPECT_TRUE(good);
}

TEST(HostsFile, InAFolderThatIsReadOnlyIsWrittenInPlace) {
  if (!is_root()) GTEST_SKIP() << "needs root to have two users";
  const TempDir dir;
  write(dir / "hosts", kLocalhost);
  ASSERT_EQ(::chown((dir / "hosts").c_str(), kNobody, kNobody), 0);
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  EXPECT_TRUE(in_child([&] {
    return ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0 &&
           update(dir / "hosts", "evilcorp", one_entry()) == Written::kInPlace;
  }));
  EXPECT_EQ(*read_file(dir / "hosts"), with_one_entry(kLocalhost));
}

TEST(HostsFile, WithoutAnyRightsIsAnErrorOfThatKind) {
  if (!is_root()) GTEST_SKIP() << "needs root to have two users";
  const TempDir dir;
  write(dir / "hosts", kLocalhost);
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  EXPECT_TRUE(in_child([&] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) return false;
    const auto result = update(dir / "hosts", "evilcorp", one_entry());
    return !result && result.error().kind() == ErrorKind::kPermission && result.error().message().find((dir / "hosts").string()) == 0;
  }));
  EXPECT_EQ(*read_file(dir / "hosts"), kLocalhost);
}

// flock(2) asks for no more than an open descriptor: anybody may have one of /etc, and of /etc/hosts.
TEST(HostsFile, IsNotHeldUpByWhoMayOnlyRead) {
  const TempDir dir;
  write(dir / "hosts", kLocalhost);
  for (const auto& path : {dir.path(), dir / "hosts"}) {
    const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::flock(reader.get(), LOCK_EX | LOCK_NB), 0);
    EXPECT_EQ(update(dir / "hosts", "evilcorp", one_entry(path.filename())), Written::kReplaced) << path;
  }
}

TEST(HostsFile, IsLockedByAFileThatOthersCanNotOpen) {
  const TempDir dir;
  EXPECT_EQ(lock_file(dir / "hosts"), dir / ".hosts.innernet-lock");
  write(dir / "hosts", kLocalhost);
  std::optional<FileLock> held(FileLock::acquire(lock_file(dir / "hosts"), std::chrono::milliseconds(0)).value());
  EXPECT_EQ(status_of(lock_file(dir / "hosts")).st_mode & 0777U, 0600U);
  EXPECT_EQ(update(dir / "hosts", "evilcorp", {}), Written::kUnchanged) << "who has nothing to write waits for nobody";
  std::optional<Result<Written>> written;
  std::thread writer([&] { written = update(dir / "hosts", "evilcorp", one_entry()); });
  held.reset();
  writer.join();
  EXPECT_EQ(*written, Written::kReplaced);
  EXPECT_THAT(names_in(dir.path()), ElementsAre("hosts")) << "no lock stays";
}

TEST(HostsFile, TheLockOfOneWhoWasKilledGoesWithTheNextLook) {
  const TempDir dir;
  write(dir / "hosts", kLocalhost);
  write(dir / ".hosts.innernet-lock", "1\n");
  EXPECT_EQ(update(dir / "hosts", "evilcorp", {}), Written::kUnchanged);
  EXPECT_THAT(names_in(dir.path()), ElementsAre("hosts"));
}

// Without the lock around read, compare and rename, one of two writers loses its section nearly every time.
TEST(HostsFile, TwoWritersDoNotLoseEachOthersSection) {
  const TempDir dir;
  write(dir / "hosts", kLocalhost);
  constexpr int kTimes = 40;
  std::vector<std::thread> threads;
  std::atomic<bool> failed = false;
  for (const std::string network : {"alpha", "beta"})
    threads.emplace_back([&, network] {
      const bool good = in_child([&] {
        for (int i = 0; i < kTimes; ++i) {
          if (!update(dir / "hosts", network, one_entry(network + std::to_string(i)))) return false;
          if (read_file(dir / "hosts")->find(" " + network + std::to_string(i) + "\n") == std::string::npos) return false;
        }
        return true;
      });
      if (!good) failed = true;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(failed);
  const std::string text = *read_file(dir / "hosts");
  for (const char* network : {"alpha39", "beta39"}) EXPECT_THAT(text, HasSubstr(network));
  EXPECT_TRUE(text.starts_with(kLocalhost));
  EXPECT_THAT(names_in(dir.path()), ElementsAre("hosts"));
}

}  // namespace
}  // namespace innernet::hostsfile

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "innernet/base/file.hpp"
#include "innernet/testing/child.hpp"
#include "innernet/testing/opened.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet {
namespace {

using ::testing::HasSubstr;
using testing::in_child;
using testing::Opened;
using testing::TempDir;

constexpr std::chrono::milliseconds kAtOnce{0};
constexpr std::chrono::seconds kLong{30};

TEST(FileLock, HasOneHolderAndNamesIt) {
  const TempDir dir;
  std::optional<FileLock> held(FileLock::acquire(dir / "evilcorp.lock", kAtOnce).value());
  const auto second = FileLock::acquire(dir / "evilcorp.lock", kAtOnce);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::kBusy);
  EXPECT_THAT(second.error().message(), HasSubstr((dir / "evilcorp.lock").string()));
  EXPECT_THAT(second.error().message(), HasSubstr("process " + std::to_string(::getpid())));
  held.reset();
  EXPECT_TRUE(FileLock::acquire(dir / "evilcorp.lock", kAtOnce));
  EXPECT_TRUE(std::filesystem::exists(dir / "evilcorp.lock")) << "the file stays";
}

TEST(FileLock, LocksAFileThatIsThereWithoutWritingToIt) {
  const TempDir dir;
  EXPECT_EQ(FileLock::acquire_existing(dir / "evilcorp.conf", kAtOnce).error().kind(), ErrorKind::kNotFound);
  ASSERT_TRUE(create_file(dir / "evilcorp.conf", "x", 0400));
  std::optional<FileLock> held(FileLock::acquire_existing(dir / "evilcorp.conf", kAtOnce).value());
  EXPECT_EQ(FileLock::acquire_existing(dir / "evilcorp.conf", kAtOnce).error().kind(), ErrorKind::kBusy);
  held.reset();
  EXPECT_TRUE(FileLock::acquire_existing(dir / "evilcorp.conf", kAtOnce));
  EXPECT_EQ(*read_file(dir / "evilcorp.conf"), "x");
}

TEST(FileLock, IsReleasedWhenTheHolderDies) {
  const TempDir dir;
  EXPECT_TRUE(in_child([&] {
    static auto kept = FileLock::acquire(dir / "lock", kAtOnce);
    return kept.has_value();
  }));
  EXPECT_TRUE(FileLock::acquire(dir / "lock", kAtOnce));
}

TEST(FileLock, WaitsForTheHolder) {
  const TempDir dir;
  std::optional<FileLock> held(FileLock::acquire(dir / "lock", kAtOnce).value());
  std::optional<Result<FileLock>> waited;
  std::thread waiter([&] { waited.emplace(FileLock::acquire(dir / "lock", kLong)); });
  held.reset();
  waiter.join();
  EXPECT_TRUE(waited->has_value());
}

// A lock on a file that is gone would exclude nobody.
TEST(FileLock, OfAFileThatWasRemovedWhileItWasWaitedForIsTakenAnewOnTheNewOne) {
  const TempDir dir;
  for (const bool replaced : {false, true}) {
    std::optional<FileLock> held(FileLock::acquire(dir / "lock", kAtOnce).value());
    Opened opened(dir / "lock");
    std::optional<Result<FileLock>> waited;
    std::thread waiter([&] { waited.emplace(FileLock::acquire(dir / "lock", kLong)); });
    opened.wait();
    ASSERT_TRUE(remove_file(dir / "lock"));
    if (replaced) {
      ASSERT_TRUE(create_file(dir / "lock", ""));
    }
    held.reset();
    waiter.join();
    ASSERT_TRUE(*waited);
    EXPECT_FALSE(FileLock::acquire(dir / "lock", kAtOnce)) << "another one got it, too";
  }
}

TEST(FileLock, GoesWithTheLastOfTheFilesThatItGuards) {
  const TempDir dir;
  const auto lock = [&] { return FileLock::acquire(dir / "lock", kAtOnce, {dir / "config", dir / "data"}).value(); };
  ASSERT_TRUE(create_file(dir / "data", ""));
  lock();
  EXPECT_TRUE(std::filesystem::exists(dir / "lock"));
  {
    const FileLock held = lock();
    ASSERT_TRUE(remove_file(dir / "data"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  lock();
  EXPECT_TRUE(std::filesystem::is_empty(dir.path())) << "who comes too late leaves none, either";
}

TEST(FileLock, LeavesAFileAloneThatSomebodyElseMayHaveLocked) {
  const TempDir dir;
  std::optional<FileLock> first(FileLock::acquire(dir / "lock", kAtOnce, {dir / "config"}).value());
  ASSERT_TRUE(remove_file(dir / "lock"));
  const auto second = FileLock::acquire(dir / "lock", kAtOnce);
  first.reset();
  EXPECT_FALSE(FileLock::acquire(dir / "lock", kAtOnce));
}

TEST(FileLock, IsNotHeldWhenItsFileIsGoneOrAnotherOne) {
  const TempDir dir;
  const auto first = FileLock::acquire(dir / "lock", kAtOnce).value();
  EXPECT_TRUE(first.is_held());
  ASSERT_TRUE(remove_file(dir / "lock"));
  EXPECT_FALSE(first.is_held());
  const auto second = FileLock::acquire(dir / "lock", kAtOnce).value();
  EXPECT_FALSE(first.is_held());
  EXPECT_TRUE(second.is_held());
}

TEST(FileLock, DoesNotTrustAFileThatIsGone) {
  const TempDir dir;
  std::optional<FileLock> held(FileLock::acquire(dir / "lock", kAtOnce).value());
  ASSERT_TRUE(remove_file(dir / "lock"));
  const auto second = FileLock::acquire(dir / "lock", kAtOnce);
  ASSERT_TRUE(second);
  EXPECT_FALSE(FileLock::acquire(dir / "lock", kAtOnce));
}

TEST(FileLock, IsPrivateOrSharedWithTheGroupOfASetgidFolder) {
  const TempDir dir;
  const auto mode = [&](const char* name) {
    struct stat status{};
    EXPECT_EQ(::stat((dir / name).c_str(), &status), 0);
    return status.st_mode & 07777U;
  };
  ASSERT_TRUE(FileLock::acquire(dir / "mine", kAtOnce));
  EXPECT_EQ(mode("mine"), 0600U);
  ASSERT_EQ(::chmod(dir.path().c_str(), 02770), 0);
  ASSERT_TRUE(FileLock::acquire(dir / "ours", kAtOnce));
  EXPECT_EQ(mode("ours"), 0660U);
}

TEST(FileLock, FollowsNoLinkThatSomebodyPlanted) {
  const TempDir dir;
  ASSERT_TRUE(replace_file(dir / "victim", "content"));
  std::filesystem::create_symlink("victim", dir / "lock");
  EXPECT_FALSE(FileLock::acquire(dir / "lock", kAtOnce));
  EXPECT_EQ(*read_file(dir / "victim"), "content");
}

TEST(FileLock, WithoutItsFolderNamesThePath) {
  const TempDir dir;
  const auto lock = FileLock::acquire(dir / "missing" / "lock", kAtOnce);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(lock.error().message(), HasSubstr((dir / "missing" / "lock").string()));
}

TEST(FileLock, CanBeOnAFileThatIsThereOnlyMeanwhile) {
  const TempDir dir;
  std::optional<FileLock> held(FileLock::acquire_while_locked(dir / "lock", kAtOnce).value());
  EXPECT_EQ(FileLock::acquire_while_locked(dir / "lock", kAtOnce).error().kind(), ErrorKind::kBusy);
  Opened opened(dir / "lock");
  std::optional<Result<FileLock>> waited;
  std::thread waiter([&] { waited.emplace(FileLock::acquire_while_locked(dir / "lock", kLong)); });
  opened.wait();
  held.reset();
  waiter.join();
  ASSERT_TRUE(*waited);
  EXPECT_FALSE(FileLock::acquire_while_locked(dir / "lock", kAtOnce)) << "another one got it, too";
  waited.reset();
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(FileLock, OthersSeeWhetherItIsHeld) {
  const TempDir dir;
  const auto path = dir / "lock";
  EXPECT_FALSE(FileLock::is_locked(path));
  EXPECT_FALSE(std::filesystem::exists(path));
  {
    const auto lock = FileLock::acquire(path, std::chrono::milliseconds(0));
    ASSERT_TRUE(lock);
    EXPECT_TRUE(FileLock::is_locked(path));
  }
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_FALSE(FileLock::is_locked(path));
}

}  // namespace
}  // namespace innernet

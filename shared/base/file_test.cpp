#include "innernet/base/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "innernet/base/temp_file.hpp"
#include "innernet/testing/child.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::in_child;
using testing::TempDir;
using ::testing::UnorderedElementsAre;

constexpr uid_t kNobody = 65534;

bool is_root() { return ::geteuid() == 0; }

struct stat status_of(const std::filesystem::path& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

mode_t mode_of(const std::filesystem::path& path) { return status_of(path).st_mode & 07777U; }

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename());
  return {names.begin(), names.end()};
}

// From here on this process is an ordinary user. Only in a child.
bool become_nobody() { return ::setgroups(0, nullptr) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0; }

TEST(ReadFile, ReturnsEveryByte) {
  const TempDir dir;
  const std::string content = std::string("a\0\xff\r\n", 5) + std::string(100'000, 'x');
  ASSERT_TRUE(replace_file(dir / "f", content));
  EXPECT_EQ(*read_file(dir / "f"), content);
  ASSERT_TRUE(replace_file(dir / "f", ""));
  EXPECT_EQ(*read_file(dir / "f"), "");
}

// /proc and pipes have no size beforehand: `install <(...)` reads one.
TEST(ReadFile, ReadsFilesWithoutASize) {
  EXPECT_THAT(*read_file("/proc/self/status"), HasSubstr("Pid:"));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const std::string content(20'000, 'y');  // less than a pipe holds
  ASSERT_TRUE(write_all(writing.get(), content));
  writing.reset();
  EXPECT_EQ(*read_file("/proc/self/fd/" + std::to_string(reading.get())), content);
}

TEST(ReadFile, FailsWithThePathAndTheKind) {
  const TempDir dir;
  const auto missing = read_file(dir / "missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(missing.error().message(), (dir / "missing").string() + ": No such file or directory");
  EXPECT_THAT(read_file(dir.path()).error().message(), HasSubstr("Is a directory"));
  EXPECT_EQ(read_file(dir / "a\x1b[2J").error().message().find('\x1b'), std::string::npos);
}

TEST(ReadFile, RefusesMoreThanTheLimit) {
  const TempDir dir;
  ASSERT_TRUE(replace_file(dir / "f", "12345"));
  EXPECT_TRUE(read_file(dir / "f", 5));
  EXPECT_EQ(read_file(dir / "f", 4).error().kind(), ErrorKind::kInvalidInput);
  EXPECT_FALSE(read_file("/dev/zero", 100'000)) << "a file without an end";
}

TEST(FilePieces, AreTheContentInItsOrder) {
  const TempDir dir;
  std::string content;
  for (int i = 0; content.size() < 300'000; ++i) content += std::to_string(i);
  ASSERT_TRUE(replace_file(dir / "f", content));
  auto file = FilePieces::open(dir / "f");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), content.size());
  std::string joined;
  for (;;) {
    const auto piece = file->next();
    ASSERT_TRUE(piece);
    if (piece->empty()) break;
    joined += *piece;
  }
  EXPECT_EQ(joined, content);
  EXPECT_TRUE(file->next()->empty());
}

TEST(FilePieces, FailAsReadFileDoes) {
  const TempDir dir;
  EXPECT_EQ(FilePieces::open(dir / "missing").error().kind(), ErrorKind::kNotFound);
  ASSERT_TRUE(replace_file(dir / "f", "12345"));
  EXPECT_EQ(FilePieces::open(dir / "f", 4).error().kind(), ErrorKind::kInvalidInput);
  auto growing = FilePieces::open(dir / "f", 5);
  ASSERT_TRUE(growing);
  std::ofstream(dir / "f", std::ios::app) << "6";
  EXPECT_EQ(growing->next().error().kind(), ErrorKind::kInvalidInput);
}

TEST(ReplaceFile, TakesAContentInPieces) {
  const TempDir dir;
  ASSERT_TRUE(replace_file(dir / "f", [](const auto& append) {
    append("one ");
    append("");
    append("two");
  }));
  EXPECT_EQ(*read_file(dir / "f"), "one two");
}

TEST(ReplaceFile, MakesANewFileThatOnlyItsOwnerCanRead) {
  const TempDir dir;
  const mode_t old_mask = ::umask(0);
  ASSERT_TRUE(replace_file(dir / "evilcorp.conf", "key"));
  ASSERT_TRUE(replace_file(dir / "open", "x", 0644));
  ::umask(0777);
  ASSERT_TRUE(replace_file(dir / "masked", "x", 0640));
  ::umask(old_mask);
  EXPECT_EQ(mode_of(dir / "evilcorp.conf"), 0600U);
  EXPECT_EQ(mode_of(dir / "open"), 0644U);
  EXPECT_EQ(mode_of(dir / "masked"), 0640U) << "whatever the umask";
  EXPECT_THAT(names_in(dir.path()), ElementsAre("evilcorp.conf", "masked", "open"));
}

TEST(ReplaceFile, KeepsOwnerGroupAndMode) {
  const TempDir dir;
  ASSERT_TRUE(replace_file(dir / "f", "old"));
  ASSERT_EQ(::chmod((dir / "f").c_str(), 0640), 0);
  if (is_root()) {
    ASSERT_EQ(::chown((dir / "f").c_str(), 12, 34), 0);
  }
  const auto before = status_of(dir / "f");
  ASSERT_TRUE(replace_file(dir / "f", "new"));
  const auto after = status_of(dir / "f");
  EXPECT_EQ(*read_file(dir / "f"), "new");
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_EQ(after.st_gid, before.st_gid);
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_NE(after.st_ino, before.st_ino) << "a rename, not a write in place";
}

TEST(ReplaceFile, ByAnotherUserKeepsTheGroup) {
  if (!is_root()) GTEST_SKIP() << "needs root to have two users";
  const TempDir dir;
  ASSERT_EQ(::chmod(dir.path().c_str(), 0777), 0);
  ASSERT_TRUE(replace_file(dir / "f", "old"));
  ASSERT_EQ(::chown((dir / "f").c_str(), 0, 4711), 0);
  ASSERT_EQ(::chmod((dir / "f").c_str(), 0660), 0);
  EXPECT_TRUE(in_child([&] {
    const gid_t groups[] = {4711};
    return ::setgroups(1, groups) == 0 && ::setgid(kNobody) == 0 && ::setuid(kNobody) == 0 && replace_file(dir / "f", "new").has_value();
  }));
  const auto after = status_of(dir / "f");
  EXPECT_EQ(*read_file(dir / "f"), "new");
  EXPECT_EQ(after.st_uid, kNobody);
  EXPECT_EQ(after.st_gid, 4711U);
  EXPECT_EQ(after.st_mode & 07777U, 0660U);
}

// A key must not become readable to the group that the writer happens to have.
TEST(ReplaceFile, GivesAnotherGroupNothingWhenTheOldOneCannotBeKept) {
  if (!is_root()) GTEST_SKIP() << "needs root to have two users";
  const TempDir dir;
  ASSERT_EQ(::chmod(dir.path().c_str(), 0777), 0);
  ASSERT_TRUE(replace_file(dir / "f", "old"));
  ASSERT_EQ(::chown((dir / "f").c_str(), kNobody, 4711), 0);
  ASSERT_EQ(::chmod((dir / "f").c_str(), 0660), 0);
  EXPECT_TRUE(in_child([&] { return become_nobody() && replace_file(dir / "f", "new").has_value(); }));
  EXPECT_EQ(status_of(dir / "f").st_gid, kNobody);
  EXPECT_EQ(mode_of(dir / "f"), 0600U);
}

TEST(ReplaceFile, InASetgidFolderSharesNewFilesWithItsGroup) {
  const TempDir dir;
  ASSERT_EQ(::chmod(dir.path().c_str(), 02770), 0);
  if (is_root()) {
    ASSERT_EQ(::chown(dir.path().c_str(), 0, 4711), 0);
    ASSERT_EQ(::chmod(dir.path().c_str(), 02770), 0);
  }
  ASSERT_TRUE(replace_file(dir / "new", "x"));
  ASSERT_TRUE(create_file(dir / "created", "x"));
  EXPECT_EQ(mode_of(dir / "new"), 0660U);
  EXPECT_EQ(mode_of(dir / "created"), 0660U);
  EXPECT_EQ(status_of(dir / "new").st_gid, status_of(dir.path()).st_gid);
  ASSERT_EQ(::chmod((dir / "new").c_str(), 0600), 0);
  ASSERT_TRUE(replace_file(dir / "new", "y"));
  EXPECT_EQ(mode_of(dir / "new"), 0600U) << "the choice of its owner is kept";
}

// A service of that user has to read it.
TEST(NewFile, OfRootInTheFolderOfAnotherUserIsThatUsers) {
  if (!is_root()) GTEST_SKIP() << "needs root to have two users";
  const TempDir dir;
  ASSERT_EQ(::chown(dir.path().c_str(), kNobody, 4711), 0);
  ASSERT_TRUE(replace_file(dir / "replaced", "x"));
  ASSERT_TRUE(create_file(dir / "created", "x"));
  ASSERT_TRUE(create_file(dir / "database", "x", kPrivateFile, NewFile::kOfFoldersOwner));
  ASSERT_TRUE(FileLock::acquire(dir / "lock", std::chrono::milliseconds(0)));
  for (const char* name : {"replaced", "created", "database", "lock"}) {
    EXPECT_EQ(status_of(dir / name).st_uid, kNobody) << name;
    EXPECT_EQ(mode_of(dir / name), 0600U) << name;
  }
  ASSERT_TRUE(create_file(dir / "invitation", "x", kPrivateFile, NewFile::kOfNobodyElse));
  EXPECT_EQ(status_of(dir / "invitation").st_uid, 0U);
}

TEST(ReplaceFile, FollowsSymbolicLinks) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "real");
  ASSERT_TRUE(replace_file(dir / "real" / "f", "old"));
  std::filesystem::create_symlink("real/f", dir / "one");
  std::filesystem::create_symlink((dir / "one").string(), dir / "two");
  std::filesystem::create_symlink("real/missing", dir / "dangling");
  std::filesystem::create_symlink("loop", dir / "loop");
  ASSERT_TRUE(replace_file(dir / "two", "new"));
  ASSERT_TRUE(replace_file(dir / "dangling", "made"));
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "two"));
  EXPECT_TRUE(std::filesystem::is_symlink(dir / "one"));
  EXPECT_EQ(*read_file(dir / "real" / "f"), "new");
  EXPECT_EQ(*read_file(dir / "real" / "missing"), "made");
  EXPECT_FALSE(replace_file(dir / "loop", "x"));
  EXPECT_THAT(names_in(dir.path()), ElementsAre("dangling", "loop", "one", "real", "two"));
}

TEST(ReplaceFile, RefusesWhatIsNoFile) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  for (const std::filesystem::path& path :
       {dir.path(), dir.path() / "", dir / "..", dir / "fifo", dir / "missing" / "f", std::filesystem::path("")}) {
    const auto replaced = replace_file(path, "x");
    EXPECT_FALSE(replaced) << path;
  }
  EXPECT_THAT(names_in(dir.path()), ElementsAre("fifo"));
}

// The original truncates in place, and a full disk there loses the private key. The limit on the file size fails the
// write as a full disk does: in the middle.
TEST(ReplaceFile, OnAFullDiskKeepsTheOldFileAndLeavesNothing) {
  const TempDir dir;
  ASSERT_TRUE(replace_file(dir / "f", "the old key"));
  EXPECT_TRUE(in_child([&] {
    const rlimit small{1000, 1000};
    ::signal(SIGXFSZ, SIG_IGN);
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return false;
    const auto replaced = replace_file(dir / "f", std::string(5000, 'x'));
    const auto in_pieces = replace_file(dir / "f", [](const auto& append) {
      for (int i = 0; i < 20; ++i) append(std::string(100, 'x'));
    });
    const auto created = create_file(dir / "g", std::string(5000, 'x'));
    return !replaced && replaced.error().message().find((dir / "f").string()) == 0 && !in_pieces && !created;
  }));
  EXPECT_EQ(*read_file(dir / "f"), "the old key");
  EXPECT_THAT(names_in(dir.path()), ElementsAre("f"));
}

TEST(ReplaceFile, WithoutRightsOnTheFolderNamesTheFolder) {
  if (!is_root()) GTEST_SKIP() << "needs root to have two users";
  const TempDir dir;
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  ASSERT_TRUE(replace_file(dir / "f", "old", 0666));
  EXPECT_TRUE(in_child([&] {
    if (!become_nobody()) return false;
    const auto replaced = replace_file(dir / "f", "new");
    return !replaced && replaced.error().kind() == ErrorKind::kPermission &&
           replaced.error().message().find("making a new file in " + dir.path().string()) != std::string::npos;
  }));
  EXPECT_EQ(*read_file(dir / "f"), "old");
}

TEST(ReplaceFile, TakesTheLongestName) {
  const TempDir dir;
  const std::string name(255, 'n');
  ASSERT_TRUE(replace_file(dir / name, "x"));
  ASSERT_TRUE(replace_file(dir / name, "y"));
  EXPECT_EQ(*read_file(dir / name), "y");
}

// Readers at any instant see a whole file, and two writers don't meet in one temporary file.
TEST(ReplaceFile, IsAtomicForReadersAndOtherWriters) {
  const TempDir dir;
  const auto path = dir / "f";
  const auto content = [](char c) { return std::string(50'000, c); };
  ASSERT_TRUE(replace_file(path, content('0')));
  std::atomic<bool> failed = false;
  std::atomic<int> writing = 2;
  std::vector<std::thread> threads;
  for (const char c : {'1', '2'})
    threads.emplace_back([&, c] {
      for (int i = 0; i < 50; ++i)
        if (!replace_file(path, content(c))) failed = true;
      --writing;
    });
  while (writing > 0) {
    const auto seen = read_file(path);
    if (!seen || seen->size() != 50'000 || seen->find_first_not_of(seen->front()) != std::string::npos) failed = true;
  }
  for (auto& thread : threads) thread.join();
  EXPECT_FALSE(failed);
  EXPECT_THAT(names_in(dir.path()), ElementsAre("f"));
}

// The original's `up` takes every *.conf for a network, and one with a strange name stops it for all.
TEST(TempFile, HasANameThatNobodyTakesForTheirs) {
  const TempDir dir;
  std::set<std::string> seen;
  for (const char* target : {"evilcorp.conf", "evilcorp.json", "evilcorp.db", "hosts"}) {
    const auto file = TempFile::beside(dir / target);
    ASSERT_TRUE(file);
    const auto names = names_in(dir.path());
    ASSERT_EQ(names.size(), 1U);
    EXPECT_TRUE(names.front().starts_with('.'));
    for (const char* ending : {".conf", ".json", ".db"}) EXPECT_FALSE(names.front().ends_with(ending));
    EXPECT_EQ(mode_of(dir / names.front()), 0600U) << "before its first byte";
    EXPECT_NE(::fcntl(file->fd(), F_GETFD) & FD_CLOEXEC, 0);
    seen.insert(names.front());
  }
  EXPECT_EQ(seen.size(), 4U);
  EXPECT_TRUE(names_in(dir.path()).empty());
}

TEST(CreateFile, OverwritesNothing) {
  const TempDir dir;
  ASSERT_TRUE(create_file(dir / "f", "first"));
  EXPECT_EQ(mode_of(dir / "f"), 0600U);
  std::filesystem::create_directory(dir / "folder");
  std::filesystem::create_symlink("nowhere", dir / "link");
  for (const char* name : {"f", "folder", "link"}) {
    const auto again = create_file(dir / name, "second");
    ASSERT_FALSE(again) << name;
    EXPECT_EQ(again.error().kind(), ErrorKind::kAlreadyExists);
    EXPECT_THAT(again.error().message(), HasSubstr((dir / name).string()));
  }
  EXPECT_EQ(*read_file(dir / "f"), "first");
  EXPECT_THAT(names_in(dir.path()), ElementsAre("f", "folder", "link"));
}

TEST(CreateFile, HasOneWinnerAmongMany) {
  const TempDir dir;
  std::atomic<int> won = 0, lost = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      const auto created = create_file(dir / "f", std::to_string(i));
      if (created)
        ++won;
      else if (created.error().kind() == ErrorKind::kAlreadyExists)
        ++lost;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 7);
  EXPECT_THAT(names_in(dir.path()), ElementsAre("f"));
}

TEST(RenameWithoutReplacing, MovesOrFails) {
  const TempDir dir;
  ASSERT_TRUE(replace_file(dir / "pending", "p"));
  ASSERT_TRUE(replace_file(dir / "taken", "t"));
  const auto refused = rename_without_replacing(dir / "pending", dir / "taken");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(*read_file(dir / "taken"), "t");
  EXPECT_EQ(*read_file(dir / "pending"), "p");
  ASSERT_TRUE(rename_without_replacing(dir / "pending", dir / "evilcorp.conf"));
  EXPECT_THAT(names_in(dir.path()), ElementsAre("evilcorp.conf", "taken"));
  EXPECT_EQ(rename_without_replacing(dir / "pending", dir / "x").error().kind(), ErrorKind::kNotFound);
}

TEST(RemoveFile, RemovesOrSaysThatThereIsNone) {
  const TempDir dir;
  ASSERT_TRUE(replace_file(dir / "f", "x"));
  EXPECT_TRUE(remove_file(dir / "f"));
  EXPECT_EQ(remove_file(dir / "f").error().kind(), ErrorKind::kNotFound);
  EXPECT_FALSE(remove_file(dir.path()));
}

TEST(MakePrivateFolder, MakesTheLastComponentOnly) {
  const TempDir dir;
  ASSERT_TRUE(make_private_folder(dir / "a"));
  EXPECT_EQ(mode_of(dir / "a"), 0700U);
  ASSERT_EQ(::chmod((dir / "a").c_str(), 0750), 0);
  EXPECT_TRUE(make_private_folder(dir / "a/"));
  EXPECT_EQ(mode_of(dir / "a"), 0750U) << "an existing one is left as it is";
  EXPECT_TRUE(make_private_folder(dir / "with-slash/"));
  EXPECT_EQ(make_private_folder(dir / "no" / "parent").error().kind(), ErrorKind::kNotFound);
  ASSERT_TRUE(replace_file(dir / "file", "x"));
  EXPECT_THAT(make_private_folder(dir / "file").error().message(), HasSubstr((dir / "file").string()));
  std::filesystem::create_directory_symlink("a", dir / "link");
  EXPECT_TRUE(make_private_folder(dir / "link"));
}

TEST(AccessOfOthers, IsWhatPeopleOutsideTheGroupHave) {
  const TempDir dir;
  ASSERT_TRUE(replace_file(dir / "f", "x", 0664));
  EXPECT_EQ(*access_of_others(dir / "f"), 4U);
  ASSERT_EQ(::chmod((dir / "f").c_str(), 0660), 0);
  EXPECT_EQ(*access_of_others(dir / "f"), 0U);
  EXPECT_EQ(access_of_others(dir / "missing").error().kind(), ErrorKind::kNotFound);
}

// Who is killed before the rename leaves a file with a key.
TEST(Leftovers, GoWithTheNextWriteOrRemovalOfTheirTargetAndNothingElseDoes) {
  for (const char* way : {"replace", "create", "remove", "remove what is not there"}) {
    const TempDir dir;
    const auto conf = dir / "evilcorp.conf";
    for (const char* left : {".evilcorp.conf.0123456789abcdef.new", ".evilcorp.conf.fedcba9876543210.new"})
      std::ofstream(dir / left) << "a key";
    const std::vector<std::string> others{".other.conf.0123456789abcdef.new",     ".evilcorp.conf.0123456789ABCDEF.new",
                                          ".evilcorp.conf.0123456789abcde.new",   ".evilcorp.conf.0123456789abcdef.new.bak",
                                          ".evilcorp.conf.x0123456789abcdef.new", "evilcorp.conf.0123456789abcdef.new",
                                          ".evilcorp.conf.x.0123456789abcdef.new"};
    for (const std::string& other : others) std::ofstream(dir / other) << "somebody's";
    const std::string_view wanted = way;
    if (wanted == "remove") std::ofstream(conf) << "old";
    const auto done = wanted == "replace" ? replace_file(conf, "new") : wanted == "create" ? create_file(conf, "new") : remove_file(conf);
    EXPECT_EQ(done.has_value(), wanted != "remove what is not there") << way;
    std::vector<std::string> expected = others;
    if (std::filesystem::exists(conf)) expected.emplace_back("evilcorp.conf");
    EXPECT_THAT(names_in(dir / ""), ::testing::UnorderedElementsAreArray(expected)) << way;
  }
}

TEST(Leftovers, WhatIsBeingWrittenIsNone) {
  const TempDir dir;
  auto slow = TempFile::beside(dir / "evilcorp.conf");
  ASSERT_TRUE(slow);
  ASSERT_TRUE(write_all(slow->fd(), "slow"));
  ASSERT_TRUE(replace_file(dir / "evilcorp.conf", "quick"));
  ASSERT_TRUE(slow->replace_target());
  EXPECT_EQ(*read_file(dir / "evilcorp.conf"), "slow");
  EXPECT_TRUE(temp_files_of(dir / "evilcorp.conf").empty());
}

TEST(Leftovers, OfAProcessThatWasKilledAreSwept) {
  const TempDir dir;
  EXPECT_TRUE(in_child([&]() -> bool {
    auto file = TempFile::beside(dir / "evilcorp.conf");
    ::_exit(file && write_all(file->fd(), "a key") ? 0 : 1);  // no destructor runs, as in a kill
  }));
  ASSERT_EQ(temp_files_of(dir / "evilcorp.conf").size(), 1U);
  ASSERT_TRUE(replace_file(dir / "evilcorp.conf", "next"));
  EXPECT_THAT(names_in(dir / ""), UnorderedElementsAre("evilcorp.conf"));
}

}  // namespace
}  // namespace innernet

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "innernet/base/file.hpp"
#include "innernet/base/unique_fd.hpp"
#include "innernet/testing/temp_dir.hpp"

// What only the whole program shows: exit codes, what goes to which stream, and what becomes of the work when nobody takes the output.

namespace innernet::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using Words = std::vector<std::string>;

class Process : public ::testing::Test {
 protected:
  struct Outcome {
    int code;
    std::string out;
    std::string error;
  };

  enum class Stdout { kFile, kClosed, kFull, kBrokenPipe };

  Outcome run(Words words, Stdout where = Stdout::kFile) {
    words.insert(words.begin(), {INNERNET_SERVER_PROGRAM, "-c", (dir_ / "etc").string(), "-d", (dir_ / "lib").string()});
    return run_as_is(std::move(words), where);
  }

  Outcome run_as_is(Words words, Stdout where = Stdout::kFile) {
    const std::string out = dir_ / "out";
    const std::string error = dir_ / "error";
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int broken[2] = {-1, -1};
    EXPECT_EQ(::pipe2(broken, O_CLOEXEC), 0);
    ::close(broken[0]);
    const UniqueFd nobody_reads(broken[1]);
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
      ::dup2(::open(error.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), STDERR_FILENO);
      ::dup2(::open(where == Stdout::kFull ? "/dev/full" : out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), STDOUT_FILENO);
      if (where == Stdout::kBrokenPipe) ::dup2(nobody_reads.get(), STDOUT_FILENO);
      if (where == Stdout::kClosed) ::close(STDOUT_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_file(out).value_or(""), *read_file(error)};
  }

  void make_network() {
    if (::geteuid() != 0) GTEST_SKIP() << "innernet-server runs as root only";
    const Outcome made = run({"new", "--network-name", name_, "--network-cidr", "10.66.0.0/16", "--external-endpoint", "192.0.2.1:51820",
                              "--listen-port", "51820"});
    ASSERT_EQ(made.code, 0) << made.error;
  }

  innernet::testing::TempDir dir_;
  const std::string name_ = "prc" + std::to_string(::getpid() % 100000);  // no link of this machine
};

TEST_F(Process, DataGoesToStdoutAndAFailureIsALineOnStderr) {
  make_network();
  if (IsSkipped()) return;
  const Outcome listed = run({"list-cidrs", name_});
  EXPECT_EQ(listed.code, 0);
  EXPECT_THAT(listed.out, StartsWith("10.66.0.0/16 " + name_ + "\n"));
  EXPECT_EQ(listed.error, "");
  const Outcome failed = run({"disable-peer", name_, "--name", "nobody", "--yes"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.error, AllOf(StartsWith("[E] "), HasSubstr("nobody")));
}

TEST_F(Process, AUsageErrorExitsWithTwo) {
  for (const Words& words :
       {Words{}, Words{"frobnicate"}, Words{"serve"}, Words{"serve", "evilcorp", "--mtu", "99999"}, Words{"serve", "Bad"},
        Words{"disable-peer", "evilcorp", "--yes"}, Words{"enable-peer", "evilcorp", "--yes"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2) << (words.empty() ? "" : words[0]);
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.error, "");
  }
  EXPECT_THAT(run({"disable-peer", "evilcorp", "--yes"}).error, HasSubstr("--yes needs --name"));
}

// Whoever reads them at the end of a pipe may have seen enough; a full disk has kept them from somebody.
TEST_F(Process, HelpAndVersionWithNobodyToTakeThem) {
  for (const char* word : {"--help", "help", "--version", "-V"}) {
    EXPECT_EQ(run_as_is({INNERNET_SERVER_PROGRAM, word}).code, 0);
    EXPECT_EQ(run_as_is({INNERNET_SERVER_PROGRAM, word}, Stdout::kBrokenPipe).code, 0) << word;
    EXPECT_EQ(run_as_is({INNERNET_SERVER_PROGRAM, word}, Stdout::kClosed).code, 0) << word;
    const Outcome full = run_as_is({INNERNET_SERVER_PROGRAM, word}, Stdout::kFull);
    EXPECT_EQ(full.code, 1) << word;
    EXPECT_THAT(full.error, HasSubstr("No space left on device")) << word;
  }
}

TEST_F(Process, WorkIsDoneWhetherItsOutputIsTakenOrNot) {
  make_network();
  if (IsSkipped()) return;
  const struct {
    Stdout where;
    const char* name;
    const char* cidr;
    int code;
  } cases[] = {{Stdout::kBrokenPipe, "unread", "10.66.1.0/24", 0},
               {Stdout::kClosed, "closed", "10.66.2.0/24", 0},
               {Stdout::kFull, "full", "10.66.3.0/24", 1}};
  for (const auto& c : cases) {
    const Outcome added = run({"add-cidr", name_, "--name", c.name, "--cidr", c.cidr, "--parent", name_, "--yes"}, c.where);
    EXPECT_EQ(added.code, c.code) << c.name << added.error;
    EXPECT_THAT(run({"list-cidrs", name_}).out, HasSubstr(c.name));
    if (c.code == 0) {
      EXPECT_EQ(added.error, "") << c.name;
    } else {
      EXPECT_THAT(added.error, AllOf(StartsWith("[E] "), HasSubstr("standard output")));
    }
  }
}

}  // namespace
}  // namespace innernet::server

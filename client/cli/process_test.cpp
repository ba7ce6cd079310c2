#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "innernet/base/file.hpp"
#include "innernet/testing/temp_dir.hpp"

// What only the whole program shows: exit codes, what goes to which stream, and how it behaves without a terminal.

namespace innernet::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Process : public ::testing::Test {
 protected:
  struct Outcome {
    int code;
    std::string out;
    std::string error;
  };

  enum class Stdout { kFile, kClosed, kFull, kBrokenPipe };

  Outcome run(std::vector<std::string> words, Stdout where = Stdout::kFile) {
    words.insert(words.begin(), {INNERNET_PROGRAM, "-c", (dir / "etc").string(), "--data-dir", (dir / "var").string()});
    return run_as_is(std::move(words), where);
  }

  Outcome run_as_is(std::vector<std::string> words, Stdout where = Stdout::kFile) {
    const std::string out = (dir / "out").string();
    const std::string error = (dir / "error").string();
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int broken[2] = {-1, -1};
    EXPECT_EQ(::pipe2(broken, O_CLOEXEC), 0);
    ::close(broken[0]);

    const pid_t child = ::fork();
    if (child == 0) {
      const auto put = [](const char* path, int flags, int fd) {
        const int opened = ::open(path, flags, 0600);
        if (opened != fd) {
          ::dup2(opened, fd);
          ::close(opened);
        }
      };
      put("/dev/null", O_RDONLY, STDIN_FILENO);
      put(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
      put(error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
      if (where == Stdout::kFull) put("/dev/full", O_WRONLY, STDOUT_FILENO);
      if (where == Stdout::kBrokenPipe) ::dup2(broken[1], STDOUT_FILENO);
      if (where == Stdout::kClosed) ::close(STDOUT_FILENO);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(broken[1]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), *read_file(out), *read_file(error)};
  }

  void install_sample() {
    const std::filesystem::path samples = std::filesystem::path(INNERNET_TEST_DATA) / "ipv4";
    std::filesystem::create_directory(dir / "etc");
    std::filesystem::create_directory(dir / "var");
    EXPECT_TRUE(create_file(dir / "etc/evilcorp.conf", *read_file(samples / "client-peer1.conf")));
    EXPECT_TRUE(create_file(dir / "var/evilcorp.json", *read_file(samples / "store-peer1.json")));
  }

  innernet::testing::TempDir dir;
};

TEST_F(Process, DataGoesToStdoutAndNothingElseDoes) {
  install_sample();
  const Outcome outcome = run({"list-cidrs", "evilcorp"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, *read_file(std::filesystem::path(INNERNET_TEST_DATA) / "ipv4/list-cidrs.txt"));
  EXPECT_EQ(outcome.error, "");
}

TEST_F(Process, AFailureIsOneLineOnStderrAndExitsWithOne) {
  const Outcome outcome = run({"list-cidrs", "evilcorp"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.error, AllOf(StartsWith("[E] "), HasSubstr("evilcorp")));
}

TEST_F(Process, AUsageErrorExitsWithTwo) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"frobnicate"}, {"fetch"}, {"up", "--mtu", "99999"}, {"install", "x", "--name", "Bad"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 2) << words[0];
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.error, StartsWith("[E] "));
  }
}

TEST_F(Process, HelpAndVersionGoToStdout) {
  for (const char* word : {"--help", "-h", "help"}) {
    const Outcome outcome = run_as_is({INNERNET_PROGRAM, word});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("Usage: innernet"));
  }
  for (const char* word : {"--version", "-V"}) EXPECT_EQ(run_as_is({INNERNET_PROGRAM, word}).out, "innernet " INNERNET_VERSION "\n");
}

TEST_F(Process, AQuestionWithoutATerminalIsAnErrorThatNamesItAndNotAHang) {
  install_sample();
  const Outcome outcome = run({"uninstall", "evilcorp", "--no-write-hosts"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("Leave evilcorp"), HasSubstr("--yes")));
  EXPECT_TRUE(std::filesystem::exists(dir / "etc/evilcorp.conf"));
}

TEST_F(Process, AReaderThatHasGoneIsNoFailure) {
  install_sample();
  EXPECT_EQ(run({"list-cidrs", "evilcorp"}, Stdout::kBrokenPipe).code, 0);
  EXPECT_EQ(run({"list-cidrs", "evilcorp"}, Stdout::kBrokenPipe).error, "");
  EXPECT_EQ(run_as_is({INNERNET_PROGRAM, "--help"}, Stdout::kBrokenPipe).code, 0);
}

TEST_F(Process, AFullDiskIsAFailure) {
  install_sample();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"list-cidrs", "evilcorp"}, {"help"}}) {
    const Outcome outcome = run(words, Stdout::kFull);
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.error, HasSubstr("No space left on device"));
  }
}

// The next file that is opened would get number 1, and the output would land in it.
TEST_F(Process, AClosedStdoutReachesNoFile) {
  install_sample();
  const std::string before = *read_file(dir / "etc/evilcorp.conf");
  EXPECT_EQ(run({"set-listen-port", "evilcorp", "-u"}, Stdout::kClosed).code, 0);
  EXPECT_EQ(run({"list-cidrs", "evilcorp"}, Stdout::kClosed).code, 0);
  EXPECT_EQ(*read_file(dir / "etc/evilcorp.conf"), before);
}

TEST_F(Process, UpWithNothingInstalledSaysSo) {
  const Outcome outcome = run({"up"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.error, StartsWith("[*] no network is installed"));
}

TEST_F(Process, TheKeyOfTheConfigIsNeverPrinted) {
  install_sample();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"-vv", "show", "evilcorp"}, {"-vv", "list-cidrs", "evilcorp"}, {"-vv", "down", "evilcorp"}}) {
    const Outcome outcome = run(words);
    EXPECT_EQ((outcome.out + outcome.error).find("4NEuAUYC"), std::string::npos) << words[1];
  }
}

}  // namespace
}  // namespace innernet::client

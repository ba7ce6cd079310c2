#include "innernet/machine/confined.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "innernet/testing/temp_dir.hpp"

namespace innernet {
namespace {

using namespace std::chrono_literals;

TEST(Confined, GivesWhatTheWorkReturns) {
  EXPECT_EQ(*confined([] { return std::string("two\0words", 9); }, 10s), std::string("two\0words", 9));
  EXPECT_EQ(*confined([] { return std::string(); }, 10s), "");
  const auto much = confined([] { return std::string(64U << 10U, 'x'); }, 10s);
  ASSERT_TRUE(much);
  EXPECT_EQ(much->size(), 64U << 10U);
}

// malloc(3) of another thread than the first has memory of its own.
TEST(Confined, WorksInAnyThreadAndAllocates) {
  Result<std::string> answer;
  std::thread([&] {
    answer = confined([] { return std::to_string(std::string(4U << 20U, 'x').size() + std::string(100, 'y').size()); }, 10s);
  }).join();
  EXPECT_EQ(*answer, "4194404");
}

#if !defined(INNERNET_SANITIZED)  // their runtime makes calls of its own when something goes wrong
TEST(Confined, CanOpenSendStartAndMapNothing) {
  const testing::TempDir dir;
  const std::string file = (dir / "file").string();
  const std::function<void()> tries[] = {
      [&] { ::open(file.c_str(), O_CREAT | O_WRONLY, 0600); },
      [&] { ::open("/etc/passwd", O_RDONLY); },
      [] { ::socket(AF_INET, SOCK_DGRAM, 0); },
      [] { static_cast<void>(::fork()); },
      [] { ::execl("/bin/true", "true", nullptr); },
      [] { ::kill(::getppid(), 0); },
      [] { static_cast<void>(::write(2, "x", 1)); },
      [] { ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); },
  };
  for (const auto& attempt : tries) {
    const auto answer = confined(
        [&] {
          attempt();
          return std::string("done");
        },
        10s);
    EXPECT_FALSE(answer) << &attempt - tries;
  }
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(Confined, ACrashIsAnError) {
  EXPECT_FALSE(confined([]() -> std::string { ::abort(); }, 10s));
}
#endif

TEST(Confined, HasAnEnd) {
  EXPECT_FALSE(confined(
      [] {
        for (volatile bool forever = true; forever;) continue;
        return std::string();
      },
      50ms));
  EXPECT_FALSE(confined([] { return std::string(1U << 20U, 'x'); }, 10s));
}

}  // namespace
}  // namespace innernet

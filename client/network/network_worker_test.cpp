#include "network_worker.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/un.h>
#include <unistd.h>

#include "innernet/base/file.hpp"
#include "innernet/client/daemon.hpp"
#include "innernet/testing/loopback_server.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct WaitForNewsTest : ::testing::Test {
  SystemClock clock;
  Stop stop = *Stop::create();
  Nudge nudge = *Nudge::create();
  FetchMemory memory;
  wg::PublicKey bob = new_key();

  Waited wait(LoopbackServer& server, std::chrono::seconds longest_pause, BootTime deadline) {
    memory.client.emplace(server.address(), new_key(), std::nullopt, &stop);
    if (!memory.capabilities) memory.capabilities = Capabilities{.state_etag = true, .state_wait_max = 300};
    memory.etag = "\"1\"";
    memory.state.peers = {peer(3, "bob", "10.66.1.3", bob)};
    return wait_for_news(memory, clock, stop, nudge, deadline, longest_pause);
  }
  Waited wait(LoopbackServer& server) { return wait(server, 0s, clock.boot() + 1h); }
};

TEST_F(WaitForNewsTest, LeavesThemInTheMemory) {
  LoopbackServer server([](const Request&) { return answer(200, R"({"peers":[],"cidrs":[]})", "ETag: \"2\"\r\n"); });
  EXPECT_EQ(wait(server), Waited::kNews);
  ASSERT_TRUE(memory.news);
  EXPECT_EQ(memory.news->etag, "\"2\"");
  EXPECT_TRUE(server.requests().front().has("Prefer: wait=300"));
}

TEST_F(WaitForNewsTest, ANudgeOrAStopEndsIt) {
  LoopbackServer nudging([&](const Request&) {
    nudge.give();
    return Reply{.bytes = "", .then = Reply::Then::kHang};
  });
  EXPECT_EQ(wait(nudging), Waited::kInVain);
  EXPECT_TRUE(nudge.take());
  LoopbackServer stopping([&](const Request&) {
    stop.request();
    return Reply{.bytes = "", .then = Reply::Then::kHang};
  });
  EXPECT_EQ(wait(stopping), Waited::kInVain);
  EXPECT_FALSE(memory.news);
}

TEST_F(WaitForNewsTest, AServerThatFailsOrDoesNotWaitIsNotAskedInACircle) {
  LoopbackServer failing([](const Request&) { return answer(500); });
  EXPECT_EQ(wait(failing), Waited::kFailed);
  LoopbackServer hasty([](const Request&) { return answer(304); });
  EXPECT_EQ(wait(hasty, 3600s, clock.boot() + 1s + 50ms), Waited::kInVain);
  EXPECT_EQ(hasty.requests().size(), 1U);
}

TEST_F(WaitForNewsTest, AServerThatIsGoneIsDoubtedAndOneThatNamesATermIsHeard) {
  LoopbackServer failing([](const Request&) { return answer(500); });
  EXPECT_EQ(wait(failing), Waited::kFailed);
  EXPECT_FALSE(memory.is_server_doubted);
  memory.state.servers = {endpoint("192.0.2.1:1"), endpoint("192.0.2.2:1")};
  memory.state.term = 7;
  int requests = 0;
  LoopbackServer ending([&](const Request&) {
    if (++requests > 1) return Reply{.bytes = "", .then = Reply::Then::kClose};
    return answer(304);
  });
  EXPECT_EQ(wait(ending), Waited::kFailed);
  EXPECT_TRUE(memory.is_server_doubted);
  EXPECT_TRUE(memory.term_heard);
}

TEST_F(WaitForNewsTest, WhatIsKnownAlreadyIsNoNewsWhateverTheServerSays) {
  LoopbackServer same([&](const Request&) { return answer(200, to_json(memory.state), "ETag: \"1\"\r\n"); });
  EXPECT_EQ(wait(same, 3600s, clock.boot() + 1s + 50ms), Waited::kInVain);
  EXPECT_EQ(same.requests().size(), 1U) << "and it is not asked in a circle";
  LoopbackServer other_etag([&](const Request&) { return answer(200, to_json(memory.state), "ETag: \"2\"\r\n"); });
  EXPECT_EQ(wait(other_etag, 3600s, clock.boot() + 1s + 50ms), Waited::kInVain);
  EXPECT_EQ(memory.etag, "\"2\"") << "which is asked for next";
  LoopbackServer delta([&](const Request&) {
    return answer(226, fmt::format(R"({{"peers":[{}],"gone":[]}})", to_json(memory.state.peers[0])), "IM: innernet\r\nETag: \"1\"\r\n");
  });
  memory.capabilities = Capabilities{.state_etag = true, .state_delta = true, .state_wait_max = 300};
  EXPECT_EQ(wait(delta, 3600s, clock.boot() + 1s + 50ms), Waited::kInVain);
  EXPECT_EQ(delta.requests().size(), 1U);
}

TEST_F(WaitForNewsTest, AServerThatEndsAndIsThereAgainIsAskedAgain) {
  int requests = 0;
  LoopbackServer server([&](const Request&) {
    if (++requests < 3) return answer(304);
    return answer(200, R"({"peers":[],"cidrs":[]})", "ETag: \"2\"\r\n");
  });
  EXPECT_EQ(wait(server), Waited::kNews) << "before the deadline, an hour from now";
}

TEST(Nudge, StaysUntilItIsTaken) {
  auto nudge = Nudge::create();
  EXPECT_FALSE(nudge->take());
  nudge->give();
  nudge->give();
  EXPECT_TRUE(nudge->take());
  EXPECT_FALSE(nudge->take());
}

// Whether threads, signals and folder play together. The interfaces can't come up (their configs are broken), which is an error of each
// network and ends nothing.
// In a thread that sends them: one that is delivered to a thread at its end is lost under ThreadSanitizer.
void block_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

TEST(Daemon, WhoMayNotLookForTheConfigIsToldSoAndNotThatThereIsNone) {
  const innernet::testing::TempDir folder;
  ClientOptions options;
  options.folders = {folder / "etc", folder / "var"};
  std::filesystem::create_symlink("etc", options.folders.config);  // to itself: an error for root, too
  const auto ended = run_daemon(options, evilcorp(), 60s);
  ASSERT_FALSE(ended);
  EXPECT_NE(ended.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(ended.error().message(), HasSubstr("evilcorp.conf"));
}

TEST(Daemon, EndsAtSigtermAndWhenNoConfigIsLeft) {
  // Should the daemon end before its signal arrives, that is a failure of this test and not its death.
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  innernet::testing::TempDir folder;
  ClientOptions options;
  options.folders = {folder / "etc", folder / "var"};
  std::filesystem::create_directory(options.folders.config);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(run_daemon(options, std::nullopt, 60s));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("no network is installed"));
  EXPECT_FALSE(run_daemon(options, evilcorp(), 60s));

  for (const char* name : {"a", "b"}) ASSERT_TRUE(replace_file(options.folders.config / (std::string(name) + ".conf"), "broken"));
  auto listener = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = folder / "notify";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  std::thread manager([&] {
    block_signals();
    char text[256];
    static_cast<void>(::recv(listener.get(), text, sizeof text, 0));  // READY=1
    ::kill(::getpid(), SIGHUP);
    ::kill(::getpid(), SIGTERM);
  });
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(run_daemon(options, std::nullopt, 60s));
  const std::string said = ::testing::internal::GetCapturedStderr();
  manager.join();
  EXPECT_THAT(said, HasSubstr("stopping"));

  std::thread remover([&] {
    block_signals();
    char text[256];
    for (std::string_view seen; seen != "READY=1";) {
      const ssize_t n = ::recv(listener.get(), text, sizeof text, 0);
      seen = std::string_view(text, n > 0 ? static_cast<std::size_t>(n) : 0);
    }
    for (const char* name : {"a", "b"}) std::filesystem::remove(options.folders.config / (std::string(name) + ".conf"));
    ::kill(::getpid(), SIGHUP);
  });
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(run_daemon(options, std::nullopt, 60s));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("no network is left"));
  remover.join();
  ::unsetenv("NOTIFY_SOCKET");
  ::signal(SIGHUP, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
}

}  // namespace
}  // namespace innernet::client

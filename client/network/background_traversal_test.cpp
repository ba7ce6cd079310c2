#include "background_traversal.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <pthread.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct BackgroundTraversalTest : ::testing::Test {
  FetchMemory memory;
  Stop may_end = *Stop::create();
  // Given, it does not end before, whoever stops it.
  std::optional<Stop> may_be_stopped;
  Nudge round_wanted = *Nudge::create();
  Nudge ended = *Nudge::create();
  wg::PublicKey bob = new_key();
  wg::PublicKey carol = new_key();
  BackgroundTraversal traversal{[this](RoundResult, Handshakes, const Stop& stop) {
                                  // Until the test lets it.
                                  auto poller = Poller::create(&stop);
                                  static_cast<void>(poller->until(SystemClock().boot() + 1h, {{may_end.fd(), POLLIN}}));
                                  if (may_be_stopped) {
                                    auto holding = Poller::create(nullptr);
                                    static_cast<void>(holding->until(SystemClock().boot() + 1h, {{may_be_stopped->fd(), POLLIN}}));
                                  }
                                  ended.give();
                                },
                                [this] { round_wanted.give(); }};

  static RoundResult due(const wg::PublicKey& key) {
    RoundResult result;
    result.due.push_back({.public_key = key, .reported = {}, .candidates = {endpoint("192.0.2.1:1")}});
    return result;
  }
  static bool comes(const Nudge& nudge) {
    auto poller = Poller::create(nullptr);
    return poller->until(SystemClock().boot() + 30s, {{nudge.fd(), POLLIN}}) == Woken::kReady;
  }
};

TEST_F(BackgroundTraversalTest, WhoIsDueMeanwhileGetsARoundAtItsEnd) {
  const BootTime now{1h};
  may_be_stopped.emplace(*Stop::create());
  traversal.begin(due(bob), memory, now);
  EXPECT_THAT(memory.in_traversal, ElementsAre(bob));
  // Bob's list may take minutes: it goes on another time.
  traversal.begin(due(carol), memory, now);
  EXPECT_THAT(memory.in_traversal, ElementsAre(bob)) << "one after the other";
  may_be_stopped->request();
  ASSERT_TRUE(comes(round_wanted));
  traversal.collect(memory);
  EXPECT_THAT(memory.in_traversal, IsEmpty());
  traversal.begin(due(carol), memory, now);
  EXPECT_THAT(memory.in_traversal, ElementsAre(carol));
}

TEST_F(BackgroundTraversalTest, WhoIsDueWhenItHasJustEndedIsNextAtOnce) {
  may_end.request();
  traversal.begin(due(bob), memory, BootTime(1h));
  ASSERT_TRUE(comes(ended));
  // Its thread may still be on its way out: then she waits, and is asked for again.
  while (!memory.in_traversal.contains(carol)) traversal.begin(due(carol), memory, BootTime(1h));
  EXPECT_THAT(memory.in_traversal, ElementsAre(carol));
}

TEST_F(BackgroundTraversalTest, WhoHasBeenTriedJustNowStopsNobody) {
  traversal.begin(due(bob), memory, BootTime(1h));
  traversal.begin(due(bob), memory, BootTime(1h));
  traversal.collect(memory);
  EXPECT_THAT(memory.in_traversal, ElementsAre(bob));
  EXPECT_FALSE(ended.take());
  may_end.request();
  ASSERT_TRUE(comes(ended));
}

TEST_F(BackgroundTraversalTest, ItsEndIsSeenByARound) {
  traversal.begin(due(bob), memory, BootTime(1h));
  EXPECT_FALSE(round_wanted.take());
  may_end.request();
  EXPECT_TRUE(comes(round_wanted));
}

// Threads that begin meanwhile can't: there is no such stack.
class NoThreads {
 public:
  NoThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t huge = before_;
    ::pthread_attr_setstacksize(&huge, std::size_t{1} << 62U);
    ::pthread_setattr_default_np(&huge);
  }
  ~NoThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;

 private:
  pthread_attr_t before_{};
};

TEST_F(BackgroundTraversalTest, WithoutAThreadItIsWarnedAboutAndTriedAgain) {
  ::testing::internal::CaptureStderr();
  {
    const NoThreads none;
    EXPECT_NO_THROW(traversal.begin(due(bob), memory, BootTime(1h)));
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("[!]"));
  EXPECT_FALSE(traversal.is_under_way());
  EXPECT_THAT(memory.in_traversal, IsEmpty());
  traversal.begin(due(bob), memory, BootTime(1h));
  EXPECT_THAT(memory.in_traversal, ElementsAre(bob)) << "has not had a turn";
  EXPECT_TRUE(traversal.is_under_way());
}

TEST_F(BackgroundTraversalTest, IsStoppedWithItsNetwork) { traversal.begin(due(bob), memory, BootTime(1h)); }

}  // namespace
}  // namespace innernet::client

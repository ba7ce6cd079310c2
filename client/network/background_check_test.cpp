#include "background_check.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include "innernet/client/nudge.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;

struct BackgroundCheckTest : ::testing::Test {
  FetchMemory memory;
  wg::PublicKey bob = new_key();
  wg::Device device{.name = evilcorp(), .private_key = {}, .public_key = {}, .listen_port = 0, .peers = {}};
  SystemClock clock;
  std::atomic<bool> holds = false;
  std::atomic<int> begun = 0;
  std::vector<SessionCheck::Purpose> purposes;  // of the thread, which has ended when they are read
  Nudge round_wanted = *Nudge::create();
  Nudge has_begun = *Nudge::create();
  BackgroundCheck check{[this](SessionCheck::Purpose purpose, const Handshakes&, AnsweringPeers known, const Stop& stop) {
                          purposes.push_back(purpose);
                          ++begun;
                          has_begun.give();
                          if (holds) {
                            auto poller = Poller::create(&stop);
                            static_cast<void>(poller->until(SystemClock().boot() + 1h));
                          }
                          known.note(bob, true);
                          if (purpose == SessionCheck::Purpose::kWhoAnswers) return SessionCheck::Found{.known = known};
                          return SessionCheck::Found{.silent = {{.key = bob, .received_bytes = 7}}, .known = known};
                        },
                        [this] { round_wanted.give(); }};

  BackgroundCheckTest() {
    device.peers.push_back({.public_key = bob, .last_handshake = clock.wall(), .received_bytes = 7});
    memory.handshakes.see(device, clock.wall(), clock.boot());
  }
  static bool comes(const Nudge& nudge) {
    auto poller = Poller::create(nullptr);
    return poller->until(SystemClock().boot() + 30s, {{nudge.fd(), POLLIN}}) == Woken::kReady;
  }
  bool is_recent() const { return memory.handshakes.is_recent(bob, clock.boot()); }
};

TEST_F(BackgroundCheckTest, TheRoundAfterItDoubtsWhoIsSilent) {
  check.begin(memory.handshakes);
  ASSERT_TRUE(comes(round_wanted));
  EXPECT_TRUE(is_recent());
  while (check.is_under_way()) check.collect(memory);
  EXPECT_FALSE(is_recent());
}

TEST_F(BackgroundCheckTest, WhoHasComeIsAskedOnceWhetherItAnswers) {
  check.learn(memory.handshakes, clock.boot());
  ASSERT_TRUE(comes(has_begun));
  check.learn(memory.handshakes, clock.boot());  // one is under way, or has not been collected
  while (check.is_under_way()) check.collect(memory);
  EXPECT_EQ(begun, 1);
  EXPECT_TRUE(is_recent());
  check.learn(memory.handshakes, clock.boot());
  EXPECT_FALSE(check.is_under_way()) << "it is known";
  check.begin(memory.handshakes);
  ASSERT_TRUE(comes(round_wanted));
  while (check.is_under_way()) check.collect(memory);
  EXPECT_THAT(purposes, ::testing::ElementsAre(SessionCheck::Purpose::kWhoAnswers, SessionCheck::Purpose::kNetworkChanged));
}

TEST_F(BackgroundCheckTest, OneOfAnotherNetworkSaysNothing) {
  holds = true;
  check.begin(memory.handshakes);
  ASSERT_TRUE(comes(has_begun));
  check.begin(memory.handshakes);
  EXPECT_EQ(round_wanted.take(), false);
  check.collect(memory);
  EXPECT_TRUE(is_recent());
}

TEST_F(BackgroundCheckTest, IsStoppedWithItsNetwork) {
  holds = true;
  check.begin(memory.handshakes);
}

}  // namespace
}  // namespace innernet::client

#include "server_walk.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "innernet/client/rest_client.hpp"
#include "round_schedule.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using What = ServerWalk::Step::What;

const SocketAddress kA = address("192.0.2.1:1");
const SocketAddress kB = address("192.0.2.2:1");
const SocketAddress kC = address("[2001:db8::3]:1");
const BootTime kNow = BootTime(1000s);

TEST(SearchOrder, BeginsWithWhatTheDeviceHasAndTriesEachOnce) {
  EXPECT_THAT(search_order({}, {}), IsEmpty());
  EXPECT_THAT(search_order({}, std::vector{kA, kB}), ElementsAre(kA, kB));
  EXPECT_THAT(search_order(kB, std::vector{kA, kB, kC, kA}), ElementsAre(kB, kA, kC));
  EXPECT_THAT(search_order(kC, std::vector{kA}), ElementsAre(kC, kA)) << "where it was heard last";
  EXPECT_THAT(search_order(kA, std::vector{kA}), ElementsAre(kA));
}

TEST(SearchOrder, EndsWithWhatTheDeviceHasWhenThatIsDoubted) {
  EXPECT_THAT(order_after({}, {}), IsEmpty());
  EXPECT_THAT(order_after({}, std::vector{kA, kB, kA}), ElementsAre(kA, kB));
  EXPECT_THAT(order_after(kA, std::vector{kA, kB, kC}), ElementsAre(kB, kC, kA));
  EXPECT_THAT(order_after(kB, std::vector{kA, kB, kC, kB}), ElementsAre(kC, kA, kB)) << "round and round";
  EXPECT_THAT(order_after(kC, std::vector{kA, kB}), ElementsAre(kA, kB, kC)) << "one that nobody has named";
  EXPECT_THAT(order_after(kA, std::vector{kA}), ElementsAre(kA));
}

TEST(ServerWalk, GivesEachASecondUntilOneHasAHandshake) {
  ServerWalk walk({kA, kB, kC}, ServerWalk::First::kIsSet);
  auto step = walk.step(false, kNow);
  EXPECT_EQ(step.what, What::kMove);
  EXPECT_EQ(step.to, kA);
  step = walk.step(false, kNow);
  EXPECT_EQ(step.what, What::kWait);
  EXPECT_EQ(step.end, kNow + 1s);
  EXPECT_EQ(walk.step(false, kNow + 999ms).what, What::kWait);
  step = walk.step(false, kNow + 1s);
  EXPECT_EQ(step.what, What::kMove);
  EXPECT_EQ(step.to, kB);
  EXPECT_EQ(walk.step(false, kNow + 1s).end, kNow + 2s);
  step = walk.step(true, kNow + 1500ms);
  EXPECT_EQ(step.what, What::kFound);
  EXPECT_EQ(step.to, kB);
  EXPECT_THAT(walk.silent(), ElementsAre(kA));
  EXPECT_FALSE(walk.is_over());
}

TEST(ServerWalk, DoesNotSetWhatIsTriedAlready) {
  ServerWalk walk({kA, kB}, ServerWalk::First::kIsTried);
  EXPECT_EQ(walk.step(false, kNow).what, What::kWait);
  EXPECT_EQ(walk.step(false, kNow + 1s).what, What::kMove);
  ServerWalk other({kA, kB}, ServerWalk::First::kIsTried);
  EXPECT_EQ(other.step(true, kNow).what, What::kFound);
}

TEST(ServerWalk, LeavesOneThatIsOfNoUseAndEndsWithTheLast) {
  ServerWalk walk({kA, kB}, ServerWalk::First::kIsTried);
  ASSERT_EQ(walk.step(true, kNow).what, What::kFound);
  walk.go_on();
  const auto step = walk.step(true, kNow);
  EXPECT_EQ(step.what, What::kMove) << "the handshake was the first one's";
  EXPECT_EQ(step.to, kB);
  EXPECT_EQ(walk.step(false, kNow).what, What::kWait);
  EXPECT_EQ(walk.step(false, kNow + 1s).what, What::kOver);
  EXPECT_TRUE(walk.is_over());
  EXPECT_EQ(walk.step(true, kNow + 2s).what, What::kOver);
  EXPECT_THAT(walk.silent(), ElementsAre(kB));
  EXPECT_EQ(ServerWalk({}, ServerWalk::First::kIsSet).step(true, kNow).what, What::kOver);
}

// How long a daemon is without a server, by the parts that it is made of: whether a round that moves the device to an address then has
// a server there. A machine that had no answer to its first message sends the next one 5 s later, which is too late for the walk.
std::chrono::nanoseconds time_without_server(std::chrono::nanoseconds noticed_after, const std::vector<SocketAddress>& order,
                                             const std::function<bool(const SocketAddress&, BootTime moved)>& has_handshake,
                                             const std::function<bool(const SocketAddress&)>& answers, double random) {
  RoundSchedule schedule(60s);
  BootTime now = kNow + noticed_after;
  for (;;) {
    now = schedule.after_failure(now, random);
    ServerWalk walk(order, ServerWalk::First::kIsSet);
    BootTime moved{};
    bool heard = false;
    while (!walk.is_over()) {
      const auto step = walk.step(heard, now);
      if (step.what == What::kMove) {
        moved = now;
        heard = has_handshake(step.to, moved);
      } else if (step.what == What::kWait) {
        now = step.end;
      } else if (step.what == What::kFound) {
        if (answers(step.to)) return now - kNow;
        walk.go_on();
        heard = false;
      }
    }
  }
}

TEST(ServerWalk, BringsAServerWithinTwentySecondsOfTheDeathOfTheOldOne) {
  const auto takes_over_after = 5s;
  const auto second = [&](const SocketAddress& at, BootTime moved) { return at == kC && moved >= kNow + takes_over_after; };
  const auto kernel_of_first = [&](const SocketAddress& at, BootTime moved) { return at != kC || second(at, moved); };
  const auto is_second = [](const SocketAddress& at) { return at == kC; };
  // The first one's name has two addresses.
  for (const auto& on_device : {kA, kB})
    for (const double random : {0.0, 0.2, 0.4, 0.6, 0.8, 0.999}) {
      const auto order = order_after(on_device, std::vector{kA, kB, kC});
      EXPECT_LE(time_without_server(kDeathIsNoticedWithin, order, second, is_second, random), 20s) << "its cable was cut";
      EXPECT_LE(time_without_server(0s, order, kernel_of_first, is_second, random), 20s) << "its program was killed";
      EXPECT_LE(time_without_server(0s, order, second, is_second, random), 20s) << "it has stopped, and its interface with it";
    }
}

}  // namespace
}  // namespace innernet::client

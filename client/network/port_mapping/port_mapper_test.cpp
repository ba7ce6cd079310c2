#include "port_mapper.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <condition_variable>

#include "fake_router.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr PcpNonce kNonce{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
SocketAddress at(std::string_view text) { return *SocketAddress::parse(text); }

// A router that speaks PCP and writes down what it is asked for: port and lifetime.
struct PortMapperTest : ::testing::Test {
  using Asked = std::pair<int, int>;

  void SetUp() override {
    router.control = [this](Packet request) {
      const bool is_pcp = request.size() == 60;
      if (!is_pcp && request.size() != 12) return FakeRouter::Packets();
      const auto number = [&](std::size_t at) { return request[at] << 8 | request[at + 1]; };
      const std::lock_guard lock(mutex);
      asked.emplace_back(is_pcp ? number(40) : number(4), is_pcp ? number(6) : number(10));
      changed.notify_all();
      if (!answers || !is_pcp) return FakeRouter::Packets();
      auto answer = pcp_grant(request);
      if (refuses) answer[3] = 2;
      return FakeRouter::Packets{std::move(answer)};
    };
    router.start();
  }
  std::unique_ptr<PortMapper> start(MappingTimes times = {}) {
    return *PortMapper::start(*InterfaceName::parse("evilcorp"),
                              [this] {
                                const std::lock_guard lock(mutex);
                                ++changes;
                                changed.notify_all();
                              },
                              {.gateway = [this](bool v6) -> Result<std::optional<Gateway>> {
                                 const std::lock_guard lock(mutex);
                                 ++looks;
                                 changed.notify_all();
                                 return v6 || !has_router ? std::nullopt : std::optional(FakeRouter::place());
                               },
                               .ports = router.ports(),
                               .times = times});
  }
  bool becomes(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 20s, condition);
  }

  std::vector<Asked> all_asked() {
    const std::lock_guard lock(mutex);
    return asked;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Asked> asked;
  int changes = 0;
  int looks = 0;  // for a router, of both families
  bool has_router = true;
  bool answers = true;
  bool refuses = false;
  FakeRouter router;  // ends first
};

TEST_F(PortMapperTest, MapsThePortThatIsWantedAndWithdrawsItAtTheEnd) {
  auto mapper = start();
  EXPECT_THAT(mapper->outside(), IsEmpty());
  mapper->want(51820, kNonce);
  ASSERT_TRUE(becomes([&] { return changes == 1; }));
  EXPECT_THAT(mapper->outside(), ElementsAre(at("203.0.113.7:51820")));
  mapper.reset();
  EXPECT_THAT(all_asked(), ElementsAre(Asked(51820, 7200), Asked(51820, 0)));
}

TEST_F(PortMapperTest, AnotherPortTakesThePlaceOfTheFirst) {
  auto mapper = start();
  mapper->want(51820, kNonce);
  ASSERT_TRUE(becomes([&] { return changes == 1; }));
  mapper->want(40000, kNonce);
  ASSERT_TRUE(becomes([&] { return changes == 2; }));
  EXPECT_THAT(mapper->outside(), ElementsAre(at("203.0.113.7:40000")));
  EXPECT_THAT(all_asked(), ElementsAre(Asked(51820, 7200), Asked(51820, 0), Asked(40000, 7200)));
}

TEST_F(PortMapperTest, IsRenewedByItself) {
  auto mapper = start({.longest_silence = 1s, .shortest = 1s});
  mapper->want(51820, kNonce);
  EXPECT_TRUE(becomes([&] { return asked.size() >= 2; }));
  const auto all = all_asked();
  EXPECT_TRUE(std::ranges::all_of(all, [](const Asked& each) { return each == Asked(51820, 7200); }));
}

TEST_F(PortMapperTest, WhatIsMappedIsForgottenWithItsRouter) {
  auto mapper = start();
  mapper->want(51820, kNonce);
  ASSERT_TRUE(becomes([&] { return changes == 1; }));
  {
    const std::lock_guard lock(mutex);
    has_router = false;
  }
  mapper->network_changed();
  ASSERT_TRUE(becomes([&] { return changes == 2; }));
  EXPECT_THAT(mapper->outside(), IsEmpty());
}

TEST_F(PortMapperTest, ARouterThatSaysNothingHoldsNobodyUp) {
  {
    const std::lock_guard lock(mutex);
    answers = false;
  }
  auto mapper = start();
  mapper->want(51820, kNonce);
  ASSERT_TRUE(becomes([&] { return !asked.empty(); }));
  EXPECT_THAT(mapper->outside(), IsEmpty());
  mapper->network_changed();
  mapper.reset();  // in the middle of its question
  // Whether the router has heard it, and has mapped the port, nobody knows.
  EXPECT_EQ(all_asked().back(), Asked(51820, 0));
}

TEST_F(PortMapperTest, SaysWhatIsMappedAndUntilWhen) {
  auto mapper = start();
  EXPECT_TRUE(mapper->report().says_nothing());
  mapper->want(51820, kNonce);
  ASSERT_TRUE(becomes([&] { return changes == 1; }));
  const MappingReport report = mapper->report();
  EXPECT_EQ(report.port, 51820);
  ASSERT_TRUE(report.v4);
  EXPECT_EQ(report.v4->state, MappingState::kMapped);
  EXPECT_EQ(report.v4->protocol, MappingProtocol::kPcp);
  EXPECT_EQ(report.v4->router, FakeRouter::own_ip());
  EXPECT_EQ(report.v4->outside, at("203.0.113.7:51820"));
  const WallTime now = SystemClock().wall();
  EXPECT_GT(report.v4->until, now);
  EXPECT_LE(report.v4->until, now + 2h);
  ASSERT_TRUE(report.v6);
  EXPECT_EQ(report.v6->state, MappingState::kNoRouter);
}

TEST_F(PortMapperTest, SaysThatTheRouterRefuses) {
  {
    const std::lock_guard lock(mutex);
    refuses = true;
  }
  auto mapper = start();
  mapper->want(51820, kNonce);
  ASSERT_TRUE(becomes([&] { return changes == 1; }));
  const MappingReport report = mapper->report();
  ASSERT_TRUE(report.v4);
  EXPECT_EQ(report.v4->state, MappingState::kRefused);
  EXPECT_EQ(report.v4->protocol, MappingProtocol::kPcp);
  EXPECT_EQ(report.v4->why, "the router at 127.0.0.1 refuses: it does not allow it");
}

TEST_F(PortMapperTest, ARenewalIsNoNews) {
  auto mapper = start({.longest_silence = 1s, .shortest = 1s});
  mapper->want(51820, kNonce);
  ASSERT_TRUE(becomes([&] { return changes == 1; }));
  const WallTime until = mapper->report().v4->until;
  ASSERT_TRUE(becomes([&] { return asked.size() >= 3; }));
  EXPECT_GT(mapper->report().v4->until, until) << "the second question is asked when the first renewal is known";
  const std::lock_guard lock(mutex);
  EXPECT_EQ(changes, 1);
}

TEST_F(PortMapperTest, WhatHasNotChangedIsSaidInTheSameWords) {
  auto mapper = start();
  mapper->want(51820, kNonce);
  ASSERT_TRUE(becomes([&] { return changes == 1; }));
  const MappingReport before = mapper->report();
  // All looks but the last one have been told of.
  for (int i = 0; i < 20; ++i) {
    const int seen = [&] {
      const std::lock_guard lock(mutex);
      return looks;
    }();
    mapper->want(51820, kNonce);
    ASSERT_TRUE(becomes([&] { return looks >= seen + 2; }));
    ASSERT_EQ(mapper->report(), before);
  }
}

}  // namespace
}  // namespace innernet::client

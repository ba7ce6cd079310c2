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
      return answers && is_pcp ? FakeRouter::Packets{pcp_grant(request)} : FakeRouter::Packets();
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
  bool has_router = true;
  bool answers = true;
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

}  // namespace
}  // namespace innernet::client

#include "mapping_plan.hpp"

#include <gtest/gtest.h>

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }
SocketAddress at(std::string_view text) { return *SocketAddress::parse(text); }

Gateway home(std::string_view router = "192.168.2.1", std::string_view local = "192.168.2.3") {
  return {.router = ip(router), .link = *InterfaceName::parse("eth0"), .link_index = 2, .local = ip(local)};
}

struct MappingPlanTest : ::testing::Test {
  BootTime now{1h};
  MappingPlan plan;

  void SetUp() override {
    plan.want(51820, now);
    plan.see(home(), now);
  }
  // What is asked next; none fails.
  AskToMap asked() {
    const MappingStep step = plan.next(now);
    const auto* ask = std::get_if<AskToMap>(&step);
    EXPECT_NE(ask, nullptr);
    return ask == nullptr ? AskToMap{.protocol = {}, .place = home(), .request = {}} : *ask;
  }
  bool is_quiet() { return std::holds_alternative<std::monostate>(plan.next(now)); }
  bool withdraws(std::string_view outside) {
    const MappingStep step = plan.next(now);
    const auto* last = std::get_if<AskToWithdraw>(&step);
    return last != nullptr && last->mapping.outside == at(outside);
  }
  void fail_all() {
    while (!is_quiet()) plan.failed(asked(), MappingFailure::kNoAnswer, now);
  }
  void grant(std::string_view outside, std::chrono::seconds lifetime = 7200s, std::optional<std::uint32_t> epoch = 100) {
    plan.granted(asked(), {.outside = at(outside), .lifetime = lifetime, .epoch = epoch}, now);
  }
};

TEST_F(MappingPlanTest, AsksByOneProtocolAfterTheOther) {
  for (const auto protocol : {MappingProtocol::kPcp, MappingProtocol::kNatPmp, MappingProtocol::kUpnp}) {
    const AskToMap ask = asked();
    EXPECT_EQ(ask, (AskToMap{.protocol = protocol, .place = home(), .request = {.port = 51820, .outside_port = 51820, .lifetime = 7200s}}));
    EXPECT_LE(plan.due(), now);
    plan.failed(ask, MappingFailure::kNoAnswer, now);
  }
  EXPECT_TRUE(is_quiet());
}

TEST_F(MappingPlanTest, WhatIsAskedOfAnIpv6RouterIsPcpAndOfAPublicAddressNothing) {
  EXPECT_EQ(mapping_protocols(home("fe80::1", "2003::5")), std::vector{MappingProtocol::kPcp});
  EXPECT_TRUE(mapping_protocols(home("fe80::1", "fd00::5")).empty());
  EXPECT_TRUE(mapping_protocols(home("203.0.113.1", "203.0.113.9")).empty());
  plan.see(home("203.0.113.1", "203.0.113.9"), now);
  EXPECT_TRUE(is_quiet());
  EXPECT_EQ(plan.due(), BootTime::max());
}

TEST_F(MappingPlanTest, ARouterThatDoesNotAnswerIsAskedAgainAfterTenMinutesThenLessOften) {
  for (const auto pause : {10min, 20min, 40min, 60min, 60min}) {
    fail_all();
    EXPECT_EQ(plan.due(), now + pause);
    now += pause - 1s;
    EXPECT_TRUE(is_quiet());
    now += 1s;
    EXPECT_EQ(asked().protocol, MappingProtocol::kPcp);
  }
}

TEST_F(MappingPlanTest, AnotherRouterAddressOrPortIsAskedForAtOnce) {
  fail_all();
  plan.see(home("192.168.9.1"), now);
  EXPECT_EQ(asked().place.router, ip("192.168.9.1"));
  fail_all();
  plan.see(home("192.168.9.1", "192.168.9.77"), now);
  EXPECT_EQ(asked().place.local, ip("192.168.9.77"));
  fail_all();
  plan.want(40000, now);
  EXPECT_EQ(asked().request.port, 40000);
  fail_all();
  plan.see(std::nullopt, now);
  EXPECT_TRUE(is_quiet());
  EXPECT_EQ(plan.due(), BootTime::max());
}

TEST_F(MappingPlanTest, IsRenewedByTheSameProtocolForTheSameOutsidePort) {
  plan.failed(asked(), MappingFailure::kNoAnswer, now);
  EXPECT_EQ(asked().protocol, MappingProtocol::kNatPmp);
  grant("203.0.113.7:40001", 600s);
  EXPECT_EQ(plan.outside(), at("203.0.113.7:40001"));
  EXPECT_EQ(plan.due(), now + 300s) << "half of it";
  now += 300s;
  EXPECT_EQ(asked().protocol, MappingProtocol::kNatPmp);
  EXPECT_EQ(asked().request.outside_port, 40001);
}

TEST_F(MappingPlanTest, ALongOneIsRenewedEveryTenMinutes) {
  grant("203.0.113.7:51820");
  EXPECT_EQ(plan.due(), now + 10min);
}

TEST_F(MappingPlanTest, ARouterThatGivesNoTimeIsNotAskedAllTheTime) {
  for (const auto lifetime : {0s, 1s, 30s}) {
    grant("203.0.113.7:51820", lifetime);
    EXPECT_EQ(plan.due(), now + 30s);
    now += 30s;
  }
  grant("203.0.113.7:51820", 1'000'000s);
  now += 7200s;
  static_cast<void>(plan.next(now));
  EXPECT_FALSE(plan.outside()) << "longer than what was asked for is not believed";
}

TEST_F(MappingPlanTest, ARenewalInVainIsTriedAgainUntilTheMappingEnds) {
  grant("203.0.113.7:51820", 600s);
  now += 300s;
  fail_all();
  EXPECT_EQ(plan.outside(), at("203.0.113.7:51820"));
  EXPECT_EQ(plan.due(), now + 60s);
  now += 299s;
  fail_all();
  EXPECT_TRUE(plan.outside());
  EXPECT_EQ(plan.due(), now + 1s);
  now += 1s;
  fail_all();
  EXPECT_FALSE(plan.outside());
}

TEST_F(MappingPlanTest, OneThatIsRefusedHoldsNoLongerAndTheNextProtocolIsTried) {
  grant("203.0.113.7:51820");
  now += 10min;
  plan.failed(asked(), MappingFailure::kRefused, now);
  EXPECT_FALSE(plan.outside());
  EXPECT_EQ(asked().protocol, MappingProtocol::kNatPmp);
  grant("203.0.113.7:40002");
  EXPECT_EQ(plan.outside(), at("203.0.113.7:40002"));
}

TEST_F(MappingPlanTest, IsWithdrawnWhenThePortChangesOrNoneIsWanted) {
  grant("203.0.113.7:51820");
  plan.want(40000, now);
  EXPECT_FALSE(plan.outside()) << "nobody is told of a port that is no longer listened on";
  EXPECT_LE(plan.due(), now);
  EXPECT_TRUE(withdraws("203.0.113.7:51820"));
  plan.withdrawn();
  EXPECT_EQ(asked().request.port, 40000);
  grant("203.0.113.7:40000");
  plan.want(0, now);
  EXPECT_TRUE(withdraws("203.0.113.7:40000"));
  plan.withdrawn();
  EXPECT_TRUE(is_quiet());
}

TEST_F(MappingPlanTest, IsForgottenWhenTheRouterIsAnotherOne) {
  grant("203.0.113.7:51820");
  plan.see(home("192.168.9.1"), now);
  EXPECT_EQ(asked().place.router, ip("192.168.9.1"));
  EXPECT_FALSE(plan.outside());
}

TEST_F(MappingPlanTest, ARouterThatSaysThatItStartedAnewIsAskedAtOnce) {
  grant("203.0.113.7:51820", 7200s, 1000);
  now += 100s;
  plan.hear({.epoch = 1100, .outside = ip("203.0.113.7")}, now);
  EXPECT_TRUE(is_quiet()) << "all is as it was";
  plan.hear({.epoch = 3}, now);
  grant("203.0.113.8:51820", 7200s, 4);
  EXPECT_EQ(plan.outside(), at("203.0.113.8:51820"));
  now += 2s;
  plan.hear({.epoch = 5}, now);
  EXPECT_TRUE(is_quiet());
  now += 3s;
  grant("203.0.113.8:51820", 7200s, 4);
  now += 100s;
  plan.hear({.epoch = 104, .outside = ip("203.0.113.9")}, now);
  EXPECT_EQ(asked().protocol, MappingProtocol::kPcp) << "its address is another";
}

TEST_F(MappingPlanTest, WhoeverMakesUpAnnouncementsMakesUsAskOnceInFiveSeconds) {
  int asks = 0;
  for (int i = 0; i < 600; ++i, now += 100ms) {
    plan.hear({.epoch = 1}, now);
    while (!is_quiet()) {
      const AskToMap ask = asked();
      asks += ask.protocol == MappingProtocol::kPcp;
      plan.failed(ask, MappingFailure::kNoAnswer, now);
    }
  }
  EXPECT_LE(asks, 13);
  EXPECT_GE(asks, 11);
}

TEST_F(MappingPlanTest, AChangeOfTheNetworkMakesItLookAgain) {
  fail_all();
  now += 20s;
  plan.look_again(now);
  EXPECT_EQ(asked().protocol, MappingProtocol::kPcp);
}

TEST_F(MappingPlanTest, APortOfARouterBehindAnotherOneIsGivenBack) {
  for (const std::string_view outside : {"100.64.3.4:51820", "192.168.178.20:51820", "0.0.0.0:51820", "127.0.0.1:51820"}) {
    plan = MappingPlan();
    SetUp();
    grant(outside);
    EXPECT_FALSE(plan.outside());
    EXPECT_EQ(plan.router_behind_router(), at(outside).ip);
    EXPECT_TRUE(withdraws(outside));
    plan.withdrawn();
    EXPECT_TRUE(is_quiet());
    EXPECT_EQ(plan.due(), now + 10min);
  }
  now += 10min;
  grant("203.0.113.7:51820");
  EXPECT_EQ(plan.outside(), at("203.0.113.7:51820"));
}

TEST_F(MappingPlanTest, SaysHowItStands) {
  constexpr WallTime kWall{1'795'363'000s};
  const auto state = [&] {
    const auto standing = plan.standing(now, kWall);
    return standing ? std::string(name_of(standing->state)) : "";
  };
  fail_all();
  EXPECT_EQ(plan.standing(now, kWall), (MappingStanding{.state = MappingState::kNoAnswer, .router = ip("192.168.2.1")}));

  now += 10min;
  plan.failed(asked(), MappingFailure::kNoAnswer, now);
  plan.failed(asked(), MappingFailure::kRefused, now, "it does not allow it");
  plan.failed(asked(), MappingFailure::kNoAnswer, now);
  EXPECT_EQ(plan.standing(now, kWall), (MappingStanding{.state = MappingState::kRefused,
                                                        .router = ip("192.168.2.1"),
                                                        .protocol = MappingProtocol::kNatPmp,
                                                        .why = "it does not allow it"}));
  now += 20min;
  fail_all();
  EXPECT_EQ(state(), "no_answer") << "it was another cycle that was refused";

  now += 40min;
  grant("203.0.113.7:40000", 3600s);
  EXPECT_EQ(plan.standing(now, kWall), (MappingStanding{.state = MappingState::kMapped,
                                                        .router = ip("192.168.2.1"),
                                                        .protocol = MappingProtocol::kPcp,
                                                        .outside = at("203.0.113.7:40000"),
                                                        .until = kWall + 1h}));
  plan.want(40404, now);
  EXPECT_TRUE(withdraws("203.0.113.7:40000"));
  plan.withdrawn();
  grant("10.0.0.5:40404");
  EXPECT_TRUE(withdraws("10.0.0.5:40404"));
  plan.withdrawn();
  EXPECT_EQ(plan.standing(now, kWall),
            (MappingStanding{.state = MappingState::kDoubleNat, .router = ip("192.168.2.1"), .outside = at("10.0.0.5:0")}));

  plan.see(std::nullopt, now);
  EXPECT_EQ(state(), "no_router");
  plan.see(home("203.0.113.1", "203.0.113.9"), now);
  EXPECT_EQ(state(), "not_needed");
  plan.see(home("fe80::1", "fd00::5"), now);
  EXPECT_EQ(state(), "") << "it is none that others could reach";
  plan.want(0, now);
  EXPECT_EQ(state(), "") << "no port is wanted";
}

}  // namespace
}  // namespace innernet::client

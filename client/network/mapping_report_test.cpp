#include "innernet/client/mapping_report.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "innernet/base/file.hpp"
#include "innernet/client/saved_mapping.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

const WallTime kNow{1'795'363'000s};

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }
SocketAddress at(std::string_view text) { return *SocketAddress::parse(text); }

MappingStanding mapped() {
  return {.state = MappingState::kMapped,
          .router = ip("192.168.1.1"),
          .protocol = MappingProtocol::kNatPmp,
          .outside = at("203.0.113.7:40000"),
          .until = kNow + 2h};
}

// One of each, with all that it has.
std::vector<MappingStanding> of_each_state() {
  return {mapped(),
          {.state = MappingState::kDoubleNat, .router = ip("192.168.1.1"), .outside = at("10.0.0.5:0")},
          {.state = MappingState::kRefused, .router = ip("192.168.1.1"), .protocol = MappingProtocol::kUpnp, .why = "it does not allow it"},
          {.state = MappingState::kNoAnswer, .router = ip("192.168.1.1")},
          {.state = MappingState::kNoRouter},
          {.state = MappingState::kNotNeeded},
          {.state = MappingState::kOff, .why = "the daemon runs with --no-port-mapping"}};
}

TEST(MappingReport, IsReadAsItWasWritten) {
  const auto all = of_each_state();
  for (const MappingStanding& standing : all) {
    const MappingReport report{.port = 51820, .v4 = standing};
    EXPECT_EQ(MappingReport::parse(report.to_text()), report) << report.to_text();
  }
  MappingReport both{.port = 51820, .v4 = mapped(), .v6 = mapped()};
  both.v6->router = ip("fe80::1");
  both.v6->outside = at("[2a00::2]:51820");
  EXPECT_EQ(MappingReport::parse(both.to_text()), both);
  EXPECT_EQ(both.to_text(),
            "innernet mapping 1\nport 51820\n"
            "IPv4 mapped 192.168.1.1 NAT-PMP 203.0.113.7:40000 1795370200 \n"
            "IPv6 mapped fe80::1 NAT-PMP [2a00::2]:51820 1795370200 \n");
}

TEST(MappingReport, WhatCanNotBeUnderstoodSaysNothing) {
  const std::string good = MappingReport{.port = 51820, .v4 = mapped()}.to_text();
  ASSERT_FALSE(MappingReport::parse(good).says_nothing());
  const std::string head = "innernet mapping 1\nport 51820\n";
  const std::string bad[] = {
      "",
      "\n",
      "innernet mapping 2" + good.substr(18),
      head,
      head + "IPv4",
      head + "IPv4 \n",
      head + "IPv4 opened 192.168.1.1 PCP 203.0.113.7:4 1795370200 \n",
      head + "IPv4 mapped - PCP 203.0.113.7:4 1795370200 \n",
      head + "IPv4 mapped 192.168.1.1 - 203.0.113.7:4 1795370200 \n",
      head + "IPv4 mapped 192.168.1.1 PCP - 1795370200 \n",
      head + "IPv4 mapped 192.168.1.1 PCP 203.0.113.7:0 1795370200 \n",
      head + "IPv4 mapped 192.168.1.1 PCP 203.0.113.7:4 -1 \n",
      head + "IPv4 mapped 192.168.1.1 PCP 203.0.113.7:4 99999999999999 \n",
      head + "IPv4 mapped 192.168.1.1 PCP 203.0.113.7:4 soon \n",
      head + "IPv4 mapped fe80::1 PCP 203.0.113.7:4 1795370200 \n",
      head + "IPv4 mapped 192.168.1.1 PCP [2a00::2]:4 1795370200 \n",
      head + "IPv6 mapped 192.168.1.1 PCP 203.0.113.7:4 1795370200 \n",
      head + "IPv4 double_nat 192.168.1.1 - - 0 \n",
      head + "IPv4 refused 192.168.1.1 PCP - 0 \n",
      head + "IPv4 refused 192.168.1.1 PCP - 0 a\x1b[2Jb\n",
      head + "IPv4 refused 192.168.1.1 PCP - 0 " + std::string(201, 'x') + "\n",
      head + "IPv4 off - - - 0 \n",
      head + "IPv4 no_answer - - - 0 \n",
  };
  for (const std::string& text : bad) EXPECT_TRUE(MappingReport::parse(text).says_nothing()) << text;
  EXPECT_EQ(MappingReport::parse("innernet mapping 1\nport 99999\n").port, 0);
}

TEST(MappingReport, AMappingIsSoUntilItsEndWhetherThereIsADaemonOrNot) {
  const MappingReport report{.port = 51820, .v4 = mapped()};
  for (const bool has_daemon : {true, false}) {
    EXPECT_EQ(report.as_of(kNow, 51820, has_daemon), report);
    EXPECT_TRUE(report.as_of(kNow + 2h, 51820, has_daemon).says_nothing());
    EXPECT_TRUE(report.as_of(kNow - 1s, 51820, has_daemon).says_nothing()) << "no lease is so long: the clock was set, or it is made up";
    EXPECT_TRUE(report.as_of(kNow, 40404, has_daemon).says_nothing()) << "of another port";
  }
}

TEST(MappingReport, WhyThereIsNoneIsKnownByADaemonAlone) {
  const auto all = of_each_state();
  for (const MappingStanding& standing : all) {
    if (standing.state == MappingState::kMapped) continue;
    const MappingReport report{.port = 51820, .v4 = standing, .v6 = {}};
    EXPECT_EQ(report.as_of(kNow + 24h, 51820, true), report);
    EXPECT_TRUE(report.as_of(kNow, 51820, false).says_nothing()) << name_of(standing.state);
  }
}

TEST(MappingReport, ARenewalIsNoOtherStanding) {
  const MappingReport report{.port = 51820, .v4 = mapped()};
  MappingReport later = report;
  later.v4->until += 1h;
  EXPECT_TRUE(later.differs_by_renewal_only(report));
  later.v4->outside = at("203.0.113.7:40001");
  EXPECT_FALSE(later.differs_by_renewal_only(report));
  EXPECT_FALSE(report.differs_by_renewal_only({.port = 51820}));
  EXPECT_FALSE(report.differs_by_renewal_only({.port = 51821, .v4 = mapped()}));
}

TEST(MappingReport, AnEndIsTheSameWhateverTheClocksSayWithinAMoment) {
  using namespace std::chrono_literals;
  const MappingReport before{.port = 51820, .v4 = mapped()};
  MappingReport now = before;
  now.v4->until += 3us;
  now.v6 = mapped();
  now.keep_ends(before);
  EXPECT_EQ(now, (MappingReport{.port = 51820, .v4 = mapped(), .v6 = mapped()}));
  // It was renewed, or somebody has set the clock.
  for (const auto by : {-10min, -1min, 10min}) {
    now = before;
    now.v4->until += by;
    now.keep_ends(before);
    EXPECT_EQ(now.v4->until, before.v4->until + by);
  }
  // What it was before had no end.
  now = before;
  now.keep_ends({.port = 51820, .v4 = MappingStanding{.state = MappingState::kNoAnswer}});
  EXPECT_EQ(now, before);
}

struct SavedMappingTest : ::testing::Test {
  testing::TempDir dir;
  const SavedMapping saved{Folders{.config = dir / "etc", .data = dir.path()}, *InterfaceName::parse("evilcorp")};
  const std::filesystem::path file = dir / "evilcorp.mapping";
  const MappingReport report{.port = 51820, .v4 = mapped()};
};

TEST_F(SavedMappingTest, IsForItsOwnerAloneAndGoes) {
  EXPECT_TRUE(saved.read().says_nothing());
  saved.save(report);
  EXPECT_EQ(saved.read(), report);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(file).permissions(), perms::owner_read | perms::owner_write);
  saved.remove();
  EXPECT_FALSE(std::filesystem::exists(file));
  saved.remove();
}

TEST_F(SavedMappingTest, IsNotWrittenWhenItSaysTheSame) {
  saved.save(report);
  // Writing replaces a file by another one.
  ASSERT_TRUE(std::filesystem::exists(file));
  std::filesystem::create_hard_link(file, dir / "before");
  saved.save(report);
  EXPECT_TRUE(std::filesystem::equivalent(file, dir / "before"));
  saved.save({.port = 51820});
  EXPECT_FALSE(std::filesystem::equivalent(file, dir / "before"));
}

TEST_F(SavedMappingTest, AFileThatIsFarTooLargeSaysNothing) {
  ASSERT_TRUE(replace_file(file, report.to_text() + std::string(1U << 20U, '\n')));
  EXPECT_TRUE(saved.read().says_nothing());
}

}  // namespace
}  // namespace innernet::client

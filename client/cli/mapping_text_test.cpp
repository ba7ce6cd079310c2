#include "mapping_text.hpp"

#include <gmock/gmock.h>

#include "commands_test.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/saved_mapping.hpp"

namespace innernet::client {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const WallTime kNow{1'795'363'000s};

IpAddress ip(const char* text) { return *IpAddress::parse(text); }
SocketAddress at(const char* text) { return *SocketAddress::parse(text); }

MappingStanding mapped(WallTime until) {
  return {.state = MappingState::kMapped,
          .router = ip("192.168.1.1"),
          .protocol = MappingProtocol::kPcp,
          .outside = at("203.0.113.7:40000"),
          .until = until};
}

TEST(MappingText, SaysHowItStandsAndWhyThereIsNone) {
  const struct {
    MappingStanding standing;
    const char* words;
    const char* headline;
    const char* json;
  } cases[] = {
      {mapped(kNow + 2h - 1s), "203.0.113.7:40000, by PCP on the router at 192.168.1.1, for another 1 hour, 59 minutes",
       "port open at 203.0.113.7:40000",
       R"({"state":"mapped","router":"192.168.1.1","protocol":"PCP","outside":"203.0.113.7:40000","until":1795370199,"because":null})"},
      {{.state = MappingState::kDoubleNat, .router = ip("192.168.1.1"), .outside = at("10.0.0.5:0")},
       "none: the router at 192.168.1.1 is itself behind another one, for its address outside, 10.0.0.5, is private",
       "port not mapped (double NAT)",
       R"({"state":"double_nat","router":"192.168.1.1","protocol":null,"outside":"10.0.0.5","until":null,"because":null})"},
      {{.state = MappingState::kRefused,
        .router = ip("192.168.1.1"),
        .protocol = MappingProtocol::kUpnp,
        .why = "the router at 192.168.1.1 refuses: it does not allow it"},
       "none by UPnP: the router at 192.168.1.1 refuses: it does not allow it",
       "port not mapped (router refuses)",
       R"({"state":"refused","router":"192.168.1.1","protocol":"UPnP","outside":null,"until":null,)"
       R"("because":"the router at 192.168.1.1 refuses: it does not allow it"})"},
      {{.state = MappingState::kNoAnswer, .router = ip("192.168.1.1")},
       "none: the router at 192.168.1.1 answers neither PCP nor NAT-PMP nor UPnP",
       "port not mapped (router does not answer)",
       R"({"state":"no_answer","router":"192.168.1.1","protocol":null,"outside":null,"until":null,"because":null})"},
      {{.state = MappingState::kNoRouter},
       "none: there is no router towards the internet",
       "port not mapped (no router)",
       R"({"state":"no_router","router":null,"protocol":null,"outside":null,"until":null,"because":null})"},
      {{.state = MappingState::kNotNeeded},
       "not needed: this machine has a public address itself",
       "",
       R"({"state":"not_needed","router":null,"protocol":null,"outside":null,"until":null,"because":null})"},
      {{.state = MappingState::kOff, .why = "the daemon runs with --no-port-mapping"},
       "off: the daemon runs with --no-port-mapping",
       "port not mapped (off)",
       R"({"state":"off","router":null,"protocol":null,"outside":null,"until":null,"because":"the daemon runs with --no-port-mapping"})"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(describe_in_words(c.standing, kNow), c.words);
    const MappingReport report{.port = 51820, .v4 = c.standing};
    EXPECT_EQ(mapping_headline(report), c.headline);
    EXPECT_EQ(mapping_as_json(report), fmt::format(R"({{"ipv4":{},"ipv6":null}})", c.json));
  }
  EXPECT_EQ(mapping_as_json({.port = 51820}), "null");
  EXPECT_EQ(mapping_headline({.port = 51820}), "");
}

/// A daemon has left word of the port.
class OwnPort : public Commands {
 protected:
  Folders folders() const { return {.config = dir / "etc", .data = dir / "var"}; }
  void say(const MappingStanding& v4) { SavedMapping(folders(), evilcorp()).save({.port = device().listen_port, .v4 = v4, .v6 = v6}); }

  std::optional<MappingStanding> v6;
};

TEST_F(OwnPort, IsShownWithTheOwnInterface) {
  ASSERT_NE(device().listen_port, 0);
  EXPECT_THAT(run_line("show").out, Not(HasSubstr("port mapping"))) << "what is not known costs no line";
  EXPECT_THAT(run_line("show --json").out, HasSubstr(R"("port_mapping":null,"peers":)"));
  say(mapped(clock.wall() + 2h));
  EXPECT_THAT(run_line("show").out,
              HasSubstr(fmt::format("  listening port: {}\n  port mapping: 203.0.113.7:40000, by PCP on the router at "
                                    "192.168.1.1, for another 2 hours, 0 minutes\n  peer: ",
                                    device().listen_port)));
  EXPECT_THAT(run_line("show --json").out, HasSubstr(R"("port_mapping":{"ipv4":{"state":"mapped","router":"192.168.1.1","protocol":"PCP",)"
                                                     R"("outside":"203.0.113.7:40000","until":)"));
  EXPECT_THAT(run_line("show --live").out, HasSubstr(" peers connected; port open at 203.0.113.7:40000\n"));
  EXPECT_THAT(run_line("show --short").out, Not(HasSubstr("203.0.113.7:40000")));
  clock.advance(2h);
  EXPECT_THAT(run_line("show").out, Not(HasSubstr("port mapping"))) << "its lease is over";
  EXPECT_THAT(run_line("show --json").out, HasSubstr(R"("port_mapping":null,"peers":)"));
}

TEST_F(OwnPort, WhyItIsNotMappedIsShownWhileADaemonRuns) {
  say({.state = MappingState::kNoAnswer, .router = ip("192.168.1.1")});
  EXPECT_THAT(run_line("show").out, Not(HasSubstr("port mapping")));
  const auto daemon = FileLock::acquire(daemon_file(folders(), evilcorp()), 0ms);
  ASSERT_TRUE(daemon);
  EXPECT_THAT(run_line("show").out, HasSubstr("  port mapping: none: the router at 192.168.1.1 answers neither"));
  EXPECT_THAT(run_line("show --live").out, HasSubstr("; port not mapped (router does not answer)\n"));
  device().listen_port = 40404;
  EXPECT_THAT(run_line("show").out, Not(HasSubstr("port mapping"))) << "it was of another port";
}

TEST_F(OwnPort, OfIpv6IsShownWhenThereIsSomethingToSay) {
  v6 = {.state = MappingState::kNoAnswer, .router = ip("fe80::1")};
  say(mapped(clock.wall() + 1h));
  EXPECT_THAT(run_line("show").out, Not(HasSubstr("IPv6")));
  v6 = mapped(clock.wall() + 1h);
  v6->router = ip("fe80::1");
  v6->outside = at("[2a00::2]:51820");
  say(mapped(clock.wall() + 1h));
  EXPECT_THAT(run_line("show").out,
              HasSubstr("  port mapping of IPv6: [2a00::2]:51820, by PCP on the router at fe80::1, for another 1 hour"));
}

TEST_F(OwnPort, GoesWithTheNetwork) {
  say(mapped(clock.wall() + 1h));
  ASSERT_TRUE(std::filesystem::exists(dir / "var/evilcorp.mapping"));
  EXPECT_EQ(run_line("uninstall evilcorp --yes --no-write-hosts").code, 0);
  EXPECT_FALSE(std::filesystem::exists(dir / "var/evilcorp.mapping"));
}

}  // namespace
}  // namespace innernet::client

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "innernet/client/netcheck.hpp"

namespace innernet::client {
namespace {

using ::testing::HasSubstr;

SocketAddress at(const char* text) { return SocketAddress::parse(text).value(); }
IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }

RelayCheck relay(const char* name, const char* address, const char* source, const char* seen_at, std::size_t mtu = 1500) {
  RelayCheck out{.name = name, .address = at(address), .source = ip(source), .knows_questions = true};
  if (seen_at != nullptr) out.answer = {.round_trip = std::chrono::milliseconds(7), .seen_at = at(seen_at), .path_mtu = mtu};
  return out;
}

// Behind a router at 198.51.100.9; the server is at 203.0.113.1.
NetworkCheck at_home() {
  NetworkCheck out{.server = {.name = "server",
                              .endpoint = Endpoint::of(at("203.0.113.1:51820")),
                              .address = at("203.0.113.1:51820"),
                              .source = ip("192.168.1.5"),
                              .round_trip = std::chrono::milliseconds(7)}};
  out.v4 = ip("192.168.1.5");
  return out;
}
RelayCheck servers_relay(const char* seen_at) { return relay("server", "203.0.113.1:51821", "192.168.1.5", seen_at); }
RelayCheck other_relay(const char* seen_at) { return relay("office", "203.0.113.2:51821", "192.168.1.5", seen_at); }

NetworkCheck with(NetworkCheck check, std::vector<RelayCheck> relays, std::optional<SeenAt> seen = std::nullopt) {
  check.relays = std::move(relays);
  check.server.seen = seen;
  return check;
}
SeenAt seen(const char* by_server, const char* by_relay) { return {.by_server = at(by_server), .by_relay = at(by_relay)}; }

MappingStanding mapped_as(const char* outside) {
  return {.state = MappingState::kMapped, .router = ip("192.168.1.1"), .protocol = MappingProtocol::kPcp, .outside = at(outside)};
}

TEST(Judgement, TellsTheKindOfNat) {
  NetworkCheck open = at_home();
  open.v4 = open.server.source = ip("198.51.100.9");
  NetworkCheck only_v6 = at_home();
  only_v6.v4 = std::nullopt;
  NetworkCheck no_tunnel = at_home();
  no_tunnel.server.round_trip.reset();
  const struct {
    const char* what;
    NetworkCheck check;
    Nat nat;
    const char* because;
  } cases[] = {
      {"open", with(open, {relay("server", "203.0.113.1:51821", "198.51.100.9", "198.51.100.9:4000")}), Nat::kNone, "of its own"},
      {"open, no relay", with(open, {}, SeenAt{.by_server = at("198.51.100.9:5")}), Nat::kNone, "of its own"},
      {"two relays, one port", with(at_home(), {servers_relay("198.51.100.9:4000"), other_relay("198.51.100.9:4000")}), Nat::kSamePort,
       "2 relays"},
      {"two relays, two ports", with(at_home(), {servers_relay("198.51.100.9:4000"), other_relay("198.51.100.9:4001")}), Nat::kOtherPorts,
       "2 relays"},
      {"two relays, two addresses", with(at_home(), {servers_relay("198.51.100.9:4000"), other_relay("198.51.100.10:4000")}),
       Nat::kOtherPorts, "2 relays"},
      {"two relays are believed more",
       with(at_home(), {servers_relay("198.51.100.9:4000"), other_relay("198.51.100.9:4001")}, seen("198.51.100.9:5", "198.51.100.9:5")),
       Nat::kOtherPorts, "2 relays"},
      {"the server's two ports agree", with(at_home(), {servers_relay("198.51.100.9:4000")}, seen("198.51.100.9:5", "198.51.100.9:5")),
       Nat::kSamePort, "the same port 5"},
      {"the server's two ports differ", with(at_home(), {servers_relay("198.51.100.9:4000")}, seen("198.51.100.9:5", "198.51.100.9:6")),
       Nat::kOtherPorts, "port 5, its relay port 6"},
      {"one relay, and WireGuard is not registered",
       with(at_home(), {servers_relay("198.51.100.9:4000")}, SeenAt{.by_server = at("198.51.100.9:5")}), Nat::kUnknown, "two to compare"},
      {"one relay, an older server", with(at_home(), {servers_relay("198.51.100.9:4000")}), Nat::kUnknown, "two to compare"},
      {"one relay, no tunnel", with(no_tunnel, {servers_relay("198.51.100.9:4000")}), Nat::kUnknown, "through the tunnel"},
      {"two that IPv6 mixes", with(at_home(), {servers_relay("198.51.100.9:4000")}, seen("198.51.100.9:5", "[2001:db8::5]:5")),
       Nat::kUnknown, "two to compare"},
      {"no relay", with(at_home(), {servers_relay(nullptr)}), Nat::kUnknown, "nobody"},
      {"no IPv4", with(only_v6, {}), Nat::kUnknown, "no IPv4"},
  };
  for (const auto& c : cases) {
    const Judgement judgement = judge(c.check);
    EXPECT_EQ(judgement.nat, c.nat) << c.what;
    EXPECT_THAT(judgement.nat_because, HasSubstr(c.because)) << c.what;
  }
}

TEST(Judgement, TellsWhetherUdpGetsThrough) {
  NetworkCheck silent = with(at_home(), {servers_relay(nullptr)});
  silent.server.round_trip.reset();
  NetworkCheck none = silent, tcp = silent, refused = silent, not_asked = silent, tunnel = silent;
  none.v4.reset();
  tcp.server.answers_tcp = true;
  refused.server.answers_tcp = refused.server.refuses_udp = true;
  not_asked.server.answers_tcp = true;
  not_asked.relays.clear();
  tunnel.server.round_trip = std::chrono::milliseconds(3);
  const struct {
    const char* what;
    NetworkCheck check;
    Udp udp;
    const char* because;
    bool anybody_answers;
  } cases[] = {
      {"a relay answers", with(silent, {servers_relay("198.51.100.9:4000")}), Udp::kWorks, "", true},
      {"the server answers", tunnel, Udp::kWorks, "", true},
      {"no network", none, Udp::kUnknown, "no network", false},
      {"nobody at all", silent, Udp::kUnknown, "may be away", false},
      {"TCP gets through", tcp, Udp::kBlocked, "answers TCP", false},
      {"the port is closed", refused, Udp::kUnknown, "closed", false},
      {"nobody could be asked", not_asked, Udp::kUnknown, "its WireGuard nothing", false},
  };
  for (const auto& c : cases) {
    const Judgement judgement = judge(c.check);
    EXPECT_EQ(judgement.udp, c.udp) << c.what;
    EXPECT_THAT(judgement.udp_because, HasSubstr(c.because)) << c.what;
    EXPECT_EQ(judgement.udp_because.empty(), *c.because == '\0') << c.what;
    EXPECT_EQ(judgement.anybody_answers, c.anybody_answers) << c.what;
  }
}

TEST(Judgement, TakesTheNarrowestPath) {
  EXPECT_EQ(judge(at_home()).path_mtu, std::nullopt);
  auto wide = servers_relay("198.51.100.9:4000"), narrow = other_relay("198.51.100.9:4000");
  narrow.answer->path_mtu = 1420;
  EXPECT_EQ(judge(with(at_home(), {wide, narrow})).path_mtu, 1420U);
  narrow.answer->path_mtu.reset();
  EXPECT_EQ(judge(with(at_home(), {wide, narrow})).path_mtu, 1500U);
}

TEST(Judgement, SaysWhatItMeans) {
  NetworkCheck open = with(at_home(), {relay("server", "203.0.113.1:51821", "198.51.100.9", "198.51.100.9:4000")});
  NetworkCheck cone = with(at_home(), {servers_relay("198.51.100.9:4000"), other_relay("198.51.100.9:4000")});
  NetworkCheck mapped = cone;
  mapped.mapping = mapped_as("198.51.100.9:51820");
  NetworkCheck symmetric = with(at_home(), {servers_relay("198.51.100.9:4000"), other_relay("198.51.100.9:4001")});
  NetworkCheck symmetric_mapped = symmetric;
  symmetric_mapped.mapping = mapped_as("198.51.100.9:51820");
  NetworkCheck unknown = with(at_home(), {servers_relay("198.51.100.9:4000")});
  NetworkCheck unknown_mapped = unknown;
  unknown_mapped.mapping = mapped_as("198.51.100.9:51820");
  NetworkCheck no_relay = with(at_home(), {}, seen("198.51.100.9:5", "198.51.100.9:6"));
  NetworkCheck closed_relay = with(at_home(), {servers_relay(nullptr)});
  NetworkCheck narrow = cone;
  narrow.relays[0].answer->path_mtu = 1300;
  narrow.hairpin = false;
  NetworkCheck just_wide_enough = cone;
  just_wide_enough.relays[0].answer->path_mtu = 1360;
  just_wide_enough.hairpin = true;
  NetworkCheck two_families = cone;
  two_families.v6 = ip("2001:db8:1::5");
  two_families.relays.push_back(relay("server", "[2001:db8::1]:51821", "2001:db8:1::5", "[2001:db8:1::5]:4000"));
  NetworkCheck away = closed_relay;
  away.server.round_trip.reset();
  NetworkCheck blocked = away;
  blocked.server.answers_tcp = true;
  NetworkCheck nameless = away;
  nameless.server.address.reset();
  NetworkCheck none = away;
  none.v4.reset();

  constexpr const char* kMost = "Most peers reach this machine directly; those behind symmetric routers are relayed by server or office.";
  const struct {
    const char* what;
    NetworkCheck check;
    std::vector<const char*> sentences;
  } cases[] = {
      {"open", open, {"Every peer reaches this machine directly, if its firewall lets UDP in."}},
      {"cone", cone, {kMost}},
      {"mapped", mapped, {"Every peer reaches this machine directly: its router has opened port 51820."}},
      {"symmetric",
       symmetric,
       {"Peers with a public address or an open port are reached directly; all others are relayed by server or office."}},
      {"symmetric, mapped",
       symmetric_mapped,
       {"Its router is symmetric, but has opened port 51820: every peer reaches this machine directly."}},
      {"unknown", unknown, {"Which peers reach this machine directly depends on its router; those that don't are relayed by server."}},
      {"unknown, mapped", unknown_mapped, {"Every peer reaches this machine directly: its router has opened port 51820."}},
      {"no relay",
       no_relay,
       {"Peers with a public address or an open port are reached directly; all others are not reached, for no relay answers."}},
      {"closed relay",
       closed_relay,
       {"Which peers reach this machine directly depends on its router; those that don't are not reached, for no relay answers.",
        "The server answers, its relay does not: its UDP port may be closed there."}},
      {"narrow, no hairpin",
       narrow,
       {kMost, "Peers behind the same router find this machine by its address in their LAN alone.",
        "Packets of more than 1300 bytes get lost on the way: bring the interface up with --mtu 1220."}},
      {"just wide enough", just_wide_enough, {kMost}},
      {"two families", two_families, {kMost, "Peers that have IPv6, too, reach this machine over it, through most routers."}},
      {"away", away, {"The server does not answer: peers that are connected directly stay so"}},
      {"blocked",
       blocked,
       {"This network lets no UDP out, or no answers in: no peer is reached from here, by no way. Its firewall would have to let UDP "
        "through to 203.0.113.1:51820."}},
      {"nameless", nameless, {"The server's name does not resolve"}},
      {"no network", none, {"This machine has no route to anybody"}},
  };
  for (const auto& c : cases) {
    const Judgement judgement = judge(c.check);
    ASSERT_EQ(judgement.meaning.size(), c.sentences.size()) << c.what << ": " << ::testing::PrintToString(judgement.meaning);
    for (std::size_t i = 0; i < c.sentences.size(); ++i) EXPECT_THAT(judgement.meaning[i], HasSubstr(c.sentences[i])) << c.what;
  }
}

TEST(Judgement, SaysWhatTheRouterWouldDo) {
  const IpAddress router = ip("192.168.1.1");
  const NetworkCheck cone = with(at_home(), {servers_relay("198.51.100.9:4000"), other_relay("198.51.100.9:4000")});
  const struct {
    const char* what;
    RouterOffer offer;
    std::optional<MappingStanding> mapping;
    const char* sentence;  // null: none
  } cases[] = {
      {"no router", {}, {}, nullptr},
      {"none of the protocols",
       {.router = router},
       {},
       "Its router, 192.168.1.1, opens no ports by itself: with UPnP, NAT-PMP or PCP switched on"},
      {"one that would",
       {.router = router, .protocols = {"PCP", "UPnP"}, .outside = ip("198.51.100.9")},
       {},
       "Its router, 192.168.1.1, opens ports by PCP, UPnP: while the daemon runs"},
      {"double NAT",
       {.router = router, .protocols = {"UPnP"}, .outside = ip("10.0.0.5"), .is_behind_another = true},
       {},
       "is itself behind another one, for its address outside, 10.0.0.5, is private"},
      {"double NAT, as the daemon has found out",
       {.router = router, .protocols = {"PCP"}},
       MappingStanding{.state = MappingState::kDoubleNat, .router = router, .outside = at("10.0.0.5:0")},
       "its address outside, 10.0.0.5, is private"},
      {"one that refuses",
       {.router = router, .protocols = {"PCP"}},
       MappingStanding{.state = MappingState::kRefused, .router = router, .protocol = MappingProtocol::kPcp, .why = "it says no"},
       "No port is open here, for it says no."},
      {"one that is not asked",
       {.router = router, .protocols = {"PCP"}},
       MappingStanding{.state = MappingState::kOff, .why = "the daemon runs with --no-port-mapping"},
       "would open a port by PCP, but is not asked: the daemon runs with --no-port-mapping."},
      {"one that has", {.router = router, .protocols = {"PCP"}}, mapped_as("198.51.100.9:51820"), nullptr},
  };
  for (const auto& c : cases) {
    NetworkCheck check = cone;
    check.router = c.offer;
    check.mapping = c.mapping;
    const auto meaning = judge(check).meaning;
    ASSERT_EQ(meaning.size(), c.sentence == nullptr ? 1U : 2U) << c.what << ": " << ::testing::PrintToString(meaning);
    if (c.sentence == nullptr) continue;
    EXPECT_THAT(meaning[1], HasSubstr(c.sentence)) << c.what;
  }
  NetworkCheck open = with(at_home(), {relay("server", "203.0.113.1:51821", "198.51.100.9", "198.51.100.9:4000")});
  open.router = RouterOffer{.router = router, .protocols = {}, .outside = {}};
  EXPECT_EQ(judge(open).meaning.size(), 1U) << "it needs none";
}

}  // namespace
}  // namespace innernet::client

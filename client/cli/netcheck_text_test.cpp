#include "netcheck_text.hpp"

#include <gtest/gtest.h>

namespace innernet::client {
namespace {

SocketAddress at(const char* text) { return SocketAddress::parse(text).value(); }
IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }
const InterfaceName kEvilcorp = InterfaceName::parse("evilcorp").value();

NetworkCheck at_home() {
  NetworkCheck out{.server = {.name = "innernet-server",
                              .endpoint = Endpoint::of(at("203.0.113.1:51820")),
                              .address = at("203.0.113.1:51820"),
                              .source = ip("192.168.1.5"),
                              .round_trip = std::chrono::microseconds(7120),
                              .silence = {},
                              .seen = SeenAt{.by_server = at("198.51.100.9:5"), .by_relay = at("198.51.100.9:5")}}};
  out.v4 = ip("192.168.1.5");
  out.relays = {
      {.name = "innernet-server",
       .address = at("203.0.113.1:51821"),
       .source = ip("192.168.1.5"),
       .knows_questions = true,
       .answer = relay::ProbeAnswer{.round_trip = std::chrono::microseconds(6840), .seen_at = at("198.51.100.9:4000"), .path_mtu = 1500}},
      {.name = "office", .address = at("203.0.113.2:51821"), .source = ip("192.168.1.5"), .knows_questions = false},
      {.name = "cellar", .address = {}, .source = {}, .knows_questions = true}};
  out.hairpin = false;
  return out;
}

TEST(NetcheckText, IsAboutTenLines) {
  NetworkCheck check = at_home();
  EXPECT_EQ(render_netcheck(kEvilcorp, check, judge(check)),
            "network: evilcorp\n"
            "  IPv4: 192.168.1.5\n"
            "  IPv6: none\n"
            "  UDP: works\n"
            "  NAT: endpoint-independent: the server and its relay see the same port 5\n"
            "  seen at: 198.51.100.9:4000\n"
            "  hairpin: no\n"
            "  path MTU: 1500 or more\n"
            "  server: innernet-server at 203.0.113.1:51820, 7.1 ms through the tunnel\n"
            "  relay: innernet-server at 203.0.113.1:51821, 6.8 ms\n"
            "  relay: office at 203.0.113.2:51821, an older one that can't be asked\n"
            "  relay: cellar, nobody knows where\n"
            "\n"
            "Most peers reach this machine directly; those behind symmetric routers are relayed by innernet-server.\n"
            "Peers behind the same router find this machine by its address in their LAN alone.\n");
}

TEST(NetcheckText, SaysWhatIsNotThere) {
  NetworkCheck check = at_home();
  check.server.round_trip.reset();
  check.server.seen.reset();
  check.server.silence = "evilcorp is down";
  check.relays.resize(1);
  check.relays[0].answer.reset();
  check.hairpin.reset();
  check.router = RouterOffer{};
  check.server.answers_tcp = true;
  const std::string text = render_netcheck(kEvilcorp, check, judge(check));
  EXPECT_TRUE(
      text.starts_with("network: evilcorp\n"
                       "  IPv4: 192.168.1.5\n"
                       "  IPv6: none\n"
                       "  UDP: blocked: the server's machine answers TCP, but nobody answers UDP\n"
                       "  NAT: unknown: nobody has said where this machine is seen\n"
                       "  router: none\n"
                       "  server: innernet-server at 203.0.113.1:51820, no answer through the tunnel (evilcorp is down)\n"
                       "  relay: innernet-server at 203.0.113.1:51821, no answer\n"
                       "\n"
                       "This network lets no UDP out"))
      << text;
}

TEST(NetcheckText, IsJson) {
  NetworkCheck check = at_home();
  check.relays.resize(1);
  EXPECT_EQ(
      describe_netcheck(kEvilcorp, check, judge(check)).str(),
      R"({"network":"evilcorp","ipv4":"192.168.1.5","ipv6":null,"udp":"works","udp_because":null,"nat":"endpoint-independent",)"
      R"("nat_because":"the server and its relay see the same port 5","hairpin":false,"router":null,"port_mapping":null,"path_mtu":1500,)"
      R"("server":{"name":"innernet-server","endpoint":"203.0.113.1:51820","address":"203.0.113.1:51820","round_trip_us":7120},)"
      R"("relays":[{"name":"innernet-server","address":"203.0.113.1:51821","is_asked":true,"round_trip_us":6840,"seen_at":"198.51.100.9:4000","path_mtu":1500}],)"
      R"("meaning":["Most peers reach this machine directly; those behind symmetric routers are relayed by innernet-server.",)"
      R"("Peers behind the same router find this machine by its address in their LAN alone."]})");
}

TEST(NetcheckText, SaysWhatTheRouterOffersAndHasMapped) {
  const auto has = [](const NetworkCheck& check, std::string_view text, std::string_view json) {
    const Judgement judgement = judge(check);
    EXPECT_NE(render_netcheck(kEvilcorp, check, judgement).find(text), std::string::npos) << render_netcheck(kEvilcorp, check, judgement);
    EXPECT_NE(describe_netcheck(kEvilcorp, check, judgement).str().find(json), std::string::npos)
        << describe_netcheck(kEvilcorp, check, judgement).str();
  };
  NetworkCheck check = at_home();
  check.router = RouterOffer{.router = ip("192.168.1.1"), .protocols = {"PCP", "UPnP"}, .outside = ip("203.0.113.9")};
  check.mapping = MappingStanding{
      .state = MappingState::kMapped, .router = ip("192.168.1.1"), .protocol = MappingProtocol::kPcp, .outside = at("203.0.113.9:40000")};
  has(check,
      "  hairpin: no\n  router: 192.168.1.1, opens ports by PCP, UPnP; outside it is 203.0.113.9\n  port mapping: 203.0.113.9:40000\n",
      R"("router":{"address":"192.168.1.1","protocols":["PCP","UPnP"],"outside":"203.0.113.9","is_behind_another":false},)"
      R"("port_mapping":"203.0.113.9:40000",)");
  check.mapping = MappingStanding{.state = MappingState::kNoAnswer, .router = ip("192.168.1.1")};
  check.router = RouterOffer{.router = ip("192.168.1.1"), .protocols = {}, .outside = ip("10.0.0.5"), .is_behind_another = true};
  has(check, "  router: 192.168.1.1, opens no ports by PCP, NAT-PMP or UPnP; outside it is 10.0.0.5, which is private\n  path MTU",
      R"("router":{"address":"192.168.1.1","protocols":[],"outside":"10.0.0.5","is_behind_another":true},"port_mapping":null,)");
}

}  // namespace
}  // namespace innernet::client

// How each peer is connected, as show, --json and why say it, from the device and the records of the pairs.
#include <gmock/gmock.h>

#include "commands_test.hpp"
#include "innernet/client/saved_pairs.hpp"

namespace innernet::client {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Pairs : public Commands {
 protected:
  Pairs() {
    config->peer_endpoint_overrides.clear();
    save();
    for (Peer& peer : state.peers)
      if (peer.name.str() == "peer2") peer.is_admin = false;
    const wg::PublicKey relay = wg::PrivateKey::generate().public_key();
    wg::Peer on_device{.public_key = relay, .endpoint = at("192.0.2.1:51821"), .persistent_keepalive = 25, .allowed_ips = {}};
    on_device.last_handshake = clock.wall() - 20s;
    device().peers = {member("innernet-server", "192.0.2.1:51820"), member("peer2", "192.0.2.1:51821"), on_device};
    const std::vector<Relay> relays{{.id = kServerPeer, .public_key = relay, .endpoint = *Endpoint::parse("192.0.2.1:51821")}};
    EXPECT_TRUE(replace_file(dir / "var/evilcorp.relays", to_json(std::span<const Relay>(relays))));
  }

  static SocketAddress at(const char* text) { return *SocketAddress::parse(text); }
  Peer& peer(std::string_view name) {
    return *std::ranges::find(state.peers, name, [](const Peer& p) { return std::string_view(p.name.str()); });
  }
  wg::Peer member(const char* name, const char* endpoint) {
    wg::Peer out{.public_key = peer(name).public_key, .endpoint = at(endpoint), .allowed_ips = {IpNet::host(peer(name).ip)}};
    out.last_handshake = clock.wall() - 33s;
    return out;
  }
  wg::Peer& peer2() { return device().peers[1]; }

  void remember(const std::function<void(PairRecords&)>& change) {
    SavedPairs({dir / "etc", dir / "var"}, evilcorp()).change([&](PairRecords& pairs) {
      pairs.see(device(), std::vector{at("192.0.2.1:51821")}, clock.wall());
      change(pairs);
    });
  }
  void remember_tries() {
    remember([&](PairRecords& pairs) {
      pairs.note(peer2().public_key, true, {.to = at("198.51.100.7:4711"), .at = clock.wall()});
      pairs.note(peer2().public_key, true, {.to = at("192.168.1.3:51820"), .at = clock.wall()});
    });
    clock.advance(65s);
    for (wg::Peer& there : device().peers) there.last_handshake = clock.wall() - 5s;
  }
};

TEST_F(Pairs, WhatIsNotKnownCostsShowNoLine) {
  const Outcome outcome = run_line("show");
  EXPECT_THAT(outcome.out, Not(HasSubstr("connected:")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("no answer")));
}

TEST_F(Pairs, ShowSaysHowSinceWhenAndWhyNotDirectly) {
  remember_tries();
  const Outcome outcome = run_line("show");
  EXPECT_THAT(outcome.out, HasSubstr("    connected: directly for 1 minute, 38 seconds\n")) << "the server";
  EXPECT_THAT(outcome.out, HasSubstr("    connected: by a relay for 1 minute, 38 seconds\n"
                                     "    no answer from: 198.51.100.7:4711 (1 minute, 5 seconds ago), 192.168.1.3:51820 (1 minute, 5 "
                                     "seconds ago)\n"));
  EXPECT_THAT(outcome.out, HasSubstr("    relayed by: innernet-server, for no direct way was found\n"));
}

TEST_F(Pairs, ALostPeerSaysSoAndARecordOfSomethingElseIsNotBelieved) {
  remember_tries();
  peer2().last_handshake = clock.wall() - 10min;
  EXPECT_THAT(run_line("show").out, HasSubstr("    connected: no\n    no answer from: 198.51.100.7:4711"));
  remember([](PairRecords&) {});
  EXPECT_THAT(run_line("show").out, HasSubstr("    connected: no, for 7 minutes, 0 seconds\n"));
  peer2().last_handshake = clock.wall();
  peer2().endpoint = at("198.51.100.7:1");
  EXPECT_THAT(run_line("show --json").out, HasSubstr(R"("way":"direct","since":null,"round_trip_us":null,"tries":[]})"));
}

TEST_F(Pairs, RoundTripsAreOfPeersWithASession) {
  std::vector<IpAddress> asked;
  std::chrono::milliseconds patience{};
  ping = [&](const InterfaceName& name, std::span<const IpAddress> peers, std::chrono::milliseconds time) {
    EXPECT_EQ(name, evilcorp());
    patience = time;
    asked.assign(peers.begin(), peers.end());
    return RoundTrips{{peer("innernet-server").ip, 3'200'000ns}, {peer("peer2").ip, std::nullopt}};
  };
  const std::string out = run_line("show").out;
  EXPECT_THAT(asked, ElementsAre(peer("innernet-server").ip, peer("peer2").ip)) << "neither ourselves nor the relay";
  EXPECT_EQ(patience, 300ms);
  EXPECT_THAT(out, HasSubstr("    connected: directly, round trip 3.20 ms\n"));
  EXPECT_THAT(out, HasSubstr("    connected: by a relay, no answer to a ping\n"));
  const std::string json = run_line("show --json").out;
  EXPECT_THAT(json, HasSubstr(R"("way":"direct","since":null,"round_trip_us":3200,"tries":[])"));
  EXPECT_THAT(json, HasSubstr(R"("way":"relayed","since":null,"round_trip_us":null,"tries":[])"));
  peer2().last_handshake.reset();
  static_cast<void>(run_line("show"));
  EXPECT_THAT(asked, ElementsAre(peer("innernet-server").ip));
  asked.clear();
  static_cast<void>(run_line("show --short"));
  static_cast<void>(run_line("show --tree"));
  EXPECT_THAT(asked, IsEmpty()) << "they don't show it";
}

TEST_F(Pairs, OfManyNetworksShareTheTime) {
  const InterfaceName other = *InterfaceName::parse("other");
  world.devices.emplace(other, device()).first->second.name = other;
  ASSERT_TRUE(replace_file(dir / "etc/other.conf", config->to_toml().reveal()));
  std::vector<std::chrono::milliseconds> patience;
  ping = [&](const InterfaceName&, std::span<const IpAddress>, std::chrono::milliseconds time) {
    patience.push_back(time);
    return RoundTrips();
  };
  static_cast<void>(run_line("show"));
  EXPECT_THAT(patience, ElementsAre(150ms, 150ms));
}

TEST_F(Pairs, ForProgramsHaveTries) {
  remember_tries();
  const auto moment = std::chrono::floor<std::chrono::seconds>((clock.wall() - 65s).time_since_epoch()).count();
  EXPECT_THAT(run_line("show --json").out,
              HasSubstr(fmt::format(R"("way":"relayed","since":{},"round_trip_us":null,"tries":[{{"endpoint":"198.51.100.7:4711",)"
                                    R"("is_relay":false,"at":{}}},{{"endpoint":"192.168.1.3:51820","is_relay":false,"at":{}}}]}})",
                                    moment - 33, moment, moment)));
}

TEST_F(Pairs, WhySaysWhatWouldHelp) {
  remember_tries();
  const Outcome outcome = run_line("why evilcorp peer2");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("peer2 is relayed by innernet-server for 1 minute, 38 seconds.\nWhy:\n  - No answer from "
                                      "198.51.100.7:4711, where it was expected, tried 1 minute, 5 seconds ago.\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nWhat would help:\n  - "));
  const std::string json = run_line("why evilcorp peer2 --json").out;
  EXPECT_THAT(json, AllOf(StartsWith(R"({"network":"evilcorp","peer":{"name":"peer2",)"), HasSubstr(R"("reasons":[{"id":"no_answer",)"),
                          HasSubstr(R"("remedies":[{"id":"open_port",)")));
  EXPECT_EQ(std::ranges::count(json, '\n'), 1);
}

TEST_F(Pairs, WhyKnowsTheServerAndItself) {
  EXPECT_THAT(run_line("why evilcorp innernet-server").out, StartsWith("innernet-server is connected directly.\n"));
  EXPECT_THAT(run_line("why evilcorp admin").out, StartsWith("admin is this machine.\n"));
  device().peers[0].last_handshake.reset();
  EXPECT_THAT(run_line("why evilcorp innernet-server").out, HasSubstr("The server does not answer at 192.0.2.1:51820."));
}

TEST_F(Pairs, WhyAsksForAPeerThatIsNotGiven) {
  asker.answers = {"peer2"};
  const Outcome outcome = run_line("why evilcorp");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.asked, ElementsAre(StartsWith("Peer {")));
  EXPECT_THAT(outcome.out, StartsWith("peer2 is relayed by innernet-server"));
}

TEST_F(Pairs, WhyOfAnInvisiblePeerAsksTheServerForAdmins) {
  std::vector<Peer> all = state.peers;
  Peer robot = peer("peer2");
  robot.name = *Hostname::parse("robot");
  robot.id = PeerId{9};
  robot.cidr_id = CidrId{5};
  robot.is_redeemed = true;
  all.push_back(robot);
  server.answer("GET /v1/admin/peers", {.body = array(all)});
  EXPECT_THAT(run_line("why evilcorp robot").out,
              StartsWith("robot is not connected: it is not on the interface.\nWhy:\n  - Its CIDR \"island\" is not associated with this "
                         "machine's, \"humans\", so the two don't see each other.\n"));
  EXPECT_THAT(run_line("why evilcorp nobody --json").out,
              StartsWith(R"({"network":"evilcorp","peer":{"name":"nobody"},"reasons":[{"id":"no_such_peer",)"));
  peer("admin").is_admin = false;
  ASSERT_TRUE(replace_file(dir / "var/evilcorp.json", data_store_to_json(state)));
  EXPECT_THAT(run_line("why evilcorp robot").out, HasSubstr("The server does not show robot to this machine"));
}

TEST_F(Pairs, WhyNeedsANetworkThatIsUp) {
  EXPECT_THAT(run_line("why other peer2").error, HasSubstr("no network other is installed"));
  world.devices.clear();
  const Outcome down = run_line("why evilcorp peer2");
  EXPECT_EQ(down.code, 1);
  EXPECT_THAT(down.error, HasSubstr("innernet up evilcorp"));
}

TEST_F(Pairs, LiveIsPrintedOnceWhereNothingCanBeDrawnOver) {
  const Outcome outcome = run_line("show --live");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("evilcorp: 2 of 2 peers connected\nPEER "));
  EXPECT_THAT(outcome.out, HasSubstr("relay innernet-server"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
  EXPECT_EQ(run_line("show evilcorp --live").out, outcome.out);
  EXPECT_THAT(run_line("show other --live").error, HasSubstr("no network other is installed"));
  for (const char* line : {"show --live --json", "show --live -s", "show --live -t"}) EXPECT_EQ(run_line(line).code, 2) << line;
}

TEST_F(Pairs, UninstallForgetsThem) {
  remember_tries();
  ASSERT_TRUE(std::filesystem::exists(dir / "var/evilcorp.pairs"));
  EXPECT_EQ(run_line("uninstall evilcorp --yes --no-write-hosts").code, 0);
  EXPECT_FALSE(std::filesystem::exists(dir / "var/evilcorp.pairs"));
}

}  // namespace
}  // namespace innernet::client

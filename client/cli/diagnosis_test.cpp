#include "diagnosis.hpp"

#include <gmock/gmock.h>

namespace innernet::client {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const WallTime kNow{std::chrono::seconds(1'795'363'000)};

SocketAddress at(const char* text) { return *SocketAddress::parse(text); }
Endpoint endpoint(const char* text) { return *Endpoint::parse(text); }

std::vector<std::string> ids(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const Finding& finding : findings) out.emplace_back(finding.id);
  return out;
}
std::string text_of(const std::vector<Finding>& findings, std::string_view id) {
  for (const Finding& finding : findings)
    if (finding.id == id) return finding.text;
  return "";
}

/// Bob, whom this machine sees, has a session with or has not.
struct Pair {
  wg::Peer device_peer{.public_key = wg::PrivateKey::generate().public_key(), .endpoint = at("198.51.100.7:4711")};
  Peer bob = peer("bob", "10.66.1.3", 3);
  Peer own = peer("alice", "10.66.1.2", 2);
  PeerRow row{.name = "bob", .public_key = device_peer.public_key, .ip = bob.ip, .cidr = {}, .on_device = &device_peer, .is_known = true};
  PairFacts facts{.row = row,
                  .peer = &bob,
                  .own = &own,
                  .network = "evilcorp",
                  .listen_port = 51820,
                  .now = kNow,
                  .network_has_relays = true,
                  .relays = {{.on = "innernet-server", .at = at("203.0.113.1:51821"), .answers = true}}};

  Pair() {
    bob.endpoint = endpoint("198.51.100.7:4711");
    bob.candidates = {endpoint("192.168.1.3:51820")};
  }
  static Peer peer(const char* name, const char* ip, std::int64_t id) {
    return {PeerContents{
                {.name = *Hostname::parse(name), .ip = *IpAddress::parse(ip), .public_key = wg::PrivateKey::generate().public_key()}, {}},
            PeerId{id}};
  }
  void tried(const char* to, bool is_relay = false) { row.tries.push_back({.to = at(to), .is_relay = is_relay, .at = kNow - 65s}); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  std::vector<std::string> reasons() const { return ids(diagnose(facts).reasons); }
  std::vector<std::string> remedies() const { return ids(diagnose(facts).remedies); }
};

struct Why : ::testing::Test, Pair {};

TEST_F(Why, ADirectPairNeedsNothing) {
  row.way = Way::kDirect;
  EXPECT_THAT(reasons(), ElementsAre("direct"));
  EXPECT_THAT(remedies(), IsEmpty());
  row.round_trip.emplace(std::nullopt);
  EXPECT_THAT(reasons(), ElementsAre("direct", "no_ping"));
}

TEST_F(Why, ARelayedPairSaysWhatWasTriedAndWhatOpensADirectWay) {
  row.way = Way::kRelayed;
  row.relayed_by = "innernet-server";
  EXPECT_THAT(reasons(), ElementsAre("nothing_tried"));
  tried("198.51.100.7:4711");
  tried("192.168.1.3:51820");
  tried("10.0.0.9:5");
  EXPECT_THAT(reasons(), ElementsAre("no_answer", "no_answer", "no_answer"));
  const Diagnosis diagnosis = diagnose(facts);
  EXPECT_EQ(diagnosis.reasons[0].text, "No answer from 198.51.100.7:4711, where the server sees it, tried 1 minute, 5 seconds ago.");
  EXPECT_THAT(diagnosis.reasons[1].text, HasSubstr("one of its own addresses"));
  EXPECT_THAT(diagnosis.reasons[2].text, HasSubstr("where it was expected"));
  EXPECT_THAT(ids(diagnosis.remedies), ElementsAre("open_port", "ipv6"));
  EXPECT_THAT(diagnosis.remedies[0].text, HasSubstr("UDP port 51820"));
}

TEST_F(Why, Ipv6IsJudgedByWhoHasIt) {
  row.way = Way::kRelayed;
  EXPECT_THAT(text_of(diagnose(facts).remedies, "ipv6"), HasSubstr("both have no public"));
  own.candidates = {endpoint("[2a01:4f8::2]:51820")};
  EXPECT_THAT(text_of(diagnose(facts).remedies, "ipv6"), HasSubstr("bob has no public"));
  bob.candidates.push_back(endpoint("[2a01:4f9::3]:51820"));
  EXPECT_THAT(remedies(), ElementsAre("open_port", "ipv6_firewall"));
  own.candidates = {endpoint("[fd00::2]:51820")};
  EXPECT_THAT(text_of(diagnose(facts).remedies, "ipv6"), HasSubstr("this machine has no public"));
}

TEST_F(Why, WithoutADaemonNobodyLooks) {
  row.way = Way::kRelayed;
  tried("198.51.100.7:4711");
  facts.has_daemon = false;
  EXPECT_THAT(reasons(), Contains("no_daemon"));
  EXPECT_THAT(remedies(), Contains("daemon"));
}

struct Unconnected {
  const char* name;
  void (*change)(Pair&);
  std::vector<std::string> reasons;
  const char* remedy;
};

TEST_F(Why, AnUnconnectedPairIsJudgedByWhatIsMissing) {
  const Unconnected cases[] = {
      {"nobody has talked", [](Pair& w) { w.facts.is_registered = true; }, {"nothing_tried"}, "look_there"},
      {"the server is away", [](Pair& w) { w.facts.server_answers = false; }, {"server_away", "nothing_tried"}, "check_server"},
      {"it was never there",
       [](Pair& w) {
         w.bob.endpoint.reset();
         w.bob.candidates.clear();
         w.device_peer.endpoint.reset();
       },
       {"never_seen", "not_registered"},
       "start_peer"},
      {"disabled", [](Pair& w) { w.bob.is_disabled = true; }, {"disabled"}, "enable"},
      {"not in the state", [](Pair& w) { w.facts.peer = nullptr; }, {"unknown"}, "fetch"},
      {"overridden", [](Pair& w) { w.row.is_overridden = true; }, {"overridden"}, "unset_override"},
      {"no relay in the network",
       [](Pair& w) {
         w.facts.network_has_relays = false;
         w.facts.relays.clear();
       },
       {"nothing_tried", "no_relay"},
       "relay"},
      {"no relay on the device", [](Pair& w) { w.facts.relays.clear(); }, {"nothing_tried", "relay_unused"}, "fetch"},
      {"a relay whose port is closed",
       [](Pair& w) { w.facts.relays[0].answers = false; },
       {"nothing_tried", "relay_silent"},
       "open_relay_port"},
      {"not registered, and everything tried",
       [](Pair& w) {
         w.tried("198.51.100.7:4711");
         w.tried("203.0.113.1:51821", true);
       },
       {"no_answer", "no_answer_by_relay", "not_registered"},
       "open_port"},
      {"the server itself", [](Pair& w) { w.facts.is_server = true; }, {"server_away"}, "check_server"},
  };
  for (const Unconnected& test : cases) {
    SCOPED_TRACE(test.name);
    Pair pair;
    test.change(pair);
    const Diagnosis diagnosis = diagnose(pair.facts);
    EXPECT_EQ(ids(diagnosis.reasons), test.reasons);
    EXPECT_THAT(ids(diagnosis.remedies), Contains(test.remedy));
  }
}

TEST_F(Why, TheOwnRouterWouldHelp) {
  row.way = Way::kRelayed;
  tried("198.51.100.7:4711");
  const IpAddress router = *IpAddress::parse("192.168.1.1");
  const auto first_remedy = [&](MappingStanding standing) {
    facts.mapping.v4 = std::move(standing);
    return diagnose(facts).remedies.at(0);
  };
  const Finding unanswered = first_remedy({.state = MappingState::kNoAnswer, .router = router});
  EXPECT_EQ(unanswered.id, "port_mapping");
  EXPECT_EQ(unanswered.text,
            "Switch on UPnP, NAT-PMP or PCP on the router at 192.168.1.1 (or on bob's router): then the daemon opens the port by itself.");
  const Finding refused =
      first_remedy({.state = MappingState::kRefused, .router = router, .protocol = MappingProtocol::kUpnp, .why = "it does not allow it"});
  EXPECT_EQ(refused.id, "port_mapping");
  EXPECT_THAT(refused.text, HasSubstr("on the router at 192.168.1.1, which refuses by UPnP (or on bob's router)"));
  const Finding off = first_remedy({.state = MappingState::kOff, .why = "the daemon runs with --no-port-mapping"});
  EXPECT_EQ(off.id, "port_mapping");
  EXPECT_THAT(off.text, HasSubstr("the daemon runs with --no-port-mapping"));
  const Finding two = first_remedy({.state = MappingState::kDoubleNat, .router = router, .outside = at("10.0.0.5:0")});
  EXPECT_EQ(two.id, "double_nat");
  EXPECT_THAT(two.text, HasSubstr("10.0.0.5"));
  for (const MappingState state : {MappingState::kNoRouter, MappingState::kNotNeeded})
    EXPECT_EQ(first_remedy({.state = state}).id, "open_port");
  EXPECT_THAT(reasons(), ElementsAre("no_answer"));
}

TEST_F(Why, APortThatIsOpenIsNotWhatIsMissing) {
  row.way = Way::kRelayed;
  tried("198.51.100.7:4711");
  facts.mapping.v4 = MappingStanding{.state = MappingState::kMapped,
                                     .router = *IpAddress::parse("192.168.1.1"),
                                     .protocol = MappingProtocol::kPcp,
                                     .outside = at("203.0.113.9:40000")};
  EXPECT_THAT(reasons(), ElementsAre("no_answer", "port_mapped"));
  EXPECT_THAT(text_of(diagnose(facts).reasons, "port_mapped"), HasSubstr("lets others in at 203.0.113.9:40000 (by PCP): bob is told so"));
  EXPECT_THAT(remedies(), ElementsAre("netcheck_there", "ipv6"));
}

TEST_F(Why, OfWhomThisMachineIsNotShownOnlyAdminsKnow) {
  EXPECT_THAT(ids(diagnose_invisible("evilcorp", "bob", nullptr).reasons), ElementsAre("not_visible"));
  SeenByAdmin seen{.peer = nullptr, .own_cidr = "\"humans\"", .its_cidr = "\"robots\""};
  EXPECT_THAT(ids(diagnose_invisible("evilcorp", "bob", &seen).reasons), ElementsAre("no_such_peer"));
  seen.peer = &bob;
  EXPECT_THAT(ids(diagnose_invisible("evilcorp", "bob", &seen).reasons), ElementsAre("not_redeemed"));
  bob.is_redeemed = true;
  const Diagnosis apart = diagnose_invisible("evilcorp", "bob", &seen);
  EXPECT_THAT(ids(apart.reasons), ElementsAre("not_associated"));
  EXPECT_THAT(apart.remedies[0].text, HasSubstr("innernet add-association evilcorp \"humans\" \"robots\""));
  bob.is_disabled = true;
  EXPECT_THAT(ids(diagnose_invisible("evilcorp", "bob", &seen).reasons), ElementsAre("disabled"));
  bob.is_disabled = false;
  EXPECT_THAT(ids(diagnose_missing("evilcorp", bob).reasons), ElementsAre("not_on_interface"));
}

TEST_F(Why, TheHeadlineSaysHowAndSinceWhen) {
  EXPECT_EQ(headline(row, kNow), "bob is not connected.");
  row.since = kNow - 303s;
  EXPECT_EQ(headline(row, kNow), "bob is not connected, for 5 minutes, 3 seconds.");
  row.way = Way::kRelayed;
  row.relayed_by = "innernet-server";
  row.round_trip.emplace(24'100'000ns);
  EXPECT_EQ(headline(row, kNow), "bob is relayed by innernet-server for 5 minutes, 3 seconds, round trip 24.1 ms.");
  row.way = Way::kDirect;
  row.since.reset();
  EXPECT_EQ(headline(row, kNow), "bob is connected directly, round trip 24.1 ms.");
  row.on_device = nullptr;
  EXPECT_EQ(headline(row, kNow), "bob is this machine.");
  EXPECT_THAT(reasons(), ElementsAre("yourself"));
}

TEST_F(Why, IsTextAndJson) {
  row.way = Way::kDirect;
  const Diagnosis diagnosis = diagnose(facts);
  EXPECT_EQ(render("bob is connected directly.", diagnosis),
            "bob is connected directly.\nWhy:\n  - Packets go to 198.51.100.7:4711 and back, with nobody between the two.\n");
  EXPECT_EQ(describe("evilcorp", std::move(JsonObject().text("name", "bob")), diagnosis).str(),
            R"({"network":"evilcorp","peer":{"name":"bob"},"reasons":[{"id":"direct","text":"Packets go to 198.51.100.7:4711 and back, )"
            R"(with nobody between the two."}],"remedies":[]})");
}

}  // namespace
}  // namespace innernet::client

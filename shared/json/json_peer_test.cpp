#include "innernet/json/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "innernet/testing/sample_network.hpp"
#include "json_samples.hpp"

namespace innernet {
namespace {

using innernet::testing::error_of;
using innernet::testing::for_each_member;
using innernet::testing::kPeer;
using innernet::testing::kWarn;
using innernet::testing::Object;
using innernet::testing::sample_peer;
using innernet::testing::warnings;
using innernet::testing::with_each_member_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// One reader of peers, fed with a peer's text inside whatever it reads.
struct PeerReading {
  const char* name;
  std::function<Result<std::vector<Peer>>(const std::string& peer)> read;
  bool skips_bad_peers;
  bool skips_bad_endpoints;
};

std::vector<Peer> one(Peer peer) { return {std::move(peer)}; }

const PeerReading kPeerReadings[] = {
    {"parse_peer",
     [](const std::string& peer) -> Result<std::vector<Peer>> {
       TRY(auto read, parse_peer(peer));
       return one(std::move(read));
     },
     false, true},
    {"parse_peer_contents",
     [](const std::string& peer) -> Result<std::vector<Peer>> {
       TRY(auto read, parse_peer_contents(peer));
       return one(Peer{std::move(read), PeerId{3}});
     },
     false, false},
    {"parse_peers", [](const std::string& peer) { return parse_peers("[" + peer + "]", kWarn); }, true, true},
    {"parse_state",
     [](const std::string& peer) -> Result<std::vector<Peer>> {
       TRY(auto state, parse_state(R"({"peers":[)" + peer + R"(],"cidrs":[]})", kWarn));
       return state.peers;
     },
     true, true},
    {"parse_state_delta",
     [](const std::string& peer) -> Result<std::vector<Peer>> {
       TRY(auto delta, parse_state_delta(R"({"gone":[],"peers":[)" + peer + "]}", kWarn));
       return delta.peers;
     },
     true, true},
    {"parse_data_store",
     [](const std::string& peer) -> Result<std::vector<Peer>> {
       TRY(auto state, parse_data_store(R"({"version":"1","peers":[)" + peer + R"(],"cidrs":[]})", kWarn));
       return state.peers;
     },
     true, true},
};

TEST(JsonPeer, EveryReaderReadsTheSame) {
  Peer expected{PeerContents{{.name = *Hostname::parse("alice"),
                              .ip = *IpAddress::parse("10.66.1.2"),
                              .cidr_id = CidrId{4},
                              .public_key = *wg::PublicKey::parse("gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o="),
                              .is_admin = true,
                              .is_redeemed = true,
                              .invite_expires = UnixTime{1797953093, 5}},
                             {.endpoint = *Endpoint::parse("192.0.2.1:51820"),
                              .persistent_keepalive_interval = 25,
                              .candidates = {*Endpoint::parse("192.0.2.1:51820"), *Endpoint::parse("[2001:db8::1]:2")}}},
                PeerId{3}};
  for (const auto& reading : kPeerReadings) {
    const auto peers = reading.read(kPeer.text());
    ASSERT_TRUE(peers) << reading.name << ": " << peers.error().message();
    EXPECT_THAT(*peers, ElementsAre(expected)) << reading.name;
  }
}

TEST(JsonPeer, EachMemberCountsWrittenAndRead) {
  const Peer peer = sample_peer(7);
  PeerContents other = sample_peer(8);
  other.cidr_id = CidrId{99};
  other.is_admin = !peer.is_admin;
  other.is_disabled = !peer.is_disabled;
  other.is_redeemed = !peer.is_redeemed;
  other.persistent_keepalive_interval = 7;
  other.is_relay = true;
  other.relay_distances = {{.relay = PeerId{3}, .milliseconds = 40}};
  other.relay = RelayOfPeer{.public_key = other.public_key, .port = 51821};
  PeerContents all = peer;
  for_each_member(all, other, [](const char*, auto& own, auto& others) { own = others; });
  EXPECT_EQ(all, other) << "one is not gone over";
  for (const auto& [name, contents] : with_each_member_of(other, peer)) {
    SCOPED_TRACE(name);
    const Peer changed{contents, peer.id};
    EXPECT_NE(changed, peer);
    EXPECT_NE(to_json(changed), to_json(peer));
    EXPECT_EQ(parse_peer_contents(to_json(contents)).value(), contents);
    EXPECT_EQ(parse_peer(to_json(changed)).value(), changed);
    const State state{.peers = {changed}, .cidrs = {}};
    EXPECT_EQ(parse_state(to_json(state), kWarn).value(), state);
    EXPECT_EQ(parse_data_store(data_store_to_json(state), kWarn).value(), state);
    EXPECT_THAT(parse_state_delta(to_json(StateDelta{.peers = {changed}, .gone = {}, .cidrs = {}}), kWarn)->peers, ElementsAre(changed));
  }
  EXPECT_THAT(warnings(), IsEmpty());
}

TEST(JsonPeer, WhatMayBeMissingOrStrangeIsTaken) {
  const struct {
    const char* why;
    Object peer;
    std::function<bool(const Peer&)> holds;
  } cases[] = {
      {"a missing endpoint is null", kPeer.without("endpoint"), [](const Peer& p) { return !p.endpoint; }},
      {"a null endpoint", kPeer.with("endpoint", "null"), [](const Peer& p) { return !p.endpoint; }},
      {"a missing keep-alive is null", kPeer.without("persistent_keepalive_interval"),
       [](const Peer& p) { return !p.persistent_keepalive_interval; }},
      {"a null keep-alive", kPeer.with("persistent_keepalive_interval", "null"),
       [](const Peer& p) { return !p.persistent_keepalive_interval; }},
      {"the highest keep-alive", kPeer.with("persistent_keepalive_interval", "65535"),
       [](const Peer& p) { return p.persistent_keepalive_interval == 65535; }},
      {"a missing expiry is never", kPeer.without("invite_expires"), [](const Peer& p) { return !p.invite_expires; }},
      {"a null expiry", kPeer.with("invite_expires", "null"), [](const Peer& p) { return !p.invite_expires; }},
      {"the last expiry", kPeer.with("invite_expires", R"({"nanos_since_epoch":999999999,"secs_since_epoch":9223372036854775807})"),
       [](const Peer& p) { return p.invite_expires == UnixTime{9223372036854775807U, 999999999}; }},
      {"nanoseconds beyond a second are carried", kPeer.with("invite_expires", R"({"secs_since_epoch":1,"nanos_since_epoch":4294967295})"),
       [](const Peer& p) { return p.invite_expires == UnixTime{5, 294967295}; }},
      {"missing candidates are none", kPeer.without("candidates"), [](const Peer& p) { return p.candidates.empty(); }},
      {"no candidates", kPeer.with("candidates", "[]"), [](const Peer& p) { return p.candidates.empty(); }},
      {"the largest id", kPeer.with("cidr_id", "9223372036854775807"), [](const Peer& p) { return number(p.cidr_id) == INT64_MAX; }},
      {"the smallest id", kPeer.with("cidr_id", "-9223372036854775808"), [](const Peer& p) { return number(p.cidr_id) == INT64_MIN; }},
      {"an escaped name", kPeer.with("name", R"("\u0061lice")"), [](const Peer& p) { return p.name.str() == "alice"; }},
      {"an escaped key", kPeer.without("is_admin").and_also(R"(is\u005fadmin)", "true"), [](const Peer& p) { return p.is_admin; }},
      {"an address in a longer form", kPeer.with("ip", "\"fd00:0:0::1\""), [](const Peer& p) { return p.ip.to_string() == "fd00::1"; }},
      {"an unknown field", kPeer.and_also("shoe_size", "46"), [](const Peer& p) { return p.name.str() == "alice"; }},
      {"an unknown field twice", kPeer.and_also("x", "1").and_also("x", "2"), [](const Peer& p) { return p.name.str() == "alice"; }},
      {"an unknown nested field that looks like ours",
       kPeer.and_also("x", R"({"name":[{"id":1.5,"peers":[null]}],"id":70000000000000000000,"y":"\ud83d\ude00"})"),
       [](const Peer& p) { return p.name.str() == "alice" && number(p.id) == 3; }},
  };
  for (const auto& c : cases) {
    for (const auto& reading : kPeerReadings) {
      const auto peers = reading.read(c.peer.text());
      ASSERT_TRUE(peers) << c.why << ", " << reading.name << ": " << peers.error().message();
      ASSERT_EQ(peers->size(), 1U) << c.why << ", " << reading.name;
      EXPECT_TRUE(c.holds(peers->front())) << c.why << ", " << reading.name;
    }
  }
}

TEST(JsonPeer, EveryReaderRefusesTheSameAndNamesTheField) {
  struct Case {
    Object peer;
    std::string reason;
  };
  std::vector<Case> cases;
  for (const char* required : {"name", "ip", "cidr_id", "public_key", "is_admin", "is_disabled", "is_redeemed"}) {
    cases.push_back({kPeer.without(required), std::string("the field ") + required + " is missing"});
    cases.push_back({kPeer.with(required, "null"), std::string(required) + ": expected"});
    cases.push_back({kPeer.with(required, "{}"), "found an object"});
    cases.push_back({kPeer.with(required, "[]"), "found an array"});
  }
  for (const char* field : {"name", "ip", "cidr_id", "public_key", "endpoint", "persistent_keepalive_interval", "is_admin", "is_disabled",
                            "is_redeemed", "invite_expires", "candidates"})
    cases.push_back({kPeer.and_also(field, "null"), std::string(field) + ": the field is there twice"});
  for (const char* not_an_integer :
       {"1.0", "1e0", "1.5", "9223372036854775808", "-9223372036854775809", "1e400", "\"25\"", "true", "[25]"}) {
    cases.push_back({kPeer.with("cidr_id", not_an_integer), "cidr_id: expected an integer"});
    cases.push_back({kPeer.with("persistent_keepalive_interval", not_an_integer), "persistent_keepalive_interval: expected an integer"});
  }
  for (const char* out_of_range : {"65536", "70000", "-1", "9223372036854775807"})
    cases.push_back({kPeer.with("persistent_keepalive_interval", out_of_range), "expected an integer from 0 to 65535"});
  for (const char* not_a_boolean : {"1", "0", "\"true\"", "null"})
    cases.push_back({kPeer.with("is_admin", not_a_boolean), "is_admin: expected true or false"});
  cases.push_back({kPeer.with("ip", "\"10.66.1\""), "is not an IP address"});
  cases.push_back({kPeer.with("ip", "\"10.66.1.2/16\""), "is not an IP address"});
  cases.push_back({kPeer.with("endpoint", "1"), "endpoint: expected a string or null"});
  cases.push_back({kPeer.with("candidates", "null"), "candidates: expected an array, found null"});
  cases.push_back({kPeer.with("candidates", "{}"), "candidates: expected an array, found an object"});
  cases.push_back({kPeer.with("candidates", "\"192.0.2.1:1\""), "candidates: expected an array, found a string"});
  cases.push_back({kPeer.with("candidates", R"(["192.0.2.1:1",null])"), "candidates[1]: expected a string, found null"});
  cases.push_back({kPeer.with("candidates", R"([["192.0.2.1:1"]])"), "candidates[0]: expected a string, found an array"});
  cases.push_back({kPeer.with("invite_expires", "1797953093"), "invite_expires: expected an object or null"});
  cases.push_back({kPeer.with("invite_expires", "[1,2]"), "invite_expires: expected an object or null"});
  cases.push_back({kPeer.with("invite_expires", "{}"), "the field secs_since_epoch is missing"});
  cases.push_back({kPeer.with("invite_expires", R"({"secs_since_epoch":1})"), "the field nanos_since_epoch is missing"});
  cases.push_back({kPeer.with("invite_expires", R"({"secs_since_epoch":1,"nanos_since_epoch":0,"zone":"UTC"})"), "unknown field \"zone\""});
  cases.push_back({kPeer.with("invite_expires", R"({"secs_since_epoch":1,"nanos_since_epoch":0,"secs_since_epoch":2})"),
                   "invite_expires.secs_since_epoch: the field is there twice"});
  cases.push_back(
      {kPeer.with("invite_expires", R"({"secs_since_epoch":-1,"nanos_since_epoch":0})"), "secs_since_epoch: expected an integer from 0"});
  cases.push_back({kPeer.with("invite_expires", R"({"secs_since_epoch":9223372036854775808,"nanos_since_epoch":0})"),
                   "secs_since_epoch: expected an integer"});
  cases.push_back({kPeer.with("invite_expires", R"({"secs_since_epoch":1,"nanos_since_epoch":4294967296})"),
                   "expected an integer from 0 to 4294967295"});
  cases.push_back({kPeer.with("invite_expires", R"({"secs_since_epoch":9223372036854775807,"nanos_since_epoch":1000000000})"),
                   "does not fit in 63 bits"});
  cases.push_back({kPeer.with("name",
                              "\"al\xff"
                              "ice\""),
                   "not valid JSON"});
  cases.push_back({kPeer.and_also("x", "\"\xc0\x80\""), "not valid JSON"});
  cases.push_back({kPeer.and_also("x", R"("\ud800")"), "not valid JSON"});
  cases.push_back({kPeer.and_also("x", "\"\n\""), "not valid JSON"});
  cases.push_back({kPeer.and_also("x", "01"), "not valid JSON"});
  cases.push_back({kPeer.and_also("x", "NaN"), "not valid JSON"});
  cases.push_back({kPeer.and_also("x", "[1,]"), "not valid JSON"});
  cases.push_back({kPeer.and_also("x", "/**/1"), "not valid JSON"});

  for (const auto& c : cases) {
    for (const auto& reading : kPeerReadings) {
      const auto error = error_of(reading.read(c.peer.text()));
      ASSERT_TRUE(error) << c.peer.text() << "\nwas taken by " << reading.name;
      EXPECT_THAT(*error, HasSubstr(c.reason)) << reading.name;
    }
  }
}

TEST(JsonPeer, AWholePeerHasAnIdOnce) {
  for (const auto& reading : kPeerReadings) {
    if (std::string_view(reading.name) == "parse_peer_contents") continue;
    EXPECT_THAT(error_of(reading.read(kPeer.without("id").text())).value_or("taken"), HasSubstr("the field id is missing"));
    EXPECT_THAT(error_of(reading.read(kPeer.and_also("id", "3").text())).value_or("taken"), HasSubstr("id: the field is there twice"));
    EXPECT_THAT(error_of(reading.read(kPeer.with("id", "3.0").text())).value_or("taken"), HasSubstr("id: expected an integer"));
  }
  EXPECT_TRUE(parse_peer_contents(kPeer.without("id").text()));
  EXPECT_TRUE(parse_peer_contents(kPeer.with("id", "null").text())) << "an unknown field there";
}

// One bad row in a server's database must not cut off everybody who sees it.
TEST(JsonPeer, APeerWithABadNameOrKeyIsLeftOutOfAStateWithAWarning) {
  const struct {
    Object peer;
    const char* reason;
  } cases[] = {
      {kPeer.with("name", "\"\""), "is not a valid name"},
      {kPeer.with("name", "\"Alice\""), "is not a valid name"},
      {kPeer.with("name", R"("a\n10.0.0.1 bank.example")"), "is not a valid name"},
      {kPeer.with("public_key", "\"\""), "peer 3"},
      {kPeer.with("public_key", "\"AAAA\""), "peer 3"},
      {kPeer.with("public_key", "\"gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o=x\""), "peer 3"},
      {kPeer.with("public_key", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""), "peer 3"},
  };
  for (const auto& c : cases) {
    for (const auto& reading : kPeerReadings) {
      warnings().clear();
      const std::string bad = c.peer.text();
      if (!reading.skips_bad_peers) {
        EXPECT_FALSE(reading.read(bad)) << reading.name << bad;
        continue;
      }
      const auto peers = reading.read(bad + "," + kPeer.with("id", "4").text() + "," + bad);
      ASSERT_TRUE(peers) << reading.name << ": " << peers.error().message();
      ASSERT_THAT(*peers, SizeIs(1)) << reading.name;
      EXPECT_EQ(number(peers->front().id), 4);
      ASSERT_THAT(warnings(), SizeIs(2));
      EXPECT_THAT(warnings().front(), HasSubstr(c.reason));
    }
  }
}

TEST(JsonPeer, WhatAnotherProgramWroteAboutEndpointsDoesNotFailTheRest) {
  for (const char* bad : {"", "a", "a.1:4", "foo bar:1", "[fe80::1%eth0]:5", "192.0.2.1:65536"}) {
    const Object peer =
        kPeer.with("endpoint", '"' + std::string(bad) + '"').with("candidates", "[\"" + std::string(bad) + R"(","192.0.2.7:1"])");
    for (const auto& reading : kPeerReadings) {
      const auto peers = reading.read(peer.text());
      if (!reading.skips_bad_endpoints) {
        EXPECT_THAT(error_of(peers).value_or("taken"), HasSubstr("is not an endpoint"));
        continue;
      }
      ASSERT_TRUE(peers) << reading.name << ": " << peers.error().message();
      EXPECT_EQ(peers->front().endpoint, std::nullopt);
      EXPECT_THAT(peers->front().candidates, ElementsAre(*Endpoint::parse("192.0.2.7:1")));
    }
  }
}

TEST(JsonPeer, NothingOfOnePeerReachesTheNext) {
  const auto bare = kPeer.without("endpoint").without("persistent_keepalive_interval").without("invite_expires").without("candidates");
  const auto peers = parse_peers("[" + kPeer.text() + "," + bare.text() + "]", kWarn);
  ASSERT_TRUE(peers);
  const Peer& second = peers->at(1);
  EXPECT_FALSE(second.endpoint || second.persistent_keepalive_interval || second.invite_expires);
  EXPECT_THAT(second.candidates, IsEmpty());
}

}  // namespace
}  // namespace innernet

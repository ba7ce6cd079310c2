#include "innernet/json/json.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "innernet/testing/sample_network.hpp"

namespace innernet {
namespace {

using innernet::testing::for_each_member;
using innernet::testing::RandomNetwork;
using innernet::testing::sample_peer;
using innernet::testing::with_each_member_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// An object as text, of which a test changes one field.
class Object {
 public:
  explicit Object(std::vector<std::pair<std::string, std::string>> fields) : fields_(std::move(fields)) {}

  Object with(const std::string& key, const std::string& value) const {
    Object changed = *this;
    for (auto& [name, old] : changed.fields_)
      if (name == key) old = value;
    return changed;
  }
  Object without(const std::string& key) const {
    Object changed = *this;
    std::erase_if(changed.fields_, [&key](const auto& field) { return field.first == key; });
    return changed;
  }
  Object and_also(const std::string& key, const std::string& value) const {
    Object changed = *this;
    changed.fields_.emplace_back(key, value);
    return changed;
  }
  std::string text() const {
    std::string out = "{";
    for (const auto& [key, value] : fields_) out += (out.size() > 1 ? ",\"" : "\"") + key + "\":" + value;
    return out + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

const Object kPeer({{"id", "3"},
                    {"name", "\"alice\""},
                    {"ip", "\"10.66.1.2\""},
                    {"cidr_id", "4"},
                    {"public_key", "\"gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o=\""},
                    {"endpoint", "\"192.0.2.1:51820\""},
                    {"persistent_keepalive_interval", "25"},
                    {"is_admin", "true"},
                    {"is_disabled", "false"},
                    {"is_redeemed", "true"},
                    {"invite_expires", R"({"secs_since_epoch":1797953093,"nanos_since_epoch":5})"},
                    {"candidates", R"(["192.0.2.1:51820","[2001:db8::1]:2"])"}});
const Object kCidr({{"id", "3"}, {"name", "\"humans\""}, {"cidr", "\"10.66.1.0/24\""}, {"parent", "1"}});
const Object kAssociation({{"id", "1"}, {"cidr_id_1", "3"}, {"cidr_id_2", "4"}});

std::vector<std::string>& warnings() {
  static std::vector<std::string> list;
  return list;
}
const Warn kWarn = [](std::string_view text) { warnings().emplace_back(text); };

template <class T>
std::optional<std::string> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().message());
}

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

Relay sample_relay(std::int64_t id) {
  return {.id = PeerId{id}, .public_key = sample_peer(id).public_key, .endpoint = *Endpoint::parse(fmt::format("192.0.2.1:{}", id))};
}

TEST(JsonRelays, ComeBackAsTheyWere) {
  const std::vector<Relay> relays{
      sample_relay(1),
      {.id = PeerId{2}, .public_key = sample_peer(3).public_key, .endpoint = *Endpoint::parse("192.0.2.1:9"), .answers_questions = true},
      {PeerId{7}, sample_peer(2).public_key, *Endpoint::parse("vpn.example.org:51821")}};
  warnings().clear();
  EXPECT_EQ(parse_relays(to_json(std::span<const Relay>(relays)), kWarn).value(), relays);
  const State state{{sample_peer(1)}, {}, relays};
  EXPECT_EQ(parse_state(to_json(state), kWarn).value(), state);
  EXPECT_THAT(to_json(State{{sample_peer(1)}, {}, {}}), Not(HasSubstr("relays")));
  for (const auto& changed : {std::optional<std::vector<Relay>>(), std::optional(std::vector<Relay>()), std::optional(relays)}) {
    const StateDelta delta{{sample_peer(1)}, {}, {}, changed};
    EXPECT_EQ(parse_state_delta(to_json(delta), kWarn)->relays, changed);
  }
  EXPECT_THAT(warnings(), IsEmpty());
}

TEST(JsonRelays, ThatAreNotValidAreLeftOutWithAWarning) {
  const auto object = [](std::int64_t id, std::string_view key, std::string_view endpoint) {
    return fmt::format(R"({{"id":{},"public_key":"{}","endpoint":"{}"}})", id, key, endpoint);
  };
  const std::string key = sample_peer(1).public_key.to_base64();
  warnings().clear();
  const std::string list = fmt::format("[{},{},{},{}]", object(5, "short", "192.0.2.1:5"), object(6, key, "192.0.2.1"),
                                       object(7, "short", "192.0.2.1"), object(1, key, "192.0.2.1:1"));
  EXPECT_THAT(parse_state(R"({"peers":[],"cidrs":[],"relays":)" + list + "}", kWarn).value().relays, ElementsAre(sample_relay(1)));
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("relay of peer 5"), HasSubstr("relay of peer 6"), HasSubstr("relay of peer 7")));
  EXPECT_TRUE(error_of(parse_relays(R"([{"id":1}])", kWarn)));
  EXPECT_TRUE(error_of(parse_relays(R"([5])", kWarn)));
}

TEST(JsonRelays, AreAsManyAsAreReadAtMost) {
  std::vector<Relay> relays;
  for (std::int64_t id = 1; id <= 64; ++id) relays.push_back(sample_relay(id));
  EXPECT_EQ(parse_relays(to_json(std::span<const Relay>(relays)), kWarn).value(), relays);
  relays.push_back(sample_relay(65));
  EXPECT_THAT(error_of(parse_relays(to_json(std::span<const Relay>(relays)), kWarn)).value_or("taken"), HasSubstr("64"));
}

TEST(Json, AListHasAnEnd) {
  const auto list = [](std::string_view item, std::size_t times) {
    std::string out = "[";
    for (std::size_t i = 0; i < times; ++i) out.append(i == 0 ? "" : ",").append(item);
    return out + "]";
  };
  const std::string cidrs = list(R"({"id":1,"name":"","cidr":"::/0"})", kMostInList);
  EXPECT_EQ(parse_state(R"({"peers":[],"cidrs":)" + cidrs + "}", kWarn)->cidrs.size(), kMostInList);
  const std::string more = list(R"({"id":1,"name":"","cidr":"::/0"})", kMostInList + 1);
  const std::string ids = list("1", kMostInList + 1);
  const struct {
    const char* member;
    std::optional<std::string> error;
  } cases[] = {
      {"cidrs", error_of(parse_state(R"({"peers":[],"cidrs":)" + more + "}", kWarn))},
      {"", error_of(parse_cidrs(more))},
      {"gone", error_of(parse_state_delta(R"({"peers":[],"gone":)" + ids + "}", kWarn))},
      {"", error_of(parse_associations(list(R"({"id":1,"cidr_id_1":1,"cidr_id_2":1})", kMostInList + 1)))},
  };
  for (const auto& c : cases)
    EXPECT_THAT(c.error.value_or("taken"), ::testing::AllOf(HasSubstr("there are more than 262144"), HasSubstr(c.member)));
  std::string peer = to_json(sample_peer(3));
  const auto at = peer.find("\"candidates\":[");
  peer.replace(at, peer.find(']', at) - at + 1, "\"candidates\":" + list(R"("a:1")", 1000));
  EXPECT_EQ(parse_peer(peer)->candidates.size(), kMostCandidatesRead);
}

TEST(Json, AnEndpointMayHaveAnyNameAndACandidateAPlainOne) {
  EXPECT_EQ((*parse_endpoint_option(R"({"option":"Set","content":"münchen.example:1"})"))->to_string(), "xn--mnchen-3ya.example:1");
  for (const char* name : {"xn--mnchen-3ya.example:1", "a.XN--MNCHEN-3YA.example:1", "münchen.example:1"}) {
    EXPECT_THAT(error_of(parse_candidates(fmt::format("[\"{}\"]", name))).value_or("taken"), HasSubstr("is not a candidate")) << name;
    EXPECT_THAT(parse_stored_candidates(fmt::format(R"(["{}","plain.example:1"])", name)), SizeIs(1)) << name;
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

TEST(JsonCidr, ReadsWhatDatabasesHold) {
  const struct {
    const char* why;
    Object cidr;
    CidrContents expected;
  } cases[] = {
      {"plain", kCidr, {"humans", *IpNet::parse("10.66.1.0/24"), kRootCidr}},
      {"an empty name", kCidr.with("name", "\"\""), {"", *IpNet::parse("10.66.1.0/24"), kRootCidr}},
      {"host bits are kept", kCidr.with("cidr", "\"10.66.1.7/24\""), {"humans", *IpNet::parse("10.66.1.7/24"), kRootCidr}},
      {"a null parent", kCidr.with("parent", "null"), {"humans", *IpNet::parse("10.66.1.0/24"), std::nullopt}},
      {"a missing parent", kCidr.without("parent"), {"humans", *IpNet::parse("10.66.1.0/24"), std::nullopt}},
      {"a name in several parts",
       kCidr.with("name", R"("a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z")"),
       {"a\"\\/\b\f\n\r\té😀z", *IpNet::parse("10.66.1.0/24"), kRootCidr}},
      {"an unknown field", kCidr.and_also("peers", "[[]]"), {"humans", *IpNet::parse("10.66.1.0/24"), kRootCidr}},
  };
  for (const auto& c : cases) {
    const auto cidr = parse_cidr(c.cidr.text());
    ASSERT_TRUE(cidr) << c.why << ": " << cidr.error().message();
    EXPECT_EQ(*cidr, (Cidr{c.expected, CidrId{3}})) << c.why;
    EXPECT_THAT(*parse_cidrs("[" + c.cidr.text() + "]"), ElementsAre(*cidr)) << c.why;
    EXPECT_EQ(*parse_cidr_contents(c.cidr.text()), c.expected) << c.why;
  }
}

TEST(JsonCidr, RefusesTheRestAndNamesTheField) {
  const struct {
    Object cidr;
    const char* reason;
  } cases[] = {
      {kCidr.without("name"), "the field name is missing"},
      {kCidr.without("cidr"), "the field cidr is missing"},
      {kCidr.with("name", "null"), "name: expected a string"},
      {kCidr.with("name", "7"), "name: expected a string"},
      {kCidr.with("cidr", "\"10.66.1.0\""), "is not a CIDR"},
      {kCidr.with("cidr", "\"10.66.1.0/33\""), "is not a CIDR"},
      {kCidr.with("cidr", "[]"), "cidr: expected a string"},
      {kCidr.with("parent", "\"1\""), "parent: expected an integer"},
      {kCidr.with("parent", "1.0"), "parent: expected an integer"},
      {kCidr.and_also("parent", "1"), "parent: the field is there twice"},
      {kCidr.and_also("name", "\"x\""), "name: the field is there twice"},
  };
  for (const auto& c : cases) {
    for (const auto& error :
         {error_of(parse_cidr(c.cidr.text())), error_of(parse_cidrs("[" + c.cidr.text() + "]")),
          error_of(parse_cidr_contents(c.cidr.text())), error_of(parse_state(R"({"peers":[],"cidrs":[)" + c.cidr.text() + "]}", kWarn))}) {
      ASSERT_TRUE(error) << c.cidr.text();
      EXPECT_THAT(*error, HasSubstr(c.reason));
    }
  }
  EXPECT_THAT(error_of(parse_cidr(kCidr.without("id").text())).value_or("taken"), HasSubstr("the field id is missing"));
}

TEST(JsonAssociation, ReadsAndRefuses) {
  EXPECT_EQ(*parse_association_contents(kAssociation.without("id").text()), (AssociationContents{CidrId{3}, CidrId{4}}));
  EXPECT_THAT(*parse_associations("[" + kAssociation.text() + "]"), ElementsAre(Association{{CidrId{3}, CidrId{4}}, AssociationId{1}}));
  for (const char* field : {"cidr_id_1", "cidr_id_2"}) {
    for (const char* bad : {"null", "1.0", "\"3\"", "{}", "18446744073709551615"})
      EXPECT_THAT(error_of(parse_association_contents(kAssociation.with(field, bad).text())).value_or("taken"),
                  HasSubstr(std::string(field) + ": expected an integer"));
    EXPECT_THAT(error_of(parse_association_contents(kAssociation.without(field).text())).value_or("taken"), HasSubstr("is missing"));
    EXPECT_THAT(error_of(parse_association_contents(kAssociation.and_also(field, "3").text())).value_or("taken"), HasSubstr("there twice"));
  }
  EXPECT_FALSE(parse_associations("[" + kAssociation.without("id").text() + "]"));
}

TEST(JsonState, RefusesAWrongShape) {
  const struct {
    const char* text;
    const char* reason;
  } cases[] = {
      {"", "not valid JSON"},
      {" ", "not valid JSON"},
      {"{", "not valid JSON"},
      {"\xEF\xBB\xBF{}", "not valid JSON"},
      {"null", "expected an object, found null"},
      {"[]", "expected an object, found an array"},
      {"\"peers\"", "expected an object, found a string"},
      {"{}", "the field peers is missing"},
      {R"({"peers":[]})", "the field cidrs is missing"},
      {R"({"cidrs":[]})", "the field peers is missing"},
      {R"({"peers":null,"cidrs":[]})", "peers: expected an array, found null"},
      {R"({"peers":{},"cidrs":[]})", "peers: expected an array, found an object"},
      {R"({"peers":[null],"cidrs":[]})", "peers[0]: expected an object, found null"},
      {R"({"peers":[[]],"cidrs":[]})", "peers[0]: expected an object, found an array"},
      {R"({"peers":[],"cidrs":[1]})", "cidrs[0]: expected an object"},
      {R"({"peers":[],"cidrs":[],"peers":[]})", "peers: the field is there twice"},
      {R"({"peers":[],"cidrs":[]}x)", "at byte 23"},
      {R"({"peers":[],"cidrs":[]}{})", "at byte 23"},
      {R"({"peers":[],"cidrs":[]} ,)", "at byte 24"},
      {R"({"peers":[],"cidrs":[],})", "not valid JSON"},
  };
  for (const auto& c : cases) EXPECT_THAT(error_of(parse_state(c.text, kWarn)).value_or("taken"), HasSubstr(c.reason)) << c.text;
  EXPECT_TRUE(parse_state(" \t\r\n{ \"cidrs\" : [ ] , \"peers\" : [ ] }\n", kWarn));
  EXPECT_TRUE(parse_state(R"({"peers":[],"cidrs":[],"gone":null,"version":2})", kWarn)) << "these belong to other shapes";
}

TEST(JsonState, NamesTheElementThatIsWrong) {
  const std::string peers = kPeer.text() + "," + kPeer.with("invite_expires", R"({"secs_since_epoch":"x","nanos_since_epoch":0})").text();
  EXPECT_THAT(error_of(parse_state(R"({"peers":[)" + peers + R"(],"cidrs":[]})", kWarn)).value_or("taken"),
              HasSubstr("peers[1].invite_expires.secs_since_epoch: expected an integer, found a string"));
}

TEST(JsonState, DeepNestingIsAnErrorAndNotACrash) {
  for (const char* open : {"[", "{\"x\":", "[{\"x\":"}) {
    std::string deep;
    for (int i = 0; i < 200'000; ++i) deep += open;
    EXPECT_THAT(error_of(parse_state(R"({"x":)" + deep, kWarn)).value_or("taken"), HasSubstr("not valid JSON"));
    EXPECT_FALSE(parse_state(deep, kWarn));
    EXPECT_FALSE(parse_candidates(deep));
    EXPECT_FALSE(parse_error(deep));
    EXPECT_THAT(parse_stored_candidates(deep), IsEmpty());
  }
  const std::string shallow = std::string(40, '[') + std::string(40, ']');
  EXPECT_TRUE(parse_state(R"({"peers":[],"cidrs":[],"x":)" + shallow + "}", kWarn)) << "a later version may nest";
}

TEST(JsonDelta, SaysWhatIsGoneAndAllCidrsIfAnyChanged) {
  const auto delta = parse_state_delta(R"({"peers":[)" + kPeer.text() + R"(],"gone":[7,-1],"cidrs":[)" + kCidr.text() + "]}", kWarn);
  ASSERT_TRUE(delta) << delta.error().message();
  EXPECT_THAT(delta->gone, ElementsAre(PeerId{7}, PeerId{-1}));
  ASSERT_TRUE(delta->cidrs);
  EXPECT_THAT(*delta->cidrs, SizeIs(1));
  EXPECT_EQ(parse_state_delta(R"({"peers":[],"gone":[]})", kWarn)->cidrs, std::nullopt);
  EXPECT_EQ(parse_state_delta(R"({"peers":[],"gone":[],"cidrs":null})", kWarn)->cidrs, std::nullopt);
  EXPECT_THAT(*parse_state_delta(R"({"peers":[],"gone":[],"cidrs":[]})", kWarn)->cidrs, IsEmpty());
  EXPECT_EQ(to_json(*delta), R"({"peers":[)" + kPeer.text() + R"(],"gone":[7,-1],"cidrs":[)" + kCidr.text() + "]}");

  const struct {
    const char* text;
    const char* reason;
  } cases[] = {
      {R"({"peers":[]})", "the field gone is missing"},
      {R"({"gone":[]})", "the field peers is missing"},
      {R"({"peers":[],"gone":null})", "gone: expected an array"},
      {R"({"peers":[],"gone":[1.5]})", "gone[0]: expected an integer"},
      {R"({"peers":[],"gone":[1,"2"]})", "gone[1]: expected an integer"},
      {R"({"peers":[],"gone":[],"gone":[]})", "gone: the field is there twice"},
      {R"({"peers":[],"gone":[],"cidrs":{}})", "cidrs: expected an array"},
  };
  for (const auto& c : cases) EXPECT_THAT(error_of(parse_state_delta(c.text, kWarn)).value_or("taken"), HasSubstr(c.reason)) << c.text;
}

TEST(JsonDataStore, HasAVersion) {
  const struct {
    const char* text;
    const char* reason;
  } cases[] = {
      {R"({"peers":[],"cidrs":[]})", "the field version is missing"},
      {R"({"version":1,"peers":[],"cidrs":[]})", "version: expected a string"},
      {R"({"version":"2","peers":[],"cidrs":[]})", "version \"2\" of the data store is unknown"},
      {R"({"version":"1","cidrs":[]})", "the field peers is missing"},
      {R"({"version":"1","peers":[]})", "the field cidrs is missing"},
      {"", "not valid JSON"},
      {R"({"version":"1","peers":[],"cidrs")", "not valid JSON"},
  };
  for (const auto& c : cases) EXPECT_THAT(error_of(parse_data_store(c.text, kWarn)).value_or("taken"), HasSubstr(c.reason)) << c.text;
  EXPECT_TRUE(parse_data_store(R"({"peers":[],"cidrs":[],"version":"1"})", kWarn));
  EXPECT_EQ(data_store_to_json({}), "{\n  \"version\": \"1\",\n  \"peers\": [],\n  \"cidrs\": []\n}");
}

TEST(JsonWriter, EscapesAsSerdeDoes) {
  const auto written = [](std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  };
  using namespace std::string_literals;
  EXPECT_EQ(written("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(written("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(written("\0\x1f\x7f"s), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(written("é€😀"), "\"é€😀\"");
}

// A name with a byte that is no UTF-8, in a database, would make every client refuse the whole state.
TEST(JsonWriter, BytesThatAreNoTextBecomeReplacementCharacters) {
  const struct {
    const char* why;
    std::string_view name;
    std::string_view read;
  } cases[] = {
      {"a lone byte",
       "a\xff"
       "b",
       "a\uFFFD"
       "b"},
      {"a cut sequence", "a\xE2\x82", "a\uFFFD\uFFFD"},
      {"an overlong form", "\xC0\x80", "\uFFFD\uFFFD"},
      {"a surrogate", "\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},
      {"beyond Unicode", "\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
  };
  for (const auto& c : cases) {
    const auto cidr = parse_cidr(to_json(Cidr{CidrContents{std::string(c.name), *IpNet::parse("10.0.0.0/8"), {}}, CidrId{1}}));
    ASSERT_TRUE(cidr) << c.why << ": " << cidr.error().message();
    EXPECT_EQ(cidr->name, c.read) << c.why;
  }
}

TEST(JsonProperty, EverythingPrintedParsesBackEqual) {
  const Warn no_warning = [](std::string_view text) { ADD_FAILURE() << text; };
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    RandomNetwork network(seed);
    const State state = network.state();
    ASSERT_EQ(parse_state(to_json(state), no_warning).value(), state) << to_json(state);
    ASSERT_EQ(parse_data_store(data_store_to_json(state), no_warning).value(), state) << data_store_to_json(state);
    ASSERT_EQ(parse_peers(to_json(std::span<const Peer>(state.peers)), no_warning).value(), state.peers);
    ASSERT_EQ(parse_cidrs(to_json(std::span<const Cidr>(state.cidrs))).value(), state.cidrs);
    const PeerContents peer = network.peer();
    ASSERT_EQ(parse_peer_contents(to_json(peer)).value(), peer);
    ASSERT_EQ(parse_candidates(candidates_to_json(peer.candidates)).value(), peer.candidates);
    ASSERT_EQ(parse_stored_candidates(candidates_to_json(peer.candidates)), peer.candidates);
    ASSERT_EQ(parse_endpoint_option(endpoint_option_to_json(peer.endpoint)).value(), peer.endpoint);
    const CidrContents cidr = network.cidr();
    ASSERT_EQ(parse_cidr_contents(to_json(cidr)).value(), cidr);
    const std::string text = network.text();
    ASSERT_EQ(parse_error(error_to_json(text)), text);
  }
}

TEST(JsonProperty, ADataStoreMayComeInPieces) {
  const State state{{sample_peer(1), sample_peer(2)}, {Cidr{CidrContents{"a \"name\"", *IpNet::parse("10.0.0.0/8"), {}}, CidrId{1}}}};
  const std::string whole = data_store_to_json(state) + " \n";
  const auto read = [&](std::size_t first, std::size_t step) -> Result<State> {
    DataStoreReader reader(kWarn, whole.size());
    for (std::size_t at = 0; at < whole.size(); at += at == 0 && first > 0 ? first : step)
      TRY_VOID(reader.take(std::string_view(whole).substr(at, at == 0 && first > 0 ? first : step)));
    return std::move(reader).finish();
  };
  for (std::size_t first = 1; first <= whole.size(); ++first) ASSERT_EQ(read(first, whole.size()).value(), state) << first;
  EXPECT_EQ(read(0, 1).value(), state);
}

TEST(JsonProperty, SaysWhereTextInPiecesIsWrong) {
  DataStoreReader reader(kWarn, 0);
  ASSERT_TRUE(reader.take(R"({"version":"1",)"));
  EXPECT_THAT(error_of(reader.take(R"("peers":[],])")).value_or("taken"), HasSubstr("not valid JSON at byte 26"));
  DataStoreReader behind(kWarn, 0);
  ASSERT_TRUE(behind.take(R"({"version":"1","peers":[],"cidrs":[]} )"));
  EXPECT_THAT(error_of(behind.take(" x")).value_or("taken"), HasSubstr("there is text behind the end of the JSON, at byte 39"));
}

// More peers than one piece holds.
TEST(JsonProperty, ALargeDataStoreIsWrittenInPieces) {
  State state;
  for (std::int64_t id = 1; id <= 1000; ++id) state.peers.push_back(sample_peer(id));
  std::string joined;
  std::size_t pieces = 0;
  write_data_store(state, [&](std::string_view piece) {
    joined += piece;
    ++pieces;
  });
  EXPECT_GT(pieces, 3U);
  EXPECT_EQ(parse_data_store(joined, kWarn).value(), state);
}

// Truncated at each byte: an error, never half a state. A client keeps the broken file aside then.
TEST(JsonProperty, ATruncatedDataStoreIsNeverTaken) {
  const std::string whole = data_store_to_json({{sample_peer(1), sample_peer(2)}, {}});
  for (std::size_t size = 0; size < whole.size(); ++size) ASSERT_FALSE(parse_data_store(whole.substr(0, size), kWarn)) << size;
}

}  // namespace
}  // namespace innernet

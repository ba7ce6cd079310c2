#include "innernet/json/json.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "innernet/testing/sample_network.hpp"
#include "json_samples.hpp"

namespace innernet {
namespace {

using innernet::testing::error_of;
using innernet::testing::kAssociation;
using innernet::testing::kCidr;
using innernet::testing::kPeer;
using innernet::testing::kWarn;
using innernet::testing::Object;
using innernet::testing::RandomNetwork;
using innernet::testing::sample_peer;
using innernet::testing::warnings;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Relay sample_relay(std::int64_t id) {
  return {.id = PeerId{id}, .public_key = sample_peer(id).public_key, .endpoint = *Endpoint::parse(fmt::format("192.0.2.1:{}", id))};
}

TEST(JsonRelays, ComeBackAsTheyWere) {
  const std::vector<Relay> relays{sample_relay(1),
                                  {.id = PeerId{2},
                                   .public_key = sample_peer(3).public_key,
                                   .endpoint = *Endpoint::parse("192.0.2.1:9"),
                                   .answers_questions = true,
                                   .epoch = 4'294'967'295},
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

TEST(JsonServers, AndTheTermComeBackAsTheyWere) {
  const std::vector<Endpoint> servers{*Endpoint::parse("198.51.100.1:51820"), *Endpoint::parse("standby.example.com:51820")};
  const State state{.peers = {sample_peer(1)}, .cidrs = {}, .servers = servers, .term = 7};
  EXPECT_THAT(to_json(state),
              HasSubstr(R"(,"servers":[{"endpoint":"198.51.100.1:51820"},{"endpoint":"standby.example.com:51820"}],"term":7})"));
  warnings().clear();
  EXPECT_EQ(parse_state(to_json(state), kWarn).value(), state);
  const std::string without = to_json(State{.peers = {sample_peer(1)}, .cidrs = {}});
  EXPECT_THAT(without, AllOf(Not(HasSubstr("servers")), Not(HasSubstr("term"))));
  EXPECT_EQ(parse_state(without, kWarn)->term, std::nullopt);
  for (const auto& changed : {std::optional<std::vector<Endpoint>>(), std::optional(std::vector<Endpoint>()), std::optional(servers)}) {
    const StateDelta delta{.peers = {}, .gone = {}, .cidrs = {}, .servers = changed, .term = changed ? std::optional(8U) : std::nullopt};
    const auto read = parse_state_delta(to_json(delta), kWarn);
    EXPECT_EQ(read->servers, changed);
    EXPECT_EQ(read->term, delta.term);
  }
  EXPECT_THAT(warnings(), IsEmpty());
}

TEST(JsonServers, ThatAreNotValidAreLeftOutWithAWarningAndSoAreTooMany) {
  const auto read = [](std::string_view members) { return parse_state(fmt::format(R"({{"peers":[],"cidrs":[],{}}})", members), kWarn); };
  warnings().clear();
  EXPECT_THAT(read(R"("servers":[{"endpoint":"192.0.2.1"},{"endpoint":"192.0.2.1:1","more":[]}])").value().servers,
              ElementsAre(*Endpoint::parse("192.0.2.1:1")));
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("a server of the network is left out")));
  warnings().clear();
  std::string many;
  for (int i = 1; i <= 18; ++i) many += fmt::format(R"({}{{"endpoint":"192.0.2.{}:1"}})", i == 1 ? "" : ",", i);
  EXPECT_EQ(read(fmt::format(R"("servers":[{}])", many)).value().servers.size(), kMostServers);
  EXPECT_THAT(warnings(), ElementsAre(HasSubstr("more than 16 servers")));
  EXPECT_TRUE(read(R"("servers":null,"term":null)").value().servers.empty());
  EXPECT_EQ(read(R"("term":9223372036854775807)")->term, 9'223'372'036'854'775'807U);
  for (const char* bad : {R"("servers":[{}])", R"("servers":[5])", R"("servers":5)", R"("term":"7")", R"("term":-1)", R"("term":1.5)",
                          R"("term":9223372036854775808)"})
    EXPECT_TRUE(error_of(read(bad))) << bad;
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

#include <gmock/gmock.h>

#include "innernet/json/json.hpp"
#include "innernet/testing/sample_network.hpp"

namespace innernet {
namespace {

using ::testing::HasSubstr;
using testing::sample_key;
using ::testing::SizeIs;

std::string quoted_key(std::uint64_t n) { return '"' + sample_key(n).to_base64() + '"'; }

TEST(JsonRelay, OfAPeerIsAKeyAndAPort) {
  const RelayOfPeer relay{.public_key = sample_key(7), .port = 51821};
  EXPECT_EQ(to_json(relay), "{\"public_key\":" + quoted_key(7) + ",\"port\":51821}");
  EXPECT_EQ(parse_relay_of_peer(to_json(relay)).value(), relay);
  const struct {
    std::string text;
    const char* reason;
  } cases[] = {
      {"{}", "the field public_key is missing"},
      {"{\"public_key\":" + quoted_key(7) + "}", "the field port is missing"},
      {"{\"public_key\":\"AAAA\",\"port\":1}", "public_key"},
      {"{\"public_key\":" + quoted_key(7) + ",\"port\":0}", "port 0"},
      {"{\"public_key\":" + quoted_key(7) + ",\"port\":65536}", "port"},
  };
  for (const auto& c : cases) {
    const auto parsed = parse_relay_of_peer(c.text);
    ASSERT_FALSE(parsed) << c.text;
    EXPECT_THAT(parsed.error().message(), HasSubstr(c.reason));
  }
}

TEST(JsonRelay, OfNoUseInAStateIsNone) {
  Peer peer = testing::sample_peer(3);
  peer.relay = RelayOfPeer{.public_key = sample_key(7), .port = 4711};
  std::string text = to_json(peer);
  text.replace(text.find("4711"), 4, "0");
  peer.relay.reset();
  EXPECT_EQ(parse_peer(text).value(), peer);
}

TEST(JsonRelayDistances, ArePairsOfARelayAndMilliseconds) {
  const std::vector<RelayDistance> distances{{.relay = PeerId{1}, .milliseconds = 40}, {.relay = PeerId{7}, .milliseconds = 65535}};
  EXPECT_EQ(relay_distances_to_json(distances), "[[1,40],[7,65535]]");
  EXPECT_EQ(parse_relay_distances("[[1,40],[7,65535]]").value(), distances);
  for (const char* bad : {"[[1]]", "[[1,2,3]]", "[[1,-1]]", "[[1,65536]]", "[1,2]", "{}", R"([["1",2]])"})
    EXPECT_FALSE(parse_relay_distances(bad)) << bad;
}

TEST(JsonRelayGroups, AreKeysAndPairsOfPlaces) {
  const RelayGroups groups{.groups = {{sample_key(1), sample_key(2)}, {}, {sample_key(3)}}, .pairs = {{0, 0}, {0, 2}}};
  EXPECT_EQ(to_json(groups),
            "{\"groups\":[[" + quoted_key(1) + "," + quoted_key(2) + "],[],[" + quoted_key(3) + "]],\"pairs\":[[0,0],[0,2]]}");
  EXPECT_EQ(parse_relay_groups(to_json(groups)).value(), groups);
  EXPECT_EQ(parse_relay_groups(R"({"groups":[],"pairs":[]})").value(), RelayGroups{});
}

TEST(JsonRelayGroups, AreRefusedWhenTheyCanNotBeMeant) {
  const struct {
    std::string text;
    const char* reason;
  } cases[] = {
      {R"({"groups":[]})", "the field pairs is missing"},
      {R"({"groups":[],"pairs":[[0,0]]})", "names a group that is not there"},
      {R"({"groups":[[],[]],"pairs":[[0]]})", "a pair has two numbers"},
      {R"({"groups":[[],[]],"pairs":[[0,1,1]]})", "more than 2"},
      {R"({"groups":[[],[]],"pairs":[[0,-1]]})", "names a group that is not there"},
      {R"({"groups":["x"],"pairs":[]})", "expected an array"},
      {R"({"groups":{},"pairs":[]})", "expected an array"},
  };
  for (const auto& c : cases) {
    const auto parsed = parse_relay_groups(c.text);
    ASSERT_FALSE(parsed) << c.text;
    EXPECT_THAT(parsed.error().message(), HasSubstr(c.reason)) << c.text;
  }
}

TEST(JsonRelayGroups, AKeyThatNobodyCanUseIsLeftOut) {
  EXPECT_THAT(parse_relay_groups("{\"groups\":[[\"AAAA\"," + quoted_key(1) + "]],\"pairs\":[[0,0]]}").value().groups.front(), SizeIs(1));
}

TEST(JsonRelayRegistrations, AreKeys) {
  const std::vector keys{sample_key(1), sample_key(2)};
  EXPECT_EQ(relay_registrations_to_json(keys), "[" + quoted_key(1) + "," + quoted_key(2) + "]");
  EXPECT_EQ(parse_relay_registrations(relay_registrations_to_json(keys)).value(), keys);
  EXPECT_THAT(parse_relay_registrations("[]").value(), SizeIs(0));
}

TEST(JsonRelayRegistrations, AreRefusedWhenTheyCanNotBeMeant) {
  for (const char* text : {"", "{}", "[1]", "[null]", "[[]]", R"(["AAAA"])", R"([""])", "[\"x\"]"})
    EXPECT_FALSE(parse_relay_registrations(text)) << text;
  const std::vector many(kMostRelayRegistrations + 1, sample_key(1));
  EXPECT_FALSE(parse_relay_registrations(relay_registrations_to_json(many)));
}

}  // namespace
}  // namespace innernet

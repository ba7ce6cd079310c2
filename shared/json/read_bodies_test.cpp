#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "innernet/json/json.hpp"

namespace innernet {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class T>
std::optional<std::string> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().message());
}

TEST(JsonBodies, TheEndpointOption) {
  EXPECT_EQ(*parse_endpoint_option(R"({"option":"Set","content":"VPN.example:1"})"), Endpoint::parse("vpn.example:1").value());
  EXPECT_EQ(*parse_endpoint_option(R"({"content":"0.0.0.0:4444","option":"Set"})"), Endpoint::parse("0.0.0.0:4444").value());
  EXPECT_EQ(*parse_endpoint_option(R"({"option":"Unset"})"), std::nullopt);
  EXPECT_EQ(*parse_endpoint_option(R"({"option":"Unset","content":null,"x":[]})"), std::nullopt);
  const struct {
    const char* text;
    const char* reason;
  } cases[] = {
      {"", "not valid JSON"},
      {"\"Unset\"", "expected an object"},
      {"{}", "the field option is missing"},
      {R"({"option":"set","content":"a:1"})", "option: expected \"Set\" or \"Unset\""},
      {R"({"option":null})", "option: expected a string"},
      {R"({"option":"Set"})", "content is missing"},
      {R"({"option":"Set","content":null})", "content is missing"},
      {R"({"option":"Set","content":"a"})", "is not an endpoint"},
      {R"({"option":"Set","content":["a:1"]})", "content: expected a string or null"},
      {R"({"option":"Unset","content":"a:1"})", "has no content"},
      {R"({"option":"Unset","option":"Unset"})", "there twice"},
      {R"({"option":"Unset"}x)", "behind the end"},
  };
  for (const auto& c : cases) EXPECT_THAT(error_of(parse_endpoint_option(c.text)).value_or("taken"), HasSubstr(c.reason)) << c.text;
}

TEST(JsonBodies, Candidates) {
  EXPECT_EQ(candidates_to_json(*parse_candidates(R"([ "192.0.2.9:1", "[2001:DB8::9]:2", "Name.example:3" ])")),
            R"(["192.0.2.9:1","[2001:db8::9]:2","name.example:3"])");
  EXPECT_THAT(*parse_candidates("[]"), IsEmpty());
  const struct {
    const char* text;
    const char* reason;
  } cases[] = {
      {"", "not valid JSON"},
      {"{}", "expected an array"},
      {"[null]", "[0]: expected a string"},
      {R"(["a:1","b"])", "[1]: \"b\" is not an endpoint"},
      {R"([["a:1"]])", "[0]: expected a string, found an array"},
      {"[]]", "behind the end"},
  };
  for (const auto& c : cases) EXPECT_THAT(error_of(parse_candidates(c.text)).value_or("taken"), HasSubstr(c.reason)) << c.text;
}

TEST(JsonBodies, StoredCandidatesNeverFail) {
  EXPECT_EQ(candidates_to_json(parse_stored_candidates(R"(["a:1","b",null,{"c":[1]},[2],3,"d:4"])")), R"(["a:1","d:4"])");
  for (const char* bad : {"", "null", "{}", "[", "[\"a:1\"", "[\"a:1\"]x", "\xff", "\"a:1\""})
    EXPECT_THAT(parse_stored_candidates(bad), IsEmpty()) << bad;
}

TEST(JsonBodies, Redeem) {
  const std::string body = R"({"public_key":"gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o="})";
  EXPECT_EQ(redeem_to_json(*parse_redeem(body)), body);
  const struct {
    const char* text;
    const char* reason;
  } cases[] = {
      {"", "not valid JSON"},
      {"{}", "the field public_key is missing"},
      {R"({"public_key":null})", "public_key: expected a string"},
      {R"({"public_key":""})", "public_key: "},
      {R"({"public_key":"AAAA"})", "public_key: "},
      {R"({"public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})", "public_key: "},
      {R"({"public_key":"gPHKhkKuos6yYUZ19ctKcm+/KS3Om023QzDJTVWKP1o=x"})", "public_key: "},
  };
  for (const auto& c : cases) EXPECT_THAT(error_of(parse_redeem(c.text)).value_or("taken"), HasSubstr(c.reason)) << c.text;
}

TEST(JsonBodies, Capabilities) {
  const auto none = parse_capabilities("{}");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->unspecified_ip_in_override_endpoint || none->state_etag || none->state_delta || none->state_wait_max != 0);
  EXPECT_TRUE(parse_capabilities(R"({"unspecified_ip_in_override_endpoint":true})")->unspecified_ip_in_override_endpoint)
      << "what the Rust server says";
  const std::string all =
      R"({"unspecified_ip_in_override_endpoint":true,"state_etag":true,"state_wait_max":300,"state_delta":true,"seen_at":true,"peer_relays":true,"relay_registrations":true})";
  EXPECT_EQ(to_json(*parse_capabilities(all)), all);
  Capabilities whole;
  // One that is missing does not compile.
  auto& [unspecified_ip_in_override_endpoint, state_etag, state_delta, state_wait_max, seen_at, peer_relays, relay_registrations] = whole;
  unspecified_ip_in_override_endpoint = state_etag = state_delta = seen_at = peer_relays = relay_registrations = true;
  state_wait_max = 300;
  EXPECT_EQ(to_json(whole), all);
  for (const char* bad : {"", "[]", R"({"state_etag":1})", R"({"state_wait_max":"300"})", R"({"state_wait_max":-1})",
                          R"({"state_wait_max":4294967296})", R"({"state_delta":null})"})
    EXPECT_FALSE(parse_capabilities(bad)) << bad;
}

TEST(JsonBodies, SeenAt) {
  const SocketAddress v4 = *SocketAddress::parse("192.0.2.1:5"), v6 = *SocketAddress::parse("[2001:db8::1]:6");
  for (const SeenAt& seen : {SeenAt(), SeenAt{.by_server = v4}, SeenAt{.by_server = v4, .by_relay = v6}}) {
    const auto read = parse_seen_at(to_json(seen));
    ASSERT_TRUE(read) << to_json(seen);
    EXPECT_EQ(*read, seen);
  }
  EXPECT_EQ(to_json(SeenAt{.by_server = v4}), R"({"by_server":"192.0.2.1:5","by_relay":null})");
  for (const char* bad : {"", "[]", R"({"by_server":1})", R"({"by_relay":"vpn.example.org:5"})", R"({"by_relay":"192.0.2.1"})"})
    EXPECT_FALSE(parse_seen_at(bad)) << bad;
}

TEST(JsonBodies, ErrorsAreShownIfTheyAreThere) {
  EXPECT_EQ(parse_error(error_to_json("the name \"a\" is\ntaken")), "the name \"a\" is\ntaken");
  EXPECT_EQ(error_to_json("\x01"), R"({"error":"\u0001"})");
  for (const char* other : {"", "<html>", "{}", R"({"error":null})", R"({"error":["x"]})", "[\"error\"]", "\"error\""})
    EXPECT_EQ(parse_error(other), std::nullopt) << other;
}

}  // namespace
}  // namespace innernet

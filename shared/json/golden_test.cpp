// Against what the original's programs wrote and answered.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "innernet/base/file.hpp"
#include "innernet/json/json.hpp"

namespace innernet {
namespace {

const Warn kNoWarning = [](std::string_view text) { ADD_FAILURE() << text; };

std::string golden(const std::string& file) {
  auto text = read_file(std::filesystem::path(INNERNET_TEST_DATA) / file);
  EXPECT_TRUE(text) << text.error().message();
  return text.value_or("");
}

struct Exchange {
  std::string method, path, body, answer;
  int status;
};

std::vector<Exchange> exchanges(const std::string& family) {
  std::vector<Exchange> out;
  for (const auto& entry : nlohmann::ordered_json::parse(golden(family + "/http.json")))
    out.push_back({entry["method"], entry["path"], entry["body"].is_null() ? "" : entry["body"].dump(), entry["answer"], entry["status"]});
  return out;
}

class GoldenJson : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Families, GoldenJson, ::testing::Values("ipv4", "ipv6"));

TEST_P(GoldenJson, DataStoresAreWrittenByteForByte) {
  for (const char* file : {"store-peer1.json", "store-peer2.json"}) {
    const std::string text = golden(GetParam() + "/" + file);
    const auto state = parse_data_store(text, kNoWarning);
    ASSERT_TRUE(state) << state.error().message();
    EXPECT_GE(state->peers.size(), 3U);
    EXPECT_EQ(data_store_to_json(*state), text);
  }
}

TEST_P(GoldenJson, AnswersAreWrittenByteForByte) {
  int states = 0, lists = 0;
  for (const auto& exchange : exchanges(GetParam())) {
    if (exchange.status != 200) continue;
    SCOPED_TRACE(exchange.path);
    if (exchange.path == "/v1/user/state") {
      EXPECT_EQ(to_json(parse_state(exchange.answer, kNoWarning).value()), exchange.answer);
      ++states;
    } else if (exchange.path == "/v1/admin/peers") {
      EXPECT_EQ(to_json(std::span<const Peer>(parse_peers(exchange.answer, kNoWarning).value())), exchange.answer);
      ++lists;
    } else if (exchange.path == "/v1/admin/cidrs") {
      EXPECT_EQ(to_json(std::span<const Cidr>(parse_cidrs(exchange.answer).value())), exchange.answer);
      ++lists;
    } else if (exchange.path == "/v1/admin/associations") {
      EXPECT_EQ(to_json(std::span<const Association>(parse_associations(exchange.answer).value())), exchange.answer);
      ++lists;
    } else if (exchange.path == "/v1/user/capabilities") {
      EXPECT_TRUE(parse_capabilities(exchange.answer)->unspecified_ip_in_override_endpoint);
    }
  }
  EXPECT_EQ(states, 2);
  EXPECT_EQ(lists, 3);
}

TEST_P(GoldenJson, RequestsAreReadAndWritten) {
  int bodies = 0;
  for (const auto& exchange : exchanges(GetParam())) {
    if (exchange.body.empty()) continue;
    SCOPED_TRACE(exchange.path);
    ++bodies;
    if (exchange.path == "/v1/user/candidates") {
      EXPECT_EQ(candidates_to_json(parse_candidates(exchange.body).value()), exchange.body);
    } else if (exchange.path == "/v1/user/endpoint") {
      EXPECT_EQ(endpoint_option_to_json(parse_endpoint_option(exchange.body).value()), exchange.body);
    } else if (exchange.path == "/v1/admin/peers") {
      const PeerContents peer = parse_peer_contents(exchange.body).value();
      // The request was made by hand; the answer has the address in canonical form.
      EXPECT_EQ(exchange.answer, "{\"id\":6," + to_json(peer).substr(1));
      const Peer made = parse_peer(exchange.answer).value();
      EXPECT_EQ(to_json(made), exchange.answer);
      EXPECT_EQ(static_cast<const PeerContents&>(made), peer);
    } else if (exchange.path == "/v1/admin/associations") {
      EXPECT_EQ(to_json(parse_association_contents(exchange.body).value()), exchange.body);
    } else {
      ADD_FAILURE() << "nobody looked at this one";
    }
  }
  EXPECT_EQ(bodies, 6);
}

}  // namespace
}  // namespace innernet

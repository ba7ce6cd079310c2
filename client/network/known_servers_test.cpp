#include "known_servers.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(KnownServers, ComeBackFromTheirTextForOneNetworkAlone) {
  const auto key = new_key();
  const KnownServers all{.servers = {endpoint("198.51.100.1:51820"), endpoint("standby.example.com:51820"), endpoint("[2001:db8::1]:5")},
                         .term = 9'223'372'036'854'775'807};
  EXPECT_EQ(all.to_text(key), fmt::format("server {}\nterm 9223372036854775807\nendpoint 198.51.100.1:51820\nendpoint "
                                          "standby.example.com:51820\nendpoint [2001:db8::1]:5\n",
                                          key.to_base64()));
  for (const KnownServers& known :
       {all, KnownServers{}, KnownServers{.servers = all.servers, .term = {}}, KnownServers{.servers = {}, .term = 0}}) {
    EXPECT_EQ(KnownServers::parse(known.to_text(key), key), known);
    EXPECT_TRUE(KnownServers::parse(known.to_text(key), new_key()).is_empty()) << "another network of the same name";
  }
}

TEST(KnownServers, OfATextThatIsDamagedAreNone) {
  const auto key = new_key();
  const std::string first = fmt::format("server {}\n", key.to_base64());
  for (const std::string& text : {std::string(), std::string("\n"), std::string("term 7\n"), first + "term 7", first + "term x\n",
                                  first + "term -1\n", first + "term \n"})
    EXPECT_TRUE(KnownServers::parse(text, key).is_empty()) << text;
  EXPECT_EQ(KnownServers::parse(first + "endpoint 5\nendpoint 192.0.2.1:1\nwhat comes later\nterm 7\n", key),
            (KnownServers{.servers = {endpoint("192.0.2.1:1")}, .term = 7}));
  std::string many = first;
  for (int i = 0; i < 20; ++i) many += fmt::format("endpoint 192.0.2.{}:1\n", i);
  EXPECT_EQ(KnownServers::parse(many, key).servers.size(), kMostServers);
}

TEST(KnownServers, ThatCantBeOutsideAreSkippedWithAWarning) {
  const auto good = endpoint("192.0.2.1:1"), name = endpoint("standby.example.com:51820");
  std::vector<Endpoint> servers{good};
  for (const char* bad : {"127.0.0.1:1", "224.0.0.1:1", "0.0.0.0:1", "10.66.3.3:1", "[::1]:1", "[ff02::1]:1", "192.0.2.1:0"})
    servers.push_back(endpoint(bad));
  servers.push_back(name);
  std::vector<std::string> warnings;
  EXPECT_THAT(usable_servers(servers, net("10.66.0.0/16"), [&](std::string_view text) { warnings.emplace_back(text); }),
              ElementsAre(good, name));
  ASSERT_EQ(warnings.size(), 7U);
  EXPECT_THAT(warnings.front(), HasSubstr("127.0.0.1:1"));
}

TEST(Term, NeverGoesBackAndIsForgottenWhenNobodyNamesOneForTenMinutes) {
  using enum TermVerdict;
  const struct {
    std::optional<std::uint64_t> said, seen;
    std::chrono::nanoseconds silence;
    TermVerdict verdict;
  } rows[] = {
      {{}, {}, 0s, kUsed},     {6, {}, 0s, kUsed},        {7, 7, 0s, kUsed},     {8, 7, 0s, kUsed},     {0, 0, 0s, kUsed},
      {6, 7, 0s, kOlder},      {6, 7, 24h * 365, kOlder}, {0, 1, 10min, kOlder}, {{}, 7, 0s, kMissing}, {{}, 0, 0s, kMissing},
      {{}, 7, 599s, kMissing}, {{}, 7, 600s, kUsed},      {7, 7, 24h, kUsed},
  };
  for (const auto& row : rows) EXPECT_EQ(judge_term(row.said, row.seen, row.silence), row.verdict) << row.silence.count();
}

TEST(Term, SaysWhyAStateIsNotUsed) {
  EXPECT_EQ(why_not_used(6, 7, 0s),
            "the server that answered was replaced by another one (its term is 6, 7 was seen): what it says is not used");
  EXPECT_THAT(why_not_used({}, 7, 90s), HasSubstr("(it has no term, 7 was seen): what it says is not used; it will be in 9 min"));
}

}  // namespace
}  // namespace innernet::client

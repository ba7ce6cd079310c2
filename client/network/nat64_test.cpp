#include "nat64.hpp"

#include <gmock/gmock.h>

#include "innernet/client/resolver.hpp"
#include "innernet/testing/fake_clock.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using innernet::testing::FakeClock;

// RFC 6052, 2.4: 192.0.2.33 with a prefix of each length.
TEST(Nat64, TranslatesAsTheRfcDoes) {
  struct Case {
    const char* of_name;
    const char* expected;
  };
  for (const auto& [of_name, expected] : {
           Case{"2001:db8:c000:aa::", "2001:db8:c000:221::"},
           Case{"2001:db8:1c0:0:aa::", "2001:db8:1c0:2:21::"},
           Case{"2001:db8:122:c000:0:aa00::", "2001:db8:122:c000:2:2100::"},
           Case{"2001:db8:122:3c0:0:aa::", "2001:db8:122:3c0:0:221::"},
           Case{"2001:db8:122:344:c0:0:aa00:0", "2001:db8:122:344:c0:2:2100::"},
           Case{"2001:db8:122:344::192.0.0.170", "2001:db8:122:344::192.0.2.33"},
           Case{"64:ff9b::192.0.0.171", "64:ff9b::192.0.2.33"},
       }) {
    const std::vector answer{ip("192.0.0.170"), ip(of_name)};
    const auto prefix = Nat64Prefix::of(answer);
    ASSERT_TRUE(prefix) << of_name;
    EXPECT_EQ(prefix->translated(ip("192.0.2.33")), ip(expected)) << of_name;
  }
}

TEST(Nat64, AnswersOfNoTranslatorHaveNoPrefix) {
  for (const char* other :
       {"192.0.0.170", "2001:db8::1", "64:ff9b::192.0.0.172", "64:ff9b::192.0.1.170", "2001:db8:122:344:1c0:0:aa00:0"}) {
    const std::vector answer{ip(other)};
    EXPECT_FALSE(Nat64Prefix::of(answer)) << other;
  }
  EXPECT_FALSE(Nat64Prefix::of({}));
}

struct ResolverBehindNat64Test : ::testing::Test {
  bool has_ipv4 = false;
  std::vector<std::string> asked;
  std::vector<IpAddress> answer{ip("64:ff9b::192.0.0.170"), ip("64:ff9b::192.0.0.171")};
  Resolver resolver{[this](const std::string& name) {
                      asked.push_back(name);
                      return answer;
                    },
                    [this](const IpAddress& to) { return has_ipv4 || to.is_v6() || to == ip("192.168.1.2"); }};
  const Endpoint server = endpoint("192.0.2.33:7");

  void look_up() { resolver.look_up({&server, 1}, FakeClock(), nullptr); }
};

TEST_F(ResolverBehindNat64Test, AnAddressOfIPv4IsTheOneThatStandsForIt) {
  EXPECT_EQ(resolver.address(server), address("192.0.2.33:7"));
  look_up();
  EXPECT_EQ(asked, std::vector<std::string>{"ipv4only.arpa"});
  EXPECT_EQ(resolver.address(server), address("[64:ff9b::192.0.2.33]:7"));
  EXPECT_EQ(resolver.address(endpoint("[2001:db8::1]:7")), address("[2001:db8::1]:7"));
  EXPECT_EQ(resolver.address(endpoint("192.168.1.2:7")), address("192.168.1.2:7")) << "for which there is a route";
}

TEST_F(ResolverBehindNat64Test, WithARouteNobodyIsAsked) {
  has_ipv4 = true;
  look_up();
  EXPECT_TRUE(asked.empty());
  EXPECT_EQ(resolver.address(server), address("192.0.2.33:7"));
}

TEST_F(ResolverBehindNat64Test, WithARouteAgainItIsNotTranslatedAnyMore) {
  look_up();
  has_ipv4 = true;
  EXPECT_EQ(resolver.address(server), address("192.0.2.33:7"));
}

TEST_F(ResolverBehindNat64Test, WithoutATranslatorItStaysAsItIs) {
  answer.clear();
  look_up();
  EXPECT_EQ(resolver.address(server), address("192.0.2.33:7"));
}

TEST(RouteCheck, KnowsLoopback) {
  const HasRoute has_route = system_routes();
  EXPECT_TRUE(has_route(ip("127.0.0.1")));
  EXPECT_FALSE(has_route(ip("255.255.255.255"))) << "which a socket may not be connected to";
}

}  // namespace
}  // namespace innernet::client

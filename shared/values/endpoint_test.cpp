#include "innernet/values/endpoint.hpp"

#include <gtest/gtest.h>

namespace innernet {
namespace {

TEST(Endpoint, PrintsWhatItReadInCanonicalForm) {
  const struct {
    const char* text;
    const char* printed;
  } cases[] = {
      {"203.0.113.7:51820", "203.0.113.7:51820"},
      {"[2001:DB8:0::1]:0", "[2001:db8::1]:0"},
      {"VPN.Example.com:65535", "vpn.example.com:65535"},
      {"_wg._udp.example:1", "_wg._udp.example:1"},
      {"3com.example:80", "3com.example:80"},
  };
  for (const auto& c : cases) {
    const auto endpoint = Endpoint::parse(c.text);
    ASSERT_TRUE(endpoint) << endpoint.error().message();
    EXPECT_EQ(endpoint->to_string(), c.printed);
    EXPECT_EQ(Endpoint::parse(endpoint->to_string()), *endpoint);
  }
}

// Each of these makes the Rust programs refuse a whole network state, or read another address than was meant.
TEST(Endpoint, RefusesWhatTheRustProgramsCannotRead) {
  for (const char* text : {"",
                           ":",
                           ":80",
                           "a",
                           "a:",
                           "a:65536",
                           "a:-1",
                           "a:+1",
                           "a: 1",
                           "::1:5",
                           "[::1:5",
                           "[1.2.3.4]:5",
                           "[fe80::1%eth0]:5",
                           "1.2.3:4",
                           "1.2.3.999:4",
                           "010.0.0.1:4",
                           "a.1:4",
                           "foo bar:4",
                           "a@b:4",
                           "a/b:4",
                           "a..b:4",
                           ".a:4",
                           "a.:4",
                           "xn--a:4",
                           "a\n:4"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_NE(endpoint.error().message().find(quoted(text)), std::string::npos) << "the message shows the input";
  }
}

TEST(Endpoint, KnowsTheUnspecifiedHost) {
  EXPECT_TRUE(Endpoint::parse("0.0.0.0:1")->is_unspecified());
  EXPECT_TRUE(Endpoint::parse("[::]:1")->is_unspecified());
  EXPECT_FALSE(Endpoint::parse("0.0.0.1:1")->is_unspecified());
  EXPECT_FALSE(Endpoint::parse("example.com:1")->is_unspecified());
}

}  // namespace
}  // namespace innernet

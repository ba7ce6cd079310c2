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
      {"vpn.example.com.:1", "vpn.example.com.:1"},
      {"r3---sn-4g.example:1", "r3---sn-4g.example:1"},
      {"xn--mnchen-3ya.example:1", "xn--mnchen-3ya.example:1"},
      {"XN--MNCHEN-3YA.example.:1", "xn--mnchen-3ya.example.:1"},
      {"münchen.example:1", "xn--mnchen-3ya.example:1"},
      {"MÜNCHEN.example.:1", "xn--mnchen-3ya.example.:1"},
      {"_wg._udp.münchen.example:1", "_wg._udp.xn--mnchen-3ya.example:1"},
      {"3com.münchen.example:1", "3com.xn--mnchen-3ya.example:1"},
      {"mu\u0308nchen.example:1", "xn--mnchen-3ya.example:1"},  // a letter and its dots apart, as macOS types it
      {"straße.example:1", "xn--strae-oqa.example:1"},
      {"例え。テスト:1", "xn--r8jz45g.xn--zckzah:1"},
      {"vpn.אב.example:1", "vpn.xn--4dbc.example:1"},
      {"ｖｐｎ.example:1", "vpn.example:1"},
      {"vpn.ex\u00ADample:1", "vpn.example:1"},  // a soft hyphen is nothing
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
                           "a..:4",
                           ".:4",
                           "1.2.3.4.:4",
                           "a.1.:4",
                           "xn--a:4",
                           "xn--:4",
                           "xn--abc-:4",
                           "xn--xn---epa:4",  // of "xn--ü"
                           "xn--mnchen-3Ya-:4",
                           "xn--MNCHEN-gzb:4",  // of capitals
                           "xn--vpn-:4",        // of nothing but ASCII
                           "ü.xn--a:4",
                           "ü..a:4",
                           "-ü:4",
                           "ü-:4",
                           "ü b:4",
                           "ü@b:4",
                           "ü／b:4",  // a slash in full width
                           "ü\n:4",
                           "\xff.a:4",
                           "\xc0\xaf.a:4",  // an overlong slash
                           "１.２.３.４:4",
                           "a\u202Eb:4",  // turns the direction of what follows
                           "\u200Fa:4",
                           "\u200Cü:4",
                           "0a.אב.example:4",  // digits first beside a label from right to left
                           "_a.אב.example:4",
                           "a_.אב.example:4",
                           "0ü.אב.example:4",
                           "אa.example:4",
                           "a\n:4"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_NE(endpoint.error().message().find(quoted(text)), std::string::npos) << "the message shows the input";
  }
}

TEST(Endpoint, NamesAreAsLongAsDnsAllows) {
  const auto repeated = [](std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  const std::string longest = repeated(std::string(49, 'a') + ".", 5) + "com";  // 253 bytes
  EXPECT_TRUE(Endpoint::parse(longest + ":1"));
  EXPECT_TRUE(Endpoint::parse(longest + ".:1"));
  EXPECT_FALSE(Endpoint::parse("a" + longest + ":1"));
  EXPECT_TRUE(Endpoint::parse(std::string(63, 'a') + ":1"));
  EXPECT_FALSE(Endpoint::parse(std::string(64, 'a') + ":1"));
  EXPECT_TRUE(Endpoint::parse(repeated("ü", 50) + ":1"));
  EXPECT_FALSE(Endpoint::parse(repeated("ü", 64) + ":1"));
  EXPECT_FALSE(Endpoint::parse(repeated("ü.", 100) + "a:1")) << "253 bytes as it was typed are more in punycode";
  EXPECT_FALSE(Endpoint::parse(repeated("\u200B", 100'000) + "a:1")) << "however little remains of it";
}

TEST(Endpoint, ThisMachineEverybodyAndTheTunnelAreNotOutside) {
  const IpNet v4 = *IpNet::parse("10.66.0.0/16");
  const IpNet v6 = *IpNet::parse("fd66::/48");
  for (const char* text : {"192.0.2.1:1", "10.67.0.1:51820", "192.168.1.7:65535", "100.64.0.1:7", "169.254.1.1:7", "[2001:db8::1]:1",
                           "[fe80::1]:1", "[fd67::1]:1", "vpn.example.com:1", "[::ffff:192.0.2.1]:1"})
    for (const IpNet& network : {v4, v6}) EXPECT_TRUE(can_be_outside(*Endpoint::parse(text), network)) << text;
  for (const char* text :
       {"127.0.0.1:53", "127.1.2.3:1", "0.0.0.0:1", "0.0.0.1:1", "255.255.255.255:9", "224.0.0.1:1", "192.0.2.1:0", "[::]:1", "[::1]:1",
        "[ff02::1]:1", "vpn.example.com:0", "[::ffff:127.0.0.1]:53", "[::ffff:255.255.255.255]:9", "[::ffff:0.0.0.0]:1"})
    for (const IpNet& network : {v4, v6}) EXPECT_FALSE(can_be_outside(*Endpoint::parse(text), network)) << text;
  for (const char* text : {"10.66.0.1:51820", "10.66.255.255:1", "[::ffff:10.66.1.1]:1"}) {
    EXPECT_FALSE(can_be_outside(*Endpoint::parse(text), v4)) << text;
    EXPECT_TRUE(can_be_outside(*Endpoint::parse(text), v6)) << text;
  }
  EXPECT_FALSE(can_be_outside(*Endpoint::parse("[fd66::1]:1"), v6));
}

TEST(Endpoint, KnowsTheUnspecifiedHost) {
  EXPECT_TRUE(Endpoint::parse("0.0.0.0:1")->is_unspecified());
  EXPECT_TRUE(Endpoint::parse("[::]:1")->is_unspecified());
  EXPECT_FALSE(Endpoint::parse("0.0.0.1:1")->is_unspecified());
  EXPECT_FALSE(Endpoint::parse("example.com:1")->is_unspecified());
}

}  // namespace
}  // namespace innernet

#include "innernet/base/ip.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace innernet {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
IpNet net(std::string_view text) { return IpNet::parse(text).value(); }

// RFC 5952, section 4 and its examples: one address, one spelling. States, stores and hosts files compare text.
TEST(IpAddress, PrintsTheCanonicalForm) {
  const struct {
    const char *text, *printed;
  } cases[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"10.66.1.2", "10.66.1.2"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:0DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one zero word is not shortened
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // the longest run
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // the first of equal runs
      {"0:0:1::", "0:0:1::"},                            // the longest again, at the end
      {"fd00:1337:0:0:1:0:0:1", "fd00:1337::1:0:0:1"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
      {"1:0:0:4:5:0:0:8", "1::4:5:0:0:8"},
      {"0:2:3:4:5:6:7:0", "0:2:3:4:5:6:7:0"},
      {"::ffff:10.1.2.3", "::ffff:10.1.2.3"},
      {"::FFFF:0a01:0203", "::ffff:10.1.2.3"},
      {"::1.2.3.4", "::102:304"},  // the deprecated "compatible" form
      {"::ffff:0:0", "::ffff:0.0.0.0"},
      {"0:0:0:0:0:fffe:1:2", "::fffe:1:2"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  for (const auto& c : cases) {
    const auto address = IpAddress::parse(c.text);
    ASSERT_TRUE(address) << c.text;
    EXPECT_EQ(address->to_string(), c.printed);
    EXPECT_EQ(IpAddress::parse(c.printed), *address);
    std::string out = "x ";
    address->append_to(out);
    EXPECT_EQ(out, std::string("x ") + c.printed);
  }
}

TEST(IpAddress, RefusesEverythingElse) {
  const std::string refused[] = {"",
                                 " ",
                                 "1",
                                 "1.2.3",
                                 "1.2.3.4.5",
                                 "1.2.3.256",
                                 "1.2.3.-4",
                                 "01.2.3.4",
                                 "1.2.3.00",
                                 "1.2.3.1234",
                                 "1.2.3.",
                                 "1.2.3./",
                                 "1.2.3.4.",
                                 "010.0.0.1",
                                 "0x1.2.3.4",
                                 "1.2.3.4 ",
                                 " 1.2.3.4",
                                 "1.2.3.4\n",
                                 "1..2.3",
                                 ":",
                                 ":::",
                                 "1::2::3",
                                 "1:2:3:4:5:6:7",
                                 "1:2:3:4:5:6:7:8:9",
                                 "g::",
                                 "12345::",
                                 "fe80::1%eth0",
                                 "[::1]",
                                 "::1/128",
                                 "1.2.3.4/32",
                                 "::1.2.3",
                                 "1.2.3.4::",
                                 "::ffff:1.2.3.256",
                                 "localhost",
                                 std::string("1.2.3.4\0", 8),
                                 std::string("\0", 1),
                                 std::string("::1\0x", 5),
                                 std::string(1'000'000, ':'),
                                 std::string(46, '1'),
                                 "\xff\xff"};
  for (const auto& text : refused) {
    const auto address = IpAddress::parse(text);
    ASSERT_FALSE(address) << quoted(text);
    EXPECT_EQ(address.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_NE(address.error().message().find(quoted(text)), std::string::npos);
    EXPECT_LT(address.error().message().size(), 500U);
  }
}

TEST(IpAddress, SortsByNumberWithIpv4First) {
  const char* sorted[] = {
      "0.0.0.0", "9.255.255.255", "10.0.0.2", "10.0.0.10", "255.255.255.255", "::", "::1", "::9", "::10", "fd00::", "ffff::"};
  for (std::size_t i = 1; i < std::size(sorted); ++i) EXPECT_LT(ip(sorted[i - 1]), ip(sorted[i])) << sorted[i];
  EXPECT_NE(ip("0.0.0.0"), ip("::"));
  EXPECT_EQ(IpAddress(), ip("0.0.0.0"));
}

TEST(IpAddress, KnowsItsKind) {
  const struct {
    const char* text;
    bool unspecified, loopback, multicast, link_local, global_v6;
  } cases[] = {
      {"0.0.0.0", true, false, false, false, false},      {"::", true, false, false, false, false},
      {"127.0.0.1", false, true, false, false, false},    {"127.255.0.9", false, true, false, false, false},
      {"::1", false, true, false, false, false},          {"128.0.0.1", false, false, false, false, false},
      {"224.0.0.1", false, false, true, false, false},    {"239.255.255.255", false, false, true, false, false},
      {"240.0.0.1", false, false, false, false, false},   {"ff02::1", false, false, true, false, false},
      {"169.254.1.1", false, false, false, true, false},  {"169.253.1.1", false, false, false, false, false},
      {"fe80::1", false, false, false, true, false},      {"febf::1", false, false, false, true, false},
      {"fec0::1", false, false, false, false, true},      {"fd00::1", false, false, false, false, false},
      {"fc00::1", false, false, false, false, false},     {"2620:fe::fe", false, false, false, false, true},
      {"2001:db8::1", false, false, false, false, false}, {"2001:db9::1", false, false, false, false, true},
      {"203.0.113.7", false, false, false, false, false}, {"::ffff:203.0.113.7", false, false, false, false, false},
      {"::2", false, false, false, false, true},
  };
  for (const auto& c : cases) {
    const IpAddress address = ip(c.text);
    EXPECT_EQ(address.is_unspecified(), c.unspecified) << c.text;
    EXPECT_EQ(address.is_loopback(), c.loopback) << c.text;
    EXPECT_EQ(address.is_multicast(), c.multicast) << c.text;
    EXPECT_EQ(address.is_link_local(), c.link_local) << c.text;
    EXPECT_EQ(address.is_unicast_global_v6(), c.global_v6) << c.text;
  }
}

TEST(IpAddress, AddsWithCarryAndEndsWithItsFamily) {
  const struct {
    const char* from;
    std::uint64_t n;
    const char* sum;  // nullptr: none
  } cases[] = {
      {"10.0.0.1", 0, "10.0.0.1"},
      {"10.0.0.255", 1, "10.0.1.0"},
      {"10.255.255.255", 1, "11.0.0.0"},
      {"0.0.0.0", 0xFFFFFFFF, "255.255.255.255"},
      {"0.0.0.1", 0xFFFFFFFF, nullptr},
      {"0.0.0.0", 0x1'0000'0000, nullptr},
      {"255.255.255.255", 1, nullptr},
      {"255.255.255.255", UINT64_MAX, nullptr},
      {"::", UINT64_MAX, "::ffff:ffff:ffff:ffff"},
      {"::1", UINT64_MAX, "0:0:0:1::"},
      {"fd00::ffff:ffff:ffff:ffff", 2, "fd00:0:0:1::1"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, nullptr},
      {"ffff:ffff:ffff:ffff::", UINT64_MAX, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  for (const auto& c : cases) {
    const auto sum = ip(c.from).plus(c.n);
    ASSERT_EQ(sum.has_value(), c.sum != nullptr) << c.from << " + " << c.n;
    if (sum) {
      EXPECT_EQ(sum->to_string(), c.sum);
    }
  }
}

TEST(IpAddress, CanBeAKeyOfAHashTable) {
  const std::unordered_set<IpAddress> set{ip("10.0.0.1"), ip("10.0.0.1"), ip("::1"), ip("0.0.0.1")};
  EXPECT_EQ(set.size(), 3U);
  EXPECT_TRUE(set.contains(ip("::1")));
}

TEST(IpNet, KnowsItsEndsAndWhatMayBeAssigned) {
  const struct {
    const char *text, *network, *broadcast, *first, *last;
  } cases[] = {
      {"10.66.1.7/24", "10.66.1.0", "10.66.1.255", "10.66.1.1", "10.66.1.254"},
      {"10.66.1.7/16", "10.66.0.0", "10.66.255.255", "10.66.0.1", "10.66.255.254"},
      {"1.2.3.4/0", "0.0.0.0", "255.255.255.255", "0.0.0.1", "255.255.255.254"},
      {"255.255.255.255/1", "128.0.0.0", "255.255.255.255", "128.0.0.1", "255.255.255.254"},
      {"10.0.0.7/30", "10.0.0.4", "10.0.0.7", "10.0.0.5", "10.0.0.6"},
      {"10.0.0.7/31", "10.0.0.6", "10.0.0.7", "10.0.0.6", "10.0.0.7"},
      {"10.0.0.7/32", "10.0.0.7", "10.0.0.7", "10.0.0.7", "10.0.0.7"},
      {"10.0.200.1/23", "10.0.200.0", "10.0.201.255", "10.0.200.1", "10.0.201.254"},
      {"fd00::1234/64", "fd00::", "fd00::ffff:ffff:ffff:ffff", "fd00::1", "fd00::ffff:ffff:ffff:ffff"},
      {"fd00::1/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
      {"fd00::7/126", "fd00::4", "fd00::7", "fd00::5", "fd00::7"},
      {"fd00::7/127", "fd00::6", "fd00::7", "fd00::6", "fd00::7"},
      {"fd00::7/128", "fd00::7", "fd00::7", "fd00::7", "fd00::7"},
      {"fd00:0:0:ff::/57", "fd00:0:0:80::", "fd00::ff:ffff:ffff:ffff:ffff", "fd00:0:0:80::1", "fd00::ff:ffff:ffff:ffff:ffff"},
  };
  for (const auto& c : cases) {
    const IpNet n = net(c.text);
    EXPECT_EQ(n.to_string(), c.text) << "host bits are kept";
    EXPECT_EQ(n.network(), ip(c.network)) << c.text;
    EXPECT_EQ(n.broadcast(), ip(c.broadcast)) << c.text << " " << n.broadcast().to_string();
    EXPECT_EQ(n.first_assignable(), ip(c.first)) << c.text;
    EXPECT_EQ(n.last_assignable(), ip(c.last)) << c.text;
    EXPECT_TRUE(n.is_assignable(n.first_assignable())) << c.text;
    EXPECT_TRUE(n.is_assignable(n.last_assignable())) << c.text;
    EXPECT_EQ(n.truncated().to_string(), std::string(c.network) + std::string(c.text).substr(std::string(c.text).find('/')));
    if (const auto behind = n.last_assignable().plus(1)) {
      EXPECT_FALSE(n.is_assignable(*behind)) << c.text;
    }
    if (n.first_assignable() != n.network()) {
      EXPECT_FALSE(n.is_assignable(n.network())) << c.text;
    }
  }
}

// The first address of an IPv6 subnet is the router's anycast address; its last one is an ordinary address.
TEST(IpNet, AssignsNoAnycastNoNetworkAndNoBroadcastAddress) {
  EXPECT_FALSE(net("fd00::/64").is_assignable(ip("fd00::")));
  EXPECT_TRUE(net("fd00::/64").is_assignable(ip("fd00::ffff:ffff:ffff:ffff")));
  EXPECT_TRUE(net("fd00::/127").is_assignable(ip("fd00::")));
  EXPECT_FALSE(net("10.0.0.0/24").is_assignable(ip("10.0.0.0")));
  EXPECT_FALSE(net("10.0.0.0/24").is_assignable(ip("10.0.0.255")));
  EXPECT_TRUE(net("10.0.0.0/31").is_assignable(ip("10.0.0.0")));
  EXPECT_FALSE(net("10.0.0.0/24").is_assignable(ip("10.0.1.1")));
  EXPECT_FALSE(net("10.0.0.0/24").is_assignable(ip("fd00::1")));
  EXPECT_FALSE(net("0.0.0.0/0").is_assignable(ip("::1")));
}

TEST(IpNet, ContainsAddressesOfItsOwnFamily) {
  const struct {
    const char *net, *address;
    bool inside;
  } cases[] = {
      {"10.66.0.0/16", "10.66.255.255", true},
      {"10.66.0.0/16", "10.67.0.0", false},
      {"0.0.0.0/0", "255.1.2.3", true},
      {"0.0.0.0/0", "::", false},
      {"::/0", "0.0.0.0", false},
      {"::/0", "ffff::", true},
      {"10.0.0.128/25", "10.0.0.128", true},
      {"10.0.0.128/25", "10.0.0.127", false},
      {"10.0.0.6/31", "10.0.0.7", true},
      {"10.0.0.6/31", "10.0.0.8", false},
      {"10.0.0.6/32", "10.0.0.6", true},
      {"10.0.0.6/32", "10.0.0.7", false},
      {"fd00::/8", "fdff::1", true},
      {"fd00::/7", "fc00::1", true},
      {"fd00::/9", "fd80::1", false},
      {"fd00::6/127", "fd00::7", true},
      {"fd00::6/127", "fd00::5", false},
      {"fd00::6/128", "fd00::7", false},
      {"128.0.0.0/1", "127.255.255.255", false},
  };
  for (const auto& c : cases) EXPECT_EQ(net(c.net).contains(ip(c.address)), c.inside) << c.net << " " << c.address;
}

TEST(IpNet, ContainsAndOverlapsNetworks) {
  const struct {
    const char *a, *b;
    bool a_contains_b, b_contains_a;
  } cases[] = {
      {"10.66.0.0/16", "10.66.1.0/24", true, false},
      {"10.66.0.0/16", "10.66.0.0/16", true, true},
      {"10.66.0.0/16", "10.66.9.9/16", true, true},  // host bits don't matter
      {"10.66.0.0/16", "10.67.0.0/16", false, false},
      {"0.0.0.0/0", "10.0.0.0/8", true, false},
      {"0.0.0.0/0", "::/0", false, false},
      {"fd00::/64", "fd00::/128", true, false},
      {"fd00::/127", "fd00::1/128", true, false},
      {"fd00::/128", "fd00::1/128", false, false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(net(c.a).contains(net(c.b)), c.a_contains_b) << c.a << " " << c.b;
    EXPECT_EQ(net(c.b).contains(net(c.a)), c.b_contains_a) << c.a << " " << c.b;
    EXPECT_EQ(net(c.a).overlaps(net(c.b)), c.a_contains_b || c.b_contains_a) << c.a << " " << c.b;
    EXPECT_EQ(net(c.b).overlaps(net(c.a)), c.a_contains_b || c.b_contains_a) << c.a << " " << c.b;
  }
}

TEST(IpNet, RefusesWhatIsNoCidr) {
  for (const char* text : {"",
                           "/",
                           "10.0.0.0",
                           "10.0.0.0/",
                           "/24",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/+1",
                           "10.0.0.0/ 8",
                           "10.0.0.0/8 ",
                           "10.0.0.0/8/8",
                           "10.0.0.0/256",
                           "10.0.0.0/264",
                           "10.0.0.0/08",
                           "10.0.0.0/00",
                           "10.0.0.0/0x8",
                           "10.0.0.0/99999999999999999999",
                           "::/129",
                           "::/1280",
                           "10.0.0/24",
                           "fe80::1%eth0/64",
                           "10.0.0.0\\8"}) {
    const auto parsed = IpNet::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_NE(parsed.error().message().find(quoted(text)), std::string::npos);
  }
  EXPECT_FALSE(IpNet::make(ip("10.0.0.0"), 33));
  EXPECT_FALSE(IpNet::make(ip("::"), 129));
  EXPECT_EQ(IpNet::make(ip("::"), 128)->to_string(), "::/128");
  EXPECT_EQ(IpNet::make(ip("1.2.3.4"), 0)->to_string(), "1.2.3.4/0");
  EXPECT_EQ(IpNet::host(ip("1.2.3.4")).to_string(), "1.2.3.4/32");
  EXPECT_EQ(IpNet::host(ip("fd00::1")).to_string(), "fd00::1/128");
}

TEST(SocketAddress, ReadsWhatItPrints) {
  for (const char* text : {"203.0.113.7:51820", "[2001:db8::1]:53", "0.0.0.0:0", "[::]:65535"}) {
    const auto address = SocketAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  for (const char* text : {"", ":", ":53", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4: 1", "::1:53", "[::1]", "[::1:53",
                           "::1]:53", "[1.2.3.4]:53", "[]:53", "[:53", "dns.example:53"})
    EXPECT_FALSE(SocketAddress::parse(text)) << text;
}

}  // namespace
}  // namespace innernet

#include "innernet/machine/local_addresses.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "innernet/testing/temp_dir.hpp"

namespace innernet {
namespace {

Link link(int index, const char* name, bool is_running, bool is_loopback = false) {
  return {.index = index, .name = *InterfaceName::parse(name), .is_up = true, .is_running = is_running, .is_loopback = is_loopback};
}

LinkAddress address(int link_index, const char* net, const char* label = "", bool is_global = true, bool is_duplicate = false) {
  return {.link_index = link_index, .net = *IpNet::parse(net), .is_global = is_global, .is_duplicate = is_duplicate, .label = label};
}

const std::vector<Link> kLinks = {link(1, "lo", true, true), link(2, "eth0", true), link(3, "wlan0", false), link(4, "tun0", false),
                                  link(5, "evilcorp", true)};

std::vector<std::string> candidates(const std::vector<LinkAddress>& addresses) {
  const std::vector<InterfaceName> own{*InterfaceName::parse("evilcorp")};
  std::vector<std::string> out;
  for (const IpAddress& ip : local_candidates(kLinks, addresses, own)) out.push_back(ip.to_string());
  return out;
}

TEST(LocalCandidates, AreTheAddressesThatAnotherPeerMayTry) {
  const struct {
    const char* why;
    LinkAddress address;
    bool taken;
  } cases[] = {
      {"an ordinary address", address(2, "192.168.1.20/24", "eth0"), true},
      {"an alias label", address(2, "192.168.1.21/24", "eth0:1"), false},
      {"a link without carrier", address(3, "192.168.2.1/24", "wlan0"), false},
      {"a tunnel, whose state is unknown", address(4, "10.8.0.2/24", "tun0"), false},
      {"loopback", address(1, "127.0.0.1/8", "lo", false), false},
      {"a global address on loopback", address(1, "198.51.100.1/32", "lo"), false},
      {"link-local IPv4", address(2, "169.254.3.4/16", "eth0", false), false},
      {"our own tunnel", address(5, "10.66.0.1/16", "evilcorp"), false},
      {"our own tunnel, IPv6", address(5, "2001:470::1/64"), false},
      {"global IPv6", address(2, "2001:470:1::5/64"), true},
      {"global IPv6 on a link whose state is unknown", address(4, "2001:470:2::5/64"), true},
      {"unique local IPv6", address(2, "fd00::5/64"), false},
      {"link-local IPv6", address(2, "fe80::5/64", "", false), false},
      {"documentation IPv6", address(2, "2001:db8::5/64"), false},
      {"a duplicate that the kernel has found", address(2, "2001:470:1::6/64", "", true, true), false},
      {"a link that is gone by now", address(9, "192.0.2.1/24", "eth9"), false},
  };
  for (const auto& c : cases)
    EXPECT_EQ(candidates({c.address}), c.taken ? std::vector{c.address.net.address().to_string()} : std::vector<std::string>()) << c.why;
}

TEST(LocalCandidates, AreTenAtMostAndEachOnce) {
  std::vector<LinkAddress> addresses;
  for (int i = 0; i < 24; ++i) addresses.push_back(address(2, fmt::format("192.168.1.{}/24", 1 + i / 2).c_str(), "eth0"));
  EXPECT_THAT(candidates(addresses),
              ::testing::AllOf(::testing::SizeIs(kMaxCandidates), ::testing::Contains("192.168.1.1"), ::testing::Contains("192.168.1.10")));
}

TEST(InterfacesWithConfig, SkipsWhatIsNoNetwork) {
  const testing::TempDir folder;
  for (const char* name : {"evilcorp.conf", ".hidden.conf", "way-too-long-for-a-link.conf", "evilcorp.conf.bak", "zeta.conf"})
    std::ofstream(folder / name) << "x";
  EXPECT_EQ(interfaces_with_config(folder.path()), (std::vector{*InterfaceName::parse("evilcorp"), *InterfaceName::parse("zeta")}));
  EXPECT_TRUE(interfaces_with_config(folder / "nowhere").empty());
}

}  // namespace
}  // namespace innernet

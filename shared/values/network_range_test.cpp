#include "innernet/values/network_range.hpp"

#include <gtest/gtest.h>

namespace innernet {
namespace {

TEST(NetworkRange, WhatCanBeANetworkIsNeitherTheInternetNorThisMachine) {
  for (const char* text :
       {"10.66.0.0/16", "10.0.0.0/8", "192.168.1.0/30", "100.64.0.0/10", "11.0.0.0/8", "fd66::/48", "fd00::/8", "2001:db8::/126"})
    EXPECT_TRUE(check_network_range(*IpNet::parse(text))) << text;
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"0.0.0.0/0", "whole address family"},
      {"::/0", "whole address family"},
      {"10.66.1.5/0", "whole address family"},
      {"128.0.0.0/1", "contains"},
      {"32.0.0.0/3", "too large a part"},
      {"2000::/3", "too large a part"},
      {"10.66.0.0/31", "no room"},
      {"10.66.0.1/32", "no room"},
      {"fd66::/127", "no room"},
      {"127.0.0.0/8", "loopback"},
      {"127.3.0.0/16", "loopback"},
      {"0.1.0.0/16", "this network"},
      {"169.254.7.0/24", "link-local"},
      {"239.0.0.0/8", "multicast"},
      {"255.255.255.0/24", "broadcast"},
      {"::/64", "loopback"},
      {"fe80::/64", "link-local"},
      {"ff02::/16", "multicast"},
  };
  for (const auto& c : cases) {
    const auto checked = check_network_range(*IpNet::parse(c.text));
    ASSERT_FALSE(checked) << c.text;
    EXPECT_NE(checked.error().message().find(c.says), std::string::npos) << checked.error().message();
    EXPECT_NE(checked.error().message().find(c.text), std::string::npos) << checked.error().message();
  }
}

TEST(NetworkRange, APrivateOneBelongsToNobodyInTheInternet) {
  for (const char* text : {"10.66.0.0/16", "172.31.0.0/16", "192.168.0.0/16", "100.100.0.0/24", "198.51.100.0/24", "fd66::/48", "fc00::/7"})
    EXPECT_TRUE(is_private_range(*IpNet::parse(text))) << text;
  for (const char* text : {"8.8.8.0/24", "172.0.0.0/8", "172.32.0.0/16", "192.168.0.0/15", "2606:4700::/32", "2000::/8"})
    EXPECT_FALSE(is_private_range(*IpNet::parse(text))) << text;
}

}  // namespace
}  // namespace innernet

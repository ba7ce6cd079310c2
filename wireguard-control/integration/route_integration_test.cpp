#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "innernet/netlink/route.hpp"

namespace innernet::netlink {
namespace {

#define ASSERT_OK(result) ASSERT_TRUE(result) << (result).error().message()

class Routes : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(create_link(link_, "veth")); }
  void TearDown() override { static_cast<void>(delete_link(link_)); }

  const InterfaceName link_ = *InterfaceName::parse("nltest0");
  const InterfaceName missing_ = *InterfaceName::parse("nomore");
};

TEST_F(Routes, FindsAndListsLinks) {
  const auto found = find_link(link_);
  ASSERT_OK(found);
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->kind, "veth");
  EXPECT_FALSE((*found)->is_up);
  EXPECT_GT((*found)->index, 0);
  EXPECT_FALSE(*find_link(missing_));
  const auto all = list_links();
  ASSERT_OK(all);
  EXPECT_EQ(std::ranges::count(*all, link_, &Link::name), 1);
  EXPECT_EQ(std::ranges::count_if(*all, &Link::is_loopback), 1);
}

TEST_F(Routes, TellsWhyALinkCannotBeMadeOrRemoved) {
  EXPECT_EQ(create_link(link_, "veth").error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(create_link(missing_, "nosuchkind").error().kind(), ErrorKind::kUnsupported);
  const auto removed = delete_link(missing_);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().kind(), ErrorKind::kNotFound);
  EXPECT_NE(removed.error().message().find("nomore"), std::string::npos);
}

TEST_F(Routes, BringsALinkUpWithItsMtu) {
  ASSERT_OK(set_link_up(link_, 1'280));
  const auto found = find_link(link_);
  EXPECT_TRUE((*found)->is_up);
  EXPECT_EQ((*found)->mtu, 1'280U);
  EXPECT_EQ(set_link_up(missing_, 1'280).error().kind(), ErrorKind::kNotFound);
  const auto refused = set_link_up(link_, 99'999);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("mtu greater than device maximum"), std::string::npos)
      << "the kernel's own words: " << refused.error().message();
}

TEST_F(Routes, SetsAddressesOfBothFamiliesAsOftenAsOneLikes) {
  ASSERT_OK(set_link_up(link_, 1'280));
  const IpNet v4 = *IpNet::parse("10.77.0.1/16");
  const IpNet v6 = *IpNet::parse("fd77::1/64");
  for (int round = 0; round < 2; ++round) {
    ASSERT_OK(set_address(link_, v4));
    ASSERT_OK(set_address(link_, v6));
  }
  const auto all = list_addresses();
  ASSERT_OK(all);
  const int index = (*find_link(link_))->index;
  for (const IpNet& net : {v4, v6})
    EXPECT_EQ(std::ranges::count_if(
                  *all, [&](const Address& one) { return one.link_index == index && one.net == net && one.scope == RT_SCOPE_UNIVERSE; }),
              1);
  EXPECT_EQ(set_address(missing_, v4).error().kind(), ErrorKind::kNotFound);
}

TEST_F(Routes, SetsIpv6AddressesThatCanBeBoundToAtOnce) {
  ASSERT_OK(set_link_up(link_, 1'280));
  const IpNet net = *IpNet::parse("fd78::1/64");
  ASSERT_OK(set_address(link_, net));
  const UniqueFd socket(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, net.address().bytes().data(), 16);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
  EXPECT_TRUE(
      std::ranges::none_of(*list_addresses(), [&](const Address& one) { return one.net == net && (one.flags & IFA_F_TENTATIVE) != 0; }));
}

TEST_F(Routes, AddsARouteOnceAndFindsIt) {
  ASSERT_OK(set_link_up(link_, 1'280));
  for (const char* text : {"10.99.3.4/16", "fd99::5/48"}) {
    const IpNet network = *IpNet::parse(text);
    EXPECT_FALSE(*has_route(link_, network));
    ASSERT_OK(add_route(link_, network));
    ASSERT_OK(add_route(link_, network)) << "already there is fine";
    EXPECT_TRUE(*has_route(link_, network));
    EXPECT_FALSE(*has_route(link_, *IpNet::make(network.address(), static_cast<std::uint8_t>(network.prefix() + 1))));
    EXPECT_FALSE(*has_route(missing_, network));
    EXPECT_EQ(add_route(missing_, network).error().kind(), ErrorKind::kNotFound);
  }
}

TEST_F(Routes, KnowsTheRouteThatTheAddressBrought) {
  ASSERT_OK(set_link_up(link_, 1'280));
  for (const char* text : {"10.66.0.1/16", "fd66::1/64"}) {
    const IpNet net = *IpNet::parse(text);
    ASSERT_OK(set_address(link_, net));
    EXPECT_TRUE(*has_route(link_, net));
    EXPECT_TRUE(add_route(link_, net));
  }
}

TEST_F(Routes, DoesNotTakeSomebodyElsesRouteForItsOwn) {
  const InterfaceName other = *InterfaceName::parse("nltest1");
  const IpNet network = *IpNet::parse("10.98.0.0/16");
  ASSERT_OK(create_link(other, "veth"));
  ASSERT_OK(set_link_up(link_, 1'280));
  ASSERT_OK(set_link_up(other, 1'280));
  ASSERT_OK(add_route(other, network));
  EXPECT_FALSE(*has_route(link_, network));
  EXPECT_EQ(add_route(link_, network).error().kind(), ErrorKind::kAlreadyExists);
  ASSERT_OK(delete_link(other));
}

TEST_F(Routes, TellsOfChanges) {
  auto monitor = LinkMonitor::open();
  ASSERT_OK(monitor);
  pollfd waiting{.fd = monitor->fd(), .events = POLLIN, .revents = 0};
  monitor->drain();
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  ASSERT_OK(set_link_up(link_, 1'280));
  EXPECT_EQ(::poll(&waiting, 1, 1'000), 1);
  monitor->drain();
  ASSERT_OK(set_address(link_, *IpNet::parse("10.55.0.1/24")));
  EXPECT_EQ(::poll(&waiting, 1, 1'000), 1);
  monitor->drain();
  ASSERT_OK(set_address(link_, *IpNet::parse("fd55::1/64")));
  EXPECT_EQ(::poll(&waiting, 1, 1'000), 1);
}

TEST_F(Routes, ListsHundredsOfAddresses) {
  for (std::uint32_t number = 1; number <= 500; ++number) {
    ASSERT_OK(set_address(link_, IpNet::host(*IpAddress::parse("10.50.0.0")->plus(number))));
  }
  const auto all = list_addresses();
  ASSERT_OK(all);
  const int index = (*find_link(link_))->index;
  EXPECT_EQ(std::ranges::count(*all, index, &Address::link_index), 500);
}

}  // namespace
}  // namespace innernet::netlink

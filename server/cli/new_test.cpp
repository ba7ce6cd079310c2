#include <filesystem>

#include "fixture.hpp"
#include "innernet/config/config.hpp"

namespace innernet::server {
namespace {

class New : public Commands {
 protected:
  static Words options(const std::string& cidr = "10.66.0.0/16") { return network("evilcorp", cidr); }
};

TEST_F(New, WritesConfigAndDatabaseThatBelongTogether) {
  for (const auto& [cidr, server, prefix] : {std::tuple("10.66.3.7/16", "10.66.0.1", 16), std::tuple("fd00:1::/64", "fd00:1::1", 64)}) {
    std::filesystem::remove_all(folder_ / "etc");
    std::filesystem::remove_all(folder_ / "lib");
    succeeds(run(options(cidr)));
    const auto config = ServerConfig::read(folder_ / "etc" / "evilcorp.conf");
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->address.to_string(), server);
    EXPECT_EQ(config->network_cidr_prefix, prefix);
    EXPECT_EQ(config->listen_port, 51820);

    const auto opened = registry();
    const PeerRecord* peer = opened.network().find_peer(kServerPeer);
    ASSERT_NE(peer, nullptr);
    EXPECT_EQ(peer->peer.public_key, config->private_key.public_key());
    EXPECT_EQ(peer->peer.ip, config->address);
    EXPECT_EQ(peer->peer.endpoint->to_string(), "192.0.2.1:51820");
    EXPECT_TRUE(peer->peer.is_admin && peer->peer.is_redeemed);
    EXPECT_EQ(opened.network().find_cidr(kRootCidr)->name, "evilcorp");
    EXPECT_EQ(opened.network().find_cidr(kRootCidr)->cidr, IpNet::parse(cidr)->truncated()) << "host bits are cleared";
    EXPECT_EQ(opened.network().find_cidr(kServerCidr)->name, "innernet-server");
    EXPECT_EQ(*access_of_others(folder_ / "etc" / "evilcorp.conf"), 0U);
    EXPECT_EQ(*access_of_others(folder_ / "lib" / "evilcorp.db"), 0U);
    EXPECT_EQ(*access_of_others(folder_ / "etc"), 0U);
  }
}

// The original overwrote the config of a network that existed: its private key was lost.
TEST_F(New, NeverTouchesANetworkThatExistsInAnyPart) {
  succeeds(run(options()));
  const std::string config = *read_file(folder_ / "etc" / "evilcorp.conf");
  fails(run(options()), ErrorKind::kAlreadyExists, "evilcorp.conf");
  EXPECT_EQ(*read_file(folder_ / "etc" / "evilcorp.conf"), config);

  std::filesystem::remove(folder_ / "etc" / "evilcorp.conf");
  fails(run(options()), ErrorKind::kAlreadyExists, "evilcorp.db");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "etc" / "evilcorp.conf"));

  std::filesystem::rename(folder_ / "lib" / "evilcorp.db", folder_ / "lib" / "evilcorp.db-wal");
  fails(run(options()), ErrorKind::kAlreadyExists, "evilcorp.db-wal");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "etc" / "evilcorp.conf"));
}

TEST_F(New, RefusesWhatCanNotWorkBeforeAnythingIsWritten) {
  const struct {
    Words words;
    const char* says;
  } cases[] = {
      {options("0.0.0.0/0"), "whole address family"},
      {options("10.66.0.0/31"), "no room"},
      {options("10.66.0.1/32"), "no room"},
      {options("fd00::/127"), "no room"},
      {options("fd00::1/128"), "no room"},
      {options("127.0.0.0/16"), "loopback"},
      {options("224.0.0.0/16"), "multicast"},
      {options("169.254.0.0/16"), "link-local"},
      {options("fe80::/64"), "link-local"},
      {options("ff02::/64"), "multicast"},
      {options("0.0.0.0/4"), "addresses"},
      {with(options(), "--network-name", "innernet-server"), "own CIDR"},
      {with(options(), "--network-name", "Evil"), "Evil"},
      {with(options(), "--network-name", "sixteen-letters1"), "sixteen-letters1"},
      {with(options(), "--network-name", "lo"), "interface named lo"},
      {without(options(), "--network-name"), "--network-name"},
      {without(options(), "--network-cidr"), "--network-cidr"},
      {without(options(), "--listen-port"), "--listen-port"},
      {with(options(), "--listen-port", "0"), "from 1 to 65535"},
      {without(options(), "--external-endpoint"), "--external-endpoint"},
      {with(options(), "--external-endpoint", "0.0.0.0:51820"), "0.0.0.0:51820"},
      {with(options(), "--external-endpoint", "192.0.2.1:0"), "192.0.2.1:0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.says);
    const auto made = run(c.words);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().message().find(c.says), std::string::npos) << made.error().message();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "etc")) << "nothing is written";
    EXPECT_FALSE(std::filesystem::exists(folder_ / "lib"));
  }
}

TEST_F(New, DetectsTheExternalEndpointOnlyWhenAsked) {
  Words detect = without(options(), "--external-endpoint");
  detect.emplace_back("--auto-external-endpoint");
  fails(run(detect), ErrorKind::kUnreachable, "--external-endpoint");
  public_ip_.ipv6 = *IpAddress::parse("2001:db8::7");
  succeeds(run(detect));
  EXPECT_EQ(registry().network().find_peer(kServerPeer)->peer.endpoint->to_string(), "[2001:db8::7]:51820");
}

TEST_F(New, LeavesNothingBehindWhenItFailsHalfWay) {
  // The config folder can't be made, after the database could.
  std::filesystem::create_directory(folder_ / "etc");
  std::filesystem::permissions(folder_ / "etc", std::filesystem::perms::owner_all);
  std::filesystem::create_directory_symlink("/proc/self/fd", folder_ / "etc-broken");  // a folder in which nobody can make a file
  config_ = folder_ / "etc-broken";
  ASSERT_FALSE(run(options()));
  config_ = folder_ / "etc";
  EXPECT_FALSE(std::filesystem::exists(folder_ / "lib" / "evilcorp.db"));
  succeeds(run(options()));
}

}  // namespace
}  // namespace innernet::server

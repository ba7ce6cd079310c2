#include "innernet/machine/hosts_section.hpp"

#include <gtest/gtest.h>

#include "innernet/testing/sample_network.hpp"

namespace innernet {
namespace {

TEST(HostsSection, NamesPeersAfterNetworkOrSuffix) {
  const struct {
    std::optional<std::string> suffix;
    const char* name;
  } cases[] = {{std::nullopt, "alice.evilcorp.wg"}, {"corp.example", "alice.corp.example"}, {"", "alice"}};
  for (const auto& c : cases) {
    HostsOptions options;
    options.suffix = c.suffix;
    EXPECT_EQ(options.host_name("alice", "evilcorp"), c.name);
  }
}

TEST(HostsSection, HasALineForEachPeer) {
  const std::vector peers{testing::sample_peer(1), testing::sample_peer(2)};
  const auto entries = hosts_entries(peers, {}, *InterfaceName::parse("evilcorp"));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].ip, peers[1].ip);
  EXPECT_EQ(entries[1].name, "peer-2.evilcorp.wg");
}

TEST(Folders, KnowTheFilesOfANetwork) {
  const auto name = *InterfaceName::parse("evilcorp");
  EXPECT_EQ(Folders::of_client().config_file(name), "/etc/innernet/evilcorp.conf");
  EXPECT_EQ(Folders::of_client().data_store(name), "/var/lib/innernet/evilcorp.json");
  EXPECT_EQ(Folders::of_server().config_file(name), "/etc/innernet-server/evilcorp.conf");
  EXPECT_EQ(Folders::of_server().database(name), "/var/lib/innernet-server/evilcorp.db");
}

}  // namespace
}  // namespace innernet

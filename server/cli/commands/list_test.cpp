#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "../fixture.hpp"

namespace innernet::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class List : public Commands {
 protected:
  std::string printed(const Result<void>& result) {
    succeeds(result);
    return std::exchange(printed_, {});
  }
  std::string key_of(const std::string& name) const {
    return Registry::open(folder_ / "lib" / "evilcorp.db")->network().find_peer(name)->peer.public_key.abbreviated();
  }
};

TEST_F(List, PeersAreATable) {
  make_network();
  AddPeerOptions admin = peer("alice");
  admin.is_admin = true;
  succeeds(add_peer(context(), network_, admin));
  succeeds(add_peer(context(), network_, peer("a-robot-with-a-long-name", "robots")));
  succeeds(disable_peer(context(), network_, {"a-robot-with-a-long-name", true}));
  printed_.clear();
  EXPECT_EQ(printed(list_peers(context(), network_)),
            fmt::format("ID  NAME                      ADDRESS    CIDR             KEY          STATE\n"
                        " 1  innernet-server           10.66.0.1  innernet-server  {}  enabled, admin\n"
                        " 2  alice                     10.66.1.1  humans           {}  invited, admin\n"
                        " 3  a-robot-with-a-long-name  10.66.2.1  robots           {}  disabled\n",
                        key_of("innernet-server"), key_of("alice"), key_of("a-robot-with-a-long-name")));
}

TEST_F(List, TwoHundredPeersStandBelowEachOther) {
  make_network();
  Registry all = registry();
  succeeds(all.write([&all](Registry::Writer& writer) -> Result<void> {
    for (int i = 1; i <= 200; ++i) {
      PeerContents contents = all.network().find_peer(kServerPeer)->peer;
      contents.name = *Hostname::parse(fmt::format("peer{}", i * i));
      contents.ip = *IpAddress::parse(fmt::format("10.66.1.{}", i));
      contents.cidr_id = CidrId{3};
      contents.public_key = wg::PrivateKey::generate().public_key();
      TRY_VOID(writer.add_peer(contents));
    }
    return {};
  }));
  printed_.clear();
  std::istringstream lines(printed(list_peers(context(), network_)));
  std::string line;
  std::getline(lines, line);
  const std::size_t address = line.find("ADDRESS");
  int count = 0;
  while (std::getline(lines, line)) {
    ++count;
    EXPECT_EQ(line.find("10.66."), address) << line;
    EXPECT_LE(line.size(), 100U) << line;
  }
  EXPECT_EQ(count, 201);
}

// Any text can be the name of a CIDR, and admins of the network write it, not this machine's.
TEST_F(List, NamesOfCidrsCannotReachTheTerminal) {
  make_network();
  succeeds(rename_cidr(context(), network_, {"humans", "hu\x1b[2Jmans\n", true}));
  succeeds(add_association(context(), network_, {"hu\x1b[2Jmans\n", "robots", true}));
  succeeds(add_peer(context(), network_, peer("alice", "hu\x1b[2Jmans\n")));
  printed_.clear();
  EXPECT_EQ(printed(list_cidrs(context(), network_, false)),
            "10.66.0.0/16 evilcorp\n10.66.0.1/32 innernet-server\n10.66.1.0/24 hu\\x1b[2Jmans\\x0a\n10.66.2.0/24 robots\n");
  EXPECT_EQ(printed(list_cidrs(context(), network_, true)),
            "10.66.0.0/16 evilcorp\n  10.66.0.1/32 innernet-server\n  10.66.1.0/24 hu\\x1b[2Jmans\\x0a\n  10.66.2.0/24 robots\n");
  EXPECT_EQ(printed(list_associations(context(), network_)), "1: hu\\x1b[2Jmans\\x0a <=> robots\n");
  EXPECT_THAT(printed(list_peers(context(), network_)), HasSubstr("  hu\\x1b[2Jmans\\x0a  "));
  EXPECT_THAT(printed_, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace innernet::server

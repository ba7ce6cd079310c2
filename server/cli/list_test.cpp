#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "fixture.hpp"

namespace innernet::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class List : public Commands {
 protected:
  std::string printed(const Result<Ending>& result) {
    succeeds(result);
    return std::exchange(printed_, {});
  }
  std::string key_of(const std::string& name) const {
    return Registry::open(folder_ / "lib" / "evilcorp.db")->network().find_peer(name)->peer.public_key.abbreviated();
  }
};

TEST_F(List, PeersAreATable) {
  make_network();
  succeeds(run(with(peer("alice"), "--admin", "true")));
  succeeds(run(peer("a-robot-with-a-long-name", "robots")));
  succeeds(run({"disable-peer", "evilcorp", "--name", "a-robot-with-a-long-name", "--yes"}));
  printed_.clear();
  EXPECT_EQ(printed(run({"list-peers", "evilcorp"})),
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
  std::istringstream lines(printed(run({"list-peers", "evilcorp"})));
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
  succeeds(run({"rename-cidr", "evilcorp", "--name", "humans", "--new-name", "hu\x1b[2Jmans\n", "--yes"}));
  succeeds(run({"add-association", "evilcorp", "hu\x1b[2Jmans\n", "robots", "--yes"}));
  succeeds(run(peer("alice", "hu\x1b[2Jmans\n")));
  printed_.clear();
  EXPECT_EQ(printed(run({"list-cidrs", "evilcorp"})),
            "10.66.0.0/16 evilcorp\n10.66.0.1/32 innernet-server\n10.66.1.0/24 hu\\x1b[2Jmans\\x0a\n10.66.2.0/24 robots\n");
  EXPECT_EQ(printed(run({"list-cidrs", "evilcorp", "--tree"})),
            "10.66.0.0/16 evilcorp\n  10.66.0.1/32 innernet-server\n  10.66.1.0/24 hu\\x1b[2Jmans\\x0a\n  10.66.2.0/24 robots\n");
  EXPECT_EQ(printed(run({"list-associations", "evilcorp"})), "1: hu\\x1b[2Jmans\\x0a <=> robots\n");
  EXPECT_THAT(printed(run({"list-peers", "evilcorp"})), HasSubstr("  hu\\x1b[2Jmans\\x0a  "));
  EXPECT_THAT(printed_, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace innernet::server

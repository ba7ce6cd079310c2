#include <fmt/format.h>
#include <gmock/gmock.h>

#include "fixture.hpp"

// What --json prints, to the byte: doc/json.md promises it.

namespace innernet::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Json : public Commands {
 protected:
  Json() { json_ = true; }

  /// Keys are random: they read KEY.
  std::string without_keys(std::string text) const {
    const auto opened = registry();
    for (const auto& [id, record] : opened.network().peers())
      for (std::size_t at; (at = text.find(record.peer.public_key.to_base64())) != std::string::npos;) text.replace(at, 44, "KEY");
    return text;
  }
  std::string reported() { return without_keys(std::exchange(reported_, {})); }
  Registry registry() const { return *Registry::open(folder_ / "lib" / "evilcorp.db"); }
};

TEST_F(Json, OfANewNetworkSaysWhereItIs) {
  make_network();
  reported_.clear();
  succeeds(run(network("other", "10.77.0.0/16", "51821")));
  EXPECT_EQ(reported_, R"({"changed":true,"network":"other","cidr":"10.77.0.0/16","address":"10.77.0.1","endpoint":"192.0.2.1:51821",)"
                       R"("listen_port":51821,"relay_port":51822,"config":")" +
                           (folder_ / "etc/other.conf").string() + R"(","database":")" + (folder_ / "lib/other.db").string() + "\"}");
}

TEST_F(Json, OfPeersIsAsInTheHttpApi) {
  make_network();
  succeeds(run(peer("alice")));
  const std::string key = registry().network().find_peer("alice")->peer.public_key.to_base64();
  EXPECT_EQ(reported_, fmt::format(R"({{"changed":true,"peer":{},"invitation":"{}"}})",
                                   to_json(registry().network().find_peer("alice")->peer), (folder_ / "alice.toml").string()));
  EXPECT_THAT(reported_,
              HasSubstr(R"("peer":{"id":2,"name":"alice","ip":"10.66.1.1","cidr_id":3,"public_key":")" + key + R"(","endpoint":null,)"));
  const auto invitation = read_file(folder_ / "alice.toml");
  const std::size_t at = invitation->find("private-key = \"") + 15;
  EXPECT_THAT(reported_, Not(HasSubstr(invitation->substr(at, 44))));

  succeeds(run({"rename-peer", "evilcorp", "--name", "alice", "--new-name", "alicia", "--yes"}));
  EXPECT_THAT(reported(), HasSubstr(R"({"changed":true,"peer":{"id":2,"name":"alicia",)"));
  succeeds(run({"disable-peer", "evilcorp", "--name", "alicia", "--yes"}));
  EXPECT_THAT(reported(), HasSubstr(R"("is_disabled":true)"));
  succeeds(run({"disable-peer", "evilcorp", "--name", "alicia", "--yes"}));
  EXPECT_EQ(reported(), R"({"changed":false})") << "disabled already";
  succeeds(run({"enable-peer", "evilcorp", "--name", "alicia", "--yes"}));
  EXPECT_THAT(reported(), HasSubstr(R"("is_disabled":false)"));

  succeeds(run({"list-peers", "evilcorp"}));
  EXPECT_EQ(reported_, fmt::format(R"({{"peers":[{},{}],"left_out":[]}})", to_json(registry().network().find_peer(kServerPeer)->peer),
                                   to_json(registry().network().find_peer("alicia")->peer)));
}

TEST_F(Json, OfCidrsAndAssociationsIsAsInTheHttpApi) {
  make_network();
  EXPECT_EQ(reported(), R"({"changed":true,"cidr":{"id":4,"name":"robots","cidr":"10.66.2.0/24","parent":1}})");
  succeeds(run({"rename-cidr", "evilcorp", "--name", "robots", "--new-name", "rob\x1bots", "--yes"}));
  EXPECT_EQ(reported(), R"({"changed":true,"cidr":{"id":4,"name":"rob\u001bots","cidr":"10.66.2.0/24","parent":1}})");
  succeeds(run({"add-association", "evilcorp", "humans", "rob\x1bots", "--yes"}));
  EXPECT_EQ(reported(), R"({"changed":true,"association":{"id":1,"cidr_id_1":3,"cidr_id_2":4}})");
  succeeds(run({"list-associations", "evilcorp"}));
  const std::string cidrs =
      R"("cidrs":[{"id":1,"name":"evilcorp","cidr":"10.66.0.0/16","parent":null},{"id":2,"name":"innernet-server","cidr":"10.66.0.1/32","parent":1},)"
      R"({"id":3,"name":"humans","cidr":"10.66.1.0/24","parent":1},{"id":4,"name":"rob\u001bots","cidr":"10.66.2.0/24","parent":1}]})";
  EXPECT_EQ(reported(), R"({"associations":[{"id":1,"cidr_id_1":3,"cidr_id_2":4}],)" + cidrs);
  succeeds(run({"list-cidrs", "evilcorp"}));
  EXPECT_EQ(reported(), "{" + cidrs);
  succeeds(run({"delete-association", "evilcorp", "rob\x1bots", "humans", "--yes"}));
  EXPECT_EQ(reported(), R"({"changed":true,"association":{"id":1,"cidr_id_1":3,"cidr_id_2":4}})");
  succeeds(run({"delete-cidr", "evilcorp", "--name", "humans", "--yes"}));
  EXPECT_EQ(reported(), R"({"changed":true,"cidr":{"id":3,"name":"humans","cidr":"10.66.1.0/24","parent":1}})");
}

TEST_F(Json, OfAFailureIsNothing) {
  make_network();
  reported_.clear();
  fails(run({"delete-cidr", "evilcorp", "--name", "nowhere", "--yes"}), ErrorKind::kNotFound, "nowhere");
  fails(run({"list-peers", "other"}), ErrorKind::kNotFound, "other");
  EXPECT_EQ(reported_, "");
}

TEST_F(Json, OfAnUninstalledNetworkNamesIt) {
  make_network();
  succeeds(run({"uninstall", "evilcorp", "--yes"}));
  EXPECT_EQ(reported_, R"({"changed":true,"network":"evilcorp"})");
}

}  // namespace
}  // namespace innernet::server

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "../fixture.hpp"

// What --json prints, to the byte: doc/json.md promises it.

namespace innernet::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Json : public Commands {
 protected:
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
  NewOptions options;
  options.network_name = "other";
  options.network_cidr = *IpNet::parse("10.77.0.0/16");
  options.external_endpoint = *Endpoint::parse("192.0.2.1:51821");
  options.listen_port = 51821;
  succeeds(new_network(context(), options));
  EXPECT_EQ(reported_,
            R"({"changed":true,"network":"other","cidr":"10.77.0.0/16","address":"10.77.0.1","endpoint":"192.0.2.1:51821","config":")" +
                (folder_ / "etc/other.conf").string() + R"(","database":")" + (folder_ / "lib/other.db").string() + "\"}");
}

TEST_F(Json, OfPeersIsAsInTheHttpApi) {
  make_network();
  succeeds(add_peer(context(), network_, peer("alice")));
  const std::string key = registry().network().find_peer("alice")->peer.public_key.to_base64();
  EXPECT_EQ(reported_, fmt::format(R"({{"changed":true,"peer":{},"invitation":"{}"}})",
                                   to_json(registry().network().find_peer("alice")->peer), (folder_ / "alice.toml").string()));
  EXPECT_THAT(reported_,
              HasSubstr(R"("peer":{"id":2,"name":"alice","ip":"10.66.1.1","cidr_id":3,"public_key":")" + key + R"(","endpoint":null,)"));
  const auto invitation = read_file(folder_ / "alice.toml");
  const std::size_t at = invitation->find("private-key = \"") + 15;
  EXPECT_THAT(reported_, Not(HasSubstr(invitation->substr(at, 44))));

  succeeds(rename_peer(context(), network_, {"alice", "alicia", true}));
  EXPECT_THAT(reported(), HasSubstr(R"({"changed":true,"peer":{"id":2,"name":"alicia",)"));
  succeeds(disable_peer(context(), network_, {"alicia", true}));
  EXPECT_THAT(reported(), HasSubstr(R"("is_disabled":true)"));
  succeeds(disable_peer(context(), network_, {"alicia", true}));
  EXPECT_EQ(reported(), "") << "disabled already";
  succeeds(enable_peer(context(), network_, {"alicia", true}));
  EXPECT_THAT(reported(), HasSubstr(R"("is_disabled":false)"));

  succeeds(list_peers(context(), network_));
  EXPECT_EQ(reported_, fmt::format(R"({{"peers":[{},{}],"left_out":[]}})", to_json(registry().network().find_peer(kServerPeer)->peer),
                                   to_json(registry().network().find_peer("alicia")->peer)));
}

TEST_F(Json, OfCidrsAndAssociationsIsAsInTheHttpApi) {
  make_network();
  EXPECT_EQ(reported(), R"({"changed":true,"cidr":{"id":4,"name":"robots","cidr":"10.66.2.0/24","parent":1}})");
  succeeds(rename_cidr(context(), network_, {"robots", "rob\x1bots", true}));
  EXPECT_EQ(reported(), R"({"changed":true,"cidr":{"id":4,"name":"rob\u001bots","cidr":"10.66.2.0/24","parent":1}})");
  succeeds(add_association(context(), network_, {"humans", "rob\x1bots", true}));
  EXPECT_EQ(reported(), R"({"changed":true,"association":{"id":1,"cidr_id_1":3,"cidr_id_2":4}})");
  succeeds(list_associations(context(), network_));
  const std::string cidrs =
      R"("cidrs":[{"id":1,"name":"evilcorp","cidr":"10.66.0.0/16","parent":null},{"id":2,"name":"innernet-server","cidr":"10.66.0.1/32","parent":1},)"
      R"({"id":3,"name":"humans","cidr":"10.66.1.0/24","parent":1},{"id":4,"name":"rob\u001bots","cidr":"10.66.2.0/24","parent":1}]})";
  EXPECT_EQ(reported(), R"({"associations":[{"id":1,"cidr_id_1":3,"cidr_id_2":4}],)" + cidrs);
  succeeds(list_cidrs(context(), network_, false));
  EXPECT_EQ(reported(), "{" + cidrs);
  succeeds(delete_association(context(), network_, {"rob\x1bots", "humans", true}));
  EXPECT_EQ(reported(), R"({"changed":true,"association":{"id":1,"cidr_id_1":3,"cidr_id_2":4}})");
  succeeds(delete_cidr(context(), network_, {"humans", true}));
  EXPECT_EQ(reported(), R"({"changed":true,"cidr":{"id":3,"name":"humans","cidr":"10.66.1.0/24","parent":1}})");
}

TEST_F(Json, OfAFailureIsNothing) {
  make_network();
  reported_.clear();
  fails(delete_cidr(context(), network_, {"nowhere", true}), ErrorKind::kNotFound, "nowhere");
  fails(list_peers(context(), *InterfaceName::parse("other")), ErrorKind::kNotFound, "other");
  EXPECT_EQ(reported_, "");
}

TEST_F(Json, OfAnUninstalledNetworkNamesIt) {
  make_network();
  succeeds(uninstall(context(), network_, true));
  EXPECT_EQ(reported_, R"({"changed":true,"network":"evilcorp"})");
}

}  // namespace
}  // namespace innernet::server

#include <gmock/gmock.h>

#include "fixture.hpp"
#include "innernet/config/config.hpp"

// What is asked, in which order and with which defaults, and what is offered.

namespace innernet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Wizards : public Commands {
 protected:
  void add(const std::string& name, const std::string& cidr = "humans") { succeeds(run(peer(name, cidr))); }
};

TEST_F(Wizards, NewAsksForWhatIsMissing) {
  asker_.answers = {"evilcorp", "", "", "no", "vpn.example.com:51820"};
  succeeds(run({"new"}));
  EXPECT_THAT(asker_.asked, ElementsAre("Network name", "Network CIDR [10.42.0.0/16]", "Listen port [51820]",
                                        "Detect the external IP (a DNS query to Quad9)?", "External endpoint"));
  EXPECT_EQ(registry().network().find_cidr(kRootCidr)->cidr.to_string(), "10.42.0.0/16");
}

TEST_F(Wizards, NewAsksAgainWithTheReason) {
  public_ip_.ipv4 = *IpAddress::parse("203.0.113.7");
  asker_.answers = {"Evil Corp", "innernet-server", "evilcorp", "10.0.0.0/31", "10.66.0.0/16", "0", "4711", "yes", "0.0.0.0:1", ""};
  succeeds(run({"new"}));
  EXPECT_THAT(asker_.refused, ElementsAre(HasSubstr("lower case"), HasSubstr("server's own CIDR"), HasSubstr("no room"), HasSubstr("65535"),
                                          HasSubstr("can't reach")));
  EXPECT_EQ(asker_.asked.back(), "External endpoint <203.0.113.7:4711>");
  EXPECT_EQ(registry().network().find_peer(kServerPeer)->peer.endpoint->to_string(), "203.0.113.7:4711");

  asker_.answers = {"evilcorp", "other", "", "", "no", "vpn.example.com:1"};
  asker_.refused.clear();
  succeeds(run({"new"}));
  EXPECT_THAT(asker_.refused, ElementsAre(HasSubstr("exists already"))) << "nobody answers five questions for nothing";
}

TEST_F(Wizards, NewAsksNothingThatWasGiven) {
  make_network();
  EXPECT_THAT(asker_.asked, IsEmpty());
  asker_.is_there = true;
  fails(run({"new", "--network-name", "evilcorp"}), ErrorKind::kAlreadyExists, "evilcorp");
  EXPECT_THAT(asker_.asked, IsEmpty());
}

TEST_F(Wizards, AddPeer) {
  make_network("10.66.0.0/16", "10.66.1.0/30", "10.66.2.0/24");
  add("robby", "robots");
  asker_.answers = {"robots", "", "robby", "innernet-server", "alice", "", "", (folder_ / "alice.toml").string(), "yes"};
  succeeds(run({"add-peer", "evilcorp"}));
  EXPECT_THAT(asker_.asked, ElementsAre("Eligible CIDR {humans (10.66.1.0/30), robots (10.66.2.0/24)}", "IP [10.66.2.2]", "Name",
                                        "Make it an admin?", "Invite expires after [14d]", "Save peer invitation file to [alice.toml]",
                                        "Create peer alice (10.66.2.2) in robots (10.66.2.0/24)?"));
  EXPECT_EQ(asker_.refused.size(), 2U) << "two names that are taken";
  const auto opened = registry();
  const PeerRecord* alice = opened.network().find_peer("alice");
  ASSERT_NE(alice, nullptr);
  EXPECT_FALSE(alice->peer.is_admin);
  EXPECT_EQ(InterfaceConfig::read(folder_ / "alice.toml")->private_key.public_key(), alice->peer.public_key);
}

TEST_F(Wizards, AddPeerOffersNoFullCidrAndSaysWhatToDo) {
  make_network("10.66.0.0/16", "10.66.1.0/30", "10.66.2.0/24");
  add("a");
  add("b");
  asker_.is_there = true;
  fails(run({"add-peer", "evilcorp"}), ErrorKind::kInterrupted, "cancelled");
  EXPECT_THAT(asker_.asked, ElementsAre("Eligible CIDR {robots (10.66.2.0/24)}"));
  succeeds(run({"delete-cidr", "evilcorp", "--name", "robots", "--yes"}));
  fails(run({"add-peer", "evilcorp"}), ErrorKind::kNotFound, "add-cidr");
}

TEST_F(Wizards, PeersAreOfferedInTheOtherStateOnly) {
  make_network();
  asker_.is_there = true;
  fails(run({"disable-peer", "evilcorp"}), ErrorKind::kNotFound, "no peer can be disabled");
  fails(run({"enable-peer", "evilcorp"}), ErrorKind::kNotFound, "no peer can be enabled");
  fails(run({"rename-peer", "evilcorp"}), ErrorKind::kNotFound, "no peer to rename");
  EXPECT_THAT(asker_.asked, IsEmpty()) << "an empty list is not shown";
  add("alice");
  add("bob");
  asker_.answers = {"bob", "yes"};
  succeeds(run({"disable-peer", "evilcorp"}));
  asker_.answers = {"bob", "no"};
  succeeds(run({"enable-peer", "evilcorp"}));
  asker_.answers = {"alice", "bob", "Alice", "alicia", "yes"};
  succeeds(run({"rename-peer", "evilcorp"}));
  EXPECT_THAT(asker_.asked,
              ElementsAre("Peer to disable {alice (10.66.1.1), bob (10.66.1.2)}", "Disable peer bob (10.66.1.2)?",
                          "Peer to enable {bob (10.66.1.2)}", "Enable peer bob (10.66.1.2)?",
                          "Peer to rename {alice (10.66.1.1), bob (10.66.1.2)}", "New name", "Rename peer alice (10.66.1.1) to alicia?"));
  EXPECT_EQ(asker_.refused.size(), 2U);
  EXPECT_TRUE(registry().network().find_peer("bob")->peer.is_disabled) << "no is no";
  EXPECT_NE(registry().network().find_peer("alicia"), nullptr);
}

TEST_F(Wizards, Cidrs) {
  make_network();
  add("alice");
  asker_.answers = {"robots", "arms", "10.66.1.0/25", "10.66.2.128/25", "yes"};
  succeeds(run({"add-cidr", "evilcorp"}));
  asker_.answers = {"arms", "humans", "hands of robots", "yes"};
  succeeds(run({"rename-cidr", "evilcorp"}));
  asker_.answers = {"hands", "yes"};
  succeeds(run({"delete-cidr", "evilcorp"}));
  EXPECT_THAT(asker_.asked,
              ElementsAre("Parent CIDR {evilcorp (10.66.0.0/16), robots (10.66.2.0/24)}", "Name", "CIDR",
                          "Create CIDR arms (10.66.2.128/25) in robots (10.66.2.0/24)?",
                          "CIDR to rename {evilcorp (10.66.0.0/16), innernet-server (10.66.0.1/32), humans (10.66.1.0/24), robots "
                          "(10.66.2.0/24), arms (10.66.2.128/25)}",
                          "New name", "Rename CIDR arms (10.66.2.128/25) to \"hands of robots\"?",
                          "CIDR to delete {hands of robots (10.66.2.128/25)}", "Delete CIDR hands of robots (10.66.2.128/25)?"));
  EXPECT_THAT(asker_.refused, ElementsAre(HasSubstr("not inside its parent"), HasSubstr("humans")));
}

TEST_F(Wizards, NoCidrToDeleteIsSaidSo) {
  make_network();
  add("alice");
  succeeds(run({"delete-cidr", "evilcorp", "--name", "robots", "--yes"}));
  asker_.is_there = true;
  fails(run({"delete-cidr", "evilcorp"}), ErrorKind::kNotFound, "no CIDR can be deleted");
  EXPECT_THAT(asker_.asked, IsEmpty());
}

TEST_F(Wizards, Associations) {
  make_network();
  asker_.is_there = true;
  fails(run({"delete-association", "evilcorp"}), ErrorKind::kNotFound, "no association to delete");
  asker_.answers = {"humans", "robots", "yes"};
  succeeds(run({"add-association", "evilcorp"}));
  asker_.answers = {"evilcorp", "no"};
  succeeds(run({"add-association", "evilcorp", "humans"}));
  asker_.answers = {"1: ", "yes"};
  succeeds(run({"delete-association", "evilcorp"}));
  EXPECT_THAT(asker_.asked,
              ElementsAre("First CIDR {evilcorp (10.66.0.0/16), humans (10.66.1.0/24), robots (10.66.2.0/24)}",
                          "Second CIDR {evilcorp (10.66.0.0/16), robots (10.66.2.0/24)}", "Add the association humans <=> robots?",
                          "Second CIDR {evilcorp (10.66.0.0/16)}", "Add the association humans <=> evilcorp?",
                          "Association to delete {1: humans <=> robots}", "Delete the association 1: humans <=> robots?"));
  EXPECT_TRUE(registry().network().associations().empty());
}

// SQLite gives the id of a deleted row to the next one.
TEST_F(Wizards, WhatSomebodyElseChangedMeanwhileIsLeftAlone) {
  make_network();
  succeeds(run({"add-association", "evilcorp", "humans", "robots"}));
  asker_.answers = {"1: ", "yes"};
  asker_.meanwhile = [this] {
    Registry other = registry();
    succeeds(other.write([](Registry::Writer& writer) -> Result<void> {
      TRY_VOID(writer.delete_association(AssociationId{1}));
      TRY_VOID(writer.add_association({kRootCidr, CidrId{3}}));
      return {};
    }));
  };
  fails(run({"delete-association", "evilcorp"}), ErrorKind::kNotFound, "meanwhile");
  EXPECT_EQ(registry().network().associations().size(), 1U);

  asker_.answers = {"robots", "yes"};
  asker_.meanwhile = [this] {
    Registry other = registry();
    succeeds(other.write([](Registry::Writer& writer) -> Result<void> {
      TRY_VOID(writer.rename_cidr(CidrId{4}, "precious"));
      return {};
    }));
  };
  fails(run({"delete-cidr", "evilcorp"}), ErrorKind::kNotFound, "meanwhile");
  EXPECT_NE(registry().network().find_cidr("precious"), nullptr);
}

}  // namespace
}  // namespace innernet::server

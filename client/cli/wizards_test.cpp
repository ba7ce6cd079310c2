#include <gmock/gmock.h>

#include "commands_test.hpp"

// What is asked, in which order and with which defaults, and what is offered.

namespace innernet::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Wizards : public Commands {
 protected:
  std::string file = (dir / "alice.toml").string();

  void is_refused(const std::string& line, const std::string& words) {
    const Outcome outcome = run_line(line);
    EXPECT_EQ(outcome.code, 1) << line;
    EXPECT_THAT(outcome.error, HasSubstr(words)) << line;
    EXPECT_THAT(outcome.asked, IsEmpty()) << "an empty list is not shown";
  }
};

TEST_F(Wizards, AddPeer) {
  Peer made = state.peers[1];
  made.name = *Hostname::parse("alice");
  server.answer("POST /v1/admin/peers", {.status = 201, .body = to_json(made)});
  asker.answers = {"humans", "10.66.1.1", "", "admin", "alice", "yes", "0s", "", "/nowhere/x", file, "yes"};
  const Outcome outcome = run_line("add-peer evilcorp");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.asked,
              ElementsAre("Eligible CIDR {humans (10.66.1.0/24), robots (10.66.2.0/24), island (10.66.3.0/24)}", "IP [10.66.1.2]", "Name",
                          "Make it an admin?", "Invite expires after [14d]", "Save peer invitation file to [alice.toml]",
                          "Create admin peer alice (10.66.1.2) in humans (10.66.1.0/24)?"));
  EXPECT_THAT(outcome.refused,
              ElementsAre(HasSubstr("belongs to admin"), HasSubstr("already"), HasSubstr("expire at once"), HasSubstr("no folder")));
  EXPECT_THAT(server.changes(), ElementsAre(HasSubstr(R"("is_admin":true)")));
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(Wizards, AddPeerAsksOnlyForWhatIsMissing) {
  asker.answers = {"alice", "no"};
  const Outcome outcome = run_line("add-peer evilcorp --cidr robots --auto-ip --admin true --invite-expires 1d --save-config " + file);
  EXPECT_EQ(outcome.code, 0) << "no is an answer";
  EXPECT_THAT(outcome.asked, ElementsAre("Name", "Create admin peer alice (10.66.2.2) in robots (10.66.2.0/24)?"));
  EXPECT_THAT(server.changes(), IsEmpty());
}

// --yes skips the confirmation only.
TEST_F(Wizards, YesLeavesTheOtherQuestions) {
  server.answer("DELETE /v1/admin/cidrs/5", {.status = 204, .body = {}});
  asker.answers = {"island"};
  const Outcome outcome = run_line("delete-cidr evilcorp --yes");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.asked, ElementsAre("CIDR to delete {island (10.66.3.0/24)}"));
}

// And whoever cancels did not agree either, but a script must see it.
TEST_F(Wizards, NoIsSaidSoAndExitsWithZeroEverywhere) {
  config->listen_port = 51820;
  save();
  state.peers.back().is_disabled = true;
  serve_lists();
  const std::string disabled = state.peers.back().name.str();
  const std::string before = *read_file(dir / "etc/evilcorp.conf");
  server.answer("GET /v1/user/capabilities", {.body = R"({"peer_relays":true})"});
  for (const std::string& line :
       {std::string("set-relay evilcorp --name peer2"),
        std::string("add-peer evilcorp --name alice --cidr robots --auto-ip --admin true --invite-expires 1d --save-config ") + file,
        std::string("rename-peer evilcorp --name peer2 --new-name robby"), std::string("disable-peer evilcorp --name admin"),
        "enable-peer evilcorp --name " + disabled, std::string("add-cidr evilcorp --name coast --cidr 10.66.3.128/25 --parent island"),
        std::string("rename-cidr evilcorp --name island --new-name Insel"), std::string("delete-cidr evilcorp --name island"),
        std::string("delete-association evilcorp humans robots"), std::string("set-listen-port evilcorp -l 4711"),
        std::string("set-listen-port evilcorp -u"), std::string("override-endpoint evilcorp -e 192.0.2.9:1"),
        std::string("override-endpoint evilcorp -u"), std::string("override-peer-endpoint evilcorp --name peer2 -e 192.0.2.9:1"),
        std::string("override-peer-endpoint evilcorp --name peer2 -u"), std::string("uninstall evilcorp --no-write-hosts")}) {
    asker.answers = {"no"};
    const Outcome no = run_line(line);
    EXPECT_EQ(no.code, 0) << line << no.error;
    EXPECT_EQ(no.asked.size(), 1U) << line;
    EXPECT_THAT(no.log, HasSubstr("not confirmed, nothing was changed")) << line;
    const Outcome cancelled = run_line(line);
    EXPECT_EQ(cancelled.code, 1) << line;
    EXPECT_THAT(cancelled.error, HasSubstr("cancelled")) << line;
  }
  asker.answers = {"island", "no"};
  EXPECT_THAT(run_line("add-association evilcorp humans").log, HasSubstr("not confirmed"));
  EXPECT_THAT(server.changes(), IsEmpty());
  EXPECT_THAT(world.done, IsEmpty());
  EXPECT_EQ(*read_file(dir / "etc/evilcorp.conf"), before);
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(Wizards, Peers) {
  server.answer("PUT /v1/admin/peers/3", {.status = 204, .body = {}});
  server.answer("DELETE /v1/admin/peers/3", {.status = 204, .body = {}});
  asker.answers = {"peer2", "admin", "robby", "yes"};
  EXPECT_THAT(run_line("rename-peer evilcorp").asked, ElementsAre(StartsWith("Peer to rename {admin (10.66.1.1), peer2 (10.66.2.1)"),
                                                                  "New name", "Rename peer2 (10.66.2.1) to robby?"));
  asker.answers = {"peer2", "yes"};
  EXPECT_THAT(run_line("disable-peer evilcorp").asked,
              ElementsAre(StartsWith("Peer to disable {admin (10.66.1.1), peer2 (10.66.2.1)"), "Disable peer2 (10.66.2.1)?"));
  state.peers[2].is_disabled = true;
  serve_lists();
  asker.answers = {"peer2", "yes"};
  EXPECT_THAT(run_line("enable-peer evilcorp").asked, ElementsAre("Peer to enable {peer2 (10.66.2.1)}", "Enable peer2 (10.66.2.1)?"));
  EXPECT_EQ(server.changes().size(), 3U);
}

TEST_F(Wizards, NothingToChooseFromIsSaidSo) {
  asker.is_there = true;
  is_refused("enable-peer evilcorp", "no peer can be enabled: none is disabled");
  associations.clear();
  state.peers.erase(state.peers.begin() + 1, state.peers.end());
  serve_lists();
  is_refused("disable-peer evilcorp", "no peer can be disabled");
  is_refused("rename-peer evilcorp", "innernet add-peer");
  is_refused("delete-association evilcorp", "innernet add-association");
  state.cidrs.erase(state.cidrs.begin() + 2, state.cidrs.end());
  serve_lists();
  is_refused("delete-cidr evilcorp", "no CIDR can be deleted");
  is_refused("add-association evilcorp", "innernet add-cidr");
  ASSERT_TRUE(replace_file(dir / "var/evilcorp.json", data_store_to_json(state)));
  is_refused("override-peer-endpoint evilcorp", "innernet fetch evilcorp");
  is_refused("override-peer-endpoint evilcorp -u", "no known peer");
}

TEST_F(Wizards, Cidrs) {
  server.answer("POST /v1/admin/cidrs", {.status = 201, .body = R"({"id":6,"name":"coast","cidr":"10.66.3.128/25","parent":5})"});
  server.answer("PUT /v1/admin/cidrs/5", {.status = 204, .body = {}});
  asker.answers = {"island", "humans", "coast", "10.66.4.0/24", "10.66.3.129/25", "yes"};
  const Outcome added = run_line("add-cidr evilcorp");
  EXPECT_EQ(added.code, 0) << added.error;
  EXPECT_THAT(added.asked, ElementsAre("Parent CIDR {evilcorp (10.66.0.0/16), island (10.66.3.0/24)}", "Name", "CIDR",
                                       "Create the CIDR coast (10.66.3.128/25) in island (10.66.3.0/24)?"));
  EXPECT_THAT(added.refused, ElementsAre(HasSubstr("already"), HasSubstr("not inside its parent")));
  asker.answers = {"island", "humans", "Insel", "yes"};
  const Outcome renamed = run_line("rename-cidr evilcorp");
  EXPECT_EQ(renamed.code, 0) << renamed.error;
  EXPECT_THAT(renamed.asked, ElementsAre(StartsWith("CIDR to rename {"), "New name", "Rename island (10.66.3.0/24) to Insel?"));
  EXPECT_EQ(server.changes().size(), 2U);
}

TEST_F(Wizards, Associations) {
  server.answer("POST /v1/admin/associations", {.status = 201, .body = {}});
  server.answer("DELETE /v1/admin/associations/1", {.status = 204, .body = {}});
  asker.answers = {"humans", "island", "yes"};
  EXPECT_THAT(run_line("add-association evilcorp").asked,
              ElementsAre("First CIDR {evilcorp (10.66.0.0/16), humans (10.66.1.0/24), robots (10.66.2.0/24), island (10.66.3.0/24)}",
                          "Second CIDR {evilcorp (10.66.0.0/16), island (10.66.3.0/24)}", "Add the association humans <=> island?"));
  asker.answers = {"1: ", "yes"};
  EXPECT_THAT(run_line("delete-association evilcorp").asked,
              ElementsAre("Association to delete {1: humans <=> robots}", "Delete the association 1: humans <=> robots?"));
  asker.answers = {"yes"};
  EXPECT_THAT(run_line("delete-association evilcorp robots humans").asked, ElementsAre("Delete the association 1: humans <=> robots?"))
      << "both are named, and it asks all the same";
  EXPECT_EQ(server.changes().size(), 3U);
  asker.is_there = true;
  is_refused("delete-association evilcorp island", "no association to delete");
}

TEST_F(Wizards, SetListenPort) {
  asker.answers = {"x", "4711", "yes"};
  const Outcome outcome = run_line("set-listen-port evilcorp");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.asked, ElementsAre("Listen port [51820]", "Let evilcorp listen on port 4711?"));
  EXPECT_EQ(saved().listen_port, 4711);
  asker.answers = {""};
  EXPECT_THAT(run_line("set-listen-port evilcorp").log, HasSubstr("no change necessary"));
}

TEST_F(Wizards, OverrideEndpoint) {
  config->listen_port = 4711;
  save();
  public_ip = *IpAddress::parse("203.0.113.7");
  server.answer("PUT /v1/user/endpoint", {.status = 204, .body = {}});
  asker.answers = {"yes", "0.0.0.0:1", "", "yes"};
  const Outcome old_server = run_line("override-endpoint evilcorp");
  EXPECT_EQ(old_server.code, 0) << old_server.error;
  EXPECT_THAT(old_server.asked, ElementsAre("Detect the external IP (a DNS query to Quad9)?", "External endpoint <203.0.113.7:4711>",
                                            "Tell the other peers of evilcorp that this machine is at 203.0.113.7:4711?"));
  EXPECT_THAT(old_server.refused, ElementsAre(HasSubstr("can't fill in")));
  server.answer("GET /v1/user/capabilities", {.body = R"({"unspecified_ip_in_override_endpoint":true})"});
  asker.answers = {"yes", "yes"};
  EXPECT_THAT(run_line("override-endpoint evilcorp").asked,
              ElementsAre("Let the server fill in the address that it sees, with port 4711?",
                          "Tell the other peers of evilcorp that this machine is at the address that the server sees, port 4711?"));
  asker.answers = {"no", "no", "vpn.example.com:1", "yes"};
  EXPECT_EQ(run_line("override-endpoint evilcorp").asked.size(), 4U);
  EXPECT_EQ(server.changes().size(), 3U);
}

TEST_F(Wizards, OverridePeerEndpoint) {
  asker.answers = {"peer2", "0.0.0.0:1", "192.168.1.20:0", "192.168.1.20:51820", "yes"};
  const Outcome set = run_line("override-peer-endpoint evilcorp");
  EXPECT_EQ(set.code, 0) << set.error;
  EXPECT_THAT(set.asked, ElementsAre("Peer {peer2 (10.66.2.1)}", "Endpoint", "Reach peer2 at 192.168.1.20:51820?"))
      << "neither ourselves nor the server";
  EXPECT_EQ(set.refused.size(), 2U);
  EXPECT_EQ(saved().peer_endpoint_overrides.size(), 1U);
  asker.answers = {"peer2", "yes"};
  EXPECT_THAT(run_line("override-peer-endpoint evilcorp -u").asked,
              ElementsAre("Peer {peer2 (10.66.2.1)}", "Forget the overridden endpoint of peer2?"));
  EXPECT_TRUE(saved().peer_endpoint_overrides.empty());
}

TEST_F(Wizards, InstallAsksForTheInterfaceName) {
  config->server_internal_endpoint = *SocketAddress::parse("10.66.0.1:51820");
  ASSERT_TRUE(replace_file(dir / "invitation.toml", config->to_invitation().reveal()));
  asker.answers = {"Bad Name", "evilcorp"};
  const Outcome outcome = run_line("install " + (dir / "invitation.toml").string());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.asked, ElementsAre("Interface name [evilcorp]"));
  EXPECT_EQ(outcome.refused.size(), 2U) << "one can't be a name, the other is taken";
  EXPECT_THAT(outcome.refused[1], HasSubstr("installed already"));
}

}  // namespace
}  // namespace innernet::client

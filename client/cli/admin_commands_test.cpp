#include <gmock/gmock.h>

#include "commands_test.hpp"

namespace innernet::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AddPeer : public Commands {
 protected:
  std::string file = (dir / "alice.toml").string();
  std::string line = "add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --invite-expires 14d --save-config " + file;

  std::string created(const char* ip = "10.66.1.2") { return to_json(newcomer("alice", ip)); }

  Peer newcomer(const char* name, const char* ip) {
    Peer peer = state.peers[1];
    peer.name = *Hostname::parse(name);
    peer.ip = *IpAddress::parse(ip);
    return peer;
  }

  /// The answer to the list of peers when these are there, too.
  ScriptedServer::Prepared peers_and(const std::vector<Peer>& others) {
    std::vector<Peer> all = state.peers;
    all.insert(all.end(), others.begin(), others.end());
    return {.body = array(all)};
  }
  const ScriptedServer::Prepared refusal{.status = 400, .body = {}};  // as wordless as the Rust server's
};

TEST_F(AddPeer, TakesTheNextFreeAddressWhenAnotherAdminWasFaster) {
  server.answer_in_turn("POST /v1/admin/peers", {refusal, refusal, {.status = 201, .body = created("10.66.1.4")}});
  server.answer_in_turn("GET /v1/admin/peers", {peers_and({}), peers_and({newcomer("bob", "10.66.1.2")}),
                                                peers_and({newcomer("bob", "10.66.1.2"), newcomer("carol", "10.66.1.3")})});
  const Outcome outcome = run_line(line + " --yes");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(server.changes(), ElementsAre(HasSubstr("\"10.66.1.2\""), HasSubstr("\"10.66.1.3\""), HasSubstr("\"10.66.1.4\"")));
  const auto invitation = InterfaceConfig::read(file);
  ASSERT_TRUE(invitation) << invitation.error().message();
  EXPECT_EQ(invitation->address.to_string(), "10.66.1.4/16");
  EXPECT_THAT(server.changes().back(), HasSubstr(invitation->private_key.public_key().to_base64()));
  EXPECT_THAT(outcome.out, HasSubstr("10.66.1.4"));
}

TEST_F(AddPeer, AsksOnceWhenTheAddressWasNotTheReason) {
  const struct {
    const char* why;
    std::string line;
    ScriptedServer::Prepared answer;
    std::vector<Peer> others;
  } cases[] = {
      {"the address is free", line, refusal, {newcomer("bob", "10.66.1.3")}},
      {"the name is taken as well", line, refusal, {newcomer("alice", "10.66.1.2")}},
      {"it was asked for by name",
       "add-peer evilcorp --name alice --cidr humans --ip 10.66.1.2 --admin false --invite-expires 14d --save-config " + file,
       refusal,
       {newcomer("bob", "10.66.1.2")}},
      {"not an admin", line, {.status = 401, .body = {}}, {newcomer("bob", "10.66.1.2")}},
  };
  std::size_t asked = 0;
  for (const auto& c : cases) {
    server.answer("POST /v1/admin/peers", c.answer);
    server.answer_in_turn("GET /v1/admin/peers", {peers_and({}), peers_and(c.others)});
    const Outcome outcome = run_line(c.line + " --yes");
    EXPECT_EQ(outcome.code, 1) << c.why;
    EXPECT_THAT(outcome.error, HasSubstr(fmt::format("status {}", c.answer.status))) << c.why;
    EXPECT_EQ(server.changes().size(), ++asked) << c.why;
    EXPECT_FALSE(std::filesystem::exists(file)) << c.why;
  }
}

// A server that always refuses and always shows a peer at the address is not asked for ever.
TEST_F(AddPeer, GivesUpAfterAHundredAddresses) {
  std::deque<ScriptedServer::Prepared> lists{peers_and({})};
  std::vector<Peer> others;
  for (int last = 2; last < 200; ++last) {
    others.push_back(newcomer(fmt::format("bob-{}", last).c_str(), fmt::format("10.66.1.{}", last).c_str()));
    lists.push_back(peers_and(others));
  }
  server.answer("POST /v1/admin/peers", refusal);
  server.answer_in_turn("GET /v1/admin/peers", lists);
  EXPECT_EQ(run_line(line + " --yes").code, 1);
  EXPECT_EQ(server.changes().size(), 100U);
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(AddPeer, WritesTheInvitationAndSaysWhereItIs) {
  server.answer("POST /v1/admin/peers", {.status = 201, .body = created()});
  const Outcome outcome = run_line(line + " --yes");
  ASSERT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(file), HasSubstr("safe channel")));
  const auto invitation = InterfaceConfig::read(file);
  ASSERT_TRUE(invitation) << invitation.error().message();
  EXPECT_EQ(invitation->network_name, "evilcorp");
  EXPECT_EQ(invitation->address.to_string(), "10.66.1.2/16") << "the first free address, with the prefix of the whole network";
  EXPECT_EQ(invitation->server_external_endpoint.to_string(), "192.0.2.1:51820");
  EXPECT_EQ(invitation->server_internal_endpoint, server.address());
  EXPECT_FALSE(invitation->listen_port);
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);

  ASSERT_EQ(server.changes().size(), 1U);
  const std::string request = server.changes()[0];
  const auto sent = parse_peer_contents(request.substr(request.find('{')));
  ASSERT_TRUE(sent) << request;
  EXPECT_EQ(sent->public_key, invitation->private_key.public_key());
  EXPECT_EQ(sent->invite_expires, (UnixTime{1'795'363'000 + 14 * 86'400, 0}));
  EXPECT_FALSE(sent->is_redeemed || sent->is_admin || sent->is_disabled);
  EXPECT_EQ(sent->cidr_id, CidrId{3});
  EXPECT_THAT(outcome.out + outcome.log, Not(HasSubstr(invitation->private_key.to_base64().reveal())));
}

// The API can't delete a peer: one whose invitation can't be written would hold its name and address.
TEST_F(AddPeer, AnExistingFileStopsItBeforeTheServerIsAsked) {
  ASSERT_TRUE(create_file(file, "precious"));
  const Outcome outcome = run_line(line + " --yes");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, HasSubstr(file));
  EXPECT_THAT(server.changes(), IsEmpty());
  EXPECT_EQ(*read_file(file), "precious");
}

TEST_F(AddPeer, ARefusalRemovesTheInvitation) {
  for (const int status : {400, 401, 404, 413}) {
    server.answer("POST /v1/admin/peers", {.status = status, .body = R"({"error":"no such luck"})"});
    const Outcome outcome = run_line(line + " --yes");
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.error, HasSubstr("no such luck"));
    EXPECT_FALSE(std::filesystem::exists(file)) << status;
  }
}

// The server may have stored the peer before it failed.
TEST_F(AddPeer, AfterWhatIsNoRefusalTheInvitationIsKeptAndSaidToBe) {
  for (const int status : {204, 302, 500, 503}) {
    server.answer("POST /v1/admin/peers", {.status = status, .body = {}});
    const Outcome outcome = run_line(line + " --yes");
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.error, AllOf(HasSubstr("was kept"), HasSubstr(file))) << status;
    EXPECT_TRUE(std::filesystem::remove(file)) << status;
  }
}

TEST_F(AddPeer, WithoutAnAnswerTheInvitationIsKept) {
  server.answer("POST /v1/admin/peers", {.status = 0, .body = {}, .hang_up = true});
  const Outcome outcome = run_line(line + " --yes");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, HasSubstr("was kept"));
  EXPECT_TRUE(std::filesystem::exists(file)) << "it may be the only copy of the key of a peer that exists";
}

TEST_F(AddPeer, WithoutATerminalAQuestionIsAnErrorThatNamesIt) {
  const Outcome outcome = run_line(line);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("Create peer alice"), HasSubstr("--yes")));
  EXPECT_THAT(server.changes(), IsEmpty());
}

TEST_F(AddPeer, NoIsSaidSoAndNothingHappens) {
  asker.answers = {"no", "no"};
  const Outcome outcome = run_line(line);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.log, HasSubstr("not confirmed"));
  EXPECT_THAT(server.changes(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(AddPeer, RefusesWhatCannotWorkWithTheReason) {
  state.cidrs.push_back({{"full", *IpNet::parse("10.66.4.0/31"), CidrId{1}}, CidrId{6}});
  for (const char* ip : {"10.66.4.0", "10.66.4.1"}) {
    Peer peer = state.peers[2];
    peer.id = PeerId{static_cast<std::int64_t>(state.peers.size()) + 1};
    peer.name = *Hostname::parse("x" + std::to_string(state.peers.size()));
    peer.public_key = wg::PrivateKey::generate().public_key();
    peer.ip = *IpAddress::parse(ip);
    peer.cidr_id = CidrId{6};
    state.peers.push_back(peer);
  }
  serve_lists();
  const std::string rest = " --admin false --invite-expires 14d --yes --save-config " + file;
  const struct {
    std::string line;
    const char* says;
  } cases[] = {
      {"--name alice --auto-ip --cidr full", "is full"},
      {"--name alice --auto-ip --cidr innernet-server", "the server's own"},
      {"--name alice --auto-ip --cidr evilcorp", "holds other CIDRs"},
      {"--name alice --auto-ip --cidr nowhere", "there is no CIDR \"nowhere\""},
      {"--name peer2 --auto-ip --cidr humans", "there is a peer \"peer2\" already"},
      {"--name alice --ip 10.66.2.9 --cidr humans", "is not in humans"},
      {"--name alice --ip 10.66.1.255 --cidr humans", "can't be a peer's"},
      {"--name alice --ip 10.66.1.1 --cidr humans", "belongs to admin already"},
      {"--auto-ip --cidr humans", "--name"},
      {"--name alice --auto-ip", "--cidr"},
      {"--name alice --cidr humans", "--auto-ip"},
  };
  for (const auto& c : cases) {
    const Outcome outcome = run_line("add-peer evilcorp " + c.line + rest);
    EXPECT_EQ(outcome.code, 1) << c.line;
    EXPECT_THAT(outcome.error, HasSubstr(c.says)) << c.line;
  }
  EXPECT_THAT(run_line("add-peer evilcorp --name alice --auto-ip --cidr humans --admin false --yes --save-config x --invite-expires "
                       "9223372036854775807s")
                  .error,
              HasSubstr("later than a clock can tell"));
  EXPECT_THAT(server.changes(), IsEmpty());
}

class PeerCommands : public Commands {};

TEST_F(PeerCommands, RenamingSendsThePeerBackUnderItsNewName) {
  server.answer("PUT /v1/admin/peers/3", {.status = 204, .body = {}});
  EXPECT_EQ(run_line("rename-peer evilcorp --name peer2 --new-name robby --yes").code, 0);
  EXPECT_THAT(server.changes(), ElementsAre(HasSubstr(R"({"name":"robby","ip":"10.66.2.1")")));
}

TEST_F(PeerCommands, RenamingToTheSameNameSendsNothing) {
  const Outcome outcome = run_line("rename-peer evilcorp --name peer2 --new-name peer2");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.log, HasSubstr("already"));
  EXPECT_THAT(server.changes(), IsEmpty());
}

TEST_F(PeerCommands, UnknownPeersAndTheServerItselfAreRefused) {
  const struct {
    const char* line;
    const char* says;
  } cases[] = {
      {"rename-peer evilcorp --name nobody --new-name x --yes", "there is no peer \"nobody\""},
      {"rename-peer evilcorp --name innernet-server --new-name x --yes", "the server itself"},
      {"rename-peer evilcorp --name peer2 --new-name admin --yes", "there is a peer \"admin\" already"},
      {"rename-peer evilcorp --name peer2 --yes", "--new-name"},
      {"disable-peer evilcorp --name nobody --yes", "there is no peer \"nobody\""},
      {"disable-peer evilcorp --name innernet-server --yes", "the server itself"},
      {"enable-peer evilcorp --name nobody --yes", "there is no peer \"nobody\""},
      {"disable-peer evilcorp", "--name"},
  };
  for (const auto& c : cases) {
    const Outcome outcome = run_line(c.line);
    EXPECT_EQ(outcome.code, 1) << c.line;
    EXPECT_THAT(outcome.error, HasSubstr(c.says)) << c.line;
  }
  EXPECT_THAT(server.changes(), IsEmpty());
}

TEST_F(PeerCommands, DisablingAndEnabling) {
  server.answer("DELETE /v1/admin/peers/3", {.status = 204, .body = {}});
  server.answer("PUT /v1/admin/peers/3", {.status = 204, .body = {}});
  EXPECT_EQ(run_line("disable-peer evilcorp --name peer2 --yes").code, 0);
  EXPECT_THAT(run_line("enable-peer evilcorp --name peer2 --yes").log, HasSubstr("enabled already"));
  state.peers[2].is_disabled = true;
  serve_lists();
  EXPECT_EQ(run_line("enable-peer evilcorp --name peer2 --yes").code, 0);
  const Outcome again = run_line("disable-peer evilcorp --name peer2 --yes");
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.log, HasSubstr("disabled already"));
  EXPECT_THAT(server.changes(), ElementsAre(HasSubstr("DELETE /v1/admin/peers/3"), HasSubstr(R"("is_disabled":false)")));
}

TEST_F(PeerCommands, MakingAndEndingARelay) {
  server.answer("GET /v1/user/capabilities", {.body = R"({"peer_relays":true})"});
  server.answer("PUT /v1/admin/relays/3", {.status = 204, .body = {}});
  server.answer("DELETE /v1/admin/relays/3", {.status = 204, .body = {}});
  EXPECT_THAT(run_line("set-relay evilcorp --name peer2 --off --yes").log, HasSubstr("no relay already"));
  EXPECT_THAT(run_line("set-relay evilcorp --name peer2 --yes").out, HasSubstr("The peer peer2 is a relay"));
  state.peers[2].is_relay = true;
  serve_lists();
  EXPECT_THAT(run_line("set-relay evilcorp --name peer2 --yes").log, HasSubstr("a relay already"));
  asker.answers = {"peer2", "yes"};
  EXPECT_THAT(run_line("set-relay evilcorp --off").asked,
              ElementsAre("Peer that is to relay no longer {peer2 (10.66.2.1)}", "Let peer2 (10.66.2.1) relay no longer?"));
  EXPECT_THAT(server.changes(), ElementsAre("PUT /v1/admin/relays/3 ", "DELETE /v1/admin/relays/3 "));
  EXPECT_THAT(run_line("set-relay evilcorp --name innernet-server --yes").error, HasSubstr("--no-relay"));
  EXPECT_THAT(run_line("set-relay evilcorp --name nobody --yes").error, HasSubstr("there is no peer \"nobody\""));
}

TEST_F(PeerCommands, AnOlderServerKnowsNoRelaysOnPeers) {
  server.answer("GET /v1/user/capabilities", {.body = R"({"state_etag":true})"});
  EXPECT_THAT(run_line("set-relay evilcorp --name peer2 --yes").error, HasSubstr("update innernet-server"));
  EXPECT_THAT(server.changes(), IsEmpty());
}

TEST_F(PeerCommands, DisablingOneselfOrTheLastAdminAsksInThoseWords) {
  asker.answers = {"no", "no"};
  EXPECT_THAT(run_line("disable-peer evilcorp --name admin").asked, ElementsAre(HasSubstr("this very machine")));
  state.peers[2].is_admin = true;
  state.peers[1].is_admin = false;
  serve_lists();
  EXPECT_THAT(run_line("disable-peer evilcorp --name peer2").asked, ElementsAre(HasSubstr("the last admin")));
}

TEST_F(PeerCommands, WhoInsistsMayDisableHimselfAndTheLastAdmin) {
  server.answer("DELETE /v1/admin/peers/2", {.status = 204, .body = {}});
  const Outcome outcome = run_line("disable-peer evilcorp --name admin --yes");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(server.changes(), ElementsAre(HasSubstr("DELETE /v1/admin/peers/2")));
}

class CidrCommands : public Commands {};

TEST_F(CidrCommands, AddingSendsTheNetworkWithoutHostBits) {
  server.answer("POST /v1/admin/cidrs", {.status = 201, .body = R"({"id":6,"name":"guests","cidr":"10.66.4.0/24","parent":1})"});
  const Outcome outcome = run_line("add-cidr evilcorp --name guests --cidr 10.66.4.7/24 --parent evilcorp --yes");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_EQ(outcome.out, "The CIDR guests (10.66.4.0/24) was created.\n");
  EXPECT_THAT(server.changes(), ElementsAre(R"(POST /v1/admin/cidrs {"name":"guests","cidr":"10.66.4.0/24","parent":1})"));
}

TEST_F(CidrCommands, RefusalsSayWhy) {
  const struct {
    const char* line;
    const char* says;
  } cases[] = {
      {"add-cidr evilcorp --name humans --cidr 10.66.4.0/24 --parent evilcorp --yes", "there is a CIDR \"humans\" already"},
      {"add-cidr evilcorp --name x --cidr 10.67.4.0/24 --parent evilcorp --yes", "is not inside its parent"},
      {"add-cidr evilcorp --name x --cidr 10.66.1.0/24 --parent evilcorp --yes", "exists already"},
      {"add-cidr evilcorp --name x --cidr 10.66.0.0/23 --parent evilcorp --yes", "overlaps"},
      {"add-cidr evilcorp --name x --cidr 10.66.1.0/25 --parent evilcorp --yes", "the smallest CIDR that contains"},
      {"add-cidr evilcorp --name x --cidr 10.66.1.0/25 --parent humans --yes", "has peers of its own"},
      {"add-cidr evilcorp --name x --cidr 10.66.0.1/32 --parent innernet-server --yes", "the server's own"},
      {"add-cidr evilcorp --name x --cidr 10.66.4.0/24 --parent nowhere --yes", "there is no CIDR \"nowhere\""},
      {"add-cidr evilcorp --name x --cidr 10.66.4.0/24 --yes", "--parent"},
      {"rename-cidr evilcorp --name nowhere --new-name x --yes", "there is no CIDR \"nowhere\""},
      {"rename-cidr evilcorp --name humans --new-name robots --yes", "there is a CIDR \"robots\" already"},
      {"delete-cidr evilcorp --name humans --yes", "the peer admin belongs to it"},
      {"delete-cidr evilcorp --name evilcorp --yes", "the network itself"},
      {"delete-cidr evilcorp --name innernet-server --yes", "the server's own"},
      {"delete-cidr evilcorp --yes", "--name"},
      {"add-association evilcorp humans robots", "are associated already"},
      {"add-association evilcorp robots humans", "are associated already"},
      {"add-association evilcorp humans humans", "with itself"},
      {"add-association evilcorp humans nowhere", "there is no CIDR \"nowhere\""},
      {"add-association evilcorp humans", "Second CIDR"},
      {"add-association evilcorp", "First CIDR"},
      {"delete-association evilcorp humans island --yes", "there is no association"},
      {"delete-association evilcorp humans robots", "terminal: give --yes"},
  };
  for (const auto& c : cases) {
    const Outcome outcome = run_line(c.line);
    EXPECT_EQ(outcome.code, 1) << c.line;
    EXPECT_THAT(outcome.error, HasSubstr(c.says)) << c.line;
  }
  EXPECT_THAT(server.changes(), IsEmpty());
}

TEST_F(CidrCommands, RenamingTakesAnyText) {
  server.answer("PUT /v1/admin/cidrs/3", {.status = 204, .body = {}});
  EXPECT_EQ(run_line("rename-cidr evilcorp --name humans --new-name Menschen --yes").code, 0);
  EXPECT_EQ(run_line("rename-cidr evilcorp --name humans --new-name humans").code, 0) << "nothing to do, nothing to ask";
  EXPECT_THAT(server.changes(), ElementsAre(R"(PUT /v1/admin/cidrs/3 {"name":"Menschen","cidr":"10.66.1.0/24","parent":1})"));
}

TEST_F(CidrCommands, DeletingOneThatNothingIsIn) {
  server.answer("DELETE /v1/admin/cidrs/5", {.status = 204, .body = {}});
  EXPECT_EQ(run_line("delete-cidr evilcorp --name island --yes").code, 0);
  EXPECT_THAT(server.changes(), ElementsAre(HasSubstr("DELETE /v1/admin/cidrs/5")));
}

// Upstream shows an empty selection list, which is an I/O error.
TEST_F(CidrCommands, WithNothingToDeleteItSaysSo) {
  state.cidrs.pop_back();
  serve_lists();
  EXPECT_THAT(run_line("delete-cidr evilcorp").error, HasSubstr("no CIDR can be deleted"));
}

TEST_F(CidrCommands, AssociationsAreMadeAndDeletedInEitherOrder) {
  server.answer("POST /v1/admin/associations", {.status = 201, .body = {}});
  server.answer("DELETE /v1/admin/associations/1", {.status = 204, .body = {}});
  EXPECT_EQ(run_line("add-association evilcorp island humans").code, 0) << "both are named: nothing is asked";
  EXPECT_EQ(run_line("delete-association evilcorp robots humans --yes").code, 0);
  EXPECT_THAT(server.changes(),
              ElementsAre(R"(POST /v1/admin/associations {"cidr_id_1":5,"cidr_id_2":3})", HasSubstr("DELETE /v1/admin/associations/1")));
  EXPECT_EQ(run_line("list-associations evilcorp").out, "1: humans <=> robots\n");
}

TEST_F(CidrCommands, ErrorsOfTheServerSayWhatMayHelp) {
  server.answer("GET /v1/admin/cidrs", {.status = 401, .body = {}});
  EXPECT_THAT(run_line("list-associations evilcorp").error, AllOf(HasSubstr("listing the CIDRs"), HasSubstr("is not an admin")));
  EXPECT_THAT(run_line("list-associations other").error, HasSubstr("other.conf"));
  config->server_internal_endpoint.port = 1;
  save();
  EXPECT_THAT(run_line("list-associations evilcorp").error, HasSubstr("innernet up evilcorp"));
}

class WithoutItsInterface : public Commands {
 protected:
  static constexpr const char* kLines[] = {
      "add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --invite-expires 14d --save-config x.toml --yes",
      "rename-peer evilcorp --name peer2 --new-name bob --yes",
      "disable-peer evilcorp --name peer2 --yes",
      "enable-peer evilcorp --name peer2 --yes",
      "add-cidr evilcorp --name guests --cidr 10.66.4.0/24 --parent evilcorp --yes",
      "rename-cidr evilcorp --name humans --new-name people --yes",
      "delete-cidr evilcorp --name island --yes",
      "add-association evilcorp island humans",
      "delete-association evilcorp humans robots --yes",
      "list-associations evilcorp",
      "override-endpoint evilcorp --unset --yes",
  };
};

// Whoever answers then stands where the default route leads.
TEST_F(WithoutItsInterface, NobodyIsAskedAnything) {
  world.devices.clear();
  for (const char* line : kLines) {
    const Outcome outcome = run_line(line);
    EXPECT_EQ(outcome.code, 1) << line;
    EXPECT_THAT(outcome.error, AllOf(HasSubstr("is down"), HasSubstr("innernet up evilcorp"))) << line;
  }
  device().public_key = wg::PrivateKey::generate().public_key();
  for (const char* line : kLines) {
    const Outcome outcome = run_line(line);
    EXPECT_EQ(outcome.code, 1) << line;
    EXPECT_THAT(outcome.error, AllOf(HasSubstr("does not have the key"), HasSubstr("innernet up evilcorp"))) << line;
  }
  EXPECT_EQ(server.requests(), 0U);
}

TEST_F(WithoutItsInterface, WhoMayNotLookAtItIsNoReasonToRefuse) {
  world.no_rights = Error(ErrorKind::kPermission, "CAP_NET_ADMIN is missing");
  EXPECT_EQ(run_line("list-associations evilcorp").code, 0);
}

class OverrideEndpoint : public Commands {
 protected:
  OverrideEndpoint() {
    config->listen_port = 51820;
    save();
    server.answer("PUT /v1/user/endpoint", {.status = 204, .body = {}});
  }
};

TEST_F(OverrideEndpoint, SetsAndUnsets) {
  EXPECT_EQ(run_line("override-endpoint evilcorp -e 203.0.113.7:51820 --yes").code, 0);
  EXPECT_EQ(run_line("override-endpoint evilcorp -u --yes").code, 0);
  EXPECT_THAT(server.changes(), ElementsAre(R"(PUT /v1/user/endpoint {"option":"Set","content":"203.0.113.7:51820"})",
                                            R"(PUT /v1/user/endpoint {"option":"Unset"})"));
}

TEST_F(OverrideEndpoint, OnlySettingNeedsAListenPort) {
  config->listen_port = std::nullopt;
  save();
  const Outcome outcome = run_line("override-endpoint evilcorp -e 203.0.113.7:51820 --yes");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, HasSubstr("set-listen-port"));
  EXPECT_EQ(run_line("override-endpoint evilcorp -u --yes").code, 0);
}

TEST_F(OverrideEndpoint, AnUnspecifiedHostNeedsAServerThatCanFillItIn) {
  EXPECT_THAT(run_line("override-endpoint evilcorp -e 0.0.0.0:51820 --yes").error, HasSubstr("can't fill in"))
      << "an old server answers 404";
  server.answer("GET /v1/user/capabilities", {.body = R"({"unspecified_ip_in_override_endpoint":true})"});
  EXPECT_EQ(run_line("override-endpoint evilcorp -e 0.0.0.0:51820 --yes").code, 0);
}

TEST_F(OverrideEndpoint, WithoutAnEndpointItSaysWhatIsMissing) {
  EXPECT_THAT(run_line("override-endpoint evilcorp --yes").error, AllOf(HasSubstr("External endpoint"), HasSubstr("--endpoint")));
}

}  // namespace
}  // namespace innernet::client

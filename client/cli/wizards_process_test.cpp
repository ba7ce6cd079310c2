#include <gmock/gmock.h>

#include "commands_test.hpp"
#include "innernet/testing/pseudo_terminal.hpp"

// The whole program at a terminal, against a prepared server on loopback.

namespace innernet::client {
namespace {

using innernet::testing::PseudoTerminal;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class WizardProcess : public Commands {
 protected:
  std::vector<std::string> words(const std::vector<std::string>& more) {
    std::vector<std::string> out{INNERNET_ON_LOOPBACK_PROGRAM, "-c", (dir / "etc").string(), "--data-dir", (dir / "var").string()};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
};

TEST_F(WizardProcess, AddPeer) {
  Peer made = state.peers[1];
  made.name = *Hostname::parse("alice");
  server.answer("POST /v1/admin/peers", {.status = 201, .body = to_json(made)});
  const std::string file = dir / "alice.toml";
  PseudoTerminal terminal({.stdout_file = dir / "out"}, words({"add-peer", "evilcorp"}));
  terminal.answer("> humans (10.66.1.0/24)", "rob");
  terminal.answer("Eligible CIDR: /rob", "\r");
  terminal.answer("IP [10.66.2.2]:", "\r");
  terminal.answer("Name:", "peer2\r");
  terminal.answer("! there is a peer",
                  "\x15"
                  "alice\r");
  terminal.answer("Make it an admin? no", "\r");
  terminal.answer("Invite expires after [14d]:", "1d\r");
  terminal.answer("Save peer invitation file to [alice.toml]:", file + "\r");
  terminal.answer("Create peer alice (10.66.2.2) in robots (10.66.2.0/24)? no", "y");
  terminal.answer("? yes", "\r");
  EXPECT_EQ(terminal.ends(), 0) << terminal.screen().text();
  EXPECT_TRUE(terminal.is_as_before());
  EXPECT_EQ(terminal.screen().unknown(), "");
  EXPECT_EQ(terminal.screen().row(0), "Eligible CIDR: robots (10.66.2.0/24)");
  EXPECT_THAT(*read_file(dir / "out"), HasSubstr("The peer alice (10.66.2.2) was created."));
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(WizardProcess, EachListAndQuestion) {
  server.answer("PUT /v1/admin/peers/3", {.status = 204, .body = {}});
  server.answer("DELETE /v1/admin/peers/3", {.status = 204, .body = {}});
  server.answer("POST /v1/admin/cidrs", {.status = 201, .body = R"({"id":6,"name":"coast","cidr":"10.66.3.128/25","parent":5})"});
  server.answer("PUT /v1/admin/cidrs/5", {.status = 204, .body = {}});
  server.answer("DELETE /v1/admin/cidrs/5", {.status = 204, .body = {}});
  server.answer("POST /v1/admin/associations", {.status = 201, .body = {}});
  server.answer("DELETE /v1/admin/associations/1", {.status = 204, .body = {}});
  server.answer("PUT /v1/user/endpoint", {.status = 204, .body = {}});
  config->listen_port = 51820;
  save();
  const struct {
    std::vector<std::string> command;
    std::vector<std::pair<const char*, const char*>> answers;
  } cases[] = {
      {{"rename-peer", "evilcorp"},
       {{"Peer to rename:", "j\r"}, {"New name:", "robby\r"}, {"Rename peer2 (10.66.2.1) to robby? no", "y\r"}}},
      {{"disable-peer", "evilcorp"}, {{"Peer to disable:", "peer2\r"}, {"Disable peer2 (10.66.2.1)? no", "y\r"}}},
      {{"add-cidr", "evilcorp"},
       {{"Parent CIDR:", "island\r"}, {"Name:", "coast\r"}, {"CIDR:", "10.66.3.128/25\r"}, {"island (10.66.3.0/24)? no", "y\r"}}},
      {{"rename-cidr", "evilcorp"}, {{"CIDR to rename:", "island\r"}, {"New name:", "Insel\r"}, {"? no", "y\r"}}},
      {{"delete-cidr", "evilcorp"}, {{"> island (10.66.3.0/24)", "\r"}, {"? no", "y\r"}}},
      {{"add-association", "evilcorp"}, {{"First CIDR:", "j\r"}, {"Second CIDR:", "\x1b[B\r"}, {"? no", "y\r"}}},
      {{"delete-association", "evilcorp"}, {{"> 1: humans <=> robots", "\r"}, {"? no", "y\r"}}},
      {{"override-endpoint", "evilcorp"},
       {{"Detect the external IP (a DNS query to Quad9)? no", "\r"},
        {"External endpoint:", "192.0.2.7:51820\r"},
        {"is at 192.0.2.7:51820? no", "y\r"}}},
      {{"override-peer-endpoint", "evilcorp"}, {{"> peer2 (10.66.2.1)", "\r"}, {"Endpoint:", "192.0.2.7:51820\r"}, {"? no", "y\r"}}},
      {{"override-peer-endpoint", "evilcorp", "-u"}, {{"> peer2 (10.66.2.1)", "\r"}, {"? no", "y\r"}}},
      {{"set-listen-port", "evilcorp"}, {{"Listen port [51820]:", "4711\r"}, {"? no", "y\r"}}},
      {{"uninstall", "evilcorp", "--no-write-hosts"}, {{"? no", "n\r"}}},
  };
  for (const auto& c : cases) {
    PseudoTerminal terminal({.columns = 120}, words(c.command));
    for (const auto& [question, keys] : c.answers) terminal.answer(question, keys);
    EXPECT_EQ(terminal.ends(), 0) << c.command[0] << "\n" << terminal.screen().text();
    EXPECT_TRUE(terminal.is_as_before()) << c.command[0];
  }
  EXPECT_EQ(server.changes().size(), 8U);
  EXPECT_EQ(saved().listen_port, 4711);
}

// Backspace repeats while it is held, also when the line is empty.
TEST_F(WizardProcess, HoldingBackspaceEmptiesALineAndNoMore) {
  config->listen_port = 51820;
  save();
  PseudoTerminal terminal({.columns = 120}, words({"set-listen-port", "evilcorp"}));
  terminal.answer("Listen port [51820]:", "\x1b[C");
  terminal.answer("Listen port: 51820", std::string(20, '\x7f'));
  ASSERT_TRUE(terminal.sees("Listen port [51820]:"));
  terminal.type("4711");
  terminal.answer("Listen port: 4711", "\r");
  terminal.answer("4711? no", "y\r");
  EXPECT_EQ(terminal.ends(), 0) << terminal.screen().text();
  EXPECT_EQ(saved().listen_port, 4711);
}

TEST_F(WizardProcess, InstallCancelledAtItsFirstQuestionChangesNothing) {
  config->server_internal_endpoint = *SocketAddress::parse("10.66.0.1:51820");
  ASSERT_TRUE(replace_file(dir / "invitation.toml", config->to_invitation().reveal()));
  std::filesystem::remove(dir / "etc/evilcorp.conf");
  PseudoTerminal terminal({}, words({"install", (dir / "invitation.toml").string()}));
  terminal.answer("Interface name [evilcorp]:", "\x03");
  EXPECT_EQ(terminal.ends(), 1);
  EXPECT_TRUE(terminal.is_as_before());
  EXPECT_TRUE(std::filesystem::is_empty(dir / "etc"));
}

// A server may be run by somebody else, and an old one takes any text.
TEST_F(WizardProcess, HostileNamesAreShownHarmless) {
  state.cidrs[2].name = "\x1b]0;owned\x07\x1b[2Jhumans";
  serve_lists();
  PseudoTerminal terminal({}, words({"rename-cidr", "evilcorp"}));
  ASSERT_TRUE(terminal.sees("\\x1b]0;owned\\x07\\x1b[2Jhumans (10.66.1.0/24)"));
  terminal.type("\x1b");
  EXPECT_EQ(terminal.ends(), 1);
  EXPECT_EQ(terminal.screen().unknown(), "");
  EXPECT_EQ(terminal.transcript().find('\x07'), std::string::npos);
}

TEST_F(WizardProcess, AtTwentyColumnsAndOnADumbTerminal) {
  for (const char* term : {"xterm", "dumb"}) {
    PseudoTerminal terminal({.columns = 20, .term = term}, words({"delete-cidr", "evilcorp"}));
    terminal.answer("> island", "\r");
    ASSERT_TRUE(terminal.sees("no")) << terminal.screen().text();
    terminal.type("\r");
    EXPECT_EQ(terminal.ends(), 0) << terminal.screen().text();
    EXPECT_TRUE(terminal.is_as_before());
    EXPECT_EQ(terminal.transcript().find('\x1b') == std::string::npos, std::string_view(term) == "dumb");
  }
}

TEST_F(WizardProcess, SignalsAndAVanishedTerminalEndIt) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    PseudoTerminal terminal({}, words({"rename-cidr", "evilcorp"}));
    ASSERT_TRUE(terminal.sees("Esc cancels"));
    terminal.signal(signal);
    EXPECT_EQ(terminal.ends(), 1) << signal;
    EXPECT_THAT(terminal.screen().text(), HasSubstr("interrupted at the question"));
    EXPECT_TRUE(terminal.is_as_before()) << signal;
  }
  PseudoTerminal terminal({}, words({"rename-cidr", "evilcorp"}));
  ASSERT_TRUE(terminal.sees("Esc cancels"));
  terminal.hang_up();
  EXPECT_EQ(terminal.ends(), 1);
}

TEST_F(WizardProcess, WithoutATerminalAQuestionIsAnErrorThatNamesItsOption) {
  config->listen_port = 51820;
  save();
  const struct {
    std::vector<std::string> command;
    const char* question;
    const char* option;
  } cases[] = {
      {{"add-peer", "evilcorp"}, "Eligible CIDR", "--cidr"},
      {{"rename-peer", "evilcorp"}, "Peer to rename", "--name"},
      {{"disable-peer", "evilcorp"}, "Peer to disable", "--name"},
      {{"add-cidr", "evilcorp"}, "Parent CIDR", "--parent"},
      {{"delete-cidr", "evilcorp"}, "CIDR to delete", "--name"},
      {{"delete-association", "evilcorp"}, "Association to delete", "INTERFACE"},
      {{"set-listen-port", "evilcorp"}, "Listen port", "--listen-port or --unset"},
      {{"override-endpoint", "evilcorp"}, "External endpoint", "--endpoint or --unset"},
      {{"override-peer-endpoint", "evilcorp"}, "Peer", "--name"},
  };
  for (const auto& c : cases) {
    PseudoTerminal terminal({.columns = 200, .stdin_file = "/dev/null"}, words(c.command));
    EXPECT_EQ(terminal.ends(), 1) << c.question;
    EXPECT_THAT(terminal.screen().text(), ::testing::AllOf(StartsWith("[E] "), HasSubstr(c.question), HasSubstr(c.option)));
  }
}

}  // namespace
}  // namespace innernet::client

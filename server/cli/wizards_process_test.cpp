#include <gmock/gmock.h>

#include "innernet/config/config.hpp"
#include "innernet/testing/pseudo_terminal.hpp"
#include "innernet/testing/temp_dir.hpp"

// The whole program at a terminal, as an administrator meets it.

namespace innernet::server {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::PseudoTerminal;
using ::testing::StartsWith;

class WizardProcess : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "innernet-server runs as root only";
    name_ = "wiz" + std::to_string(::getpid() % 100000);  // no link of this machine
  }

  std::vector<std::string> words(const std::vector<std::string>& more) {
    std::vector<std::string> out{INNERNET_SERVER_PROGRAM, "-c", (dir_ / "etc").string(), "-d", (dir_ / "lib").string()};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }

  void make_network(bool with_cidr = true) {
    PseudoTerminal made({}, words({"new", "--network-name", name_, "--network-cidr", "10.66.0.0/16", "--external-endpoint",
                                   "192.0.2.1:51820", "--listen-port", "51820"}));
    ASSERT_EQ(made.ends(), 0) << made.screen().text();
    if (!with_cidr) return;
    PseudoTerminal humans({}, words({"add-cidr", name_, "--name", "humans", "--cidr", "10.66.1.0/24", "--parent", name_, "--yes"}));
    ASSERT_EQ(humans.ends(), 0) << humans.screen().text();
  }

  testing::TempDir dir_;
  std::string name_;
};

TEST_F(WizardProcess, ANetworkFromNothingButAnswers) {
  PseudoTerminal made({}, words({"new"}));
  made.answer("Network name:", "Evil\r");
  made.answer("! ", "\x15" + name_ + "\r");
  made.answer("Network CIDR [10.42.0.0/16]:", "10.66.0.0/16\r");
  made.answer("Listen port [51820]:", "\r");
  made.answer("Detect the external IP (a DNS query to Quad9)? no", "\r");
  made.answer("External endpoint:", "192.0.2.1:51820\r");
  EXPECT_EQ(made.ends(), 0);
  const auto rows = made.screen().rows();
  ASSERT_GE(rows.size(), 6U) << made.screen().text();
  EXPECT_THAT(std::vector<std::string>(rows.begin(), rows.begin() + 5),
              ElementsAre("Network name: " + name_, "Network CIDR: 10.66.0.0/16", "Listen port: 51820",
                          "Detect the external IP (a DNS query to Quad9)? no", "External endpoint: 192.0.2.1:51820"));
  EXPECT_TRUE(made.is_as_before());

  PseudoTerminal humans({}, words({"add-cidr", name_}));
  humans.answer("Parent CIDR:", "\r");
  humans.answer("Name:", "humans\r");
  humans.answer("CIDR:", "10.67.1.0/24\r");
  humans.answer("! 10.67.1.0/24 is not inside its parent",
                "\x15"
                "10.66.1.0/24\r");
  humans.answer("? no", "y\r");
  EXPECT_EQ(humans.ends(), 0) << humans.screen().text();

  const std::string file = dir_ / "alice.toml";
  PseudoTerminal alice({.stdout_file = dir_ / "out"}, words({"add-peer", name_}));
  alice.answer("> humans (10.66.1.0/24)", "\r");
  alice.answer("IP [10.66.1.1]:", "\r");
  alice.answer("Name:", "alice\r");
  alice.answer("Make it an admin? no", "y\r");
  alice.answer("Invite expires after [14d]:", "\r");
  alice.answer("Save peer invitation file to [alice.toml]:", file + "\r");
  alice.answer("Create admin peer alice (10.66.1.1) in humans (10.66.1.0/24)? no", "y");
  alice.answer("? yes", "\r");
  EXPECT_EQ(alice.ends(), 0) << alice.screen().text();
  EXPECT_TRUE(InterfaceConfig::read(file));
  EXPECT_EQ(alice.screen().text().find("added"), std::string::npos) << "data goes to standard output";

  PseudoTerminal disabled({}, words({"disable-peer", name_}));
  disabled.answer("> alice (10.66.1.1)", "\r");
  disabled.answer("? no", "y\r");
  EXPECT_EQ(disabled.ends(), 0) << disabled.screen().text();
  PseudoTerminal renamed({}, words({"rename-peer", name_}));
  renamed.answer("> alice (10.66.1.1)", "\r");
  renamed.answer("New name:", "alicia\r");
  renamed.answer("? no", "y\r");
  EXPECT_EQ(renamed.ends(), 0) << renamed.screen().text();
  PseudoTerminal enabled({}, words({"enable-peer", name_}));
  enabled.answer("> alicia (10.66.1.1)", "\r");
  enabled.answer("? no", "\r");
  EXPECT_EQ(enabled.ends(), 0) << "no is an answer";
  EXPECT_THAT(enabled.screen().text(), HasSubstr("Nothing was changed."));

  PseudoTerminal associated({}, words({"add-association", name_}));
  associated.answer("First CIDR:", "humans\r");
  associated.answer("Second CIDR:", "\r");
  associated.answer("? no", "y\r");
  EXPECT_EQ(associated.ends(), 0) << associated.screen().text();
  PseudoTerminal separated({}, words({"delete-association", name_}));
  separated.answer("> 1: humans <=> " + name_, "\r");
  separated.answer("? no", "y\r");
  EXPECT_EQ(separated.ends(), 0) << separated.screen().text();

  PseudoTerminal gone({}, words({"uninstall", name_}));
  gone.answer("? no", "y\r");
  EXPECT_EQ(gone.ends(), 0) << gone.screen().text();
  EXPECT_FALSE(std::filesystem::exists(dir_ / "etc" / (name_ + ".conf")));
}

TEST_F(WizardProcess, CidrsWithWideNamesAtTwentyColumns) {
  make_network();
  PseudoTerminal renamed({.columns = 20}, words({"rename-cidr", name_}));
  renamed.answer("> " + name_, "jj");
  renamed.answer("> humans", "\r");
  renamed.answer("New name:", "日本語の人間の名前\x7f\x7f\r");
  renamed.answer("Enter confirms", "y\r");
  EXPECT_EQ(renamed.ends(), 0) << renamed.screen().text();
  EXPECT_TRUE(renamed.is_as_before());
  EXPECT_EQ(renamed.screen().unknown(), "");

  PseudoTerminal deleted({.columns = 20}, words({"delete-cidr", name_}));
  ASSERT_TRUE(deleted.sees("> 日本語の人間の"));
  EXPECT_THAT(deleted.screen().rows(), ElementsAre("CIDR to delete:", "> 日本語の人間の", "   (10.66.1.0/24)", "j k / Enter Esc"));
  deleted.type("本語\r");
  deleted.answer("Enter confirms", "y\r");
  EXPECT_EQ(deleted.ends(), 0) << deleted.screen().text();

  PseudoTerminal nothing({.columns = 20}, words({"delete-cidr", name_}));
  EXPECT_EQ(nothing.ends(), 1);
  EXPECT_THAT(nothing.screen().row(0), StartsWith("[E] no CIDR can be d"));
}

TEST_F(WizardProcess, ADumbTerminalGetsNoEscapes) {
  make_network();
  PseudoTerminal terminal({.term = "dumb"}, words({"add-peer", name_, "--auto-ip", "--name", "bob", "--invite-expires", "1d",
                                                   "--save-config", (dir_ / "bob.toml").string()}));
  terminal.answer("> humans (10.66.1.0/24) (1 of 1)", "\r");
  terminal.answer("Make it an admin? (y/n) no", "\r");
  terminal.answer("humans (10.66.1.0/24)? (y/n) no", "y");
  terminal.answer("(y/n) yes", "\r");
  EXPECT_EQ(terminal.ends(), 0) << terminal.screen().text();
  EXPECT_EQ(terminal.transcript().find('\x1b'), std::string::npos);
}

TEST_F(WizardProcess, CancellingChangesNothingAndRestoresTheTerminal) {
  make_network();
  for (const std::string keys : {"\x1b", "\x03"}) {
    for (const std::string command : {"add-peer", "add-cidr", "rename-cidr", "delete-cidr", "add-association"}) {
      PseudoTerminal terminal({}, words({command, name_}));
      ASSERT_TRUE(terminal.sees("Esc cancels")) << terminal.screen().text();
      EXPECT_TRUE(terminal.is_raw());
      terminal.type(keys);
      EXPECT_EQ(terminal.ends(), 1) << command;
      EXPECT_THAT(terminal.screen().rows(), Contains(HasSubstr("cancelled at the question")));
      EXPECT_TRUE(terminal.is_as_before()) << command;
    }
  }
  PseudoTerminal killed({}, words({"add-cidr", name_}));
  ASSERT_TRUE(killed.sees("Esc cancels"));
  killed.signal(SIGTERM);
  EXPECT_EQ(killed.ends(), 1);
  EXPECT_TRUE(killed.is_as_before());
}

TEST_F(WizardProcess, WithoutATerminalEachQuestionIsAnErrorThatNamesItsOption) {
  make_network();
  const struct {
    std::vector<std::string> command;
    const char* question;
    const char* option;
  } cases[] = {
      {{"new"}, "Network name", "--network-name"},
      {{"add-peer", name_}, "Eligible CIDR", "--cidr"},
      {{"add-peer", name_, "--cidr", "humans"}, "\"IP\"", "--auto-ip"},
      {{"add-peer", name_, "--cidr", "humans", "--auto-ip"}, "\"Name\"", "--name"},
      {{"add-cidr", name_}, "Parent CIDR", "--parent"},
      {{"rename-cidr", name_}, "CIDR to rename", "--name"},
      {{"delete-cidr", name_}, "CIDR to delete", "--name"},
      {{"add-association", name_}, "First CIDR", "INTERFACE"},
      {{"uninstall", name_}, "Uninstall", "--yes"},
  };
  for (const auto& c : cases) {
    PseudoTerminal terminal({.columns = 200, .stdin_file = "/dev/null"}, words(c.command));
    EXPECT_EQ(terminal.ends(), 1) << c.question;
    EXPECT_THAT(terminal.screen().text(), ::testing::AllOf(StartsWith("[E] "), HasSubstr(c.question), HasSubstr(c.option)));
  }
}

}  // namespace
}  // namespace innernet::server

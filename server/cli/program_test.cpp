#include "program.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "innernet/testing/command_table.hpp"

namespace innernet::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Read {
  std::string command;  ///< empty: nothing to run
  command_line::GeneralOptions general;
  std::string text;
  bool to_stderr = false;
  int exit_code = 0;
};

/// Words separated by spaces; '' is an empty one.
Read parse(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word == "''" ? "" : word);
  const std::vector<std::string_view> views(words.begin(), words.end());
  CommandLine line = command_line_of_innernet_server();
  const command_line::Parsed parsed = line.parse(views);
  return {parsed.command != nullptr ? std::string(parsed.command->name) : "", line.general(), parsed.text, parsed.to_stderr,
          parsed.exit_code};
}

std::string printed(const std::string& text) {
  const Read read = parse(text);
  EXPECT_EQ(read.command, "") << text;
  EXPECT_EQ(read.exit_code, 0) << text;
  EXPECT_FALSE(read.to_stderr) << text;
  return read.text;
}

std::string usage_error(const std::string& text) {
  const Read read = parse(text);
  EXPECT_EQ(read.command, "") << text;
  EXPECT_EQ(read.exit_code, 2) << text;
  EXPECT_TRUE(read.to_stderr) << text;
  EXPECT_THAT(read.text, StartsWith("[E] innernet-server"));
  return read.text;
}

// Scripts and people's fingers know these: what is here stays.
TEST(Program, HasTheseCommandsArgumentsOptionsAndConflicts) {
  const CommandLine line = command_line_of_innernet_server();
  const command_line::Program& table = line.program();
  std::string all;
  for (const auto& defined : command_line::define_all(table).commands) all += testing::in_a_line(defined);
  EXPECT_EQ(
      all,
      "new|init --network-name=NAME --network-cidr=CIDR --external-endpoint=HOST:PORT --auto-external-endpoint --listen-port=N "
      "--database=URL --json"
      "; not --external-endpoint with --auto-external-endpoint\n"
      "serve INTERFACE --hosts-path=PATH --no-write-hosts --host-suffix=S --no-relay --relay-port=N; not --hosts-path with "
      "--no-write-hosts; not --no-relay with --relay-port\n"
      "add-peer INTERFACE --name=NAME --ip=IP --auto-ip --cidr=NAME --admin=BOOL --save-config=FILE --invite-expires=TIME --yes --json"
      "; not --ip with --auto-ip\n"
      "rename-peer INTERFACE --name=NAME --new-name=NAME --yes --json\n"
      "enable-peer INTERFACE --name=NAME --yes --json\n"
      "disable-peer INTERFACE --name=NAME --yes --json\n"
      "set-relay INTERFACE --name=NAME --off --yes --json\n"
      "list-peers INTERFACE --json\n"
      "add-cidr INTERFACE --name=NAME --cidr=CIDR --parent=NAME --yes --json\n"
      "rename-cidr INTERFACE --name=NAME --new-name=NAME --yes --json\n"
      "delete-cidr INTERFACE --name=NAME --yes --json\n"
      "list-cidrs INTERFACE -t,--tree --json; not --tree with --json\n"
      "add-association INTERFACE [CIDR1] [CIDR2] --yes --json\n"
      "delete-association|delete-associations INTERFACE [CIDR1] [CIDR2] --yes --json\n"
      "list-associations INTERFACE --json\n"
      "move-database INTERFACE --to=URL --yes --json\n"
      "add-server INTERFACE --name=NAME --endpoint=HOST:PORT --save-config=FILE --json\n"
      "join FILE --json\n"
      "list-servers INTERFACE --json\n"
      "step-down INTERFACE --yes --json\n"
      "remove-server INTERFACE --name=NAME --yes --json\n"
      "uninstall INTERFACE --yes --json\n"
      "completions SHELL\n");
  const command_line::DefinedCommand general{&table.commands[0], command_line::define_all(table).general};
  EXPECT_THAT(testing::in_a_line(general), HasSubstr(" -c,--config-dir=DIR -d,--data-dir=DIR --no-routing --backend=BACKEND --mtu=N\n"));
}

// A command that is not in the table would be compiled and never found.
TEST(Program, EachFileOfACommandIsARow) {
  const CommandLine line = command_line_of_innernet_server();
  EXPECT_THAT(testing::commands_in(INNERNET_COMMANDS_FOLDER), ::testing::UnorderedElementsAreArray(testing::commands_of(line.program())));
}

TEST(Program, AnAliasIsTheCommand) {
  EXPECT_EQ(parse("init").command, "new");
  EXPECT_EQ(parse("delete-associations evilcorp").command, "delete-association");
}

// The original's `serve` ignores network options that stand before it.
TEST(Program, GeneralOptionsStandBeforeOrBehindTheCommand) {
  for (const char* text : {"-c /c -d /d --no-routing --backend userspace --mtu 1400 serve evilcorp",
                           "serve evilcorp -c /c -d /d --no-routing --backend userspace --mtu 1400",
                           "--config-dir=/c -d/d serve --no-routing evilcorp --backend=userspace --mtu=1400"}) {
    const Read read = parse(text);
    EXPECT_EQ(read.command, "serve") << text << read.text;
    EXPECT_EQ(read.general.folders.config, "/c") << text;
    EXPECT_EQ(read.general.folders.data, "/d") << text;
    EXPECT_TRUE(read.general.network.no_routing) << text;
    EXPECT_EQ(read.general.network.backend, wg::BackendKind::kUserspace) << text;
    EXPECT_EQ(read.general.network.mtu, 1400U) << text;
  }
  const Read plain = parse("serve evilcorp");
  EXPECT_EQ(plain.general.folders.config, "/etc/innernet-server");
  EXPECT_EQ(plain.general.folders.data, "/var/lib/innernet-server");
  EXPECT_EQ(plain.general.network.mtu, 1280U);
  EXPECT_EQ(plain.general.network.backend, std::nullopt);
  EXPECT_EQ(plain.command, "serve");
}

TEST(Program, UsageErrorsSayWhatIsWrong) {
  const struct {
    const char* text;
    const char* says;
  } cases[] = {
      {"frobnicate", "unknown command \"frobnicate\""},
      {"sevre evilcorp", "did you mean \"serve\"?"},
      {"serve", "INTERFACE is missing"},
      {"serve Bad", "INTERFACE: \"Bad\" is not the name of a network"},
      {"serve evilcorp other", "unexpected argument \"other\""},
      {"serve evilcorp --json", "unknown option \"--json\""},
      {"serve evilcorp --hosts-path /h --no-write-hosts", "can't be used together with"},
      {"serve evilcorp -v", "unknown option \"-v\""},
      {"new --external-endpoint 192.0.2.1:5 --auto-external-endpoint", "can't be used together with"},
      {"new --external-endpoint 192.0.2.1", "--external-endpoint"},
      {"new --listen-port 0", "from 1 to 65535"},
      {"new --network-cidr 10.42.0.0", "--network-cidr"},
      {"add-peer evilcorp --ip 10.42.1.2 --auto-ip", "can't be used together with"},
      {"add-peer evilcorp --admin yes", "\"yes\" is neither true nor false"},
      {"add-peer evilcorp --name a --name b", "--name was given more than once"},
      {"add-peer evilcorp --name Alice", "--name"},
      {"add-peer evilcorp --invite-expires 5", "--invite-expires"},
      {"-c a serve evilcorp --config-dir b", "--config-dir was given more than once"},
      {"--mtu 5 serve evilcorp", "from 576 to 65535"},
      {"--backend magic serve evilcorp", "--backend"},
      {"list-cidrs evilcorp --tree --json", "can't be used together with"},
      {"enable-peer evilcorp --yes", "--yes needs --name"},
      {"disable-peer evilcorp --yes", "--yes needs --name"},
      {"set-relay evilcorp --off --yes", "--yes needs --name"},
      {"delete-cidr evilcorp --yes", "--yes needs --name"},
      {"--tree list-cidrs evilcorp", "a command's own options go behind it"},
      {"completions tcsh", "\"tcsh\" is none of the shells"},
      {"help frobnicate", "unknown command"},
  };
  for (const auto& c : cases) EXPECT_THAT(usage_error(c.text), HasSubstr(c.says)) << c.text;
}

TEST(Program, OnlyServeTellsWhatItDoesUnlessTheEnvironmentSaysOtherwise) {
  const CommandLine line = command_line_of_innernet_server();
  for (const command_line::Command& command : line.program().commands)
    EXPECT_EQ(default_log_level(command), command.name == "serve" ? log::Level::kInfo : log::Level::kWarning) << command.name;
}

TEST(Program, WithoutACommandItsHelpIsOnStandardErrorAndTheExitStatusIsTwo) {
  for (const char* text : {"", "--no-routing", "-c /c"}) {
    const Read read = parse(text);
    EXPECT_EQ(read.exit_code, 2) << text;
    EXPECT_TRUE(read.to_stderr) << text;
    EXPECT_EQ(read.text, printed("--help")) << text;
  }
}

TEST(Program, HelpAndVersionAreAnsweredOnStandardOutput) {
  for (const char* text : {"--help", "-h", "help", "help help"})
    EXPECT_THAT(printed(text), HasSubstr("Usage: innernet-server [OPTIONS] COMMAND")) << text;
  for (const char* text : {"--version", "-V"}) EXPECT_THAT(printed(text), AllOf(StartsWith("innernet-server "), HasSubstr("."))) << text;
  const CommandLine line = command_line_of_innernet_server();
  for (const command_line::Command& command : line.program().commands) {
    const std::string name(command.name);
    const std::string help = printed(name + " --help");
    EXPECT_THAT(help, AllOf(StartsWith(std::string(command.sentence) + "\n\nUsage: innernet-server " + name),
                            HasSubstr("\nExample:\n  innernet-server " + name)));
    EXPECT_EQ(help.find('"'), std::string::npos) << "double quotes break zsh completions";
    for (const std::string& text : {name + " -h", "help " + name}) EXPECT_EQ(printed(text), help) << text;
    for (const std::string_view alias : command.aliases) EXPECT_EQ(printed(fmt::format("help {}", alias)), help);
    std::istringstream lines(help);
    for (std::string row; std::getline(lines, row);) EXPECT_LE(row.size(), 80U) << row;
    EXPECT_EQ(parse(std::string(command.example)).exit_code, 0) << command.example;
  }
}

}  // namespace
}  // namespace innernet::server

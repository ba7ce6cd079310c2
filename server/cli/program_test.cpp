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
  CommandLine line;
  std::string command;  // empty: nothing to run
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
  Read out;
  const command_line::Program table = program(out.line);
  const command_line::Parsed parsed = command_line::parse(table, views);
  if (parsed.command != nullptr) out.command = parsed.command->name;
  out.text = parsed.text;
  out.to_stderr = parsed.to_stderr;
  out.exit_code = parsed.exit_code;
  return out;
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
  CommandLine scratch;
  const command_line::Program table = program(scratch);
  std::string all;
  for (const auto& defined : command_line::define_all(table).commands) all += testing::in_a_line(defined);
  EXPECT_EQ(
      all,
      "new|init --network-name=NAME --network-cidr=CIDR --external-endpoint=HOST:PORT --auto-external-endpoint --listen-port=N --json"
      "; not --external-endpoint with --auto-external-endpoint\n"
      "serve INTERFACE --hosts-path=PATH --no-write-hosts --host-suffix=S; not --hosts-path with --no-write-hosts\n"
      "add-peer INTERFACE --name=NAME --ip=IP --auto-ip --cidr=NAME --admin=BOOL --save-config=FILE --invite-expires=TIME --yes --json"
      "; not --ip with --auto-ip\n"
      "rename-peer INTERFACE --name=NAME --new-name=NAME --yes --json\n"
      "enable-peer INTERFACE --name=NAME --yes --json\n"
      "disable-peer INTERFACE --name=NAME --yes --json\n"
      "list-peers INTERFACE --json\n"
      "add-cidr INTERFACE --name=NAME --cidr=CIDR --parent=NAME --yes --json\n"
      "rename-cidr INTERFACE --name=NAME --new-name=NAME --yes --json\n"
      "delete-cidr INTERFACE --name=NAME --yes --json\n"
      "list-cidrs INTERFACE -t,--tree --json; not --tree with --json\n"
      "add-association INTERFACE [CIDR1] [CIDR2] --yes --json\n"
      "delete-association|delete-associations INTERFACE [CIDR1] [CIDR2] --yes --json\n"
      "list-associations INTERFACE --json\n"
      "uninstall INTERFACE --yes --json\n"
      "completions SHELL\n");
  const command_line::DefinedCommand general{&table.commands[0], command_line::define_all(table).general};
  EXPECT_THAT(testing::in_a_line(general), HasSubstr(" -c,--config-dir=DIR -d,--data-dir=DIR --no-routing --backend=BACKEND --mtu=N\n"));
}

TEST(Program, EachOptionFillsWhatItIsAbout) {
  const auto made =
      parse("init --network-name evilcorp --network-cidr 10.42.0.0/16 --external-endpoint 192.0.2.1:51820 --listen-port 51820");
  EXPECT_EQ(made.command, "new");
  EXPECT_EQ(made.line.new_network.network_name, "evilcorp");
  EXPECT_EQ(made.line.new_network.network_cidr->to_string(), "10.42.0.0/16");
  EXPECT_EQ(made.line.new_network.external_endpoint->to_string(), "192.0.2.1:51820");
  EXPECT_EQ(made.line.new_network.listen_port, 51820);
  EXPECT_TRUE(parse("new --auto-external-endpoint").line.new_network.auto_external_endpoint);

  const auto added = parse(
      "add-peer evilcorp --name alice --ip 10.42.1.2 --cidr humans --admin true --save-config a.toml --invite-expires 14d --yes --json");
  EXPECT_EQ(added.line.interface->str(), "evilcorp");
  EXPECT_EQ(added.line.add_peer.name->str(), "alice");
  EXPECT_EQ(added.line.add_peer.ip->to_string(), "10.42.1.2");
  EXPECT_EQ(added.line.add_peer.cidr, "humans");
  EXPECT_EQ(added.line.add_peer.is_admin, true);
  EXPECT_EQ(added.line.add_peer.save_config, "a.toml");
  EXPECT_EQ(added.line.add_peer.invite_expires, std::chrono::hours(14 * 24));
  EXPECT_TRUE(added.line.add_peer.yes);
  EXPECT_TRUE(added.line.json);
  EXPECT_TRUE(parse("add-peer evilcorp --auto-ip").line.add_peer.auto_ip);

  for (const char* command : {"rename-peer", "rename-cidr"}) {
    const auto renamed = parse(fmt::format("{} evilcorp --name a --new-name b --yes", command));
    EXPECT_EQ(renamed.command, command);
    EXPECT_EQ(renamed.line.rename.name, "a");
    EXPECT_EQ(renamed.line.rename.new_name, "b");
    EXPECT_TRUE(renamed.line.rename.yes);
  }
  for (const char* command : {"enable-peer", "disable-peer", "delete-cidr"}) {
    const auto named = parse(fmt::format("{} evilcorp --name a --yes", command));
    EXPECT_EQ(named.command, command);
    EXPECT_EQ(named.line.name.name, "a");
    EXPECT_TRUE(named.line.name.yes);
  }
  const auto cidr = parse("add-cidr evilcorp --name humans --cidr 10.42.1.0/24 --parent evilcorp --yes");
  EXPECT_EQ(cidr.line.add_cidr.name, "humans");
  EXPECT_EQ(cidr.line.add_cidr.cidr->to_string(), "10.42.1.0/24");
  EXPECT_EQ(cidr.line.add_cidr.parent, "evilcorp");
  EXPECT_TRUE(parse("list-cidrs evilcorp --tree").line.tree && parse("list-cidrs -t evilcorp").line.tree);
  for (const char* command : {"add-association", "delete-association", "delete-associations"}) {
    const auto association = parse(fmt::format("{} evilcorp humans robots --yes", command));
    EXPECT_EQ(association.line.association.cidr1, "humans") << command;
    EXPECT_EQ(association.line.association.cidr2, "robots") << command;
    EXPECT_TRUE(association.line.association.yes) << command;
  }
  EXPECT_EQ(parse("delete-associations evilcorp").command, "delete-association");
  EXPECT_TRUE(parse("uninstall evilcorp --yes").line.yes);
  const auto served = parse("serve evilcorp --hosts-path /tmp/hosts --host-suffix corp");
  EXPECT_EQ(served.line.hosts.path, "/tmp/hosts");
  EXPECT_EQ(served.line.hosts.suffix, "corp");
  EXPECT_FALSE(parse("serve evilcorp --no-write-hosts").line.hosts.write);
  EXPECT_EQ(parse("serve evilcorp --host-suffix=").line.hosts.suffix, "");
}

// The original's `serve` ignores network options that stand before it.
TEST(Program, GeneralOptionsStandBeforeOrBehindTheCommand) {
  for (const char* text : {"-c /c -d /d --no-routing --backend userspace --mtu 1400 serve evilcorp",
                           "serve evilcorp -c /c -d /d --no-routing --backend userspace --mtu 1400",
                           "--config-dir=/c -d/d serve --no-routing evilcorp --backend=userspace --mtu=1400"}) {
    const Read read = parse(text);
    EXPECT_EQ(read.command, "serve") << text << read.text;
    EXPECT_EQ(read.line.folders.config, "/c") << text;
    EXPECT_EQ(read.line.folders.data, "/d") << text;
    EXPECT_TRUE(read.line.network.no_routing) << text;
    EXPECT_EQ(read.line.network.backend, wg::BackendKind::kUserspace) << text;
    EXPECT_EQ(read.line.network.mtu, 1400U) << text;
  }
  const Read plain = parse("serve evilcorp");
  EXPECT_EQ(plain.line.folders.config, "/etc/innernet-server");
  EXPECT_EQ(plain.line.folders.data, "/var/lib/innernet-server");
  EXPECT_EQ(plain.line.network.mtu, 1280U);
  EXPECT_EQ(plain.line.network.backend, std::nullopt);
  EXPECT_EQ(plain.line.hosts.path, "/etc/hosts");
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
      {"--tree list-cidrs evilcorp", "a command's own options go behind it"},
      {"completions tcsh", "\"tcsh\" is none of the shells"},
      {"help frobnicate", "unknown command"},
  };
  for (const auto& c : cases) EXPECT_THAT(usage_error(c.text), HasSubstr(c.says)) << c.text;
}

TEST(Program, OnlyServeTellsWhatItDoesUnlessTheEnvironmentSaysOtherwise) {
  CommandLine scratch;
  for (const command_line::Command& command : program(scratch).commands)
    EXPECT_EQ(default_log_level(command.name), command.name == "serve" ? log::Level::kInfo : log::Level::kWarning) << command.name;
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
  CommandLine scratch;
  for (const command_line::Command& command : program(scratch).commands) {
    const std::string name(command.name);
    const std::string help = printed(name + " --help");
    EXPECT_THAT(help, AllOf(StartsWith(std::string(command.sentence) + "\n\nUsage: innernet-server " + name),
                            HasSubstr("\nExample:\n  innernet-server " + name)));
    EXPECT_EQ(help.find('"'), std::string::npos) << "double quotes break zsh completions";
    for (const std::string& text : {name + " -h", "help " + name}) EXPECT_EQ(printed(text), help) << text;
    for (const std::string_view alias : command.aliases) EXPECT_EQ(printed(fmt::format("help {}", alias)), help);
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
    EXPECT_EQ(parse(std::string(command.example)).exit_code, 0) << command.example;
  }
}

}  // namespace
}  // namespace innernet::server

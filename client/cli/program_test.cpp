#include "program.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <initializer_list>
#include <sstream>

#include "innernet/testing/command_table.hpp"

namespace innernet::client {
namespace {

struct Read {
  std::string command;  ///< empty: nothing to run
  command_line::GeneralOptions general;
  std::string text;
  bool to_stderr = false;
  int exit_code = 0;
};

/// Words of a command line, separated by spaces; '' is an empty one.
Read parse(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word == "''" ? "" : word);
  const std::vector<std::string_view> views(words.begin(), words.end());
  CommandLine line = command_line_of_innernet();
  const command_line::Parsed parsed = line.parse(views);
  return {parsed.command != nullptr ? std::string(parsed.command->name) : "", line.general(), parsed.text, parsed.to_stderr,
          parsed.exit_code};
}

std::string usage_error(const std::string& line) {
  const Read read = parse(line);
  EXPECT_EQ(read.command, "") << line;
  EXPECT_EQ(read.exit_code, 2) << line;
  EXPECT_TRUE(read.to_stderr) << line;
  EXPECT_TRUE(read.text.starts_with("[E] innernet")) << read.text;
  return read.text;
}

std::string printed(const std::string& line) {
  const Read read = parse(line);
  EXPECT_EQ(read.exit_code, 0) << line;
  EXPECT_FALSE(read.to_stderr) << line;
  return read.text;
}

// Scripts and people's fingers know these: what is here stays.
TEST(Program, HasTheseCommandsArgumentsOptionsAndConflicts) {
  const CommandLine line = command_line_of_innernet();
  const command_line::Program& table = line.program();
  std::string all;
  for (const auto& defined : command_line::define_all(table).commands) all += innernet::testing::in_a_line(defined);
  const std::string hosts = " --hosts-path=PATH --no-write-hosts --host-suffix=S";
  const std::string nat = " --no-nat-traversal --exclude-nat-candidates=CIDR... --no-nat-candidates";
  const std::string not_hosts = "; not --hosts-path with --no-write-hosts";
  const std::string not_nat = "; not --exclude-nat-candidates with --no-nat-candidates";
  EXPECT_EQ(
      all,
      "install|redeem INVITE --name=NAME --default-name -d,--delete-invite" + hosts + nat + " --json; not --name with --default-name" +
          not_hosts + not_nat +
          "\n"
          "show|list [INTERFACE] -s,--short -t,--tree --live --json; not --live with --short; not --live with --tree; not --live with "
          "--json; not "
          "--short with --json; not --tree with --json\n"
          "why INTERFACE [PEER] --json\n"
          "up [INTERFACE] -d,--daemon --interval=SECONDS --no-port-mapping" +
          hosts + nat + " --json; not --daemon with --json" + not_hosts + not_nat + "\nfetch INTERFACE -w,--wait --timeout=SECONDS" +
          hosts + nat + " --json" + not_hosts + not_nat + "\nuninstall INTERFACE --yes" + hosts + " --json" + not_hosts +
          "\n"
          "down INTERFACE --json\n"
          "add-peer INTERFACE --name=NAME --ip=IP --auto-ip --cidr=NAME --admin=BOOL --save-config=FILE --invite-expires=TIME --yes --json"
          "; not --ip with --auto-ip\n"
          "rename-peer INTERFACE --name=NAME --new-name=NAME --yes --json\n"
          "add-cidr INTERFACE --name=NAME --cidr=CIDR --parent=NAME --yes --json\n"
          "rename-cidr INTERFACE --name=NAME --new-name=NAME --yes --json\n"
          "delete-cidr INTERFACE --name=NAME --yes --json\n"
          "list-cidrs INTERFACE -t,--tree --json; not --tree with --json\n"
          "disable-peer INTERFACE --name=NAME --yes --json\n"
          "enable-peer INTERFACE --name=NAME --yes --json\n"
          "set-relay INTERFACE --name=NAME --off --yes --json\n"
          "add-association INTERFACE [CIDR1] [CIDR2] --yes --json\n"
          "delete-association|delete-associations INTERFACE [CIDR1] [CIDR2] --yes --json\n"
          "list-associations INTERFACE --json\n"
          "set-listen-port INTERFACE -l,--listen-port=N -u,--unset --yes --json; not --listen-port with --unset\n"
          "override-endpoint INTERFACE -e,--endpoint=HOST:PORT -u,--unset --yes --json; not --endpoint with --unset\n"
          "override-peer-endpoint INTERFACE --name=NAME -e,--endpoint=HOST:PORT -u,--unset --yes --json; not --endpoint with --unset\n"
          "netcheck INTERFACE --json\n"
          "completions SHELL\n");
  const command_line::DefinedCommand general{&table.commands[0], command_line::define_all(table).general};
  EXPECT_THAT(innernet::testing::in_a_line(general),
              ::testing::HasSubstr(" -c,--config-dir=DIR -d,--data-dir=DIR --no-routing --backend=BACKEND --mtu=N -v,--verbose\n"));
}

TEST(Program, WithoutACommandItShows) {
  EXPECT_EQ(parse("").command, "show");
  EXPECT_EQ(parse("-c /tmp/x").command, "show");
  EXPECT_EQ(parse("-c /tmp/x").general.folders.config, "/tmp/x");
}

// A command that is not in the table would be compiled and never found.
TEST(Program, EachFileOfACommandIsARow) {
  const CommandLine line = command_line_of_innernet();
  EXPECT_THAT(innernet::testing::commands_in(INNERNET_COMMANDS_FOLDER),
              ::testing::UnorderedElementsAreArray(innernet::testing::commands_of(line.program())));
}

TEST(Program, GeneralOptionsStandBeforeOrBehindTheCommand) {
  for (const char* line : {"-c /c -d /d -v --no-routing --backend userspace --mtu 1400 show evilcorp",
                           "show evilcorp -c /c -d /d -v --no-routing --backend userspace --mtu 1400",
                           "--config-dir=/c -d/d show -v --no-routing evilcorp --backend=userspace --mtu=1400",
                           "-c/c -vd /d --mtu=1400 show --no-routing evilcorp --backend userspace"}) {
    const Read read = parse(line);
    EXPECT_EQ(read.command, "show") << line << read.text;
    EXPECT_EQ(read.general.folders.config, "/c") << line;
    EXPECT_EQ(read.general.folders.data, "/d") << line;
    EXPECT_EQ(read.general.verbosity, 1) << line;
    EXPECT_TRUE(read.general.network.no_routing) << line;
    EXPECT_EQ(read.general.network.backend, wg::BackendKind::kUserspace) << line;
    EXPECT_EQ(read.general.network.mtu, 1400U) << line;
  }
  EXPECT_EQ(parse("-vv").general.verbosity, 2);
  EXPECT_EQ(parse("-v show -v").general.verbosity, 2);
}

TEST(Program, WithoutOptionsTheseHold) {
  const Read plain = parse("fetch evilcorp");
  EXPECT_EQ(plain.general.folders.config, "/etc/innernet");
  EXPECT_EQ(plain.general.folders.data, "/var/lib/innernet");
  EXPECT_EQ(plain.general.network.backend, std::nullopt);
  EXPECT_EQ(plain.general.network.mtu, 1280U);
  EXPECT_FALSE(plain.general.network.no_routing);
  EXPECT_EQ(parse("--backend kernel show").general.network.backend, wg::BackendKind::kKernel);
}

TEST(Program, OneVerboseShowsDebugAndTwoShowTrace) {
  EXPECT_EQ(log_level(parse("show").general.verbosity), log::Level::kInfo);
  EXPECT_EQ(log_level(parse("show -v").general.verbosity), log::Level::kDebug);
  EXPECT_EQ(log_level(parse("-vv show").general.verbosity), log::Level::kTrace);
  EXPECT_EQ(log_level(parse("-vv show -v").general.verbosity), log::Level::kTrace);
}

TEST(Program, TheLetterDMeansWhatTheCommandSays) {
  EXPECT_EQ(parse("-d /data up -d").general.folders.data, "/data");
  EXPECT_EQ(parse("-d /data install x -d").general.folders.data, "/data");
  EXPECT_EQ(parse("up --data-dir /data -d").general.folders.data, "/data");
  EXPECT_EQ(parse("fetch evilcorp -d /data").general.folders.data, "/data");
}

TEST(Program, UsageErrorsSayWhatIsWrong) {
  const struct {
    const char* line;
    const char* says;
  } cases[] = {
      {"frobnicate", "unknown command \"frobnicate\""},
      {"evilcorp", "unknown command \"evilcorp\""},
      {"fetch", "INTERFACE is missing"},
      {"install", "INVITE is missing"},
      {"completions csh", "none of the shells"},
      {"completions", "SHELL is missing"},
      {"up a b", "unexpected argument \"b\""},
      {"up --frobnicate", "unknown option \"--frobnicate\""},
      {"--frobnicate up", "unknown option \"--frobnicate\" before the command"},
      {"-x", "unknown option \"-x\""},
      {"up --interval", "--interval needs a value"},
      {"up --interval 0", "\"0\" is not a number from 1 to 86400"},
      {"up --interval 86401", "\"86401\" is not a number"},
      {"up --interval +5", "\"+5\" is not a number"},
      {"up --interval 5x", "\"5x\" is not a number"},
      {"up --mtu 575", "not a number from 576 to 65535"},
      {"up --mtu 65536", "not a number from 576 to 65535"},
      {"--mtu 99999 up", "not a number from 576 to 65535"},
      {"--mtu", "--mtu needs a value"},
      {"--backend magic show", "--backend"},
      {"up --interval 5 --interval 6", "--interval was given more than once"},
      {"-c a show -c b", "--config-dir was given more than once"},
      {"show --no-routing=yes", "--no-routing takes no value"},
      {"--no-routing=yes show", "--no-routing takes no value"},
      {"up --hosts-path x --no-write-hosts", "can't be used together with"},
      {"up --exclude-nat-candidates 10.0.0.0/8 --no-nat-candidates", "can't be used together with"},
      {"up --exclude-nat-candidates 10.0.0.0", "--exclude-nat-candidates"},
      {"install x --name Bad", "\"Bad\" is not the name of a network"},
      {"install x --name abcdefghijklmnop", "--name"},
      {"install x --name a --default-name", "can't be used together with"},
      {"down Bad", "INTERFACE: \"Bad\""},
      {"down ''", "INTERFACE"},
      {"add-peer evilcorp --name Alice", "--name"},
      {"add-peer evilcorp --ip 10.0.0.1 --auto-ip", "can't be used together with"},
      {"add-peer evilcorp --admin maybe", "\"maybe\" is neither true nor false"},
      {"add-peer evilcorp --invite-expires 0s", "expire at once"},
      {"add-peer evilcorp --invite-expires soon", "--invite-expires"},
      {"add-cidr evilcorp --name ''", "--name"},
      {"rename-cidr evilcorp --name a --new-name ''", "can't be empty"},
      {"set-listen-port evilcorp -l 65536", "from 0 to 65535"},
      {"set-listen-port evilcorp -l 5 -u", "can't be used together with"},
      {"override-endpoint evilcorp -e 1.2.3.4:0", "port 0"},
      {"override-endpoint evilcorp -e 1.2.3.4", "--endpoint"},
      {"override-peer-endpoint evilcorp -e 1.2.3.4:5 -u", "can't be used together with"},
      {"enable-peer evilcorp --yes", "--yes needs --name"},
      {"disable-peer evilcorp --yes", "--yes needs --name"},
      {"set-relay evilcorp --off --yes", "--yes needs --name"},
      {"help frobnicate", "unknown command"},
      {"help up down", "unexpected argument"},
  };
  for (const auto& c : cases) EXPECT_NE(usage_error(c.line).find(c.says), std::string::npos) << c.line << "\n" << usage_error(c.line);
}

TEST(Program, AbbreviationsAreRefusedWithASuggestion) {
  EXPECT_NE(usage_error("inst x").find("did you mean \"install\"?"), std::string::npos);
  EXPECT_NE(usage_error("shwo").find("did you mean \"show\"?"), std::string::npos);
  EXPECT_NE(usage_error("uninstal x").find("did you mean \"uninstall\"?"), std::string::npos);
  EXPECT_NE(usage_error("up --inter 5").find("did you mean --interval?"), std::string::npos);
  EXPECT_EQ(usage_error("xyzzy").find("did you mean"), std::string::npos);
}

TEST(Program, UsageErrorsNeverPutInputOnTheTerminalAsItIs) {
  for (const char* line :
       {"\x1b[2J", "up \x1b[2J \x1b[2J", "up --\x1b[2J", "--\x1b[2J", "-\x1b", "help \x1b[2J", "up -l\x1b", "--mtu \x1b[2J"})
    EXPECT_EQ(usage_error(line).find('\x1b'), std::string::npos) << line;
}

TEST(Program, HelpOfTheProgramNamesEveryCommand) {
  for (const char* line : {"--help", "-h", "help", "help help", "-v --help"}) {
    const std::string text = printed(line);
    const CommandLine all = command_line_of_innernet();
    for (const command_line::Command& command : all.program().commands)
      EXPECT_NE(text.find(fmt::format("\n  {} ", command.name)), std::string::npos) << line;
  }
}

TEST(Program, HelpOfACommandHasASentenceItsOptionsAndAnExample) {
  const CommandLine line = command_line_of_innernet();
  for (const command_line::Command& command : line.program().commands) {
    const std::string name(command.name);
    const std::string text = printed(name + " --help");
    EXPECT_TRUE(text.starts_with(std::string(command.sentence) + "\n\nUsage: innernet " + name)) << text;
    command_line::Definition definition;
    command.define(definition);
    for (const command_line::Option& option : definition.options())
      EXPECT_NE(text.find(fmt::format("--{}", option.name)), std::string::npos) << name;
    EXPECT_NE(text.find("Example:\n  innernet " + name), std::string::npos);
    for (const std::string& words : {name + " -h", "help " + name, "-v " + name + " --help"}) EXPECT_EQ(printed(words), text) << words;
    for (const std::string_view alias : command.aliases) EXPECT_EQ(printed(fmt::format("help {}", alias)), text);
    EXPECT_EQ(text.find('"'), std::string::npos) << "double quotes break zsh completions";
  }
}

TEST(Program, NoHelpIsWiderThan80Columns) {
  const CommandLine line = command_line_of_innernet();
  std::string all = printed("help");
  for (const command_line::Command& command : line.program().commands) all += printed(fmt::format("help {}", command.name));
  std::istringstream lines(all);
  for (std::string row; std::getline(lines, row);) EXPECT_LE(row.size(), 80U) << row;
}

TEST(Program, TheExampleOfEachCommandIsACommandLine) {
  const CommandLine line = command_line_of_innernet();
  for (const command_line::Command& command : line.program().commands) {
    const Read read = parse(std::string(command.example));
    EXPECT_EQ(read.exit_code, 0) << command.example << read.text;
    EXPECT_EQ(read.command, command.answer ? "" : command.name) << command.example << read.text;
  }
}

TEST(Program, OfTheLetterDOnlyTheCommandsMeaningIsInItsHelp) {
  const std::string text = printed("up --help");
  EXPECT_NE(text.find("-d, --daemon"), std::string::npos);
  EXPECT_EQ(text.find("-d, --data-dir"), std::string::npos);
  EXPECT_NE(text.find("--data-dir"), std::string::npos);
}

TEST(Program, VersionStandsBeforeACommand) {
  for (const char* line : {"--version", "-V", "-v --version", "-vV"}) EXPECT_EQ(printed(line), "innernet " INNERNET_VERSION "\n") << line;
  EXPECT_NE(usage_error("up --version").find("unknown option"), std::string::npos);
  const std::string_view first[] = {"--version"};
  const std::string_view later[] = {"up", "--version"};
  EXPECT_TRUE(command_line::asks_for_version(first));
  EXPECT_FALSE(command_line::asks_for_version(later));
}

}  // namespace
}  // namespace innernet::client

#include "cli.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <initializer_list>
#include <sstream>

#include "dispatch.hpp"
#include "innernet/testing/command_table.hpp"

namespace innernet::client {
namespace {

/// Words of a command line, separated by spaces; '' is an empty one.
Invocation parse(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream stream(line);
  for (std::string word; stream >> word;) words.push_back(word == "''" ? "" : word);
  const std::vector<std::string_view> views(words.begin(), words.end());
  return parse_command_line(views);
}

template <class Options>
Options parsed(const std::string& line) {
  const Invocation invocation = parse(line);
  const auto* options = std::get_if<Options>(&invocation.command);
  EXPECT_NE(options, nullptr) << line << "\n" << invocation.text;
  return options != nullptr ? *options : Options();
}

std::string usage_error(const std::string& line) {
  const Invocation invocation = parse(line);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(invocation.command)) << line;
  EXPECT_EQ(invocation.exit_code, 2) << line;
  EXPECT_TRUE(invocation.to_stderr) << line;
  EXPECT_TRUE(invocation.text.starts_with("[E] innernet")) << invocation.text;
  return invocation.text;
}

std::string printed(const std::string& line) {
  const Invocation invocation = parse(line);
  EXPECT_EQ(invocation.exit_code, 0) << line;
  EXPECT_FALSE(invocation.to_stderr) << line;
  return invocation.text;
}

const InterfaceName kEvilcorp = *InterfaceName::parse("evilcorp");

// Scripts and people's fingers know these: what is here stays.
TEST(Cli, HasTheseCommandsArgumentsOptionsAndConflicts) {
  Invocation scratch;
  const command_line::Program table = program(scratch);
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
          "show|list [INTERFACE] -s,--short -t,--tree --json; not --short with --json; not --tree with --json\n"
          "up [INTERFACE] -d,--daemon --interval=SECONDS" +
          hosts + nat + " --json; not --daemon with --json" + not_hosts + not_nat + "\nfetch INTERFACE" + hosts + nat + " --json" +
          not_hosts + not_nat + "\nuninstall INTERFACE --yes" + hosts + " --json" + not_hosts +
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
          "add-association INTERFACE [CIDR1] [CIDR2] --yes --json\n"
          "delete-association|delete-associations INTERFACE [CIDR1] [CIDR2] --yes --json\n"
          "list-associations INTERFACE --json\n"
          "set-listen-port INTERFACE -l,--listen-port=N -u,--unset --yes --json; not --listen-port with --unset\n"
          "override-endpoint INTERFACE -e,--endpoint=HOST:PORT -u,--unset --yes --json; not --endpoint with --unset\n"
          "override-peer-endpoint INTERFACE --name=NAME -e,--endpoint=HOST:PORT -u,--unset --yes --json; not --endpoint with --unset\n"
          "completions SHELL\n");
  const command_line::DefinedCommand general{&table.commands[0], command_line::define_all(table).general};
  EXPECT_THAT(innernet::testing::in_a_line(general),
              ::testing::HasSubstr(" -c,--config-dir=DIR -d,--data-dir=DIR --no-routing --backend=BACKEND --mtu=N -v,--verbose\n"));
}

TEST(Cli, WithoutACommandItShowsEverything) {
  EXPECT_FALSE(parsed<ShowOptions>("").interface);
  EXPECT_EQ(parse("-c /tmp/x").general.folders.config, "/tmp/x");
  EXPECT_TRUE(std::holds_alternative<ShowOptions>(parse("-c /tmp/x").command));
}

TEST(Cli, Install) {
  const auto all = parsed<InstallOptions>(
      "install invite.toml --name evilcorp -d --hosts-path /tmp/hosts --host-suffix corp --no-nat-traversal --exclude-nat-candidates "
      "10.0.0.0/8 "
      "--exclude-nat-candidates=fd00::/8");
  EXPECT_EQ(all.invitation, "invite.toml");
  EXPECT_EQ(all.name, kEvilcorp);
  EXPECT_TRUE(all.delete_invitation);
  EXPECT_EQ(all.hosts.path, "/tmp/hosts");
  EXPECT_EQ(all.hosts.suffix, "corp");
  EXPECT_TRUE(all.nat.no_traversal);
  EXPECT_EQ(all.nat.exclude_candidates.size(), 2U);
  EXPECT_TRUE(parsed<InstallOptions>("redeem invite.toml --default-name").default_name);
  EXPECT_TRUE(parsed<InstallOptions>("install invite.toml --delete-invite").delete_invitation);
  EXPECT_TRUE(parsed<InstallOptions>("install invite.toml --no-nat-candidates").nat.no_candidates);
  EXPECT_FALSE(parsed<InstallOptions>("install invite.toml --no-write-hosts").hosts.write);
}

TEST(Cli, ShowAndItsAlias) {
  EXPECT_EQ(parsed<ShowOptions>("show evilcorp").interface, kEvilcorp);
  EXPECT_TRUE(parsed<ShowOptions>("list -s").is_short);
  EXPECT_TRUE(parsed<ShowOptions>("list --tree evilcorp").tree);
  const auto both = parsed<ShowOptions>("show -st");
  EXPECT_TRUE(both.is_short && both.tree);
}

TEST(Cli, UpAndFetch) {
  const auto up = parsed<UpOptions>("up evilcorp -d --interval 86400");
  EXPECT_EQ(up.interface, kEvilcorp);
  EXPECT_TRUE(up.daemon);
  EXPECT_EQ(up.interval, std::chrono::seconds(86400));
  EXPECT_EQ(parsed<UpOptions>("up").interval, std::chrono::seconds(60));
  EXPECT_FALSE(parsed<UpOptions>("up").interface);
  EXPECT_EQ(parsed<FetchOptions>("fetch evilcorp --host-suffix=").hosts.suffix, "");
  EXPECT_EQ(parsed<FetchOptions>("fetch --host-suffix '' evilcorp").hosts.suffix, "");
}

TEST(Cli, AddPeer) {
  const auto all = parsed<AddPeerOptions>(
      "add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --save-config a.toml --invite-expires 14d --yes");
  EXPECT_EQ(all.interface(), kEvilcorp);
  EXPECT_EQ(all.name->str(), "alice");
  EXPECT_EQ(all.cidr, "humans");
  EXPECT_TRUE(all.auto_ip);
  EXPECT_EQ(all.is_admin, false);
  EXPECT_EQ(all.save_config, "a.toml");
  EXPECT_EQ(all.invite_expires, std::chrono::hours(14 * 24));
  EXPECT_TRUE(all.yes);
  EXPECT_EQ(parsed<AddPeerOptions>("add-peer evilcorp --ip 10.66.1.2 --admin true").ip->to_string(), "10.66.1.2");
}

TEST(Cli, TheOtherCommands) {
  const auto rename_peer = parsed<RenamePeerOptions>("rename-peer evilcorp --name alice --new-name bob --yes");
  EXPECT_EQ(rename_peer.name->str(), "alice");
  EXPECT_EQ(rename_peer.new_name->str(), "bob");
  EXPECT_TRUE(rename_peer.yes);
  const auto add_cidr = parsed<AddCidrOptions>("add-cidr evilcorp --name humans --cidr 10.66.1.0/24 --parent evilcorp --yes");
  EXPECT_EQ(add_cidr.cidr->to_string(), "10.66.1.0/24");
  EXPECT_EQ(add_cidr.parent, "evilcorp");
  EXPECT_EQ(parsed<RenameCidrOptions>("rename-cidr evilcorp --name humans --new-name People").new_name, "People");
  EXPECT_EQ(parsed<DeleteCidrOptions>("delete-cidr evilcorp --name humans --yes").name, "humans");
  EXPECT_TRUE(parsed<ListCidrsOptions>("list-cidrs evilcorp -t").tree);
  EXPECT_EQ(parsed<DisablePeerOptions>("disable-peer evilcorp --name alice --yes").name->str(), "alice");
  EXPECT_EQ(parsed<EnablePeerOptions>("enable-peer evilcorp --name alice --yes").name->str(), "alice");
  const auto add = parsed<AddAssociationOptions>("add-association evilcorp humans robots");
  EXPECT_EQ(add.cidr_1, "humans");
  EXPECT_EQ(add.cidr_2, "robots");
  EXPECT_EQ(parsed<DeleteAssociationOptions>("delete-association evilcorp humans robots --yes").cidr_2, "robots");
  EXPECT_EQ(parsed<DeleteAssociationOptions>("delete-associations evilcorp humans robots").cidr_1, "humans");
  EXPECT_EQ(parsed<ListAssociationsOptions>("list-associations evilcorp").interface(), kEvilcorp);
  EXPECT_EQ(parsed<DownOptions>("down evilcorp").interface(), kEvilcorp);
  const auto uninstall = parsed<UninstallOptions>("uninstall evilcorp --yes --hosts-path /tmp/hosts");
  EXPECT_TRUE(uninstall.yes);
  EXPECT_EQ(uninstall.hosts.path, "/tmp/hosts");
  EXPECT_EQ(parsed<SetListenPortOptions>("set-listen-port evilcorp -l 51820").listen_port, 51820);
  EXPECT_EQ(parsed<SetListenPortOptions>("set-listen-port evilcorp -l51820 --yes").listen_port, 51820);
  EXPECT_TRUE(parsed<SetListenPortOptions>("set-listen-port evilcorp -u").unset);
  EXPECT_EQ(parsed<OverrideEndpointOptions>("override-endpoint evilcorp -e 0.0.0.0:51820").endpoint->to_string(), "0.0.0.0:51820");
  EXPECT_TRUE(parsed<OverrideEndpointOptions>("override-endpoint evilcorp --unset").unset);
  const auto peer = parsed<OverridePeerEndpointOptions>("override-peer-endpoint evilcorp --name alice --endpoint [fd00::1]:5 --yes");
  EXPECT_EQ(peer.name->str(), "alice");
  EXPECT_EQ(peer.endpoint->to_string(), "[fd00::1]:5");
}

TEST(Cli, GeneralOptionsStandBeforeOrBehindTheCommand) {
  for (const char* line : {"-c /c -d /d -v --no-routing --backend userspace --mtu 1400 show evilcorp",
                           "show evilcorp -c /c -d /d -v --no-routing --backend userspace --mtu 1400",
                           "--config-dir=/c -d/d show -v --no-routing evilcorp --backend=userspace --mtu=1400",
                           "-c/c -vd /d --mtu=1400 show --no-routing evilcorp --backend userspace"}) {
    const Invocation invocation = parse(line);
    EXPECT_TRUE(std::holds_alternative<ShowOptions>(invocation.command)) << line << invocation.text;
    EXPECT_EQ(invocation.general.folders.config, "/c") << line;
    EXPECT_EQ(invocation.general.folders.data, "/d") << line;
    EXPECT_EQ(invocation.general.verbosity, 1) << line;
    EXPECT_TRUE(invocation.general.network.no_routing) << line;
    EXPECT_EQ(invocation.general.network.backend, wg::BackendKind::kUserspace) << line;
    EXPECT_EQ(invocation.general.network.mtu, 1400U) << line;
  }
  EXPECT_EQ(parse("-vv").general.verbosity, 2);
  EXPECT_EQ(parse("-v show -v").general.verbosity, 2);
}

TEST(Cli, WithoutOptionsTheseHold) {
  const Invocation plain = parse("fetch evilcorp");
  EXPECT_EQ(plain.general.folders.config, "/etc/innernet");
  EXPECT_EQ(plain.general.folders.data, "/var/lib/innernet");
  EXPECT_EQ(plain.general.network.backend, std::nullopt);
  EXPECT_EQ(plain.general.network.mtu, 1280U);
  EXPECT_FALSE(plain.general.network.no_routing);
  EXPECT_EQ(parsed<FetchOptions>("fetch evilcorp").hosts.path, "/etc/hosts");
  EXPECT_TRUE(parsed<FetchOptions>("fetch evilcorp").hosts.write);
  EXPECT_FALSE(parsed<FetchOptions>("fetch evilcorp").nat.no_traversal || parsed<FetchOptions>("fetch evilcorp").nat.no_candidates);
  EXPECT_EQ(parse("--backend kernel show").general.network.backend, wg::BackendKind::kKernel);
}

TEST(Cli, OneVerboseShowsDebugAndTwoShowTrace) {
  EXPECT_EQ(log_level(parse("show").general.verbosity), log::Level::kInfo);
  EXPECT_EQ(log_level(parse("show -v").general.verbosity), log::Level::kDebug);
  EXPECT_EQ(log_level(parse("-vv show").general.verbosity), log::Level::kTrace);
  EXPECT_EQ(log_level(parse("-vv show -v").general.verbosity), log::Level::kTrace);
}

TEST(Cli, TheLetterDMeansWhatTheCommandSays) {
  EXPECT_EQ(parse("-d /data up -d").general.folders.data, "/data");
  EXPECT_TRUE(parsed<UpOptions>("-d /data up -d").daemon);
  EXPECT_FALSE(parsed<UpOptions>("-d /data up").daemon);
  EXPECT_TRUE(parsed<InstallOptions>("-d /data install x -d").delete_invitation);
  EXPECT_EQ(parse("up --data-dir /data -d").general.folders.data, "/data");
  EXPECT_EQ(parse("fetch evilcorp -d /data").general.folders.data, "/data");
}

// CLI11's own subcommands ran `up` for all networks and then `list`.
TEST(Cli, NetworksAndCidrsMayBeNamedLikeCommands) {
  for (const char* name : {"list", "up", "help", "show", "install", "redeem"}) {
    const std::string word(name);
    EXPECT_EQ(parsed<UpOptions>("up " + word).interface->str(), word);
    EXPECT_EQ(parsed<FetchOptions>("fetch --no-nat-candidates " + word).interface().str(), word);
    EXPECT_EQ(parsed<FetchOptions>("fetch --exclude-nat-candidates 10.0.0.0/8 " + word).interface().str(), word);
    EXPECT_EQ(parsed<DownOptions>("-v down " + word).interface().str(), word);
    EXPECT_EQ(parsed<AddAssociationOptions>("add-association list " + word + " up").cidr_1, word);
    EXPECT_EQ(parse("-c " + word + " show").general.folders.config, word);
    EXPECT_EQ(parsed<AddPeerOptions>("add-peer evilcorp --cidr " + word).cidr, word);
  }
}

TEST(Cli, AValueMayLookLikeAnOption) {
  EXPECT_EQ(parsed<DeleteCidrOptions>("delete-cidr evilcorp --name --yes").name, "--yes");
  EXPECT_EQ(parsed<DeleteCidrOptions>("delete-cidr evilcorp --name --yes=no").name, "--yes=no");
  EXPECT_EQ(parse("-c --help show").general.folders.config, "--help");
  EXPECT_EQ(parsed<DownOptions>("down -- evilcorp").interface(), kEvilcorp);
  EXPECT_EQ(parsed<DownOptions>("-- down evilcorp").interface(), kEvilcorp);
  EXPECT_EQ(parsed<AddAssociationOptions>("add-association evilcorp -- -a --b").cidr_2, "--b");
}

TEST(Cli, UsageErrorsSayWhatIsWrong) {
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
      {"help frobnicate", "unknown command"},
      {"help up down", "unexpected argument"},
  };
  for (const auto& c : cases) EXPECT_NE(usage_error(c.line).find(c.says), std::string::npos) << c.line << "\n" << usage_error(c.line);
}

TEST(Cli, AbbreviationsAreRefusedWithASuggestion) {
  EXPECT_NE(usage_error("inst x").find("did you mean \"install\"?"), std::string::npos);
  EXPECT_NE(usage_error("shwo").find("did you mean \"show\"?"), std::string::npos);
  EXPECT_NE(usage_error("uninstal x").find("did you mean \"uninstall\"?"), std::string::npos);
  EXPECT_NE(usage_error("up --inter 5").find("did you mean --interval?"), std::string::npos);
  EXPECT_EQ(usage_error("xyzzy").find("did you mean"), std::string::npos);
}

TEST(Cli, UsageErrorsNeverPutInputOnTheTerminalAsItIs) {
  for (const char* line :
       {"\x1b[2J", "up \x1b[2J \x1b[2J", "up --\x1b[2J", "--\x1b[2J", "-\x1b", "help \x1b[2J", "up -l\x1b", "--mtu \x1b[2J"})
    EXPECT_EQ(usage_error(line).find('\x1b'), std::string::npos) << line;
}

TEST(Cli, HelpOfTheProgramNamesEveryCommand) {
  for (const char* line : {"--help", "-h", "help", "help help", "-v --help"}) {
    const std::string text = printed(line);
    Invocation ignored;
    for (const command_line::Command& command : program(ignored).commands)
      EXPECT_NE(text.find(fmt::format("\n  {} ", command.name)), std::string::npos) << line;
  }
}

TEST(Cli, HelpOfACommandHasASentenceItsOptionsAndAnExample) {
  Invocation scratch;
  for (const command_line::Command& command : program(scratch).commands) {
    const std::string name(command.name);
    const std::string text = printed(name + " --help");
    EXPECT_TRUE(text.starts_with(std::string(command.sentence) + "\n\nUsage: innernet " + name)) << text;
    command_line::Definition definition;
    command.define(definition);
    for (const command_line::Option& option : definition.options())
      EXPECT_NE(text.find(fmt::format("--{}", option.name)), std::string::npos) << name;
    EXPECT_NE(text.find("Example:\n  innernet " + name), std::string::npos);
    for (const std::string& line : {name + " -h", "help " + name, "-v " + name + " --help"}) EXPECT_EQ(printed(line), text) << line;
    for (const std::string_view alias : command.aliases) EXPECT_EQ(printed(fmt::format("help {}", alias)), text);
    EXPECT_EQ(text.find('"'), std::string::npos) << "double quotes break zsh completions";
  }
}

TEST(Cli, NoHelpIsWiderThan80Columns) {
  Invocation scratch;
  std::string all = printed("help");
  for (const command_line::Command& command : program(scratch).commands) all += printed(fmt::format("help {}", command.name));
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(Cli, TheExampleOfEachCommandIsACommandLine) {
  Invocation scratch;
  for (const command_line::Command& command : program(scratch).commands) {
    const Invocation invocation = parse(std::string(command.example));
    EXPECT_EQ(invocation.exit_code, 0) << command.example << invocation.text;
    EXPECT_EQ(std::holds_alternative<std::monostate>(invocation.command), command.answer != nullptr) << command.example << invocation.text;
  }
}

TEST(Cli, OfTheLetterDOnlyTheCommandsMeaningIsInItsHelp) {
  const std::string text = printed("up --help");
  EXPECT_NE(text.find("-d, --daemon"), std::string::npos);
  EXPECT_EQ(text.find("-d, --data-dir"), std::string::npos);
  EXPECT_NE(text.find("--data-dir"), std::string::npos);
}

TEST(Cli, VersionStandsBeforeACommand) {
  for (const char* line : {"--version", "-V", "-v --version", "-vV"}) EXPECT_EQ(printed(line), "innernet " INNERNET_VERSION "\n") << line;
  EXPECT_NE(usage_error("up --version").find("unknown option"), std::string::npos);
  const std::string_view first[] = {"--version"};
  const std::string_view later[] = {"up", "--version"};
  EXPECT_TRUE(command_line::asks_for_version(first));
  EXPECT_FALSE(command_line::asks_for_version(later));
}

}  // namespace
}  // namespace innernet::client

#include "innernet/command_line/commands.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <sstream>

#include "innernet/base/file.hpp"
#include "innernet/base/unique_fd.hpp"
#include "innernet/command_line/add_peer.hpp"
#include "innernet/testing/fake_clock.hpp"
#include "innernet/testing/scripted_asker.hpp"
#include "innernet/testing/temp_dir.hpp"

// The way of a command from its line to its end, with a program of its own.

namespace innernet::command_line {
namespace {

using ::testing::HasSubstr;

/// What the commands of the program below were told.
struct Told {
  AddPeerOptions add_peer;
  HostsOptions hosts;
  std::optional<InterfaceName> interface;
  bool stays = false;
  std::optional<std::string> name;
  bool yes = false;
};
Told told;

struct UpOptions {
  std::optional<InterfaceName> interface;
  bool stays = false;
  HostsOptions hosts;
};

void define_up(Definition& definition, UpOptions& options) {
  definition.optional_argument("INTERFACE", "The network", into(options.interface, parse_interface));
  definition.flag('d', "daemon", options.stays, "Stay");
  define_hosts(definition, options.hosts);
}

Result<Ending> run_up(const UpOptions& options, Context& /*context*/) {
  told.interface = options.interface;
  told.stays = options.stays;
  told.hosts = options.hosts;
  return Ending::kDone;
}

void define_new_peer(Definition& definition, AddPeerOptions& options) {
  define_add_peer(definition, options, {.name = "N", .ip = "I", .auto_ip = "A", .save_config = "S"});
}

Result<Ending> run_add_peer(const AddPeerOptions& options, Context& /*context*/) {
  told.add_peer = options;
  return Ending::kDone;
}

struct DeleteOptions : OfNetwork {
  std::optional<std::string> name;
  bool yes = false;
};

void define_delete(Definition& definition, DeleteOptions& options) {
  define_interface(definition, options);
  definition.option(0, "name", "NAME", into_text(options.name), "Which");
  define_yes(definition, options.yes);
  definition.needs("yes", "name");
}

Result<Ending> run_delete(const DeleteOptions& options, Context& context) {
  told.interface = options.interface();
  told.name = options.name;
  told.yes = options.yes;
  TRY(const bool agreed, confirmed(context, options.yes, "Delete it?"));
  if (!agreed) return Ending::kDone;
  context.print("deleted\nfor good");
  context.report(changed().text("name", options.name));
  return Ending::kDone;
}

Result<Ending> run_service(const OfNetwork& /*options*/, Context& /*context*/) { return Ending::kFailed; }

CommandLine<Context> sample() {
  return CommandLine<Context>(
      {.name = "net", .sentence = "Does it.", .version = "1", .default_command = "up"}, Folders{"/etc/net", "/var/lib/net"}, define_general,
      {row({.name = "up", .aliases = {"go"}, .sentence = "Up.", .example = "up"}, define_up, run_up),
       row({.name = "add-peer", .sentence = "Add.", .example = "add-peer x"}, define_new_peer, run_add_peer),
       row({.name = "delete", .sentence = "Delete.", .example = "delete x"}, define_delete, run_delete),
       row({.name = "serve", .sentence = "Serve.", .example = "serve x", .runs_until_stopped = true}, define_interface, run_service)});
}

class CommandsOfAProgram : public ::testing::Test {
 protected:
  /// Words separated by spaces; '' is an empty one.
  Result<Ending> run(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string word; stream >> word;) words.push_back(word == "''" ? "" : word);
    const std::vector<std::string_view> views(words.begin(), words.end());
    const CommandLine<Context> line = sample();
    const Parsed parsed = line.parse(views);
    general_ = line.general();
    told = {};
    if (parsed.command == nullptr) return invalid_input(parsed.text);
    const UniqueFd fd(::open((folder_ / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    Output out(fd.get());
    bool was_told = false;
    Context context{.general = line.general(),
                    .clock = clock_,
                    .out = out,
                    .asker = asker_,
                    .backend = {},
                    .detect_public_ip = {},
                    .tell_unchanged = [&] { was_told = true; }};
    auto ending = line.run(*parsed.command, context);
    is_told_unchanged_ = was_told;
    printed_ = *read_file(folder_ / "out");
    return ending;
  }

  std::string usage_error(const std::string& text) {
    const auto ending = run(text);
    EXPECT_FALSE(ending) << text;
    return ending ? "" : ending.error().message();
  }

  innernet::testing::TempDir folder_;
  innernet::testing::FakeClock clock_;
  innernet::testing::ScriptedAsker asker_;
  GeneralOptions general_;
  std::string printed_;
  bool is_told_unchanged_ = false;
};

TEST_F(CommandsOfAProgram, RunOnWhatTheirLineSays) {
  ASSERT_TRUE(run("up evilcorp -d --hosts-path /tmp/hosts --host-suffix corp"));
  EXPECT_EQ(told.interface->str(), "evilcorp");
  EXPECT_TRUE(told.stays);
  EXPECT_EQ(told.hosts.path, "/tmp/hosts");
  EXPECT_EQ(told.hosts.suffix, "corp");
  ASSERT_TRUE(run("go"));
  EXPECT_FALSE(told.interface);
  EXPECT_FALSE(told.stays);
  EXPECT_EQ(told.hosts.path, "/etc/hosts");
  EXPECT_TRUE(told.hosts.write);
  ASSERT_TRUE(run("up --no-write-hosts"));
  EXPECT_FALSE(told.hosts.write);
  for (const char* line : {"up --host-suffix=", "up --host-suffix ''", "up evilcorp --host-suffix="}) {
    ASSERT_TRUE(run(line));
    EXPECT_EQ(told.hosts.suffix, "") << line;
  }
}

TEST_F(CommandsOfAProgram, AddPeerIsToldEverything) {
  ASSERT_TRUE(run("add-peer evilcorp --name alice --cidr humans --auto-ip --admin false --save-config a.toml --invite-expires 14d --yes"));
  const AddPeerOptions all = told.add_peer;
  EXPECT_EQ(all.interface().str(), "evilcorp");
  EXPECT_EQ(all.name->str(), "alice");
  EXPECT_EQ(all.cidr, "humans");
  EXPECT_TRUE(all.auto_ip);
  EXPECT_EQ(all.is_admin, false);
  EXPECT_EQ(all.save_config, "a.toml");
  EXPECT_EQ(all.invite_expires, std::chrono::hours(14 * 24));
  EXPECT_TRUE(all.yes);
  ASSERT_TRUE(run("add-peer evilcorp --ip 10.66.1.2 --admin true"));
  EXPECT_EQ(told.add_peer.ip->to_string(), "10.66.1.2");
  EXPECT_EQ(told.add_peer.is_admin, true);
  EXPECT_FALSE(told.add_peer.name || told.add_peer.cidr || told.add_peer.save_config || told.add_peer.invite_expires || told.add_peer.yes);
}

TEST_F(CommandsOfAProgram, TheLetterDMeansWhatTheCommandSays) {
  ASSERT_TRUE(run("-d /data up -d"));
  EXPECT_EQ(general_.folders.data, "/data");
  EXPECT_TRUE(told.stays);
  ASSERT_TRUE(run("-d /data up"));
  EXPECT_FALSE(told.stays);
  ASSERT_TRUE(run("delete x -d /data --yes --name y"));
  EXPECT_EQ(general_.folders.data, "/data");
}

// CLI11's own subcommands ran `up` for all networks and then `list`.
TEST_F(CommandsOfAProgram, WhatTheyAreAboutMayBeNamedLikeACommand) {
  for (const std::string word : {"up", "go", "help", "delete", "completions"}) {
    ASSERT_TRUE(run("up " + word));
    EXPECT_EQ(told.interface->str(), word);
    ASSERT_TRUE(run("delete --yes --name " + word + " " + word));
    EXPECT_EQ(told.interface->str(), word);
    EXPECT_EQ(told.name, word);
    ASSERT_TRUE(run("-c " + word + " up"));
    EXPECT_EQ(general_.folders.config, word);
  }
}

TEST_F(CommandsOfAProgram, AValueMayLookLikeAnOption) {
  ASSERT_TRUE(run("delete evilcorp --name --yes --yes"));
  EXPECT_EQ(told.name, "--yes");
  ASSERT_TRUE(run("delete evilcorp --name --yes=no --yes"));
  EXPECT_EQ(told.name, "--yes=no");
  ASSERT_TRUE(run("-c --help up"));
  EXPECT_EQ(general_.folders.config, "--help");
  ASSERT_TRUE(run("up -- evilcorp"));
  EXPECT_EQ(told.interface->str(), "evilcorp");
  ASSERT_TRUE(run("-- up evilcorp"));
  EXPECT_EQ(told.interface->str(), "evilcorp");
}

// --yes would agree to a question about nothing in particular.
TEST_F(CommandsOfAProgram, AnOptionMayNeedAnother) {
  EXPECT_THAT(usage_error("delete evilcorp --yes"), HasSubstr("net delete: --yes needs --name\n"));
  EXPECT_TRUE(run("delete evilcorp --yes --name x"));
}

TEST_F(CommandsOfAProgram, PrintTextOrOneDocument) {
  ASSERT_TRUE(run("delete evilcorp --yes --name x"));
  EXPECT_EQ(printed_, "deleted\nfor good\n");
  ASSERT_TRUE(run("delete evilcorp --yes --name x --json"));
  EXPECT_EQ(printed_, "{\"changed\":true,\"name\":\"x\"}\n");
  ASSERT_TRUE(run("up --json"));
  EXPECT_EQ(printed_, "{\"changed\":false}\n") << "there was nothing to do";
  EXPECT_THAT(usage_error("serve evilcorp --json"), HasSubstr("unknown option \"--json\""));
}

TEST_F(CommandsOfAProgram, ANoIsTold) {
  asker_.answers = {"no"};
  ASSERT_TRUE(run("delete evilcorp --name x"));
  EXPECT_TRUE(is_told_unchanged_);
  EXPECT_EQ(printed_, "");
  asker_.answers = {"yes"};
  ASSERT_TRUE(run("delete evilcorp --name x"));
  EXPECT_FALSE(is_told_unchanged_);
  EXPECT_EQ(printed_, "deleted\nfor good\n");
}

TEST_F(CommandsOfAProgram, EndWithAnExitCode) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  Output broken(full.get());
  broken.write("x");
  Output fine(-1);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(exit_code(Ending::kDone, fine), 0);
  EXPECT_EQ(exit_code(Ending::kFailed, fine), 1);
  EXPECT_EQ(exit_code(Ending::kGone, fine), 3);
  EXPECT_EQ(exit_code(Ending::kIncomplete, fine), 4);
  EXPECT_EQ(exit_code(invalid_input("no"), fine), 1);
  EXPECT_EQ(exit_code(Ending::kDone, broken), 1);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(said, "[E] no\n[E] writing to standard output: No space left on device\n");
}

}  // namespace
}  // namespace innernet::command_line

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands_test.hpp"
#include "innernet/testing/child.hpp"

namespace innernet::client {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ShowCommand : public Commands {};

TEST_F(ShowCommand, ShowsOnlyNetworksOfOurs) {
  world.devices.emplace(*InterfaceName::parse("wg0"), device());
  world.devices.at(*InterfaceName::parse("wg0")).name = *InterfaceName::parse("wg0");
  const Outcome outcome = run_line("show --short");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_EQ(outcome.out, "evilcorp (:40000) \n  | ◉ 10.66.1.1: admin (you, mceT4laSUt…)\n");
  EXPECT_EQ(run_line("show -s -t").out, run_line("show -t").out);
}

TEST_F(ShowCommand, NothingUpIsSaidSo) {
  world.devices.clear();
  const Outcome outcome = run_line("show");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.log, HasSubstr("no innernet network is up"));
}

TEST_F(ShowCommand, TellsUnknownFromDown) {
  world.devices.clear();
  const Outcome down = run_line("show evilcorp");
  EXPECT_EQ(down.code, 1);
  EXPECT_THAT(down.error, HasSubstr("is installed, but down"));
  const Outcome unknown = run_line("show other");
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.error, HasSubstr("no network other is installed"));
}

TEST_F(ShowCommand, ABrokenStoreHidesNeitherTheDeviceNorOtherNetworks) {
  for (const char* content : {"", "{\"version\":\"1\"", "nonsense"}) {
    ASSERT_TRUE(replace_file(dir / "var/evilcorp.json", content));
    wg::Device other = device();
    other.name = *InterfaceName::parse("other");
    world.devices.insert_or_assign(other.name, other);
    ASSERT_TRUE(replace_file(dir / "var/other.json", data_store_to_json(state)));
    const Outcome outcome = run_line("show -s");
    EXPECT_EQ(outcome.code, 1) << content;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("evilcorp (:40000)"), HasSubstr("other (:40000)"), HasSubstr("admin (you, "))) << content;
  }
}

TEST_F(ShowCommand, ADeviceThatCannotBeReadHidesNoOther) {
  const InterfaceName first = *InterfaceName::parse("abc");
  wg::Device other = device();
  other.name = first;
  world.devices.emplace(first, other);
  ASSERT_TRUE(replace_file(dir / "var/abc.json", data_store_to_json(state)));
  world.unreadable = first.str();
  const Outcome outcome = run_line("show -s");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("evilcorp (:40000)"), Not(HasSubstr("abc"))));
  EXPECT_THAT(outcome.log, HasSubstr("abc: the device does not answer"));
}

TEST_F(ShowCommand, MissingRightsAreAnError) {
  world.no_rights = Error(ErrorKind::kPermission, "no rights");
  EXPECT_EQ(run_line("show").code, 1);
  EXPECT_EQ(run_line("show evilcorp").code, 1);
}

TEST_F(ShowCommand, CidrsComeFromTheStore) {
  EXPECT_THAT(run_line("list-cidrs evilcorp").out, HasSubstr("10.66.1.0/24 humans\n"));
  EXPECT_THAT(run_line("list-cidrs evilcorp --tree").out, HasSubstr("\n  10.66.1.0/24 humans\n"));
  EXPECT_THAT(run_line("list-cidrs other").error, HasSubstr("no network other is installed"));
  ASSERT_TRUE(remove_file(dir / "var/evilcorp.json"));
  EXPECT_THAT(run_line("list-cidrs evilcorp").error, HasSubstr("innernet up evilcorp"));
}

class DownCommand : public Commands {};

TEST_F(DownCommand, RemovesTheInterface) {
  EXPECT_EQ(run_line("down evilcorp").code, 0);
  EXPECT_THAT(world.done, ElementsAre("remove evilcorp"));
  const Outcome again = run_line("down evilcorp");
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.error, HasSubstr("is not up"));
}

TEST_F(DownCommand, SaysThatADaemonWillBringItUpAgain) {
  {
    const auto mark = FileLock::acquire(dir / "var/evilcorp.daemon", std::chrono::milliseconds(0));
    ASSERT_TRUE(mark);
    const Outcome outcome = run_line("down evilcorp");
    EXPECT_EQ(outcome.code, 0) << outcome.error;
    EXPECT_THAT(outcome.log, HasSubstr(fmt::format("a daemon (process {}) keeps evilcorp up", ::getpid())));
  }
  device();
  EXPECT_THAT(run_line("down evilcorp").log, IsEmpty()) << "it has ended";
}

TEST_F(DownCommand, NeverTouchesSomebodyElsesInterface) {
  world.devices.emplace(*InterfaceName::parse("wg0"), device());
  const Outcome outcome = run_line("down wg0");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, HasSubstr("no network wg0 is installed"));
  EXPECT_THAT(world.done, IsEmpty());
}

// As on the machine of a server whose network has the same name.
TEST_F(DownCommand, LeavesAnInterfaceWithAnotherKeyAlone) {
  device().public_key = wg::PrivateKey::generate().public_key();
  const Outcome outcome = run_line("down evilcorp");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("evilcorp has a key of its own"), HasSubstr("ip link delete evilcorp")));
  EXPECT_THAT(world.done, IsEmpty());
  device().public_key.reset();
  EXPECT_EQ(run_line("down evilcorp").code, 0) << "one that is half configured is ours";
}

class UninstallCommand : public Commands {
 protected:
  UninstallCommand() {
    EXPECT_TRUE(replace_file(
        dir / "hosts",
        "127.0.0.1 localhost\n\n# DO NOT EDIT innernet evilcorp BEGIN\n10.66.0.1 innernet-server.evilcorp.wg\n# DO NOT EDIT innernet "
        "evilcorp END\n"));
  }
  std::string line = "uninstall evilcorp --hosts-path " + (dir / "hosts").string();
};

TEST_F(UninstallCommand, LeavesAnInterfaceWithAnotherKeyAlone) {
  device().public_key = wg::PrivateKey::generate().public_key();
  const Outcome outcome = run_line(line + " --yes");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.log, HasSubstr("evilcorp has a key of its own"));
  EXPECT_THAT(world.done, IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(dir / "etc/evilcorp.conf"));
}

TEST_F(UninstallCommand, RemovesInterfaceFilesAndNames) {
  const Outcome outcome = run_line(line + " --yes");
  EXPECT_EQ(outcome.code, 0) << outcome.error << outcome.log;
  EXPECT_THAT(world.done, ElementsAre("remove evilcorp"));
  EXPECT_TRUE(std::filesystem::is_empty(dir / "etc"));
  EXPECT_TRUE(std::filesystem::is_empty(dir / "var"));
  EXPECT_THAT(*read_file(dir / "hosts"), Not(HasSubstr("innernet")));
  EXPECT_THAT(run_line(line + " --yes").error, HasSubstr("no network evilcorp is installed"));
}

// Keys that nobody would find any more.
TEST_F(UninstallCommand, LeavesNothingOfAnInstallThatWasKilledNorOfOnesThatWereSetAside) {
  for (const bool is_installed : {true, false}) {
    if (is_installed) {
      ASSERT_TRUE(replace_file(dir / "etc/evilcorp.pending.old.2", "a key"));
    }
    for (const char* left : {"etc/.evilcorp.conf.0123456789abcdef.new", "etc/.evilcorp.pending.0123456789abcdef.new",
                             "var/.evilcorp.json.0123456789abcdef.new"})
      ASSERT_TRUE(replace_file(dir / left, "a key"));
    const Outcome outcome = run_line(line + " --yes");
    EXPECT_EQ(outcome.code, 0) << outcome.error << outcome.log;
    EXPECT_TRUE(std::filesystem::is_empty(dir / "etc"));
    EXPECT_TRUE(std::filesystem::is_empty(dir / "var"));
  }
}

TEST_F(UninstallCommand, TakesAwayTheLockThatOneWhichWasKilledHasLeft) {
  ASSERT_EQ(run_line(line + " --yes").code, 0);
  ASSERT_TRUE(replace_file(dir / "var/evilcorp.lock", ""));
  EXPECT_EQ(run_line(line + " --yes").code, 0);
  EXPECT_TRUE(std::filesystem::is_empty(dir / "var"));
}

TEST_F(UninstallCommand, AsksAndAnUnknownNetworkIsAnErrorWithoutAQuestion) {
  asker.answers = {"no"};
  const Outcome no = run_line(line);
  EXPECT_EQ(no.code, 0);
  EXPECT_EQ(no.asked.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(dir / "etc/evilcorp.conf"));
  const Outcome unknown = run_line("uninstall other");
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.asked, IsEmpty());
}

// Upstream says "is uninstalled" and removes nothing.
TEST_F(UninstallCommand, WithoutRightsItFailsAndKeepsTheConfig) {
  world.no_rights = Error(ErrorKind::kPermission, "no rights");
  const Outcome outcome = run_line(line + " --yes");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(dir / "etc/evilcorp.conf"));
}

TEST_F(UninstallCommand, WhatCannotBeRemovedIsAnError) {
  ASSERT_TRUE(remove_file(dir / "var/evilcorp.json"));
  std::filesystem::create_directories(dir / "var/evilcorp.json/full");
  const Outcome outcome = run_line(line + " --yes");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.log, HasSubstr("evilcorp.json"));
  EXPECT_THAT(outcome.out, IsEmpty());

  std::filesystem::remove_all(dir / "var/evilcorp.json");
  EXPECT_EQ(run_line(line + " --yes").code, 0) << "it can be repeated";
  EXPECT_TRUE(std::filesystem::is_empty(dir / "etc"));
}

TEST_F(UninstallCommand, WhoMayNotWriteTheHostsFileIsToldWhatIsLeftToDo) {
  if (::geteuid() != 0) GTEST_SKIP() << "!!!! NOT RUN: needs root to have a file that another user may not write !!!!";
  std::filesystem::create_directory(dir / "of-root");
  std::filesystem::rename(dir / "hosts", dir / "of-root/hosts");
  EXPECT_TRUE(innernet::testing::in_child([&] {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path()))
      if (!entry.path().string().contains("of-root") && ::chown(entry.path().c_str(), 65534, 65534) != 0) return false;
    if (::chown(dir.path().c_str(), 65534, 65534) != 0 || ::chmod((dir / "of-root").c_str(), 0755) != 0 ||
        ::chmod((dir / "of-root/hosts").c_str(), 0644) != 0 || ::setuid(65534) != 0)
      return false;
    const Outcome outcome = run_line("uninstall evilcorp --yes --hosts-path " + (dir / "of-root/hosts").string());
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.log, HasSubstr("delete them as root, from the line \"# DO NOT EDIT innernet evilcorp BEGIN\""));
    std::string left;
    for (const auto& entry : std::filesystem::directory_iterator(dir / "etc")) left += entry.path().string() + " ";
    EXPECT_EQ(left, (dir / "etc/evilcorp.conf").string() + " ") << "with which the command can be repeated: " << outcome.log;
    std::fflush(stdout);  // what failed
    return !HasFailure();
  }));
}

TEST_F(UninstallCommand, SaysWhatIsLeftToDoForTheServiceAndForAnAdmin) {
  const auto mark = FileLock::acquire(dir / "var/evilcorp.daemon", std::chrono::milliseconds(0));
  ASSERT_TRUE(mark);
  const Outcome outcome = run_line(line + " --yes");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_THAT(outcome.log, AllOf(HasSubstr(fmt::format("the daemon (process {})", ::getpid())),
                                 HasSubstr("systemctl disable --now innernet@evilcorp"), HasSubstr("innernet disable-peer evilcorp")));
}

class SetListenPort : public Commands {};

TEST_F(SetListenPort, AppliesAndSaves) {
  EXPECT_EQ(run_line("set-listen-port evilcorp -l 51820 --yes").code, 0);
  EXPECT_EQ(saved().listen_port, 51820);
  EXPECT_THAT(world.done, ElementsAre("evilcorp port 51820"));
  const Outcome same = run_line("set-listen-port evilcorp -l 51820");
  EXPECT_EQ(same.code, 0);
  EXPECT_THAT(same.log, HasSubstr("no change necessary"));
  EXPECT_EQ(run_line("set-listen-port evilcorp -l 0 --yes").code, 0) << "port 0 means unset";
  EXPECT_FALSE(saved().listen_port);
  EXPECT_EQ(run_line("set-listen-port evilcorp --unset").code, 0) << "there is nothing to change, so nothing is asked";
  EXPECT_THAT(run_line("set-listen-port evilcorp --yes").error, HasSubstr("--listen-port"));
}

// The config was replaced, and then its folder could not be synced: the command has failed, and is given again.
TEST_F(SetListenPort, PutsAnInterfaceRightThatListensElsewhereThanItsConfigSays) {
  config->listen_port = 51820;
  save();
  EXPECT_EQ(run_line("set-listen-port evilcorp -l 51820 --yes").code, 0);
  EXPECT_THAT(world.done, ElementsAre("evilcorp port 51820"));
}

TEST_F(SetListenPort, WithTheInterfaceDownItOnlySaves) {
  world.devices.clear();
  EXPECT_EQ(run_line("set-listen-port evilcorp -l 51820 --yes").code, 0);
  EXPECT_EQ(saved().listen_port, 51820);
  EXPECT_THAT(world.done, IsEmpty()) << "a bare interface would count as up";
}

// Upstream leaves the device on port 0, and nobody can reach it any more.
TEST_F(SetListenPort, ARefusedPortLeavesEverythingAsItWas) {
  world.refusal = Error(ErrorKind::kSystem, "address already in use");
  const Outcome outcome = run_line("set-listen-port evilcorp -l 51820 --yes");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("port 51820"), HasSubstr("address already in use")));
  EXPECT_FALSE(saved().listen_port);
  EXPECT_EQ(device().listen_port, 40000);
}

TEST_F(SetListenPort, AnInterfaceWithAnotherKeyIsLeftAlone) {
  device().private_key = wg::PrivateKey::generate();
  const Outcome outcome = run_line("set-listen-port evilcorp -l 51820 --yes");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.log, HasSubstr("left alone"));
  EXPECT_EQ(saved().listen_port, 51820);
  EXPECT_THAT(world.done, IsEmpty());
}

class OverridePeerEndpoint : public Commands {};

TEST_F(OverridePeerEndpoint, SavesAndApplies) {
  const Outcome outcome = run_line("override-peer-endpoint evilcorp --name peer2 -e 198.51.100.9:7 --yes");
  EXPECT_EQ(outcome.code, 0) << outcome.error;
  EXPECT_EQ(saved().peer_endpoint_overrides.at(*IpAddress::parse("10.66.2.1")).to_string(), "198.51.100.9:7");
  EXPECT_THAT(world.done, ElementsAre("evilcorp AisYgTwf+3HfuQE8we7MmGYFzanRdGemr6V/PZGHN2E= endpoint 198.51.100.9:7"));
}

TEST_F(OverridePeerEndpoint, WithTheInterfaceDownItOnlySaves) {
  world.devices.clear();
  EXPECT_EQ(run_line("override-peer-endpoint evilcorp --name peer2 -e 198.51.100.9:7 --yes").code, 0);
  EXPECT_THAT(world.done, IsEmpty());
}

TEST_F(OverridePeerEndpoint, ANameThatDoesNotResolveIsSavedWithAWarning) {
  const Outcome outcome = run_line("override-peer-endpoint evilcorp --name peer2 -e nowhere.invalid:7 --yes");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.log, HasSubstr("does not resolve"));
  EXPECT_EQ(saved().peer_endpoint_overrides.at(*IpAddress::parse("10.66.2.1")).to_string(), "nowhere.invalid:7");
}

TEST_F(OverridePeerEndpoint, RefusesWhatMakesNoSense) {
  const struct {
    const char* arguments;
    const char* says;
  } cases[] = {
      {"--name admin -e 198.51.100.9:7", "this machine itself"},
      {"--name innernet-server -e 198.51.100.9:7", "is the server"},
      {"--name peer2 -e 0.0.0.0:7", "no address"},
      {"--name nobody -e 198.51.100.9:7", "there is no peer \"nobody\""},
      {"-e 198.51.100.9:7", "--name"},
      {"--name peer2", "--endpoint"},
  };
  for (const auto& c : cases) {
    const Outcome outcome = run_line(std::string("override-peer-endpoint evilcorp --yes ") + c.arguments);
    EXPECT_EQ(outcome.code, 1) << c.arguments;
    EXPECT_THAT(outcome.error, HasSubstr(c.says)) << c.arguments;
  }
  EXPECT_EQ(saved().peer_endpoint_overrides.at(*IpAddress::parse("10.66.2.1")).to_string(), "192.0.2.3:51999");
}

TEST_F(OverridePeerEndpoint, UnsettingOnceAndTwice) {
  EXPECT_EQ(run_line("override-peer-endpoint evilcorp --name peer2 -u --yes").code, 0);
  EXPECT_THAT(saved().peer_endpoint_overrides, IsEmpty());
  const Outcome again = run_line("override-peer-endpoint evilcorp --name peer2 -u");
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.log, HasSubstr("nothing to unset"));
}

class UpCommand : public Commands {};

TEST_F(UpCommand, WithoutAnyNetworkItSaysSo) {
  ASSERT_TRUE(remove_file(dir / "etc/evilcorp.conf"));
  const Outcome outcome = run_line("up");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.log, HasSubstr("no network is installed"));
}

TEST_F(UpCommand, ABrokenConfigIsNamedAndTheOthersAreTried) {
  ASSERT_TRUE(replace_file(dir / "etc/evilcorp.conf", "nonsense"));
  ASSERT_TRUE(replace_file(dir / "etc/other.conf", "["));
  ASSERT_TRUE(replace_file(dir / "etc/.evilcorp.conf", "["));
  const Outcome outcome = run_line("up");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.log, AllOf(HasSubstr("evilcorp.conf: "), HasSubstr("other.conf: "), Not(HasSubstr(".evilcorp.conf:"))));
}

class InstallCommand : public Commands {
 protected:
  InstallCommand() { config->server_internal_endpoint = *SocketAddress::parse("10.66.0.1:51820"); }
};

TEST_F(InstallCommand, IsRefusedOnTheServerItself) {
  config->network_name = "evilcorp";
  ASSERT_TRUE(replace_file(dir / "invite.toml", config->to_invitation().reveal()));
  device().public_key = config->server_public_key;
  const Outcome outcome = run_line(fmt::format("install {} --default-name", (dir / "invite.toml").string()));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, HasSubstr("this machine is the server of \"evilcorp\""));
  EXPECT_THAT(world.done, IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(dir / "invite.toml"));
}

TEST_F(InstallCommand, TheNameInAnInvitationDoesNotActOnTheTerminal) {
  config->network_name = "\x1b]0;owned\x07";
  ASSERT_TRUE(replace_file(dir / "invite.toml", config->to_invitation().reveal()));
  device().public_key = config->server_public_key;
  const Outcome on_the_server = run_line(fmt::format("install {} --name other", (dir / "invite.toml").string()));
  device().public_key = config->private_key.public_key();
  const Outcome by_its_name = run_line(fmt::format("install {} --default-name", (dir / "invite.toml").string()));
  const Outcome asked = run_line(fmt::format("install {}", (dir / "invite.toml").string()));
  for (const Outcome& outcome : {on_the_server, by_its_name, asked}) {
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.error + outcome.log + outcome.out, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x07"))));
  }
  EXPECT_THAT(on_the_server.error, HasSubstr("\\x1b]0;owned\\x07"));
}

TEST_F(InstallCommand, WithoutATerminalANameMustBeGiven) {
  ASSERT_TRUE(replace_file(dir / "invite.toml", config->to_invitation().reveal()));
  const Outcome outcome = run_line("install " + (dir / "invite.toml").string());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("Interface name"), HasSubstr("--default-name")));
}

TEST_F(InstallCommand, ANetworkNameThatIsNoInterfaceNameIsAnErrorOfTheInvitation) {
  config->network_name = "Bad";
  ASSERT_TRUE(replace_file(dir / "invite.toml", config->to_invitation().reveal()));
  const Outcome outcome = run_line("install --default-name " + (dir / "invite.toml").string());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("invite.toml"), HasSubstr("\"Bad\"")));
}

TEST_F(InstallCommand, AHostileInvitationIsRefusedBeforeAnythingIsMade) {
  std::filesystem::remove(dir / "etc/evilcorp.conf");
  config->address = *IpNet::parse("10.66.1.5/0");
  ASSERT_TRUE(replace_file(dir / "invite.toml", config->to_invitation().reveal()));
  const Outcome outcome = run_line("install --default-name " + (dir / "invite.toml").string());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.error, AllOf(HasSubstr("invite.toml"), HasSubstr("interface.address"), HasSubstr("whole address family")));
  EXPECT_THAT(world.done, IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(dir / "etc"));
}

TEST_F(InstallCommand, AnExistingNetworkIsRefusedBeforeAnythingIsDone) {
  ASSERT_TRUE(replace_file(dir / "invite.toml", config->to_invitation().reveal()));
  const std::string before = *read_file(dir / "etc/evilcorp.conf");
  const Outcome outcome = run_line("install --default-name " + (dir / "invite.toml").string());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(server.changes(), IsEmpty());
  EXPECT_EQ(*read_file(dir / "etc/evilcorp.conf"), before);
}

TEST_F(UpCommand, UpFetchAndInstallAreAboutWhatTheirLineNames) {
  for (const char* line : {"up nowhere", "fetch nowhere"})
    EXPECT_THAT(run_line(line).error, HasSubstr((dir / "etc/nowhere.conf").string())) << line;
  EXPECT_THAT(run_line("install " + (dir / "nowhere.toml").string()).error, HasSubstr((dir / "nowhere.toml").string()));
}

}  // namespace
}  // namespace innernet::client

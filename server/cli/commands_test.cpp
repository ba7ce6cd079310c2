#include <gmock/gmock.h>

#include <filesystem>
#include <functional>

#include "fixture.hpp"
#include "innernet/config/config.hpp"

namespace innernet::server {
namespace {

using ::testing::HasSubstr;

TEST_F(Commands, APeerAndItsInvitationBelongTogether) {
  make_network();
  succeeds(run(peer("alice")));
  const auto invitation = InterfaceConfig::read(folder_ / "alice.toml");
  ASSERT_TRUE(invitation) << invitation.error().message();
  EXPECT_EQ(*access_of_others(folder_ / "alice.toml"), 0U);
  const auto opened = registry();
  const PeerRecord* alice = opened.network().find_peer("alice");
  ASSERT_NE(alice, nullptr);
  EXPECT_EQ(alice->peer.ip.to_string(), "10.66.1.1");
  EXPECT_EQ(alice->peer.public_key, invitation->private_key.public_key());
  EXPECT_FALSE(alice->peer.is_redeemed);
  EXPECT_EQ(alice->peer.invite_expires->seconds,
            static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(clock_.wall()).time_since_epoch().count()) + 86400);
  EXPECT_EQ(invitation->address.to_string(), "10.66.1.1/16") << "with the prefix of the whole network";
  EXPECT_EQ(invitation->network_name, "evilcorp");
  EXPECT_EQ(invitation->server_external_endpoint.to_string(), "192.0.2.1:51820");
  EXPECT_EQ(invitation->server_internal_endpoint.to_string(), "10.66.0.1:51820");
  EXPECT_NE(printed_.find("alice.toml"), std::string::npos);
}

// The group recipe (chmod g+s) shares configs, but an invitation is for one person.
TEST_F(Commands, AnInvitationIsPrivateInASetgidFolder) {
  make_network();
  std::filesystem::permissions(folder_.path(), static_cast<std::filesystem::perms>(02770));
  succeeds(run(peer("alice")));
  EXPECT_EQ(std::filesystem::status(folder_ / "alice.toml").permissions(), static_cast<std::filesystem::perms>(0600));
}

// The original made the peer first: an invitation that could not be written lost its name and address.
TEST_F(Commands, APeerDoesNotStayBehindWithoutItsInvitation) {
  make_network();
  ASSERT_TRUE(create_file(folder_ / "alice.toml", "precious"));
  fails(run(peer("alice")), ErrorKind::kAlreadyExists, "alice.toml");
  EXPECT_EQ(*read_file(folder_ / "alice.toml"), "precious");
  EXPECT_EQ(registry().network().find_peer("alice"), nullptr);

  fails(run(with(peer("alice"), "--save-config", folder_ / "missing" / "alice.toml")), ErrorKind::kNotFound, "missing");
  EXPECT_EQ(registry().network().find_peer("alice"), nullptr);
}

TEST_F(Commands, AnInvitationDoesNotStayBehindWithoutItsPeer) {
  make_network();
  succeeds(run(peer("alice")));
  fails(run(with(peer("alice"), "--save-config", folder_ / "twin.toml")), ErrorKind::kInvalidInput, "alice");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "twin.toml"));
}

TEST_F(Commands, AnInvitationSaysWhatOthersWroteWhileTheQuestionWasOpen) {
  make_network();
  const Words alice = without(peer("alice"), "--yes");
  asker_.answers = {"yes"};
  asker_.meanwhile = [this] {
    Registry other = registry();
    succeeds(other.write([&other](Registry::Writer& writer) -> Result<void> {
      auto server = PeerChange::to(other.network().find_peer(kServerPeer)->peer);
      server.endpoint = *Endpoint::parse("vpn.example.com:4711");
      TRY_VOID(writer.update_peer(kServerPeer, server));
      return {};
    }));
  };
  succeeds(run(alice));
  EXPECT_NE(read_file(folder_ / "alice.toml")->find("external-endpoint = \"vpn.example.com:4711\""), std::string::npos);
}

TEST_F(Commands, AddPeerRefusesWhatCanNotWork) {
  make_network();
  const Words bob = peer("bob");
  const auto at = [&](const std::string& ip) {
    Words words = without(bob, "--auto-ip");
    words.insert(words.end(), {"--ip", ip});
    return words;
  };
  const struct {
    Words words;
    const char* says;
  } cases[] = {
      {without(bob, "--name"), "--name"},
      {without(bob, "--cidr"), "--cidr"},
      {without(bob, "--auto-ip"), "--ip"},
      {without(bob, "--admin"), "--admin"},
      {without(bob, "--save-config"), "--save-config"},
      {without(bob, "--invite-expires"), "--invite-expires"},
      {with(bob, "--invite-expires", "0s"), "expire at once"},
      {with(bob, "--invite-expires", "9223372036854775807s"), "too far away"},
      {with(bob, "--cidr", "innernet-server"), "server alone"},
      {with(bob, "--cidr", "evilcorp"), "innermost"},
      {with(bob, "--cidr", "nowhere"), "nowhere"},
      {at("10.66.2.9"), "10.66.2.9"},
      {at("10.66.1.255"), "10.66.1.255"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.says);
    const auto added = run(c.words);
    ASSERT_FALSE(added);
    EXPECT_NE(added.error().message().find(c.says), std::string::npos) << added.error().message();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "bob.toml"));
  }
  EXPECT_EQ(registry().network().peers().size(), 1U);
}

TEST_F(Commands, AutoIpTakesTheFirstFreeAddressUntilTheCidrIsFull) {
  make_network("10.66.0.0/16", "10.66.1.0/30", "10.66.2.0/24");
  succeeds(run(peer("a")));
  succeeds(run(peer("b")));
  EXPECT_EQ(registry().network().find_peer("b")->peer.ip.to_string(), "10.66.1.2");
  fails(run(peer("c")), ErrorKind::kInvalidInput, "full");
}

TEST_F(Commands, AQuestionThatNobodyAnswersChangesNothing) {
  make_network();
  const Words asked = without(peer("alice"), "--yes");
  fails(run(asked), ErrorKind::kInvalidInput, "Create peer alice");
  asker_.answers = {"no"};
  printed_.clear();
  succeeds(run(asked));
  EXPECT_EQ(printed_, "Nothing was changed.\n");
  EXPECT_EQ(registry().network().find_peer("alice"), nullptr);
  asker_.answers = {"yes"};
  succeeds(run(asked));
  EXPECT_NE(registry().network().find_peer("alice"), nullptr);
}

TEST_F(Commands, NoIsSaidSoAndChangesNothingEverywhere) {
  make_network();
  succeeds(run(peer("alice")));
  succeeds(run(peer("bob")));
  succeeds(run({"disable-peer", "evilcorp", "--name", "bob", "--yes"}));
  succeeds(run({"add-association", "evilcorp", "humans", "robots"}));
  const std::function<Result<Ending>()> commands[] = {
      [&] { return run({"rename-peer", "evilcorp", "--name", "alice", "--new-name", "alicia"}); },
      [&] { return run({"disable-peer", "evilcorp", "--name", "alice"}); },
      [&] { return run({"enable-peer", "evilcorp", "--name", "bob"}); },
      [&] { return run({"add-cidr", "evilcorp", "--name", "x", "--cidr", "10.66.9.0/24", "--parent", "evilcorp"}); },
      [&] { return run({"rename-cidr", "evilcorp", "--name", "robots", "--new-name", "x"}); },
      [&] { return run({"delete-association", "evilcorp", "robots", "humans"}); },
      [&] { return run({"uninstall", "evilcorp"}); },
  };
  Registry before = registry();
  for (const auto& command : commands) {
    printed_.clear();
    asker_.answers = {"no"};
    succeeds(command());
    EXPECT_EQ(printed_, "Nothing was changed.\n") << asker_.asked.back();
    fails(command(), ErrorKind::kInterrupted, "cancelled");
  }
  const Registry after = registry();
  EXPECT_NE(after.network().find_peer("alice"), nullptr);
  EXPECT_FALSE(after.network().find_peer("alice")->peer.is_disabled);
  EXPECT_TRUE(after.network().find_peer("bob")->peer.is_disabled);
  EXPECT_EQ(after.network().find_cidr("x"), nullptr);
  EXPECT_EQ(after.network().associations().size(), 1U);
}

TEST_F(Commands, WhatSucceedsSaysWhatItHasDone) {
  make_network();
  EXPECT_THAT(printed_, HasSubstr("network evilcorp created: 10.66.0.0/16"));
  const auto says = [this](const Result<Ending>& done, const char* words) {
    succeeds(done);
    EXPECT_THAT(std::exchange(printed_, {}), HasSubstr(words));
  };
  says(run({"add-cidr", "evilcorp", "--name", "guests", "--cidr", "10.66.9.0/24", "--parent", "evilcorp", "--yes"}),
       "CIDR guests (10.66.9.0/24) added\n");
  says(run({"rename-cidr", "evilcorp", "--name", "guests", "--new-name", "visitors", "--yes"}), "CIDR guests renamed to visitors\n");
  says(run({"rename-cidr", "evilcorp", "--name", "visitors", "--new-name", "visitors"}), "CIDR visitors has this name already\n");
  says(run({"delete-cidr", "evilcorp", "--name", "visitors", "--yes"}), "CIDR visitors deleted\n");
  says(run(peer("alice")), "peer alice (10.66.1.1) added");
  says(run({"rename-peer", "evilcorp", "--name", "alice", "--new-name", "bob", "--yes"}), "peer alice renamed to bob\n");
  says(run({"rename-peer", "evilcorp", "--name", "bob", "--new-name", "bob"}), "peer bob has this name already\n");
  says(run({"disable-peer", "evilcorp", "--name", "bob", "--yes"}), "peer bob (10.66.1.1) disabled\n");
  says(run({"enable-peer", "evilcorp", "--name", "bob", "--yes"}), "peer bob (10.66.1.1) enabled\n");
  says(run({"add-association", "evilcorp", "humans", "robots"}), "humans and robots are associated\n");
  says(run({"delete-association", "evilcorp", "humans", "robots", "--yes"}), "deleted\n");
  says(run({"uninstall", "evilcorp", "--yes"}),
       "network evilcorp is uninstalled\nIf a service served it: systemctl disable --now innernet-server@evilcorp\n");
}

TEST_F(Commands, NewSaysWhichPortsToOpen) {
  succeeds(run(network("one", "10.66.0.0/16", "47111")));
  EXPECT_THAT(printed_, HasSubstr("  ports:    UDP 47111 for WireGuard, and UDP 47112 for the relay: open both in the firewall\n"));
  succeeds(run(network("two", "10.67.0.0/16", "47110")));
  EXPECT_THAT(printed_, HasSubstr("UDP 47110 for WireGuard, and UDP 47112 for the relay")) << "47111 is the other network's";
  succeeds(run(network("last", "10.68.0.0/16", "65535")));
  EXPECT_THAT(printed_, HasSubstr("  ports:    UDP 65535 for WireGuard: open it in the firewall\n"));
}

// The network bears the name of a link that every machine has, so that the device is asked for.
TEST_F(Commands, ADeviceThatCanNotBeChangedIsAWarning) {
  make_network();
  succeeds(run(peer("alice")));
  std::filesystem::rename(folder_ / "etc" / "evilcorp.conf", folder_ / "etc" / "lo.conf");
  std::filesystem::rename(folder_ / "lib" / "evilcorp.db", folder_ / "lib" / "lo.db");
  class Missing final : public wg::Backend {
    wg::BackendKind kind() const override { return wg::BackendKind::kUserspace; }
    Result<std::vector<InterfaceName>> list() override { return std::vector<InterfaceName>(); }
    Result<wg::Device> get(const InterfaceName&) override { return fail(ErrorKind::kNotFound, "wireguard-go is not installed"); }
    Result<void> create(const InterfaceName&) override {
      ADD_FAILURE() << "serve makes the interface, and nobody else";
      return {};
    }
    Result<void> apply(const InterfaceName&, const wg::DeviceUpdate&) override {
      return fail(ErrorKind::kNotFound, "wireguard-go is not installed");
    }
    Result<void> remove(const InterfaceName&) override {
      ADD_FAILURE() << "nothing is removed";
      return {};
    }
  };
  backend_ = [](const InterfaceName&) { return std::make_unique<Missing>(); };
  for (const bool disable : {true, false}) {
    ::testing::internal::CaptureStderr();
    succeeds(disable ? run({"disable-peer", "lo", "--name", "alice", "--yes"}) : run({"enable-peer", "lo", "--name", "alice", "--yes"}));
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(said, HasSubstr("[!] the database is changed, but the interface lo is not yet: wireguard-go is not installed"));
    EXPECT_EQ(Registry::open(folder_ / "lib" / "lo.db")->network().find_peer("alice")->peer.is_disabled, disable);
  }
}

// A network manager, or another program of WireGuard's, may have an interface of that name.
TEST_F(Commands, ADeviceWithAnotherKeyIsLeftAlone) {
  make_network();
  succeeds(run(peer("alice")));
  std::filesystem::rename(folder_ / "etc" / "evilcorp.conf", folder_ / "etc" / "lo.conf");
  std::filesystem::rename(folder_ / "lib" / "evilcorp.db", folder_ / "lib" / "lo.db");
  class WithKey final : public wg::Backend {
   public:
    WithKey(const wg::PublicKey& key, int& changes) : key_(key), changes_(changes) {}
    wg::BackendKind kind() const override { return wg::BackendKind::kKernel; }
    Result<std::vector<InterfaceName>> list() override { return std::vector<InterfaceName>(); }
    Result<wg::Device> get(const InterfaceName& name) override { return wg::Device{.name = name, .public_key = key_}; }
    Result<void> create(const InterfaceName&) override { return {}; }
    Result<void> apply(const InterfaceName&, const wg::DeviceUpdate&) override {
      ++changes_;
      return {};
    }
    Result<void> remove(const InterfaceName&) override {
      ADD_FAILURE() << "nothing is removed";
      return {};
    }

   private:
    wg::PublicKey key_;
    int& changes_;
  };
  const auto own = ServerConfig::read(folder_ / "etc" / "lo.conf")->private_key.public_key();
  for (const auto& [key, expected] : {std::pair(wg::PrivateKey::generate().public_key(), 0), std::pair(own, 2)}) {
    int changes = 0;
    backend_ = [&changes, its_key = key](const InterfaceName&) { return std::make_unique<WithKey>(its_key, changes); };
    ::testing::internal::CaptureStderr();
    succeeds(run({"disable-peer", "lo", "--name", "alice", "--yes"}));
    succeeds(run({"enable-peer", "lo", "--name", "alice", "--yes"}));
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(changes, expected);
    EXPECT_EQ(said.find("does not have this network's key") != std::string::npos, expected == 0) << said;
  }
}

TEST_F(Commands, EnablingAndDisablingSayWhatIsSoAlready) {
  make_network();
  succeeds(run(peer("alice")));
  printed_.clear();
  succeeds(run({"enable-peer", "evilcorp", "--name", "alice", "--yes"}));
  EXPECT_EQ(printed_, "peer alice is enabled already\n");
  succeeds(run({"disable-peer", "evilcorp", "--name", "alice", "--yes"}));
  EXPECT_TRUE(registry().network().find_peer("alice")->peer.is_disabled);
  succeeds(run({"disable-peer", "evilcorp", "--name", "alice", "--yes"}));
  succeeds(run({"enable-peer", "evilcorp", "--name", "alice", "--yes"}));
  EXPECT_FALSE(registry().network().find_peer("alice")->peer.is_disabled);
  fails(run({"disable-peer", "evilcorp", "--name", "nobody", "--yes"}), ErrorKind::kNotFound, "nobody");
  fails(run({"disable-peer", "evilcorp", "--name", "innernet-server", "--yes"}), ErrorKind::kInvalidInput, "server itself");
  fails(run({"rename-peer", "evilcorp", "--name", "innernet-server", "--new-name", "x", "--yes"}), ErrorKind::kInvalidInput,
        "server itself");
}

TEST_F(Commands, MakeAndEndRelays) {
  make_network();
  succeeds(run(peer("alice")));
  succeeds(run({"set-relay", "evilcorp", "--name", "alice", "--yes"}));
  EXPECT_TRUE(registry().network().find_peer("alice")->peer.is_relay);
  printed_.clear();
  succeeds(run({"set-relay", "evilcorp", "--name", "alice", "--yes"}));
  EXPECT_EQ(printed_, "peer alice is a relay already\n");
  printed_.clear();
  succeeds(run({"list-peers", "evilcorp"}));
  EXPECT_NE(printed_.find("relay (not running yet)"), std::string::npos) << printed_;
  succeeds(run({"set-relay", "evilcorp", "--name", "alice", "--off", "--yes"}));
  EXPECT_FALSE(registry().network().find_peer("alice")->peer.is_relay);
  fails(run({"set-relay", "evilcorp", "--name", "innernet-server", "--yes"}), ErrorKind::kInvalidInput, "server itself");
  fails(run({"set-relay", "evilcorp", "--name", "nobody", "--yes"}), ErrorKind::kNotFound, "nobody");
  fails(run({"set-relay", "evilcorp", "--off"}), ErrorKind::kNotFound, "no peer is a relay");
}

TEST_F(Commands, DisablingTheLastAdminAsksInThoseWords) {
  make_network();
  succeeds(run(with(peer("alice"), "--admin", "true")));
  fails(run({"disable-peer", "evilcorp", "--name", "alice"}), ErrorKind::kInvalidInput, "last enabled admin");
  succeeds(run({"disable-peer", "evilcorp", "--name", "alice", "--yes"}));
}

TEST_F(Commands, RenamesPeersAndCidrs) {
  make_network();
  succeeds(run(peer("alice")));
  succeeds(run({"rename-peer", "evilcorp", "--name", "alice", "--new-name", "alicia", "--yes"}));
  EXPECT_NE(registry().network().find_peer("alicia"), nullptr);
  succeeds(run({"rename-peer", "evilcorp", "--name", "alicia", "--new-name", "alicia", "--yes"}));
  fails(run({"rename-peer", "evilcorp", "--name", "alicia", "--new-name", "Bad Name", "--yes"}), ErrorKind::kInvalidInput, "Bad Name");
  succeeds(run({"rename-cidr", "evilcorp", "--name", "humans", "--new-name", "people of 2026", "--yes"}));
  EXPECT_NE(registry().network().find_cidr("people of 2026"), nullptr);
  fails(run({"rename-cidr", "evilcorp", "--name", "robots", "--new-name", "", "--yes"}), ErrorKind::kInvalidInput, "");
  fails(run({"rename-cidr", "evilcorp", "--name", "robots", "--new-name", "people of 2026", "--yes"}), ErrorKind::kInvalidInput,
        "people of 2026");
}

TEST_F(Commands, CidrsAndAssociationsComeAndGo) {
  make_network();
  fails(run({"add-cidr", "evilcorp", "--name", "x", "--cidr", "10.66.1.0/25", "--parent", "evilcorp", "--yes"}), ErrorKind::kInvalidInput,
        "humans");
  fails(run({"add-cidr", "evilcorp", "--name", "x", "--cidr", "10.66.9.0/24", "--parent", "nowhere", "--yes"}), ErrorKind::kNotFound,
        "nowhere");
  fails(run({"add-cidr", "evilcorp", "--name", "Not Valid", "--cidr", "10.66.9.0/24", "--parent", "evilcorp", "--yes"}),
        ErrorKind::kInvalidInput, "Not Valid");
  fails(run({"add-cidr", "evilcorp", "--name", "", "--cidr", "10.66.9.0/24", "--parent", "evilcorp", "--yes"}), ErrorKind::kInvalidInput,
        "\"\" is not a valid name");
  succeeds(run({"add-association", "evilcorp", "humans", "robots"}));
  EXPECT_TRUE(asker_.asked.empty()) << "with both CIDRs there is no question";
  fails(run({"add-association", "evilcorp", "robots", "humans"}), ErrorKind::kInvalidInput, "humans");
  fails(run({"add-association", "evilcorp", "robots", "robots"}), ErrorKind::kInvalidInput, "itself");
  fails(run({"add-association", "evilcorp", "robots"}), ErrorKind::kInvalidInput, "Second CIDR");
  fails(run({"delete-cidr", "evilcorp", "--name", "humans", "--yes"}), ErrorKind::kInvalidInput, "humans");
  printed_.clear();
  succeeds(run({"list-associations", "evilcorp"}));
  EXPECT_EQ(printed_, "1: humans <=> robots\n");
  succeeds(run({"delete-association", "evilcorp", "robots", "humans", "--yes"}));
  fails(run({"delete-association", "evilcorp", "robots", "humans", "--yes"}), ErrorKind::kNotFound, "not associated");
  succeeds(run({"delete-cidr", "evilcorp", "--name", "humans", "--yes"}));
  printed_.clear();
  succeeds(run({"list-cidrs", "evilcorp", "--tree"}));
  EXPECT_EQ(printed_, "10.66.0.0/16 evilcorp\n  10.66.0.1/32 innernet-server\n  10.66.2.0/24 robots\n");
}

TEST_F(Commands, AnUnknownNetworkIsNamedWithoutAQuestion) {
  fails(run({"uninstall", "evilcorp"}), ErrorKind::kNotFound, "evilcorp");
  EXPECT_TRUE(asker_.asked.empty());
  fails(run({"list-peers", "evilcorp"}), ErrorKind::kNotFound, "innernet-server new");
}

TEST_F(Commands, UninstallLeavesNothing) {
  make_network();
  for (const char* const left : {"evilcorp.db-journal", "evilcorp.db-wal.aside", "evilcorp.db-wal.aside.2"})
    ASSERT_TRUE(create_file(folder_ / "lib" / left, ""));
  asker_.answers = {"no"};
  succeeds(run({"uninstall", "evilcorp"}));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "lib" / "evilcorp.db"));
  succeeds(run({"uninstall", "evilcorp", "--yes"}));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "lib"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "etc"));
  make_network();
}

TEST_F(Commands, UninstallTakesAwayWhatOneThatWasKilledHasLeft) {
  for (const char* const left :
       {"evilcorp.db-wal", "evilcorp.db-wal.aside", "evilcorp.db-wal.aside.2", "evilcorp.lock", ".evilcorp.db.0123456789abcdef.new"}) {
    make_network();
    std::filesystem::remove(folder_ / "etc" / "evilcorp.conf");
    for (const auto& file : std::filesystem::directory_iterator(folder_ / "lib")) std::filesystem::remove(file);
    ASSERT_TRUE(create_file(folder_ / "lib" / left, ""));
    succeeds(run({"uninstall", "evilcorp", "--yes"}));
    EXPECT_TRUE(std::filesystem::is_empty(folder_ / "lib")) << left;
  }
}

TEST_F(Commands, AConfigThatOthersCanReadIsMadePrivate) {
  make_network();
  std::filesystem::permissions(folder_ / "etc" / "evilcorp.conf", static_cast<std::filesystem::perms>(0644));
  succeeds(run(peer("alice")));
  EXPECT_EQ(*access_of_others(folder_ / "etc" / "evilcorp.conf"), 0U);
}

}  // namespace
}  // namespace innernet::server

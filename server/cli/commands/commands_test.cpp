#include <gmock/gmock.h>

#include <filesystem>
#include <functional>

#include "../fixture.hpp"
#include "innernet/config/config.hpp"

namespace innernet::server {
namespace {

using ::testing::HasSubstr;

TEST_F(Commands, APeerAndItsInvitationBelongTogether) {
  make_network();
  succeeds(add_peer(context(), network_, peer("alice")));
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
  succeeds(add_peer(context(), network_, peer("alice")));
  EXPECT_EQ(std::filesystem::status(folder_ / "alice.toml").permissions(), static_cast<std::filesystem::perms>(0600));
}

// The original made the peer first: an invitation that could not be written lost its name and address.
TEST_F(Commands, APeerDoesNotStayBehindWithoutItsInvitation) {
  make_network();
  ASSERT_TRUE(create_file(folder_ / "alice.toml", "precious"));
  fails(add_peer(context(), network_, peer("alice")), ErrorKind::kAlreadyExists, "alice.toml");
  EXPECT_EQ(*read_file(folder_ / "alice.toml"), "precious");
  EXPECT_EQ(registry().network().find_peer("alice"), nullptr);

  AddPeerOptions nowhere = peer("alice");
  nowhere.save_config = folder_ / "missing" / "alice.toml";
  fails(add_peer(context(), network_, nowhere), ErrorKind::kNotFound, "missing");
  EXPECT_EQ(registry().network().find_peer("alice"), nullptr);
}

TEST_F(Commands, AnInvitationDoesNotStayBehindWithoutItsPeer) {
  make_network();
  succeeds(add_peer(context(), network_, peer("alice")));
  AddPeerOptions twin = peer("alice");
  twin.save_config = folder_ / "twin.toml";
  fails(add_peer(context(), network_, twin), ErrorKind::kInvalidInput, "alice");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "twin.toml"));
}

TEST_F(Commands, AnInvitationSaysWhatOthersWroteWhileTheQuestionWasOpen) {
  make_network();
  AddPeerOptions alice = peer("alice");
  alice.yes = false;
  asker_.answers = {"yes"};
  asker_.meanwhile = [this] {
    Registry other = registry();
    succeeds(other.write([&other](Registry::Writer& writer) -> Result<void> {
      PeerContents server = other.network().find_peer(kServerPeer)->peer;
      server.endpoint = *Endpoint::parse("vpn.example.com:4711");
      TRY_VOID(writer.update_peer(kServerPeer, server));
      return {};
    }));
  };
  succeeds(add_peer(context(), network_, alice));
  EXPECT_NE(read_file(folder_ / "alice.toml")->find("external-endpoint = \"vpn.example.com:4711\""), std::string::npos);
}

TEST_F(Commands, AddPeerRefusesWhatCanNotWork) {
  make_network();
  const auto with = [this](auto change) {
    AddPeerOptions made = peer("bob");
    change(made);
    return made;
  };
  const struct {
    AddPeerOptions options;
    const char* words;
  } cases[] = {
      {with([](AddPeerOptions& o) { o.name.reset(); }), "--name"},
      {with([](AddPeerOptions& o) { o.cidr.reset(); }), "--cidr"},
      {with([](AddPeerOptions& o) { o.auto_ip = false; }), "--ip"},
      {with([](AddPeerOptions& o) { o.is_admin.reset(); }), "--admin"},
      {with([](AddPeerOptions& o) { o.save_config.reset(); }), "--save-config"},
      {with([](AddPeerOptions& o) { o.invite_expires.reset(); }), "--invite-expires"},
      {with([](AddPeerOptions& o) { o.invite_expires = std::chrono::seconds(0); }), "expires at once"},
      {with([](AddPeerOptions& o) { o.invite_expires = std::chrono::seconds::max(); }), "too far away"},
      {with([](AddPeerOptions& o) { o.cidr = "innernet-server"; }), "server alone"},
      {with([](AddPeerOptions& o) { o.cidr = "evilcorp"; }), "innermost"},
      {with([](AddPeerOptions& o) { o.cidr = "nowhere"; }), "nowhere"},
      {with([](AddPeerOptions& o) { o.ip = *IpAddress::parse("10.66.2.9"); }), "10.66.2.9"},
      {with([](AddPeerOptions& o) { o.ip = *IpAddress::parse("10.66.1.255"); }), "10.66.1.255"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.words);
    const auto added = add_peer(context(), network_, c.options);
    ASSERT_FALSE(added);
    EXPECT_NE(added.error().message().find(c.words), std::string::npos) << added.error().message();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "bob.toml"));
  }
  EXPECT_EQ(registry().network().peers().size(), 1U);
}

TEST_F(Commands, AutoIpTakesTheFirstFreeAddressUntilTheCidrIsFull) {
  make_network("10.66.0.0/16", "10.66.1.0/30", "10.66.2.0/24");
  succeeds(add_peer(context(), network_, peer("a")));
  succeeds(add_peer(context(), network_, peer("b")));
  EXPECT_EQ(registry().network().find_peer("b")->peer.ip.to_string(), "10.66.1.2");
  fails(add_peer(context(), network_, peer("c")), ErrorKind::kInvalidInput, "full");
}

TEST_F(Commands, AQuestionThatNobodyAnswersChangesNothing) {
  make_network();
  AddPeerOptions asked = peer("alice");
  asked.yes = false;
  fails(add_peer(context(), network_, asked), ErrorKind::kInvalidInput, "Create peer alice");
  asker_.answers = {"no"};
  printed_.clear();
  succeeds(add_peer(context(), network_, asked));
  EXPECT_EQ(printed_, "Nothing was changed.\n");
  EXPECT_EQ(registry().network().find_peer("alice"), nullptr);
  asker_.answers = {"yes"};
  succeeds(add_peer(context(), network_, asked));
  EXPECT_NE(registry().network().find_peer("alice"), nullptr);
}

TEST_F(Commands, NoIsSaidSoAndChangesNothingEverywhere) {
  make_network();
  succeeds(add_peer(context(), network_, peer("alice")));
  succeeds(add_peer(context(), network_, peer("bob")));
  succeeds(disable_peer(context(), network_, {"bob", true}));
  succeeds(add_association(context(), network_, {"humans", "robots", false}));
  const CommandContext asks = context();
  const std::function<Result<void>()> commands[] = {
      [&] { return rename_peer(asks, network_, {"alice", "alicia", false}); },
      [&] { return disable_peer(asks, network_, {"alice", false}); },
      [&] { return enable_peer(asks, network_, {"bob", false}); },
      [&] { return server::add_cidr(asks, network_, {"x", *IpNet::parse("10.66.9.0/24"), "evilcorp", false}); },
      [&] { return rename_cidr(asks, network_, {"robots", "x", false}); },
      [&] { return delete_association(asks, network_, {"robots", "humans", false}); },
      [&] { return uninstall(asks, network_, false); },
  };
  Registry before = registry();
  for (const auto& command : commands) {
    printed_.clear();
    asker_.answers = {"no"};
    succeeds(command());
    EXPECT_EQ(printed_, "Nothing was changed.\n") << asker_.asked.back();
    fails(command(), ErrorKind::kSystem, "cancelled");
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
  const auto says = [this](const Result<void>& done, const char* words) {
    succeeds(done);
    EXPECT_THAT(std::exchange(printed_, {}), HasSubstr(words));
  };
  const CommandContext here = context();
  says(server::add_cidr(here, network_, {"guests", *IpNet::parse("10.66.9.0/24"), "evilcorp", true}), "CIDR guests (10.66.9.0/24) added\n");
  says(rename_cidr(here, network_, {"guests", "visitors", true}), "CIDR guests renamed to visitors\n");
  says(rename_cidr(here, network_, {"visitors", "visitors", false}), "CIDR visitors has this name already\n");
  says(delete_cidr(here, network_, {"visitors", true}), "CIDR visitors deleted\n");
  says(add_peer(here, network_, peer("alice")), "peer alice (10.66.1.1) added");
  says(rename_peer(here, network_, {"alice", "bob", true}), "peer alice renamed to bob\n");
  says(rename_peer(here, network_, {"bob", "bob", false}), "peer bob has this name already\n");
  says(disable_peer(here, network_, {"bob", true}), "peer bob (10.66.1.1) disabled\n");
  says(enable_peer(here, network_, {"bob", true}), "peer bob (10.66.1.1) enabled\n");
  says(add_association(here, network_, {"humans", "robots", false}), "humans and robots are associated\n");
  says(delete_association(here, network_, {"humans", "robots", true}), "deleted\n");
  says(uninstall(here, network_, true),
       "network evilcorp is uninstalled\nIf a service served it: systemctl disable --now innernet-server@evilcorp\n");
}

// The network bears the name of a link that every machine has, so that the device is asked for.
TEST_F(Commands, ADeviceThatCanNotBeChangedIsAWarning) {
  make_network();
  succeeds(add_peer(context(), network_, peer("alice")));
  const InterfaceName lo = *InterfaceName::parse("lo");
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
  CommandContext no_backend = context();
  no_backend.backend = [](const InterfaceName&) { return std::make_unique<Missing>(); };
  for (const bool disable : {true, false}) {
    ::testing::internal::CaptureStderr();
    succeeds(disable ? disable_peer(no_backend, lo, {"alice", true}) : enable_peer(no_backend, lo, {"alice", true}));
    const std::string said = ::testing::internal::GetCapturedStderr();
    EXPECT_THAT(said, HasSubstr("[!] the database is changed, but the interface lo is not yet: wireguard-go is not installed"));
    EXPECT_EQ(Registry::open(folder_ / "lib" / "lo.db")->network().find_peer("alice")->peer.is_disabled, disable);
  }
}

TEST_F(Commands, EnablingAndDisablingSayWhatIsSoAlready) {
  make_network();
  succeeds(add_peer(context(), network_, peer("alice")));
  printed_.clear();
  succeeds(enable_peer(context(), network_, {"alice", true}));
  EXPECT_EQ(printed_, "peer alice is enabled already\n");
  succeeds(disable_peer(context(), network_, {"alice", true}));
  EXPECT_TRUE(registry().network().find_peer("alice")->peer.is_disabled);
  succeeds(disable_peer(context(), network_, {"alice", true}));
  succeeds(enable_peer(context(), network_, {"alice", true}));
  EXPECT_FALSE(registry().network().find_peer("alice")->peer.is_disabled);
  fails(disable_peer(context(), network_, {"nobody", true}), ErrorKind::kNotFound, "nobody");
  fails(disable_peer(context(), network_, {"innernet-server", true}), ErrorKind::kInvalidInput, "server itself");
  fails(rename_peer(context(), network_, {"innernet-server", "x", true}), ErrorKind::kInvalidInput, "server itself");
}

TEST_F(Commands, DisablingTheLastAdminAsksInThoseWords) {
  make_network();
  AddPeerOptions admin = peer("alice");
  admin.is_admin = true;
  succeeds(add_peer(context(), network_, admin));
  fails(disable_peer(context(), network_, {"alice", false}), ErrorKind::kInvalidInput, "last enabled admin");
  succeeds(disable_peer(context(), network_, {"alice", true}));
}

TEST_F(Commands, RenamesPeersAndCidrs) {
  make_network();
  succeeds(add_peer(context(), network_, peer("alice")));
  succeeds(rename_peer(context(), network_, {"alice", "alicia", true}));
  EXPECT_NE(registry().network().find_peer("alicia"), nullptr);
  succeeds(rename_peer(context(), network_, {"alicia", "alicia", true}));
  fails(rename_peer(context(), network_, {"alicia", "Bad Name", true}), ErrorKind::kInvalidInput, "Bad Name");
  succeeds(rename_cidr(context(), network_, {"humans", "people of 2026", true}));
  EXPECT_NE(registry().network().find_cidr("people of 2026"), nullptr);
  fails(rename_cidr(context(), network_, {"robots", "", true}), ErrorKind::kInvalidInput, "");
  fails(rename_cidr(context(), network_, {"robots", "people of 2026", true}), ErrorKind::kInvalidInput, "people of 2026");
}

TEST_F(Commands, CidrsAndAssociationsComeAndGo) {
  make_network();
  fails(server::add_cidr(context(), network_, {"x", *IpNet::parse("10.66.1.0/25"), "evilcorp", true}), ErrorKind::kInvalidInput, "humans");
  fails(server::add_cidr(context(), network_, {"x", *IpNet::parse("10.66.9.0/24"), "nowhere", true}), ErrorKind::kNotFound, "nowhere");
  fails(server::add_cidr(context(), network_, {"Not Valid", *IpNet::parse("10.66.9.0/24"), "evilcorp", true}), ErrorKind::kInvalidInput,
        "Not Valid");
  fails(server::add_cidr(context(), network_, {"", *IpNet::parse("10.66.9.0/24"), "evilcorp", true}), ErrorKind::kInvalidInput,
        "\"\" is not a valid name");
  succeeds(add_association(context(), network_, {"humans", "robots", false}));
  EXPECT_TRUE(asker_.asked.empty()) << "with both CIDRs there is no question";
  fails(add_association(context(), network_, {"robots", "humans", false}), ErrorKind::kInvalidInput, "humans");
  fails(add_association(context(), network_, {"robots", "robots", false}), ErrorKind::kInvalidInput, "itself");
  fails(add_association(context(), network_, {"robots", {}, false}), ErrorKind::kInvalidInput, "Second CIDR");
  fails(delete_cidr(context(), network_, {"humans", true}), ErrorKind::kInvalidInput, "humans");
  printed_.clear();
  succeeds(list_associations(context(), network_));
  EXPECT_EQ(printed_, "1: humans <=> robots\n");
  succeeds(delete_association(context(), network_, {"robots", "humans", true}));
  fails(delete_association(context(), network_, {"robots", "humans", true}), ErrorKind::kNotFound, "not associated");
  succeeds(delete_cidr(context(), network_, {"humans", true}));
  printed_.clear();
  succeeds(list_cidrs(context(), network_, true));
  EXPECT_EQ(printed_, "10.66.0.0/16 evilcorp\n  10.66.0.1/32 innernet-server\n  10.66.2.0/24 robots\n");
}

TEST_F(Commands, AnUnknownNetworkIsNamedWithoutAQuestion) {
  fails(uninstall(context(), network_, false), ErrorKind::kNotFound, "evilcorp");
  EXPECT_TRUE(asker_.asked.empty());
  fails(list_peers(context(), network_), ErrorKind::kNotFound, "innernet-server new");
}

TEST_F(Commands, UninstallLeavesNothing) {
  make_network();
  ASSERT_TRUE(create_file(folder_ / "lib" / "evilcorp.db-journal", ""));
  asker_.answers = {"no"};
  succeeds(uninstall(context(), network_, false));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "lib" / "evilcorp.db"));
  succeeds(uninstall(context(), network_, true));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "lib"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "etc"));
  make_network();
}

TEST_F(Commands, AConfigThatOthersCanReadIsMadePrivate) {
  make_network();
  std::filesystem::permissions(folder_ / "etc" / "evilcorp.conf", static_cast<std::filesystem::perms>(0644));
  succeeds(add_peer(context(), network_, peer("alice")));
  EXPECT_EQ(*access_of_others(folder_ / "etc" / "evilcorp.conf"), 0U);
}

}  // namespace
}  // namespace innernet::server

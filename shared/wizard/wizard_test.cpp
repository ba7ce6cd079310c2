#include "innernet/wizard/wizard.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>

#include "innernet/base/file.hpp"
#include "innernet/testing/scripted_asker.hpp"
#include "innernet/testing/temp_dir.hpp"

namespace innernet::wizard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Cidr cidr(std::int64_t id, const char* name, const char* net, std::int64_t parent = 1) {
  return {{name, *IpNet::parse(net), parent == 0 ? std::nullopt : std::optional(CidrId{parent})}, CidrId{id}};
}

const std::vector<Cidr> kCidrs{cidr(1, "evilcorp", "10.66.0.0/16", 0), cidr(2, "innernet-server", "10.66.0.1/32"),
                               cidr(3, "humans", "10.66.1.0/24"), cidr(4, "tiny", "10.66.2.0/31")};

std::vector<std::string> names(const std::vector<Cidr>& cidrs) {
  std::vector<std::string> out;
  for (const Cidr& cidr : cidrs) out.push_back(cidr.name);
  return out;
}

class Wizard : public ::testing::Test {
 protected:
  testing::ScriptedAsker asker;
  testing::TempDir dir;
};

TEST_F(Wizard, PeersGoIntoLeavesThatHaveRoom) {
  EXPECT_THAT(names(with_room(kCidrs, {})), ElementsAre("humans", "tiny"));
  EXPECT_THAT(names(with_room(kCidrs, {*IpAddress::parse("10.66.2.0"), *IpAddress::parse("10.66.2.1")})), ElementsAre("humans"));
}

TEST_F(Wizard, AllOfManyCidrsAreOffered) {
  std::vector<Cidr> cidrs{kCidrs[0], kCidrs[1]};
  std::vector<std::string> expected;
  for (int i = 1; i <= 200; ++i) {
    expected.push_back(fmt::format("net-{}-with-a-name-that-needs-the-heap", i));
    cidrs.push_back(cidr(i + 2, expected.back().c_str(), fmt::format("10.66.{}.0/24", i).c_str()));
  }
  EXPECT_EQ(names(with_room(cidrs, {})), expected);
}

TEST_F(Wizard, AssociationsAreOfferedOnlyWhereTheyAreNew) {
  const std::vector<Association> associations{{{CidrId{4}, CidrId{3}}, AssociationId{7}}};
  EXPECT_THAT(names(partners_of(kCidrs[2], kCidrs, {})), ElementsAre("evilcorp", "tiny"));
  EXPECT_THAT(names(partners_of(kCidrs[2], kCidrs, associations)), ElementsAre("evilcorp"));
  EXPECT_THAT(names(with_partners(kCidrs, associations)), ElementsAre("evilcorp", "humans", "tiny"));
  EXPECT_THAT(names(with_partners({kCidrs[0], kCidrs[1]}, {})), IsEmpty());
}

TEST_F(Wizard, WhatIsOfferedIsWhatEachHasByItself) {
  std::mt19937 random(1);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 200; ++round) {
    std::vector<Cidr> cidrs{kCidrs[0], kCidrs[1]};
    for (int i = 3; i < 8; ++i) cidrs.push_back(cidr(i, fmt::format("c{}", i).c_str(), fmt::format("10.66.{}.0/30", i).c_str()));
    std::vector<Association> associations;
    for (int i = 0; i < 18; ++i) associations.push_back({{CidrId{1 + pick(9)}, CidrId{1 + pick(9)}}, AssociationId{i}});
    std::vector<IpAddress> taken;
    for (int i = 0; i < 14; ++i) taken.push_back(*IpAddress::parse(fmt::format("10.66.{}.{}", 3 + pick(5), pick(4))));
    std::vector<std::string> partners, room;
    for (const Cidr& one : cidrs) {
      if (one.id == kServerCidr) continue;
      if (!partners_of(one, cidrs, associations).empty()) partners.push_back(one.name);
      if (one.id > kServerCidr && first_free_address(one.cidr, taken)) room.push_back(one.name);
    }
    ASSERT_EQ(names(with_partners(cidrs, associations)), partners) << round;
    ASSERT_EQ(names(with_room(cidrs, taken)), room) << round;
  }
}

TEST_F(Wizard, AnEmptyListIsNotShown) {
  asker.answers = {"humans"};
  const auto chosen = choose_cidr(asker, "CIDR", "--cidr", {}, "make one first");
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().message(), "make one first");
  EXPECT_THAT(asker.asked, IsEmpty());
}

TEST_F(Wizard, ListsShowNamesAndAddresses) {
  asker.answers = {"humans", "7: "};
  EXPECT_EQ(choose_cidr(asker, "CIDR", "--cidr", kCidrs, "")->id, CidrId{3});
  EXPECT_EQ(choose_association(asker, "", {{{CidrId{4}, CidrId{9}}, AssociationId{7}}}, kCidrs)->id, AssociationId{7});
  EXPECT_THAT(asker.asked, ElementsAre("CIDR {evilcorp (10.66.0.0/16), innernet-server (10.66.0.1/32), humans (10.66.1.0/24), tiny "
                                       "(10.66.2.0/31)}",
                                       "Association to delete {7: tiny <=> (CIDR 9)}"));
}

TEST_F(Wizard, WhatCanNotBeIsAskedAgainWithTheReason) {
  asker.answers = {"Alice", "alice"};
  EXPECT_EQ(ask_hostname(asker, "Name", "--name", nullptr)->str(), "alice");
  asker.answers = {"14", "2w"};
  EXPECT_EQ(*ask_validity(asker, nullptr), std::chrono::weeks(2));
  asker.answers = {"0", "65536", "x", "51820"};
  EXPECT_EQ(*ask_listen_port(asker, "", 1, 1), 51820);
  asker.answers = {"vpn.example.com", "vpn.example.com:0", "vpn.example.com:1"};
  EXPECT_EQ(ask_endpoint(asker, "Endpoint", "", "", nullptr)->to_string(), "vpn.example.com:1");
  asker.answers = {"10.66.1.300", "10.66.1.9", "10.66.1.7"};
  const auto check = [](const IpAddress& ip) -> Result<void> {
    if (ip == *IpAddress::parse("10.66.1.7")) return {};
    return invalid_input("taken");
  };
  EXPECT_EQ(ask_ip(asker, *IpAddress::parse("10.66.1.2"), check)->to_string(), "10.66.1.7");
  EXPECT_EQ(asker.refused.size(), 9U);
  EXPECT_THAT(asker.refused[0], HasSubstr("lower case"));
  EXPECT_THAT(asker.refused[1], HasSubstr("14d"));
  EXPECT_EQ(asker.refused[8], "taken");
}

TEST_F(Wizard, AnInvitationOverwritesNothing) {
  ASSERT_TRUE(create_file(dir / "there.toml", ""));
  asker.answers = {dir / "there.toml", dir / "nowhere/x.toml", dir.path().string() + "/", dir / "new.toml"};
  EXPECT_EQ(*ask_invitation_file(asker, *Hostname::parse("alice")), dir / "new.toml");
  EXPECT_THAT(asker.refused, ElementsAre(HasSubstr("exists already"), HasSubstr("no folder"), HasSubstr("exists already")));
  EXPECT_THAT(asker.asked, ElementsAre("Save peer invitation file to [alice.toml]"));
}

TEST_F(Wizard, TheDetectedAddressCanBeEdited) {
  int detections = 0;
  std::optional<IpAddress> found = *IpAddress::parse("2001:db8::7");
  const auto detect = [&] {
    ++detections;
    return found;
  };
  asker.answers = {"yes", ""};
  EXPECT_EQ(ask_external_endpoint(asker, "", 51820, detect, nullptr)->to_string(), "[2001:db8::7]:51820");
  found.reset();
  asker.answers = {"yes", "vpn.example.com:1"};
  EXPECT_TRUE(ask_external_endpoint(asker, "", 51820, detect, nullptr));
  asker.answers = {"no", "vpn.example.com:1"};
  EXPECT_TRUE(ask_external_endpoint(asker, "", 51820, detect, nullptr));
  EXPECT_EQ(detections, 2) << "nobody is asked without consent";
  EXPECT_EQ(asker.asked[1], "External endpoint <[2001:db8::7]:51820>");
  EXPECT_EQ(asker.asked[3], "External endpoint");
}

}  // namespace
}  // namespace innernet::wizard

#include "innernet/values/cidr_tree.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace innernet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Cidr cidr(std::int64_t id, std::optional<std::int64_t> parent, std::string name = "") {
  return {CidrContents{name.empty() ? "c" + std::to_string(id) : name, *IpNet::parse("10.0.0.0/8"),
                       parent ? std::optional(CidrId{*parent}) : std::nullopt},
          CidrId{id}};
}

std::vector<std::int64_t> ids(const std::vector<const Cidr*>& cidrs) {
  std::vector<std::int64_t> out;
  for (const Cidr* c : cidrs) out.push_back(number(c->id));
  return out;
}

using Visit = std::pair<std::int64_t, std::size_t>;
std::vector<Visit> walked(const CidrTree& tree) {
  std::vector<Visit> out;
  tree.walk([&out](const Cidr& c, std::size_t depth) { out.emplace_back(number(c.id), depth); });
  return out;
}

TEST(CidrTree, OrdersByIdAndWalksDepthFirst) {
  const CidrTree tree(
      std::vector{cidr(5, 3), cidr(3, 1, "humans"), cidr(1, std::nullopt), cidr(4, 1), cidr(2, 1, "innernet-server"), cidr(6, 3)});
  EXPECT_THAT(ids(tree.roots()), ElementsAre(1));
  EXPECT_THAT(ids(tree.children(CidrId{1})), ElementsAre(2, 3, 4));
  EXPECT_THAT(ids(tree.children(CidrId{3})), ElementsAre(5, 6));
  EXPECT_THAT(ids(tree.children(CidrId{99})), IsEmpty());
  EXPECT_THAT(walked(tree), ElementsAre(Visit{1, 0}, Visit{2, 1}, Visit{3, 1}, Visit{5, 2}, Visit{6, 2}, Visit{4, 1}));
  EXPECT_EQ(tree.find("humans")->id, CidrId{3});
  EXPECT_EQ(tree.find("nobody"), nullptr);
  EXPECT_EQ(tree.find(CidrId{4})->name, "c4");
  EXPECT_EQ(tree.find(CidrId{7}), nullptr);
}

TEST(CidrTree, OnlyLeavesButTheServersHoldPeers) {
  const auto eligible = [](const std::vector<Cidr>& cidrs) {
    const CidrTree tree(cidrs);
    return ids(tree.eligible_for_peers());
  };
  EXPECT_THAT(eligible({cidr(1, {}), cidr(2, 1, "innernet-server"), cidr(3, 1), cidr(4, 3)}), ElementsAre(4));
  EXPECT_THAT(eligible({cidr(1, {}), cidr(2, 1, "renamed"), cidr(3, 1)}), ElementsAre(3)) << "the server's CIDR is the one with id 2";
  EXPECT_THAT(eligible({cidr(1, {}), cidr(2, 1)}), IsEmpty());
  EXPECT_THAT(eligible({}), IsEmpty());
}

TEST(CidrTree, SurvivesWhatADatabaseMayHold) {
  const struct {
    const char* why;
    std::vector<Cidr> cidrs;
    std::vector<Visit> walk;
  } cases[] = {
      {"nothing", {}, {}},
      {"two roots", {cidr(1, {}), cidr(9, {}), cidr(3, 9)}, {{1, 0}, {9, 0}, {3, 1}}},
      {"a missing parent makes a root", {cidr(1, {}), cidr(3, 77), cidr(4, 3)}, {{1, 0}, {3, 0}, {4, 1}}},
      {"its own parent", {cidr(1, {}), cidr(3, 3)}, {{1, 0}, {3, 0}}},
      {"a cycle is cut at its smallest id", {cidr(1, {}), cidr(5, 4), cidr(4, 3), cidr(3, 5)}, {{1, 0}, {3, 0}, {4, 1}, {5, 2}}},
      {"a cycle with a tail that has a smaller id", {cidr(2, 8), cidr(8, 9), cidr(9, 8)}, {{8, 0}, {2, 1}, {9, 1}}},
      {"two cycles", {cidr(1, 2), cidr(2, 1), cidr(3, 4), cidr(4, 3)}, {{1, 0}, {2, 1}, {3, 0}, {4, 1}}},
      {"negative ids", {cidr(-1, {}), cidr(INT64_MIN, -1)}, {{-1, 0}, {INT64_MIN, 1}}},
      {"an id twice: the first one counts", {cidr(1, {}), cidr(3, 1), cidr(3, 3)}, {{1, 0}, {3, 1}}},
  };
  for (const auto& c : cases) EXPECT_EQ(walked(CidrTree(c.cidrs)), c.walk) << c.why;
}

TEST(CidrTree, IsNotExhaustedByAChain) {
  constexpr std::int64_t kLength = 100'000;
  std::vector<Cidr> chain;
  for (std::int64_t id = 1; id <= kLength; ++id) chain.push_back(cidr(id, id == 1 ? std::nullopt : std::optional(id - 1)));
  std::size_t deepest = 0;
  CidrTree(chain).walk([&deepest](const Cidr&, std::size_t depth) { deepest = std::max(deepest, depth); });
  EXPECT_EQ(deepest, static_cast<std::size_t>(kLength - 1));

  chain.front().parent = CidrId{kLength};
  const CidrTree cycle(chain);
  EXPECT_THAT(ids(cycle.roots()), ElementsAre(1));
}

TEST(CidrTree, EveryCidrIsVisitedOnceWhateverTheParents) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<Cidr> cidrs;
    const auto count = static_cast<std::int64_t>(random() % 12);
    for (std::int64_t id = 1; id <= count; ++id)
      cidrs.push_back(cidr(id, random() % 5 == 0 ? std::nullopt : std::optional(static_cast<std::int64_t>(random() % 14))));
    std::ranges::shuffle(cidrs, random);
    std::set<std::int64_t> seen;
    for (const auto& [id, depth] : walked(CidrTree(cidrs))) EXPECT_TRUE(seen.insert(id).second) << id;
    EXPECT_EQ(seen.size(), cidrs.size());
  }
}

TEST(CidrTree, MayBeMoved) {
  CidrTree tree(std::vector{cidr(1, {}), cidr(3, 1)});
  const CidrTree moved = std::move(tree);
  EXPECT_THAT(walked(moved), ElementsAre(Visit{1, 0}, Visit{3, 1}));
}

std::string first_free(const char* net, std::vector<const char*> taken) {
  std::vector<IpAddress> addresses;
  for (const char* text : taken) addresses.push_back(*IpAddress::parse(text));
  const auto free = first_free_address(*IpNet::parse(net), addresses);
  return free ? free->to_string() : "none";
}

TEST(FirstFreeAddress, SkipsWhatIsTakenAndWhatNobodyMayHave) {
  const struct {
    const char* why;
    const char* net;
    std::vector<const char*> taken;
    const char* free;
  } cases[] = {
      {"not the network address", "10.66.1.0/24", {}, "10.66.1.1"},
      {"host bits mean nothing", "10.66.1.77/24", {}, "10.66.1.1"},
      {"the first gap, in any order, with repetitions", "10.66.1.0/24", {"10.66.1.4", "10.66.1.2", "10.66.1.1", "10.66.1.1"}, "10.66.1.3"},
      {"addresses outside don't count", "10.66.1.0/24", {"10.66.0.255", "10.66.2.1", "fd00::1", "0.0.0.0"}, "10.66.1.1"},
      {"not the broadcast address", "10.66.1.0/30", {"10.66.1.1", "10.66.1.2"}, "none"},
      {"a taken network address does not matter", "10.66.1.0/30", {"10.66.1.0", "10.66.1.1"}, "10.66.1.2"},
      {"both of a /31", "10.66.1.0/31", {"10.66.1.0"}, "10.66.1.1"},
      {"a full /31", "10.66.1.0/31", {"10.66.1.0", "10.66.1.1"}, "none"},
      {"a /32", "10.66.1.9/32", {}, "10.66.1.9"},
      {"a full /32", "10.66.1.9/32", {"10.66.1.9"}, "none"},
      {"a whole /8 is not walked", "10.0.0.0/8", {"10.0.0.1"}, "10.0.0.2"},
      {"everything", "0.0.0.0/0", {}, "0.0.0.1"},
      {"not the anycast address", "fd00::/64", {}, "fd00::1"},
      {"a carry", "fd00::/64", {"fd00::1", "fd00::2"}, "fd00::3"},
      {"the last IPv6 address may be had", "fd00::/126", {"fd00::1", "fd00::2"}, "fd00::3"},
      {"a full /126", "fd00::/126", {"fd00::1", "fd00::2", "fd00::3"}, "none"},
      {"both of a /127", "fd00::/127", {}, "fd00::"},
      {"a full /128", "fd00::5/128", {"fd00::5"}, "none"},
      {"the end of the family", "255.255.255.254/31", {"255.255.255.254", "255.255.255.255"}, "none"},
      {"the end of IPv6", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}, "none"},
  };
  for (const auto& c : cases) EXPECT_EQ(first_free(c.net, c.taken), c.free) << c.why;
}

TEST(FirstFreeAddress, AgreesWithASlowSearch) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const auto net = *IpNet::make(*IpAddress::parse("10.66.1.16"), static_cast<std::uint8_t>(27 + random() % 6));
    std::vector<IpAddress> taken;
    for (auto n = random() % 40; n > 0; --n) taken.push_back(*IpAddress::parse("10.66.1.0")->plus(random() % 64));
    std::optional<IpAddress> slow;
    for (std::uint64_t i = 0; i < 64 && !slow; ++i) {
      const auto address = *IpAddress::parse("10.66.1.0")->plus(i);
      if (net.is_assignable(address) && std::ranges::find(taken, address) == taken.end()) slow = address;
    }
    ASSERT_EQ(first_free_address(net, taken), slow) << net.to_string();
  }
}

}  // namespace
}  // namespace innernet

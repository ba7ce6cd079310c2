#include "relaying.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace innernet::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

wg::PublicKey key(int number) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  bytes[0] = static_cast<std::uint8_t>(number);
  bytes[1] = static_cast<std::uint8_t>(number >> 8);
  bytes[5] = 1;
  return wg::PublicKey::from_bytes(bytes);
}

void add_cidr(Network& network, int id, std::optional<int> parent = 1) {
  network.put_cidr(Cidr{CidrContents{fmt::format("cidr{}", id), IpNet::parse(fmt::format("10.{}.0.0/16", id)).value(),
                                     parent ? std::optional(CidrId{*parent}) : std::nullopt},
                        CidrId{id}});
}

Peer peer(int id, int cidr) {
  Peer peer{PeerContents{{.name = Hostname::parse(fmt::format("peer{}", id)).value(),
                          .ip = IpAddress::parse(fmt::format("10.{}.{}.{}", cidr, id / 256, id % 256)).value(),
                          .cidr_id = CidrId{cidr},
                          .public_key = key(id),
                          .is_redeemed = true},
                         {}},
            PeerId{id}};
  return peer;
}

void associate(Network& network, int a, int b) {
  network.put_association(Association{{CidrId{a}, CidrId{b}}, AssociationId{a * 1000 + b}});
}

bool may(const RelayMembers& members, int one, int other) {
  const relay::Membership membership(members.members, members.pairs);
  const auto a = membership.find(key(one)), b = membership.find(key(other));
  return a && b && membership.may(*a, *b);
}

TEST(RelayMembers, AreEnabledAndRedeemedPeersWithoutTheServer) {
  Network network;
  add_cidr(network, 1, std::nullopt);
  add_cidr(network, 2);
  network.put_peer(peer(1, 2));  // the server
  network.put_peer(peer(2, 2));
  auto disabled = peer(3, 2);
  disabled.is_disabled = true;
  network.put_peer(disabled);
  auto invited = peer(4, 2);
  invited.is_redeemed = false;
  network.put_peer(invited);
  const auto members = RelayMembers::of(network);
  ASSERT_THAT(members.members, SizeIs(1));
  EXPECT_EQ(members.members.front().key, key(2));
}

TEST(RelayMembers, OfAnEmptyNetworkAreNone) {
  const auto members = RelayMembers::of(Network());
  EXPECT_THAT(members.members, IsEmpty());
  EXPECT_THAT(members.pairs, IsEmpty());
}

TEST(RelayMembers, OfThousandsOfCidrsThatSeeEachOtherAreOneGroup) {
  Network network;
  add_cidr(network, 1, std::nullopt);
  associate(network, 1, 1);
  for (int id = 2; id < 250; ++id) {
    add_cidr(network, id);
    network.put_peer(peer(id, id));
  }
  const auto members = RelayMembers::of(network);
  EXPECT_THAT(members.pairs, SizeIs(1));
  EXPECT_TRUE(may(members, 2, 249));
}

// Against the rules peer by peer: who lies in or below a root of the other's CIDR, and the other way round.
TEST(RelayMembers, MayReachWhomTheySeeAndWhoSeesThem) {
  int yes = 0, no = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    Network network;
    add_cidr(network, 1, std::nullopt);
    const int cidrs = 3 + below(10);
    for (int id = 2; id <= cidrs; ++id) add_cidr(network, id, 1 + below(id - 1));
    for (int n = below(8); n > 0; --n) associate(network, 1 + below(cidrs), 1 + below(cidrs));
    std::vector<Peer> peers;
    for (int id = 2; id <= 25; ++id) network.put_peer(peers.emplace_back(peer(id, 1 + below(cidrs))));
    const auto members = RelayMembers::of(network);
    const auto sees = [&](const Peer& one, const Peer& other) {
      const auto visible = network.with_descendants(network.visible_roots(one.cidr_id));
      return std::ranges::find(visible, other.cidr_id) != visible.end();
    };
    for (const Peer& one : peers)
      for (const Peer& other : peers) {
        const bool expected = sees(one, other) && sees(other, one);
        ++(expected ? yes : no);
        ASSERT_EQ(may(members, static_cast<int>(number(one.id)), static_cast<int>(number(other.id))), expected)
            << "seed " << seed << ": " << one.name.str() << " and " << other.name.str();
      }
  }
  EXPECT_GT(yes, 1000);
  EXPECT_GT(no, 1000);
}

TEST(ServerRelay, IsAtTheServersEndpointWithItsOwnPort) {
  Network network;
  add_cidr(network, 1, std::nullopt);
  EXPECT_EQ(server_relay(network, key(9), 51821).endpoint.to_string(), "0.0.0.0:51821");
  auto server = peer(1, 1);
  server.endpoint = Endpoint::parse("vpn.example.org:51820").value();
  network.put_peer(server);
  EXPECT_EQ(server_relay(network, key(9), 51821), (Relay{PeerId{1}, key(9), Endpoint::parse("vpn.example.org:51821").value(), true}));
}

}  // namespace
}  // namespace innernet::server

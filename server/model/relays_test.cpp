#include "innernet/server/relays.hpp"

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

bool may(const RelayGroups& all, int one, int other) {
  const auto group_of = [&](const wg::PublicKey& who) -> std::optional<std::uint32_t> {
    for (std::uint32_t place = 0; place < all.groups.size(); ++place)
      if (std::ranges::find(all.groups[place], who) != all.groups[place].end()) return place;
    return std::nullopt;
  };
  const auto a = group_of(key(one)), b = group_of(key(other));
  return a && b && std::ranges::find(all.pairs, RelayGroups::Pair(std::min(*a, *b), std::max(*a, *b))) != all.pairs.end();
}

TEST(RelayGroupsOf, AreEnabledAndRedeemedPeersWithoutTheServer) {
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
  EXPECT_THAT(relay_groups(network).groups, ElementsAre(ElementsAre(key(2))));
}

TEST(RelayGroupsOf, OfAnEmptyNetworkAreNone) { EXPECT_EQ(relay_groups(Network()), RelayGroups{}); }

TEST(RelayGroupsOf, OfThousandsOfCidrsThatSeeEachOtherAreOneGroup) {
  Network network;
  add_cidr(network, 1, std::nullopt);
  associate(network, 1, 1);
  for (int id = 2; id < 250; ++id) {
    add_cidr(network, id);
    network.put_peer(peer(id, id));
  }
  const auto groups = relay_groups(network);
  EXPECT_THAT(groups.pairs, SizeIs(1));
  EXPECT_TRUE(may(groups, 2, 249));
}

// Against the rules peer by peer: who lies in or below a root of the other's CIDR, and the other way round.
TEST(RelayGroupsOf, MayReachWhomTheySeeAndWhoSeesThem) {
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
    const auto groups = relay_groups(network);
    const auto sees = [&](const Peer& one, const Peer& other) {
      const auto visible = network.with_descendants(network.visible_roots(one.cidr_id));
      return std::ranges::find(visible, other.cidr_id) != visible.end();
    };
    for (const Peer& one : peers)
      for (const Peer& other : peers) {
        const bool expected = sees(one, other) && sees(other, one);
        ++(expected ? yes : no);
        ASSERT_EQ(may(groups, static_cast<int>(number(one.id)), static_cast<int>(number(other.id))), expected)
            << "seed " << seed << ": " << one.name.str() << " and " << other.name.str();
      }
  }
  EXPECT_GT(yes, 1000);
  EXPECT_GT(no, 1000);
}

// --- the relays of peers ---

using namespace std::chrono_literals;

const BootTime kStart{1'000s};

PeerRecord relay_record() {
  PeerRecord record{.peer = peer(7, 2), .seen = SocketAddress{IpAddress::parse("192.0.2.7").value(), 51820}};
  record.peer.is_relay = true;
  record.peer.relay = RelayOfPeer{.public_key = key(70), .port = 51821};
  return record;
}

TEST(RelayOf, IsAtThePeersEndpointWithItsOwnPort) {
  const auto endpoint = [](const char* text) { return Endpoint::parse(text).value(); };
  PeerRecord record = relay_record();
  EXPECT_EQ(relay_of(record), (Relay{PeerId{7}, key(70), endpoint("192.0.2.7:51821"), true}));
  record.peer.endpoint = endpoint("office.example:4711");
  EXPECT_EQ(relay_of(record)->endpoint, endpoint("office.example:51821")) << "the override counts";
  record.peer.endpoint = endpoint("0.0.0.0:4711");
  EXPECT_EQ(relay_of(record)->endpoint, endpoint("192.0.2.7:51821")) << "of which only the port is known";
}

TEST(RelayOf, IsNoneWhereNobodyCanUseIt) {
  const struct {
    const char* why;
    void (*change)(PeerRecord&);
  } cases[] = {
      {"it is no relay any more", [](PeerRecord& r) { r.peer.is_relay = false; }},
      {"it does not run yet", [](PeerRecord& r) { r.peer.relay.reset(); }},
      {"its peer is disabled", [](PeerRecord& r) { r.peer.is_disabled = true; }},
      {"its peer is an invitation", [](PeerRecord& r) { r.peer.is_redeemed = false; }},
      {"nobody knows where it is", [](PeerRecord& r) { r.seen.reset(); }},
  };
  for (const auto& c : cases) {
    PeerRecord record = relay_record();
    c.change(record);
    EXPECT_FALSE(relay_of(record)) << c.why;
  }
}

TEST(RelaySigns, CountForAWhile) {
  RelaySigns signs(kStart);
  EXPECT_TRUE(signs.is_there(PeerId{7}, kStart + RelaySigns::kGone - 1s)) << "the server has just started";
  EXPECT_FALSE(signs.is_there(PeerId{7}, kStart + RelaySigns::kGone));
  signs.note(PeerId{7}, kStart + 100s);
  EXPECT_TRUE(signs.is_there(PeerId{7}, kStart + 100s + RelaySigns::kGone - 1s));
  EXPECT_FALSE(signs.is_there(PeerId{7}, kStart + 100s + RelaySigns::kGone));
  EXPECT_FALSE(signs.is_there(PeerId{8}, kStart + 100s));
}

TEST(RelaysOfPeers, AreThoseThatAreHeardOfById) {
  Network network;
  add_cidr(network, 1, std::nullopt);
  add_cidr(network, 2);
  RelaySigns signs(kStart);
  for (const int id : {9, 7, 8}) {
    Peer relay = peer(id, 2);
    relay.is_relay = true;
    relay.relay = RelayOfPeer{.public_key = key(10 * id), .port = 51821};
    network.put_peer(relay);
    network.set_seen(PeerId{id}, {IpAddress::parse(fmt::format("192.0.2.{}", id)).value(), 51820});
    if (id != 8) signs.note(PeerId{id}, kStart + 100s);
  }
  network.put_peer(peer(10, 2));
  std::vector<std::int64_t> ids;
  const auto relays = relays_of_peers(network, signs, kStart + 110s);
  for (const Relay& relay : relays) ids.push_back(number(relay.id));
  EXPECT_THAT(ids, ElementsAre(7, 9));
}

}  // namespace
}  // namespace innernet::server

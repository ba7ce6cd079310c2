#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "testing/fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;

/// Who sees whom by the words of the specification, peer by peer.
std::set<std::int64_t> naively_visible(const Network& network, CidrId of) {
  std::map<CidrId, Cidr> cidrs;
  for (const Cidr& cidr : network.cidrs()) cidrs.emplace(cidr.id, cidr);
  const auto up = [&](CidrId id) {
    std::set<CidrId> all{id};
    for (auto parent = cidrs.at(id).parent; parent; parent = cidrs.at(*parent).parent) all.insert(*parent);
    return all;
  };
  std::set<CidrId> roots{of, kServerCidr};
  const auto above = up(of);
  for (const auto& [id, association] : network.associations()) {
    if (above.contains(association.cidr_id_1)) roots.insert(association.cidr_id_2);
    if (above.contains(association.cidr_id_2)) roots.insert(association.cidr_id_1);
  }
  std::set<std::int64_t> visible;
  for (const auto& [id, record] : network.peers()) {
    if (record.peer.is_disabled || !record.peer.is_redeemed) continue;
    const auto lineage = up(record.peer.cidr_id);
    if (std::ranges::any_of(lineage, [&](CidrId cidr) { return roots.contains(cidr); })) visible.insert(number(id));
  }
  return visible;
}

/// A client that asks with its last ETag, accepts deltas, and keeps what it was told.
class Client {
 public:
  explicit Client(PeerId peer) : id(peer) {}

  void poll(Server& server) {
    const PeerRecord* record = server.coordinator->network().find_peer(id);
    auto request = server.request(record->peer.ip, "GET", "/v1/user/state");
    request.accepts_delta = true;
    if (!etag.empty()) request.if_none_match = etag;
    const Response response = server.ask(request);
    if (response.status == 401) return;
    ++statuses[response.status];
    etag = response.etag;
    if (response.status == 304) return;
    const auto json = nlohmann::json::parse(*response.body);
    if (response.status == 200) {
      peers.clear();
      cidrs = json.at("cidrs");
    }
    for (const auto& gone : json.value("gone", nlohmann::json::array())) peers.erase(gone.get<std::int64_t>());
    for (const auto& peer : json.at("peers")) peers[peer.at("id").get<std::int64_t>()] = peer;
    if (json.contains("cidrs")) cidrs = json.at("cidrs");
  }

  PeerId id;
  std::string etag;
  std::map<std::int64_t, nlohmann::json> peers;
  nlohmann::json cidrs;
  std::map<unsigned, int> statuses;
};

TEST(Delta, KeepsAClientAtTheFullStateWhateverHappens) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    Server server;
    std::mt19937 random(seed);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    std::uint32_t next_key = 1000;
    {
      auto registry = must(Registry::open(server.path));
      must(registry.write([&](Registry::Writer& writer) -> Result<void> {
        for (unsigned n = 10; n < 16; ++n) {
          const Cidr outer = must(writer.add_cidr({fmt::format("c{}", n), *IpNet::parse(server.family.net(n)), kRootCidr}));
          if (n % 2 == 0) must(writer.add_cidr({fmt::format("in{}", n), *IpNet::parse(fmt::format("10.42.{}.128/25", n)), outer.id}));
        }
        return {};
      }));
    }
    std::vector<Client> clients;
    for (const PeerId id : {kAdmin, kUser}) clients.emplace_back(id);
    for (int step = 0; step < 300; ++step) {
      const Network& network = server.coordinator->network();
      std::vector<PeerId> peers;
      for (const auto& [id, record] : network.peers())
        if (id != kServerPeer && id != kAdmin) peers.push_back(id);
      std::vector<CidrId> cidrs;
      for (const Cidr& cidr : network.cidrs()) cidrs.push_back(cidr.id);
      const PeerId peer = peers[static_cast<std::size_t>(pick(static_cast<int>(peers.size())))];
      const CidrId cidr = cidrs[static_cast<std::size_t>(pick(static_cast<int>(cidrs.size())))];
      const std::string peer_path = fmt::format("/v1/admin/peers/{}", number(peer));
      switch (pick(9)) {
        case 0:
        case 1: {
          auto contents = peer_contents(fmt::format("p{}", next_key),
                                        network.find_cidr(cidr)->cidr.address().plus(static_cast<std::uint64_t>(1 + pick(100))).value(),
                                        cidr, next_key);
          ++next_key;
          contents.is_redeemed = pick(4) != 0;
          static_cast<void>(server.ask(server.admin(), "POST", "/v1/admin/peers", to_json(contents)));
          break;
        }
        case 2: {
          auto contents = PeerContents(network.find_peer(peer)->peer);
          contents.is_disabled = !contents.is_disabled;
          static_cast<void>(server.ask(server.admin(), "PUT", peer_path, to_json(contents)));
          break;
        }
        case 3: {
          auto contents = PeerContents(network.find_peer(peer)->peer);
          contents.name = must(Hostname::parse(fmt::format("r{}", step)));
          static_cast<void>(server.ask(server.admin(), "PUT", peer_path, to_json(contents)));
          break;
        }
        case 4:
          server.coordinator->set_seen_endpoints(
              {{network.find_peer(peer)->peer.public_key, server.family.seen(static_cast<std::uint8_t>(1 + pick(200)), 7)}});
          break;
        case 5:
          static_cast<void>(server.ask(server.admin(), "POST", "/v1/admin/associations",
                                       fmt::format(R"({{"cidr_id_1":{},"cidr_id_2":{}}})", number(cidr),
                                                   number(cidrs[static_cast<std::size_t>(pick(static_cast<int>(cidrs.size())))]))));
          break;
        case 6:
          if (!network.associations().empty() && pick(3) == 0)
            static_cast<void>(server.ask(server.admin(), "DELETE",
                                         fmt::format("/v1/admin/associations/{}", number(network.associations().begin()->first))));
          break;
        case 7:
          static_cast<void>(server.ask(server.admin(), "PUT", fmt::format("/v1/admin/cidrs/{}", number(cidr)),
                                       fmt::format(R"({{"name":"n{}","cidr":"10.0.0.0/8","parent":1}})", step)));
          break;
        default: {
          auto registry = must(Registry::open(server.path));
          static_cast<void>(registry.write([&](Registry::Writer& writer) -> Result<void> {
            if (pick(2) == 0) return writer.delete_cidr(cidr);
            return writer.delete_unredeemed_peer(peer);
          }));
        }
      }
      if (pick(3) != 0) continue;
      for (Client& client : clients) {
        client.poll(server);
        const PeerRecord& self = *server.coordinator->network().find_peer(client.id);
        if (self.peer.is_disabled) continue;
        const Response full = server.ask(self.peer.ip, "GET", "/v1/user/state");
        const auto json = nlohmann::json::parse(*full.body);
        std::map<std::int64_t, nlohmann::json> expected;
        std::set<std::int64_t> expected_ids;
        for (const auto& one : json.at("peers")) {
          expected[one.at("id").get<std::int64_t>()] = one;
          expected_ids.insert(one.at("id").get<std::int64_t>());
        }
        ASSERT_EQ(client.peers, expected) << "step " << step;
        ASSERT_EQ(client.cidrs, json.at("cidrs"));
        ASSERT_EQ(expected_ids, naively_visible(server.coordinator->network(), self.peer.cidr_id)) << "step " << step;
        ASSERT_EQ(client.etag, full.etag);
      }
    }
    EXPECT_GT(clients[0].statuses[226], 0) << "the test must have seen deltas";
    EXPECT_TRUE(same_rows(must(Registry::open(server.path)).network(), server.coordinator->network()));
  }
}

TEST(Delta, IsRefusedForAnUnknownBaseAndWhereItWouldBeLarge) {
  Server server;
  const Response first = server.ask(server.user(), "GET", "/v1/user/state");
  for (const std::string& base :
       {std::string("\"000000000000abce-4-1\""), std::string("\"000000000000abcd-5-1\""), std::string("\"000000000000abcd-4-999\""),
        std::string("\"000000000000abcd-4-\""), std::string("\"000000000000abcd-4-99999999999999999999\"")}) {
    auto request = server.request(server.user(), "GET", "/v1/user/state");
    request.accepts_delta = true;
    request.if_none_match = base;
    EXPECT_EQ(server.ask(request).status, 200) << base;
  }
}

TEST(Relays, AreInStatesAndInDeltasThatTellOfThem) {
  Server server;
  const auto relays = [](const Response& response) -> std::optional<std::string> {
    const auto json = nlohmann::json::parse(body_of(response));
    return json.contains("relays") ? std::optional(json.at("relays").dump()) : std::nullopt;
  };
  const auto full = [&] { return server.ask(server.user(), "GET", "/v1/user/state"); };
  const auto since = [&](const std::string& etag) {
    auto request = server.request(server.user(), "GET", "/v1/user/state");
    request.accepts_delta = true;
    request.if_none_match = etag;
    return server.ask(request);
  };
  const Response before = full();
  EXPECT_EQ(relays(before), std::nullopt);

  const Relay relay{kServerPeer, key_of(77), *Endpoint::parse("192.0.2.1:51821")};
  const std::string expected = nlohmann::json::parse(to_json(std::span(&relay, 1))).dump();
  server.coordinator->set_own_relay(relay);
  const Response with = full();
  EXPECT_NE(with.etag, before.etag);
  EXPECT_EQ(relays(with), expected);
  const Response delta = since(before.etag);
  EXPECT_EQ(delta.status, 226U);
  EXPECT_EQ(relays(delta), expected);
  EXPECT_EQ(delta.etag, with.etag);

  server.coordinator->set_own_relay(relay);
  EXPECT_EQ(since(with.etag).status, 304U) << "nothing has changed";
  EXPECT_EQ(server.ask(server.user(), "PUT", "/v1/user/candidates", R"(["192.0.2.5:1"])").status, 204U);
  const Response other = since(with.etag);
  EXPECT_EQ(other.status, 226U);
  EXPECT_EQ(relays(other), std::nullopt) << "they are as they were";
  EXPECT_EQ(relays(since(before.etag)), expected);
  EXPECT_EQ(relays(full()), expected);

  server.coordinator->set_own_relay(std::nullopt);
  const Response gone = since(other.etag);
  EXPECT_EQ(gone.status, 226U);
  EXPECT_EQ(relays(gone), "[]");
  EXPECT_EQ(relays(full()), std::nullopt);
}

TEST(StateCache, SharesTheBodyOfGroupsThatSeeTheSame) {
  Server server;
  EXPECT_EQ(server.ask(server.admin(), "GET", "/v1/user/state").body, server.ask(server.user(), "GET", "/v1/user/state").body);
}

TEST(StateCache, OrdersPeersByCidrAndThenById) {
  Server server;
  for (const auto& [cidr, n, host] : {std::tuple(kRobots, 2U, 9U), {kHumans, 1U, 9U}, {kRobots, 2U, 10U}})
    EXPECT_EQ(server
                  .ask(server.admin(), "POST", "/v1/admin/peers",
                       to_json(peer_contents(fmt::format("x{}-{}", n, host), server.family.ip(n, host), cidr, 100 + n * 20 + host)))
                  .status,
              201);
  EXPECT_THAT(ids(state_of(server.ask(server.admin(), "GET", "/v1/user/state")).peers), ::testing::ElementsAre(1, 2, 7, 3, 6, 8));
}

// A flood of one peer must not make everybody fetch everything.
TEST(Delta, OfOthersSurvivesAPeerThatChangesWithoutEnd) {
  Server server;
  server.options.write_period = std::chrono::milliseconds(0);
  server.open();
  {
    auto registry = must(Registry::open(server.path));
    must(registry.write([&](Registry::Writer& writer) -> Result<void> {
      for (unsigned n = 10; n < 40; ++n)
        must(writer.add_peer(peer_contents(fmt::format("p{}", n), server.family.ip(1, n), kHumans, 100 + n)));
      return {};
    }));
  }
  auto poll = server.request(server.admin(), "GET", "/v1/user/state");
  poll.accepts_delta = true;
  poll.if_none_match = server.ask(poll).etag;
  must(server.coordinator->begin_turn());
  for (unsigned n = 0; n < 70'000; ++n) {
    const auto body = fmt::format(R"(["192.0.2.{}:{}"])", 1 + n % 200, 1 + n / 200);
    ASSERT_EQ(std::get<Response>(server.coordinator->answer(server.request(server.user(), "PUT", "/v1/user/candidates", body))).status,
              204U);
  }
  must(server.coordinator->end_turn());
  const Response delta = server.ask(poll);
  EXPECT_EQ(delta.status, 226U);
  EXPECT_EQ(nlohmann::json::parse(body_of(delta)).at("peers").size(), 1U);
}

TEST(AllPeers, AreTheSameForAllWhoAskBeforeSomethingChangesAndKeptWhileSomebodyAsks) {
  Server server;
  const auto list = [&] { return server.ask(server.admin(), "GET", "/v1/admin/peers").body; };
  auto one = list();
  EXPECT_EQ(one, list());
  EXPECT_EQ(server.ask(server.user(), "PUT", "/v1/user/candidates", R"(["192.0.2.5:1"])").status, 204U);
  auto changed = list();
  EXPECT_NE(one, changed) << "whoever asks after a change is told of it";
  EXPECT_THAT(*changed, ::testing::HasSubstr("192.0.2.5:1"));
  const std::weak_ptr<const std::string> kept = changed;
  changed.reset();
  server.clock.advance(std::chrono::seconds(9));
  EXPECT_EQ(list(), kept.lock());
  server.clock.advance(std::chrono::seconds(10));
  static_cast<void>(server.ask(server.user(), "GET", "/v1/user/capabilities"));
  EXPECT_TRUE(kept.expired()) << "nobody asks any more, and it may be large";
}

}  // namespace
}  // namespace innernet::server

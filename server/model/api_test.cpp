#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "testing/fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Api : public ::testing::TestWithParam<bool> {
 protected:
  Family family{GetParam()};
  Server server{family};

  std::string contents(std::string_view name, const std::string& ip, CidrId cidr, std::uint32_t key) const {
    return to_json(peer_contents(name, must(IpAddress::parse(ip)), cidr, key));
  }
  unsigned status(const IpAddress& from, std::string method, std::string target, std::optional<std::string> body = std::nullopt) {
    const Response response = server.ask(from, std::move(method), std::move(target), std::move(body));
    if (response.status >= 400) {
      EXPECT_THAT(body_of(response), StartsWith("{\"error\":\"")) << "an error says what was wrong";
    } else if (response.status == 204) {
      EXPECT_EQ(response.body, nullptr) << "the Rust client parses what is there";
    }
    return response.status;
  }
};

INSTANTIATE_TEST_SUITE_P(Families, Api, ::testing::Values(false, true), [](const auto& param) { return param.param ? "IPv6" : "IPv4"; });

TEST_P(Api, ChecksPathThenSessionThenRoleThenRouteThenBody) {
  auto without_key = server.request(server.admin(), "GET", "/v2/user/state");
  without_key.server_key.reset();
  EXPECT_EQ(server.ask(without_key).status, 404) << "what is not /v1 is not there, even without the key";
  without_key.target = "/v1/nothing";
  EXPECT_EQ(server.ask(without_key).status, 401) << "without the key nobody learns what is there";
  for (const std::string& wrong : {std::string(), key_of(2).to_base64(), key_of(1).to_base64() + " "}) {
    without_key.server_key = wrong;
    EXPECT_EQ(server.ask(without_key).status, 401) << wrong;
  }
  const IpAddress stranger = family.ip(3, 200);
  const IpAddress disabled = family.ip(2, 2);
  EXPECT_EQ(status(stranger, "GET", "/v1/user/capabilities"), 401);
  EXPECT_EQ(status(disabled, "GET", "/v1/user/capabilities"), 401);
  EXPECT_EQ(status(server.user(), "GET", "/v1/admin/nothing"), 401) << "the role of /admin comes before the route";
  EXPECT_EQ(status(server.admin(), "GET", "/v1/admin/nothing"), 404);
  EXPECT_EQ(status(server.pending(), "POST", "/v1/admin/peers", "{}"), 401);
  EXPECT_EQ(status(server.pending(), "PUT", "/v1/user/candidates", "rubbish"), 401) << "the role comes before the body";
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/candidates", "rubbish"), 400);
  EXPECT_EQ(status(server.pending(), "GET", "/v1/user/nothing"), 404);
  EXPECT_EQ(status(server.user(), "POST", "/v1/user/redeem", "rubbish"), 401);
  EXPECT_EQ(status(server.admin(), "GET", "/v1"), 404);
  EXPECT_EQ(status(server.admin(), "GET", "/v1/admin"), 404);
  EXPECT_EQ(status(server.admin(), "GET", "/v1/user/"), 404);
  EXPECT_EQ(status(server.admin(), "GET", ""), 404);
}

TEST_P(Api, ReadsPathsAsTheRustServerDoes) {
  const struct {
    const char* method;
    const char* target;
    unsigned status;
  } cases[] = {
      {"GET", "//v1/user/state", 200},
      {"GET", "/v1/user/state?x=/v2", 200},
      {"GET", "/v1/user/state/more/of", 200},
      {"GET", "/v1/user/state/", 200},
      {"GET", "/v1//user/state", 404},
      {"GET", "http://server/v1/user/state", 200},
      {"HEAD", "/v1/user/state", 404},
      {"OPTIONS", "/v1/user/state", 404},
      {"POST", "/v1/user/state", 404},
      {"GET", "/v1/user/redeem", 404},
      {"GET", "/v1/admin/peers", 200},
      {"GET", "/v1/admin/peers/", 404},
      {"GET", "/v1/admin/peers/3", 404},
      {"POST", "/v1/admin/peers/", 404},
      {"PUT", "/v1/admin/peers", 404},
      {"PUT", "/v1/admin/peers/", 404},
      {"DELETE", "/v1/admin/peers/x", 404},
      {"DELETE", "/v1/admin/peers/9223372036854775808", 404},
      {"DELETE", "/v1/admin/peers/99", 404},
      {"DELETE", "/v1/admin/cidrs/99", 204},
      {"DELETE", "/v1/admin/cidrs/", 404},
      {"DELETE", "/v1/admin/associations/+99/x", 204},
      {"PUT", "/v1/admin/associations/1", 404},
      {"PATCH", "/v1/admin/cidrs", 404},
      {"GET", "/v1/user/%73tate", 404},
      {"GET", "/%76%31/user/state", 404},
      {"GET", "http://server", 404},
      {"GET", "http://server?/v1/user/state", 404},
      {"OPTIONS", "*", 404},
      {"GET", "/V1/user/state", 404},
      {"GET", "/v1/admin//peers", 404},
      {"GET", "/v2/../v1/user/state", 404},
      {"GET", "/v1/user/state#/v2", 200},
      {"DELETE", "/v1/admin/peers/3/", 204},
  };
  for (const auto& c : cases) EXPECT_EQ(status(server.admin(), c.method, c.target), c.status) << c.method << ' ' << c.target;
}

TEST_P(Api, WantsABodyWithALengthOfAtMost16KiB) {
  for (const auto& [method, target] : {std::pair{"PUT", "/v1/user/candidates"},
                                       {"PUT", "/v1/user/endpoint"},
                                       {"POST", "/v1/admin/peers"},
                                       {"PUT", "/v1/admin/peers/99"},
                                       {"POST", "/v1/admin/cidrs"},
                                       {"PUT", "/v1/admin/cidrs/99"},
                                       {"POST", "/v1/admin/associations"}}) {
    auto request = server.request(server.admin(), method, target);
    EXPECT_EQ(server.ask(request).status, 400) << target << " without a length";
    request.body_kind = Request::Body::kTooLarge;
    EXPECT_EQ(server.ask(request).status, 400) << target << " too large";
    request.body_kind = Request::Body::kWhole;
    for (const char* body : {"", "null", "[", "{\"a\":1", "{}x"}) {
      request.body = body;
      EXPECT_EQ(server.ask(request).status, 400) << target << ' ' << body;
    }
  }
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/candidates", std::string(16385, ' ')), 400);
}

TEST_P(Api, GivesEachPeerWhatItMaySee) {
  EXPECT_THAT(ids(state_of(server.ask(server.admin(), "GET", "/v1/user/state")).peers), ElementsAre(1, 2, 3));
  const State state = state_of(server.ask(server.user(), "GET", "/v1/user/state"));
  EXPECT_THAT(ids(state.peers), ElementsAre(1, 2, 3));
  EXPECT_EQ(state.cidrs.size(), 5U);
  EXPECT_EQ(server.ask(server.pending(), "GET", "/v1/user/state").status, 401);
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/associations/1"), 204);
  EXPECT_THAT(ids(state_of(server.ask(server.user(), "GET", "/v1/user/state")).peers), ElementsAre(1, 3));
}

TEST_P(Api, TellsEverySessionWhatItCanDo) {
  for (const auto& from : {server.admin(), server.user(), server.pending()}) {
    const std::string body = body_of(server.ask(from, "GET", "/v1/user/capabilities"));
    EXPECT_THAT(body, Not(HasSubstr("false"))) << "all that there is";
    const auto json = nlohmann::json::parse(body);
    EXPECT_EQ(json.at("unspecified_ip_in_override_endpoint"), true);
    EXPECT_EQ(json.at("state_etag"), true);
    EXPECT_EQ(json.at("state_delta"), true);
    EXPECT_EQ(json.at("state_wait_max"), 300);
  }
}

TEST_P(Api, TellsAPeerWhereItIsSeen) {
  const auto seen = [&] { return body_of(server.ask(server.user(), "GET", "/v1/user/seen-at")); };
  EXPECT_EQ(seen(), R"({"by_server":null,"by_relay":null})");
  server.coordinator->set_seen_endpoints({{key_of(3), family.seen(3, 999)}});
  server.coordinator->set_seen_by_relay({{key_of(2), family.seen(2, 998)}, {key_of(3), family.seen(3, 1001)}});
  EXPECT_EQ(seen(), to_json(SeenAt{.by_server = family.seen(3, 999), .by_relay = family.seen(3, 1001)}));
  server.coordinator->set_seen_by_relay({});
  EXPECT_EQ(seen(), to_json(SeenAt{.by_server = family.seen(3, 999)})) << "it is registered no longer";
}

TEST_P(Api, RedeemsOnceBeforeTheExpiryWithAKeyOfItsOwn) {
  const auto redeem = [&](std::uint32_t key) {
    return server.ask(server.pending(), "POST", "/v1/user/redeem", redeem_to_json(key_of(key)));
  };
  EXPECT_EQ(redeem(2).status, 400) << "somebody else's key";
  EXPECT_EQ(redeem(5).status, 400) << "the invitation's own key";
  for (const char* bad :
       {R"({"public_key":""})", R"({"public_key":"AAAA"})", R"({"public_key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})",
        R"({"public_key":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="})", R"({"public_key":7})", "{}"})
    EXPECT_EQ(status(server.pending(), "POST", "/v1/user/redeem", bad), 400) << bad;

  const Response done = redeem(50);
  EXPECT_EQ(done.status, 204);
  ASSERT_TRUE(done.key_change);
  EXPECT_EQ(done.key_change->old_key, key_of(5));
  EXPECT_EQ(done.key_change->new_key, key_of(50));
  EXPECT_THAT(server.coordinator->take_effects().device, IsEmpty()) << "the device changes after the answer has arrived";

  EXPECT_EQ(redeem(50).status, 204) << "its first answer may be lost, and the device still has the old key";
  EXPECT_EQ(redeem(51).status, 401);
  server.clock.advance(std::chrono::seconds(11));
  EXPECT_EQ(redeem(50).status, 401);
  EXPECT_EQ(server.ask(server.pending(), "GET", "/v1/user/state").status, 200);
}

TEST_P(Api, RefusesAnExpiredInvitation) {
  server.clock.set_wall(WallTime(std::chrono::seconds(1'800'000'000)));
  EXPECT_EQ(status(server.pending(), "POST", "/v1/user/redeem", redeem_to_json(key_of(50))), 401);
}

TEST_P(Api, StoresEndpointAndCandidates) {
  const auto me = [&] { return state_of(server.ask(server.user(), "GET", "/v1/user/state")).peers.back(); };
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"Vpn.Example:1"})"), 204);
  EXPECT_EQ(me().endpoint, *Endpoint::parse("vpn.example:1"));
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"0.0.0.0:4444"})"), 204);
  EXPECT_EQ(me().endpoint, std::nullopt) << "never seen";
  server.coordinator->set_seen_endpoints({{key_of(3), family.seen(3, 999)}});
  EXPECT_EQ(me().endpoint, *Endpoint::parse(SocketAddress{family.seen(3, 999).ip, 4444}.to_string()));
  EXPECT_EQ(me().candidates.back(), *Endpoint::parse(family.seen(3, 999).to_string()));
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Unset"})"), 204);
  EXPECT_EQ(me().endpoint, *Endpoint::parse(family.seen(3, 999).to_string()));
  EXPECT_THAT(me().candidates, IsEmpty());

  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/candidates", R"(["1.2.3.4:5","[2001:db8::1]:6"])"), 204);
  EXPECT_EQ(candidates_to_json(me().candidates), R"(["1.2.3.4:5","[2001:db8::1]:6"])");
  std::string eleven = R"(["a:1")";
  for (int i = 0; i < 10; ++i) eleven += fmt::format(",\"b{}:1\"", i);
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/candidates", eleven + "]"), 413);
  for (const char* bad : {R"(["1.2.3.999:1"])", R"(["a.1:1"])", R"([null])", R"({"option":"Set"})", "null"})
    EXPECT_EQ(status(server.user(), "PUT", "/v1/user/candidates", bad), 400) << bad;
  for (const char* bad : {R"({"option":"Set","content":"x:99999"})", R"({"option":"set"})", R"({"option":"Set"})", R"("Unset")"})
    EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", bad), 400) << bad;
}

TEST_P(Api, WritesNothingWhenNothingChanges) {
  const auto changes = [&](std::string method, std::string target, std::string body, const IpAddress& from) {
    EXPECT_EQ(status(from, std::move(method), std::move(target), std::move(body)), 204);
    return server.coordinator->take_effects().committed;
  };
  EXPECT_TRUE(changes("PUT", "/v1/user/candidates", R"(["1.2.3.4:5"])", server.user()));
  EXPECT_FALSE(changes("PUT", "/v1/user/candidates", R"(["1.2.3.4:5"])", server.user()));
  EXPECT_FALSE(changes("PUT", "/v1/user/endpoint", R"({"option":"Unset"})", server.user()));
  EXPECT_FALSE(changes("PUT", "/v1/admin/cidrs/3", R"({"name":"humans","cidr":"10.0.0.0/8","parent":null})", server.admin()));
  EXPECT_FALSE(changes("DELETE", "/v1/admin/peers/4", "", server.admin())) << "disabled already";
  EXPECT_FALSE(changes("DELETE", "/v1/admin/associations/77", "", server.admin()));
}

TEST_P(Api, MakesPeersByTheRules) {
  const auto post = [&](std::string_view name, const std::string& ip, CidrId cidr, std::uint32_t key) {
    return status(server.admin(), "POST", "/v1/admin/peers", contents(name, ip, cidr, key));
  };
  EXPECT_EQ(post("new", family.ip_text(3, 9), CidrId{99}, 9), 404) << "no such CIDR";
  EXPECT_EQ(post("new", family.ip_text(1, 9), kIsland, 9), 400) << "outside";
  EXPECT_EQ(post("new", family.ip_text(3, 0), kIsland, 9), 400) << "the network address";
  EXPECT_EQ(post("user", family.ip_text(3, 9), kIsland, 9), 400) << "name taken";
  EXPECT_EQ(post("new", family.ip_text(3, 1), kIsland, 9), 400) << "address taken";
  EXPECT_EQ(post("new", family.ip_text(3, 9), kIsland, 4), 400) << "key taken, if by a disabled peer";
  EXPECT_EQ(server.coordinator->network().peers().size(), 5U);

  auto sent = peer_contents("new", family.ip(3, 9), kIsland, 9);
  sent.persistent_keepalive_interval = 7;
  sent.is_redeemed = false;
  sent.invite_expires = UnixTime{4'000'000'000, 5};
  const Response made = server.ask(server.admin(), "POST", "/v1/admin/peers", to_json(sent));
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(body_of(made), to_json(Peer{sent, PeerId{6}})) << "what was sent is echoed";
  const auto effects = server.coordinator->take_effects();
  ASSERT_EQ(effects.device.size(), 1U) << "the invited peer must get through to redeem";
  EXPECT_EQ(effects.device[0].public_key, key_of(9));
  EXPECT_THAT(effects.device[0].allowed_ips, ElementsAre(IpNet::host(family.ip(3, 9))));
  EXPECT_EQ(effects.device[0].persistent_keepalive, kPersistentKeepalive);

  EXPECT_EQ(post("inroot", family.ip_text(77, 1), kRootCidr, 10), 201) << "a CIDR with children may hold peers, through the API";
}

TEST_P(Api, ChangesOnlyWhatMayChange) {
  auto wanted = peer_contents("renamed", family.ip(3, 77), kIsland, 99);
  wanted.is_admin = true;
  wanted.is_redeemed = false;
  wanted.endpoint = *Endpoint::parse("9.9.9.9:9");
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/3", "{}"), 400);
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/99", "{}"), 400) << "a bad body comes before an unknown id";
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/99", to_json(wanted)), 404);
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/3", to_json(wanted)), 204);
  const Peer& user = server.coordinator->network().find_peer(kUser)->peer;
  EXPECT_EQ(user.name.str(), "renamed");
  EXPECT_TRUE(user.is_admin);
  EXPECT_EQ(user.endpoint, wanted.endpoint);
  EXPECT_EQ(user.ip, server.user());
  EXPECT_EQ(user.public_key, key_of(3));
  EXPECT_EQ(user.cidr_id, kRobots);
  EXPECT_TRUE(user.is_redeemed);
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/3", contents("admin", family.ip_text(2, 1), kRobots, 3)), 400) << "name taken";
}

TEST_P(Api, ShowsAndStoresEachMemberOfAChange) {
  const struct {
    const char* member;
    void (*set)(PeerChange&);
    // Where a PUT of the peer has no say.
    unsigned (*ask)(Server&) = nullptr;
  } changes[] = {
      {"name", [](PeerChange& change) { change.name = must(Hostname::parse("renamed")); }},
      {"endpoint", [](PeerChange& change) { change.endpoint = must(Endpoint::parse("vpn.example.com:4711")); }},
      {"is_admin", [](PeerChange& change) { change.is_admin = true; }},
      {"is_disabled", [](PeerChange& change) { change.is_disabled = true; }},
      {"candidates", [](PeerChange& change) { change.candidates = {must(Endpoint::parse("192.168.7.7:51820"))}; }},
      {"is_relay", [](PeerChange& change) { change.is_relay = true; },
       [](Server& of) { return of.ask(of.admin(), "PUT", "/v1/admin/relays/3").status; }},
      {"relay",
       [](PeerChange& change) {
         change.is_relay = true;
         change.relay = RelayOfPeer{.public_key = key_of(70), .port = 51821};
       },
       [](Server& of) {
         static_cast<void>(of.ask(of.admin(), "PUT", "/v1/admin/relays/3"));
         return of.ask(of.user(), "PUT", "/v1/user/relay", to_json(RelayOfPeer{.public_key = key_of(70), .port = 51821})).status;
       }},
  };
  static_assert(std::size(changes) == std::tuple_size_v<decltype(std::declval<PeerChange>().members())>, "each member has its row");
  for (const auto& [member, set, ask] : changes) {
    SCOPED_TRACE(member);
    Server fresh(family);
    const Peer before = fresh.coordinator->network().find_peer(kUser)->peer;
    auto change = PeerChange::to(before);
    EXPECT_FALSE(change.changes(before));
    set(change);
    EXPECT_TRUE(change.changes(before));
    Peer after = before;
    change.apply_to(after);
    EXPECT_NE(after, before);

    const std::string etag = fresh.ask(fresh.admin(), "GET", "/v1/user/state").etag;
    const std::string body = to_json(static_cast<const PeerContents&>(after));
    EXPECT_EQ(ask == nullptr ? fresh.ask(fresh.admin(), "PUT", "/v1/admin/peers/3", body).status : ask(fresh), 204);
    EXPECT_EQ(fresh.coordinator->network().find_peer(kUser)->peer, after);
    EXPECT_EQ(must(Registry::open(fresh.path)).network().find_peer(kUser)->peer, after);
    const Peer shown = Network::as_shown({after, std::nullopt});
    EXPECT_THAT(must(parse_peers(body_of(fresh.ask(fresh.admin(), "GET", "/v1/admin/peers")), {})), ::testing::Contains(shown));
    const Response state = fresh.ask(fresh.admin(), "GET", "/v1/user/state");
    EXPECT_NE(state.etag, etag);
    EXPECT_EQ(std::ranges::count(state_of(state).peers, shown), after.is_disabled ? 0 : 1);
  }
}

TEST_P(Api, NeverLosesTheServer) {
  auto self = peer_contents("innernet-server", family.server(), kServerCidr, 1);
  self.is_admin = true;
  self.is_disabled = true;
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/peers/1"), 400);
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/1", to_json(self)), 400);
  self.is_disabled = false;
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/1", to_json(self)), 204);
  self.name = must(Hostname::parse("other"));
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/1", to_json(self)), 400);
}

// A Rust administrator's rename, enable and disable send back what the list showed.
TEST_P(Api, DoesNotFreezeTheSeenAddressWhenAnAdminSendsItBack) {
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/candidates", R"(["1.2.3.4:5"])"), 204);
  const auto renamed_through = [&](const std::optional<std::string>& endpoint, const std::string& name) {
    const std::string option = endpoint ? R"({"option":"Set","content":")" + *endpoint + "\"}" : R"({"option":"Unset"})";
    EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", option), 204);
    server.coordinator->set_seen_endpoints({{key_of(3), family.seen(9, 1234)}});
    auto listed = must(parse_peers(body_of(server.ask(server.admin(), "GET", "/v1/admin/peers")), [](std::string_view) {})).at(2);
    listed.name = must(Hostname::parse(name));
    EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/3", to_json(static_cast<const PeerContents&>(listed))), 204);
    return server.coordinator->network().find_peer(kUser)->peer;
  };
  for (const auto& endpoint :
       {std::optional<std::string>(), std::optional<std::string>("0.0.0.0:77"), std::optional<std::string>("9.8.7.6:5")}) {
    const Peer stored = renamed_through(endpoint, endpoint ? "n" + std::to_string(endpoint->size()) : "none");
    EXPECT_EQ(stored.endpoint, endpoint ? std::optional(*Endpoint::parse(*endpoint)) : std::nullopt);
    EXPECT_EQ(candidates_to_json(stored.candidates), R"(["1.2.3.4:5"])");
  }
}

TEST_P(Api, DoesNotStoreARelayThatAnAdminSendsBack) {
  const auto listed = [&] {
    return must(parse_peers(body_of(server.ask(server.admin(), "GET", "/v1/admin/peers")), [](std::string_view) {})).at(2);
  };
  const auto relay_at = [](int port) { return *Endpoint::parse(fmt::format("192.0.2.1:{}", port)); };
  const auto stored_after_put_of = [&](std::vector<Endpoint> candidates) {
    PeerContents put = listed();
    put.candidates = std::move(candidates);
    EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/3", to_json(put)), 204);
    return server.coordinator->network().find_peer(kUser)->peer.candidates;
  };
  const auto own = *Endpoint::parse("1.2.3.4:5"), more = *Endpoint::parse("1.2.3.4:6");
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/candidates", R"(["1.2.3.4:5"])"), 204);
  server.coordinator->set_relayed({key_of(3)}, relay_at(1));
  const auto shown = listed().candidates;
  ASSERT_THAT(shown, ElementsAre(relay_at(1), own));
  EXPECT_THAT(stored_after_put_of(shown), ElementsAre(own));
  EXPECT_THAT(stored_after_put_of({own, relay_at(1)}), ElementsAre(own)) << "anywhere in the list";

  server.coordinator->set_relayed({key_of(3)}, relay_at(2));
  EXPECT_THAT(stored_after_put_of(shown), ElementsAre(own)) << "it has moved";
  server.coordinator->set_relayed({}, std::nullopt);
  EXPECT_THAT(stored_after_put_of(shown), ElementsAre(own)) << "the peer is not registered any more";
  server.others("UPDATE peers SET name = 'other' WHERE id = 4");
  EXPECT_THAT(stored_after_put_of({relay_at(2), more, relay_at(1), own}), ElementsAre(more, own)) << "after the database was read anew";

  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/candidates", R"(["192.0.2.1:1","1.2.3.4:5"])"), 204);
  EXPECT_THAT(stored_after_put_of(shown), ElementsAre(relay_at(1), own)) << "the peer has reported it itself";

  for (int port = 3; port < 10; ++port) server.coordinator->set_relayed({key_of(3)}, relay_at(port));
  EXPECT_THAT(stored_after_put_of({relay_at(2), relay_at(9), own}), ElementsAre(own)) << "the last ones";
}

TEST_P(Api, KeepsThePortOfAPeerNeverSeenWhenAnAdminSendsItBack) {
  const auto put_back = [&](const char* name) {
    auto listed = must(parse_peers(body_of(server.ask(server.admin(), "GET", "/v1/admin/peers")), [](std::string_view) {})).at(2);
    EXPECT_EQ(listed.endpoint.has_value(), std::string_view(name) == "full");
    listed.name = must(Hostname::parse(name));
    listed.endpoint.reset();
    EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/3", to_json(static_cast<const PeerContents&>(listed))), 204);
    return server.coordinator->network().find_peer(kUser)->peer.endpoint;
  };
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"0.0.0.0:77"})"), 204);
  EXPECT_EQ(put_back("port"), *Endpoint::parse("0.0.0.0:77"));
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"9.8.7.6:5"})"), 204);
  EXPECT_EQ(put_back("full"), std::nullopt) << "an override that shows can be taken away";
}

TEST_P(Api, DoesNotFreezeWhereAPeerWasSeenWhenTheAdminWasTold) {
  const auto listed = [&] {
    return must(parse_peers(body_of(server.ask(server.admin(), "GET", "/v1/admin/peers")), [](std::string_view) {})).at(2);
  };
  const auto put_back = [&](PeerContents contents, const char* name) {
    contents.name = must(Hostname::parse(name));
    EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/3", to_json(contents)), 204);
    return server.coordinator->network().find_peer(kUser)->peer;
  };
  const auto seen_at = [&](std::uint8_t n) { server.coordinator->set_seen_endpoints({{key_of(3), family.seen(n, 1234)}}); };

  seen_at(1);
  const Peer first = listed();
  seen_at(2);
  // Another process's change reads everything anew.
  server.others([&] {
    must(must(Registry::open(server.path)).write([](Registry::Writer& writer) -> Result<void> {
      must(writer.rename_cidr(kIsland, "isle"));
      return {};
    }));
  });
  const Peer stored = put_back(first, "roamed");
  EXPECT_EQ(stored.name.str(), "roamed");
  EXPECT_EQ(stored.endpoint, std::nullopt);

  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"0.0.0.0:77"})"), 204);
  const Peer with_port = listed();
  EXPECT_EQ(with_port.candidates.size(), 1U) << "where it was seen";
  seen_at(3);
  const Peer unspecified = put_back(with_port, "again");
  EXPECT_EQ(unspecified.endpoint, *Endpoint::parse("0.0.0.0:77"));
  EXPECT_TRUE(unspecified.candidates.empty());

  // An override that the peer has set meanwhile stays, too.
  EXPECT_EQ(put_back(first, "late").endpoint, *Endpoint::parse("0.0.0.0:77"));
  // Long after, to where it is seen, or was, is what the administrator chooses.
  server.clock.advance(std::chrono::seconds(61));
  EXPECT_EQ(put_back(first, "meant").endpoint, first.endpoint);
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"9.8.7.6:1"})"), 204);
  server.clock.advance(std::chrono::seconds(61));
  PeerContents as_seen = listed();
  as_seen.endpoint = must(Endpoint::parse(family.seen(3, 1234).to_string()));
  EXPECT_EQ(put_back(as_seen, "fixed").endpoint, as_seen.endpoint);
  // An administrator's own choice counts.
  PeerContents chosen = listed();
  chosen.endpoint = *Endpoint::parse("9.8.7.6:5");
  chosen.candidates = {*Endpoint::parse("9.8.7.6:4")};
  const Peer overridden = put_back(chosen, "chosen");
  EXPECT_EQ(overridden.endpoint, chosen.endpoint);
  EXPECT_EQ(overridden.candidates, chosen.candidates);
}

TEST_P(Api, MakesRenamesAndDeletesCidrsByTheRules) {
  const auto post = [&](const std::string& name, const std::string& net, std::optional<int> parent) {
    return status(server.admin(), "POST", "/v1/admin/cidrs",
                  fmt::format(R"({{"name":"{}","cidr":"{}","parent":{}}})", name, net, parent ? std::to_string(*parent) : "null"));
  };
  const std::string inside = family.v6 ? "fd42:0:0:0:3:8000::/81" : "10.42.3.128/25";
  const std::string in_humans = family.v6 ? "fd42:0:0:0:1:8000::/81" : "10.42.1.128/25";
  const std::string around = family.v6 ? "fd42::/76" : "10.42.0.0/20";
  EXPECT_EQ(post("new", family.net(9), std::nullopt), 400) << "no parent";
  EXPECT_EQ(post("new", family.net(9), 99), 400) << "unknown parent";
  EXPECT_EQ(post("new", family.v6 ? "fd43::/80" : "10.43.0.0/24", 1), 400) << "outside";
  EXPECT_EQ(post("new", family.v6 ? "10.42.9.0/24" : "fd42::/80", 1), 400) << "other family";
  EXPECT_EQ(post("new", inside, 1), 400) << "island is the smaller parent";
  EXPECT_EQ(post("new", inside, 5), 400) << "island has a peer";
  EXPECT_EQ(post("new", in_humans, 5), 400) << "not inside";
  EXPECT_EQ(post("new", around, 1), 400) << "around a sibling";
  EXPECT_EQ(post("new", family.net(3), 1), 400) << "exists";
  EXPECT_EQ(post("humans", family.net(9), 1), 400) << "name taken";
  EXPECT_EQ(post("", family.net(9), 1), 400) << "no name";
  EXPECT_EQ(post("new", family.v6 ? "fd42::/129" : "10.42.9.0/33", 1), 400);

  const Response made =
      server.ask(server.admin(), "POST", "/v1/admin/cidrs",
                 fmt::format(R"({{"name":"Any Text","cidr":"{}","parent":1}})", family.v6 ? "fd42:0:0:0:9::7/80" : "10.42.9.7/24"));
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(body_of(made), fmt::format(R"({{"id":6,"name":"Any Text","cidr":"{}","parent":1}})", family.net(9))) << "without host bits";

  const auto rename = [&](int id, const std::string& name) {
    return status(server.admin(), "PUT", fmt::format("/v1/admin/cidrs/{}", id),
                  fmt::format(R"({{"name":"{}","cidr":"1.0.0.0/8","parent":7}})", name));
  };
  EXPECT_EQ(rename(6, "nine"), 204);
  EXPECT_EQ(server.coordinator->network().find_cidr(CidrId{6})->cidr, *IpNet::parse(family.net(9))) << "only the name changes";
  EXPECT_EQ(rename(6, "humans"), 400);
  EXPECT_EQ(rename(6, ""), 400);
  EXPECT_EQ(rename(99, "x"), 404);

  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/cidrs/1"), 400) << "children";
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/cidrs/5"), 400) << "peers";
  EXPECT_EQ(status(server.admin(), "POST", "/v1/admin/associations", R"({"cidr_id_1":6,"cidr_id_2":3})"), 201);
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/cidrs/6"), 400) << "associations";
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/associations/2"), 204);
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/cidrs/6"), 204);
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/cidrs/6"), 204) << "there is none";
}

TEST_P(Api, AssociatesEachPairOnce) {
  const auto post = [&](int a, int b) {
    return status(server.admin(), "POST", "/v1/admin/associations", fmt::format(R"({{"cidr_id_1":{},"cidr_id_2":{}}})", a, b));
  };
  EXPECT_EQ(post(3, 4), 400);
  EXPECT_EQ(post(4, 3), 400) << "the other way round";
  EXPECT_EQ(post(5, 5), 400) << "with itself";
  EXPECT_EQ(post(5, 99), 400) << "unknown";
  EXPECT_EQ(body_of(server.ask(server.admin(), "POST", "/v1/admin/associations", R"({"cidr_id_1":4,"cidr_id_2":5})")), "");
  EXPECT_EQ(body_of(server.ask(server.admin(), "GET", "/v1/admin/associations")),
            R"([{"id":1,"cidr_id_1":3,"cidr_id_2":4},{"id":2,"cidr_id_1":4,"cidr_id_2":5}])");
}

TEST_P(Api, LetsAPeerChangeItsEntrySoOftenAndNoMore) {
  const auto put = [&](const IpAddress& from, int n) {
    return server.ask(from, "PUT", "/v1/user/candidates", fmt::format(R"(["192.0.2.9:{}"])", 1 + n));
  };
  const int burst = server.options.write_burst;
  for (int n = 0; n < burst; ++n) ASSERT_EQ(put(server.user(), n).status, 204U);
  const Response refused = put(server.user(), burst);
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.retry_after, std::chrono::seconds(10));
  EXPECT_THAT(body_of(refused), HasSubstr("too often"));
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"192.0.2.9:1"})"), 429U)
      << "it is the same entry";
  EXPECT_EQ(put(server.user(), burst - 1).status, 204U) << "what changes nothing is not written";
  EXPECT_EQ(put(server.admin(), 0).status, 204U) << "others are not concerned";
  server.clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(put(server.user(), burst).status, 204U);
  EXPECT_EQ(put(server.user(), burst + 1).status, 429U);
  // What an administrator does to others is no flood of theirs.
  for (int n = 0; n < 2 * burst; ++n) {
    auto renamed = peer_contents(n % 2 == 0 ? "renamed" : "user", server.user(), kRobots, 3);
    ASSERT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/3", to_json(renamed)), 204U);
  }
}

}  // namespace
}  // namespace innernet::server

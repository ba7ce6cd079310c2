#include <gmock/gmock.h>

#include <variant>

#include "innernet/server/relays.hpp"
#include "testing/fixture.hpp"

// Peers as relays, as the API has them.

namespace innernet::server {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const RelayOfPeer kRelay{.public_key = key_of(70), .port = 51821};

class RelayApi : public ::testing::Test {
 protected:
  RelayApi() { server.coordinator->set_seen_endpoints({{key_of(3), server.family.seen(3, 51820)}}); }

  unsigned status(const IpAddress& from, std::string method, std::string target, std::optional<std::string> body = std::nullopt) {
    return server.ask(from, std::move(method), std::move(target), std::move(body)).status;
  }
  void make_relay() {
    ASSERT_EQ(status(server.admin(), "PUT", "/v1/admin/relays/3"), 204U);
    ASSERT_EQ(status(server.user(), "PUT", "/v1/user/relay", to_json(kRelay)), 204U);
  }
  State state() { return state_of(server.ask(server.admin(), "GET", "/v1/user/state")); }
  Peer user_in_state() {
    for (const Peer& peer : state().peers)
      if (peer.id == kUser) return peer;
    throw std::runtime_error("no user");
  }
  Request groups(std::optional<std::string> etag, std::optional<std::chrono::seconds> wait = std::nullopt) {
    Request request = server.request(server.user(), "GET", "/v1/user/relay");
    request.if_none_match = std::move(etag);
    request.wait = wait;
    return request;
  }

  Server server;
  const Relay expected{
      .id = kUser, .public_key = kRelay.public_key, .endpoint = must(Endpoint::parse("192.0.2.3:51821")), .answers_questions = true};
};

TEST_F(RelayApi, ARelayIsNamedOnceItRuns) {
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/relays/3"), 204U);
  EXPECT_TRUE(user_in_state().is_relay) << "by this its daemon knows that it is to be one";
  EXPECT_THAT(state().relays, IsEmpty());
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay", to_json(kRelay)), 204U);
  EXPECT_THAT(state().relays, ElementsAre(expected));
  EXPECT_EQ(user_in_state().relay, kRelay);
}

TEST_F(RelayApi, TheServersOwnComesFirst) {
  make_relay();
  const Relay own{.id = kServerPeer, .public_key = key_of(71), .endpoint = must(Endpoint::parse("192.0.2.1:51821"))};
  server.coordinator->set_own_relay(own);
  EXPECT_THAT(state().relays, ElementsAre(own, expected));
  server.coordinator->set_own_relay(std::nullopt);
  EXPECT_THAT(state().relays, ElementsAre(expected));
}

TEST_F(RelayApi, ItIsNamedWhereItIs) {
  make_relay();
  server.coordinator->set_seen_endpoints({{key_of(3), server.family.seen(9, 1234)}});
  EXPECT_THAT(state().relays.front().endpoint, must(Endpoint::parse("192.0.2.9:51821")));
}

TEST_F(RelayApi, OneThatEndsIsForgottenWithWhatItSaid) {
  make_relay();
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/relays/3"), 204U);
  EXPECT_THAT(state().relays, IsEmpty());
  EXPECT_FALSE(user_in_state().is_relay);
  EXPECT_EQ(status(server.user(), "GET", "/v1/user/relay"), 404U);
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/relays/3"), 204U);
  EXPECT_THAT(state().relays, IsEmpty()) << "until it says anew where it is";
}

TEST_F(RelayApi, ADisabledOneIsNotNamed) {
  make_relay();
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/peers/3"), 204U);
  EXPECT_THAT(state().relays, IsEmpty());
}

TEST_F(RelayApi, ARestartOfTheServerLosesNothing) {
  make_relay();
  server.open();
  server.coordinator->set_seen_endpoints({{key_of(3), server.family.seen(3, 51820)}});
  EXPECT_THAT(state().relays, ElementsAre(expected));
}

TEST_F(RelayApi, OneThatIsNotHeardOfIsNamedNoLongerUntilItIs) {
  make_relay();
  server.clock.advance(RelaySigns::kGone);
  server.coordinator->look_for_relays();
  EXPECT_THAT(state().relays, IsEmpty());
  EXPECT_EQ(server.ask(groups(std::nullopt)).status, 200U);
  server.coordinator->look_for_relays();
  EXPECT_THAT(state().relays, ElementsAre(expected));
  EXPECT_TRUE(server.coordinator->network().find_peer(kUser)->peer.relay) << "what it told is kept";
}

TEST_F(RelayApi, WhatChangesIsNewsToWhoeverWaits) {
  Request waiting = server.request(server.admin(), "GET", "/v1/user/state");
  waiting.if_none_match = server.ask(server.admin(), "GET", "/v1/user/state").etag;
  waiting.wait = 60s;
  ASSERT_TRUE(std::holds_alternative<Coordinator::Waiting>(server.outcome(waiting)));
  static_cast<void>(server.coordinator->take_effects());
  make_relay();
  EXPECT_THAT(server.coordinator->take_effects().news, Contains(kHumans));
}

TEST_F(RelayApi, GroupsAreNewsToRelaysAlone) {
  make_relay();
  const Response first = server.ask(groups(std::nullopt));
  const RelayGroups all = must(parse_relay_groups(body_of(first)));
  EXPECT_THAT(all.groups, ElementsAre(IsEmpty(), ElementsAre(key_of(2)), ElementsAre(key_of(3)), IsEmpty()));
  EXPECT_THAT(all.pairs, Contains(RelayGroups::Pair{1, 2}));
  EXPECT_EQ(server.ask(groups(first.etag)).status, 304U);

  const auto waiting = server.outcome(groups(first.etag, 300s));
  const auto* const held = std::get_if<Coordinator::Waiting>(&waiting);
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(held->patience, RelaySigns::kLongestWait);
  static_cast<void>(server.coordinator->take_effects());
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/candidates", "[\"192.168.7.7:1\"]"), 204U);
  EXPECT_THAT(server.coordinator->take_effects().news, Not(Contains(held->group))) << "this changes nothing for it";
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/peers/4"), 204U);
  EXPECT_THAT(server.coordinator->take_effects().news, Not(Contains(held->group))) << "was disabled already";
  EXPECT_EQ(status(server.pending(), "POST", "/v1/user/redeem", redeem_to_json(key_of(50))), 204U);
  EXPECT_THAT(server.coordinator->take_effects().news, Contains(held->group));
  const Response second = server.ask(groups(first.etag));
  EXPECT_THAT(must(parse_relay_groups(body_of(second))).groups, Contains(ElementsAre(key_of(50))));
}

TEST_F(RelayApi, DistancesAreShownAndNotStored) {
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay-distances", "[[1,40],[3,7]]"), 204U);
  const std::vector<RelayDistance> said{{.relay = PeerId{1}, .milliseconds = 40}, {.relay = PeerId{3}, .milliseconds = 7}};
  EXPECT_EQ(user_in_state().relay_distances, said);
  server.others("UPDATE peers SET name = 'other' WHERE id = 2");
  EXPECT_EQ(user_in_state().relay_distances, said) << "another database of the same network";
  const std::string etag = server.ask(server.admin(), "GET", "/v1/user/state").etag;
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay-distances", "[[1,40],[3,7]]"), 204U);
  EXPECT_EQ(server.ask(server.admin(), "GET", "/v1/user/state").etag, etag) << "nothing new";
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay-distances", "[[1]]"), 400U);
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay-distances", "[[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],[8,1],[9,1]]"), 400U);
  server.open();
  EXPECT_THAT(user_in_state().relay_distances, IsEmpty());
}

TEST_F(RelayApi, DistancesWakeNobodyAndAreSaidNotTooOften) {
  Request waiting = server.request(server.admin(), "GET", "/v1/user/state");
  waiting.if_none_match = server.ask(server.admin(), "GET", "/v1/user/state").etag;
  waiting.wait = 60s;
  ASSERT_TRUE(std::holds_alternative<Coordinator::Waiting>(server.outcome(waiting)));
  static_cast<void>(server.coordinator->take_effects());
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay-distances", "[[1,40]]"), 204U);
  EXPECT_THAT(server.coordinator->take_effects().news, IsEmpty());
  unsigned last = 204;
  for (int n = 0; n < 100 && last == 204; ++n) last = status(server.user(), "PUT", "/v1/user/relay-distances", fmt::format("[[1,{}]]", n));
  EXPECT_EQ(last, 429U);
}

struct RelayRegistrationsApi : RelayApi {
  RelayRegistrationsApi() { make_relay(); }

  unsigned name(std::vector<wg::PublicKey> keys) {
    return status(server.user(), "PUT", "/v1/user/relay-registrations", relay_registrations_to_json(keys));
  }
  std::vector<Endpoint> candidates_of(PeerId id) {
    const State now = state();
    return std::ranges::find(now.peers, id, &Peer::id)->candidates;
  }
  const PeerId admin{2};
  const Endpoint at = must(Endpoint::parse("192.0.2.3:51821"));
};

// What an older client takes for one more address of that peer.
TEST_F(RelayRegistrationsApi, ArePeersFirstCandidate) {
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/user/candidates", R"(["192.168.7.7:1"])"), 204U);
  EXPECT_EQ(name({key_of(2)}), 204U);
  ASSERT_THAT(candidates_of(admin), Not(IsEmpty()));
  EXPECT_EQ(candidates_of(admin).front(), at);
  EXPECT_EQ(candidates_of(admin)[1], must(Endpoint::parse("192.168.7.7:1")));
  EXPECT_EQ(name({}), 204U);
  EXPECT_THAT(candidates_of(admin), Not(Contains(at)));
}

TEST_F(RelayRegistrationsApi, OfTheServersRelayComeFirst) {
  const Endpoint own = must(Endpoint::parse("192.0.2.1:51821"));
  EXPECT_EQ(name({key_of(2)}), 204U);
  server.coordinator->set_relayed({key_of(2)}, own);
  EXPECT_EQ(candidates_of(admin).front(), own);
  EXPECT_THAT(candidates_of(admin), Not(Contains(at)));
  server.coordinator->set_relayed({}, own);
  EXPECT_EQ(candidates_of(admin).front(), at);
}

TEST_F(RelayRegistrationsApi, CountForNothingWithoutASignOfLife) {
  EXPECT_EQ(name({key_of(2)}), 204U);
  server.clock.advance(RelaySigns::kGone);
  server.coordinator->look_for_relays();
  EXPECT_THAT(candidates_of(admin), Not(Contains(at)));
  EXPECT_EQ(server.ask(groups(std::nullopt)).status, 200U);
  server.coordinator->look_for_relays();
  EXPECT_THAT(candidates_of(admin), Contains(at));
}

TEST_F(RelayRegistrationsApi, OfOneThatIsNoRelayAnyMoreAreForgotten) {
  EXPECT_EQ(name({key_of(2)}), 204U);
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/relays/3"), 204U);
  EXPECT_THAT(candidates_of(admin), Not(Contains(at)));
  EXPECT_EQ(name({key_of(2)}), 404U);
  make_relay();
  EXPECT_THAT(candidates_of(admin), Not(Contains(at))) << "until it says so anew";
}

TEST_F(RelayRegistrationsApi, FollowTheRelay) {
  EXPECT_EQ(name({key_of(2)}), 204U);
  server.coordinator->set_seen_endpoints({{key_of(3), server.family.seen(9, 1234)}});
  EXPECT_EQ(candidates_of(admin).front(), must(Endpoint::parse("192.0.2.9:51821")));
}

// What a peer's machine that was taken over could say.
TEST_F(RelayRegistrationsApi, AreOfThoseWhomItMayRelayAndOfNobodyElse) {
  EXPECT_EQ(name({key_of(1), key_of(3), key_of(4), key_of(5), key_of(99)}), 204U) << "server, itself, disabled, invited, unknown";
  const State now = state();
  for (const Peer& peer : now.peers) EXPECT_THAT(peer.candidates, Not(Contains(at))) << peer.name.str();
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay-registrations", R"(["AAAA"])"), 400U);
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay-registrations", R"({"registered":[]})"), 400U);
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay-registrations", "[1]"), 400U);
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay-registrations"), 400U);
  EXPECT_EQ(name(std::vector(kMostRelayRegistrations + 1, key_of(2))), 400U);
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/user/relay-registrations", "[]"), 404U) << "which is no relay";
  unsigned last = 204;
  for (int n = 0; n < 100 && last == 204; ++n) last = n % 2 == 0 ? name({key_of(2)}) : name({});
  EXPECT_EQ(last, 429U);
}

TEST_F(RelayRegistrationsApi, AreForgottenWithTheServer) {
  EXPECT_EQ(name({key_of(2)}), 204U);
  server.open();
  server.coordinator->set_seen_endpoints({{key_of(3), server.family.seen(3, 51820)}});
  EXPECT_THAT(candidates_of(admin), Not(Contains(at)));
  EXPECT_EQ(name({key_of(2)}), 204U) << "said again, for groups of another start have another ETag (coordinator_test.cpp)";
  EXPECT_THAT(candidates_of(admin), Contains(at));
}

TEST_F(RelayRegistrationsApi, AreNotStoredWhenAnAdminSendsThemBack) {
  EXPECT_EQ(name({key_of(2)}), 204U);
  const State now = state();
  PeerContents put = *std::ranges::find(now.peers, admin, &Peer::id);
  put.name = must(Hostname::parse("renamed"));
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/2", to_json(put)), 204U);
  EXPECT_THAT(server.coordinator->network().find_peer(admin)->peer.candidates, IsEmpty());
}

TEST_F(RelayApi, WhatAnOlderAdminSendsBackChangesNoRelay) {
  make_relay();
  // With what it does not know, and without.
  Peer peer = user_in_state();
  peer.name = must(Hostname::parse("renamed"));
  peer.is_relay = false;
  peer.relay.reset();
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/peers/3", to_json(PeerContents(peer))), 204U);
  EXPECT_THAT(state().relays, ElementsAre(expected));
  PeerContents fresh = peer_contents("fresh", server.family.ip(3, 9), kIsland, 9);
  fresh.is_relay = true;
  fresh.relay = kRelay;
  EXPECT_EQ(status(server.admin(), "POST", "/v1/admin/peers", to_json(fresh)), 201U);
  EXPECT_THAT(server.coordinator->network().relays(), ElementsAre(kUser));
}

TEST_F(RelayApi, RulesAreKept) {
  EXPECT_THAT(body_of(server.ask(server.admin(), "PUT", "/v1/admin/relays/1")), HasSubstr("--no-relay"));
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/relays/99"), 404U);
  EXPECT_EQ(status(server.admin(), "DELETE", "/v1/admin/relays/2"), 204U) << "which is none";
  EXPECT_EQ(status(server.admin(), "PUT", "/v1/admin/relays/3"), 204U);
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay", "{}"), 400U);
  EXPECT_EQ(status(server.user(), "PUT", "/v1/user/relay"), 400U);
  for (std::uint32_t n = 0; n <= kMostPeerRelays; ++n) {
    const std::string body =
        body_of(server.ask(server.admin(), "POST", "/v1/admin/peers",
                           to_json(peer_contents(fmt::format("r{}", n), server.family.ip(3, 20 + n), kIsland, 900 + n))));
    const PeerId id = must(parse_peer(body)).id;
    const Response response = server.ask(server.admin(), "PUT", fmt::format("/v1/admin/relays/{}", number(id)));
    EXPECT_EQ(response.status, n < kMostPeerRelays - 1 ? 204U : 400U) << n;
  }
}

}  // namespace
}  // namespace innernet::server

// Relays, as the difference between a device and a state has them.
#include <gmock/gmock.h>

#include "innernet/client/difference.hpp"
#include "innernet/client/saved_relays.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "network_files.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const WallTime kWall{std::chrono::seconds(1'795'363'000)};
const BootTime kNow{std::chrono::hours(1)};

std::optional<SocketAddress> literal(const Endpoint& endpoint) {
  const auto* ip = std::get_if<IpAddress>(&endpoint.host());
  if (ip == nullptr) return std::nullopt;
  return SocketAddress{*ip, endpoint.port()};
}

struct RelaysTest : ::testing::Test {
  wg::PublicKey own = new_key(), bob = new_key(), relay = new_key();
  ServerPeer server{new_key(), ip("10.66.0.1"), endpoint("203.0.113.1:51820")};
  State state{.peers = {peer(1, "innernet-server", "10.66.0.1", server.public_key), peer(2, "me", "10.66.1.2", own),
                        peer(3, "bob", "10.66.1.3", bob)},
              .cidrs = {},
              .relays = {{.id = PeerId{1}, .public_key = relay, .endpoint = endpoint("203.0.113.1:51821")}}};
  wg::Device device{.name = evilcorp(), .private_key = {}, .public_key = {}, .listen_port = 0, .peers = {}};
  std::map<IpAddress, Endpoint> overrides;
  RelayRegistrations registered{{PeerId{2}, kServerPeer}, {PeerId{3}, kServerPeer}};
  bool wants_traversal = true;
  bool server_is_new = false;
  std::vector<Relay> known_relays;
  std::optional<std::vector<Endpoint>> own_candidates;

  RelaysTest() { device.peers.push_back(there(server.public_key, {"10.66.0.1/32"}, "203.0.113.1:51820", 10s)); }

  static wg::Peer there(const wg::PublicKey& key, std::vector<std::string> allowed, const std::string& at,
                        std::optional<std::chrono::seconds> handshake_age) {
    wg::Peer peer{.public_key = key, .endpoint = address(at), .persistent_keepalive = kPersistentKeepalive};
    for (const auto& net_text : allowed) peer.allowed_ips.push_back(net(net_text));
    if (handshake_age) peer.last_handshake = kWall - *handshake_age;
    return peer;
  }
  Difference run() const {
    Handshakes seen;
    seen.see(device, kWall, kNow);
    return difference({.device = device,
                       .state = state,
                       .cached = nullptr,
                       .own_key = own,
                       .server = server,
                       .network = net("10.66.0.0/16"),
                       .overrides = overrides,
                       .handshakes = seen,
                       .now = kNow,
                       .wants_traversal = wants_traversal,
                       .server_is_new = server_is_new,
                       .known_relays = known_relays,
                       .registered = &registered,
                       .own_candidates = own_candidates ? &*own_candidates : nullptr},
                      literal);
  }
  static const wg::PeerUpdate* update_of(const Difference& difference, const wg::PublicKey& key) {
    const wg::PeerUpdate* last = nullptr;
    for (const auto& update : difference.update.peers)
      if (update.public_key == key) last = &update;
    return last;
  }
};

TEST_F(RelaysTest, ARelayIsAPeerWithoutAllowedIps) {
  const auto result = run();
  const auto* update = update_of(result, relay);
  ASSERT_NE(update, nullptr);
  EXPECT_THAT(update->allowed_ips, IsEmpty());
  EXPECT_EQ(update->persistent_keepalive, kPersistentKeepalive);
  EXPECT_EQ(update->endpoint, address("203.0.113.1:51821"));
  EXPECT_THAT(result.relays, ElementsAre(address("203.0.113.1:51821")));
  ASSERT_THAT(result.due, SizeIs(1)) << "bob, without any candidate";
  EXPECT_TRUE(result.due.front().is_registered);
}

TEST_F(RelaysTest, TheServersIsWhereTheServerWasFound) {
  device.peers.front().endpoint = address("192.168.3.1:51820");
  EXPECT_EQ(update_of(run(), relay)->endpoint, address("192.168.3.1:51821"));
  state.relays.front().endpoint = endpoint("0.0.0.0:51821");
  EXPECT_EQ(update_of(run(), relay)->endpoint, address("192.168.3.1:51821"));
}

TEST_F(RelaysTest, OfAnotherPeerIsWhereItSaysOrWhereThatPeerIs) {
  state.relays.front() = {.id = PeerId{3}, .public_key = relay, .endpoint = endpoint("198.51.100.3:7")};
  EXPECT_EQ(update_of(run(), relay)->endpoint, address("198.51.100.3:7"));
  state.relays.front().endpoint = endpoint("0.0.0.0:7");
  state.peers[2].endpoint = endpoint("198.51.100.9:51820");
  EXPECT_EQ(update_of(run(), relay)->endpoint, address("198.51.100.9:7"));
}

// What a server that was taken over could try with it.
TEST_F(RelaysTest, AHostileOneAimsAtNobodyAndTakesNobodysPlace) {
  for (const char* at : {"127.0.0.1:7", "10.66.1.3:7", "224.0.0.1:7", "0.0.0.0:7", "198.51.100.3:0"}) {
    state.relays.front() = {.id = PeerId{9}, .public_key = relay, .endpoint = endpoint(at)};
    EXPECT_EQ(update_of(run(), relay), nullptr) << at;
  }
  for (const auto& key : {own, server.public_key, bob}) {
    state.relays.front() = {.id = PeerId{9}, .public_key = key, .endpoint = endpoint("198.51.100.3:7")};
    const auto result = run();
    EXPECT_THAT(result.relays, IsEmpty());
    if (const auto* update = update_of(result, key)) {
      EXPECT_THAT(update->allowed_ips, SizeIs(1));
    }
  }
  state.relays.clear();
  for (int i = 0; i < 50; ++i)
    state.relays.push_back({.id = PeerId{9}, .public_key = new_key(), .endpoint = endpoint("198.51.100.3:" + std::to_string(i + 1))});
  EXPECT_THAT(run().relays, SizeIs(kMostRelaysUsed));
}

TEST_F(RelaysTest, WithoutAnybodyToReachOrWithoutTraversalThereIsNone) {
  device.peers.push_back(there(relay, {}, "203.0.113.1:51821", 10s));
  wants_traversal = false;
  EXPECT_TRUE(update_of(run(), relay)->remove);
  wants_traversal = true;
  state.peers.pop_back();
  const auto result = run();
  EXPECT_TRUE(update_of(result, relay)->remove);
  EXPECT_EQ(result.changes.front().name, "relay");
}

TEST_F(RelaysTest, OneThatWorksIsLeftAlone) {
  device.peers.push_back(there(relay, {}, "203.0.113.99:51821", 10s));
  device.peers.push_back(there(bob, {"10.66.1.3/32"}, "203.0.113.99:51821", 10s));
  const auto result = run();
  EXPECT_EQ(update_of(result, relay), nullptr);
  EXPECT_THAT(result.relays, ElementsAre(address("203.0.113.99:51821"))) << "where it answers from";
  ASSERT_THAT(result.relayed, SizeIs(1));
  EXPECT_EQ(result.relayed.front().public_key, bob);
  EXPECT_EQ(result.relayed.front().inside, ip("10.66.1.3"));
}

TEST_F(RelaysTest, APeerWhoseEndpointWasSetByHandIsNotTriedElsewhere) {
  device.peers.push_back(there(relay, {}, "203.0.113.1:51821", 10s));
  device.peers.push_back(there(bob, {"10.66.1.3/32"}, "203.0.113.1:51821", 10s));
  overrides.emplace(ip("10.66.1.3"), endpoint("203.0.113.1:51821"));
  EXPECT_THAT(run().relayed, IsEmpty());
}

// WireGuard would go on with a session that the relay knows nothing of, for two minutes.
TEST_F(RelaysTest, OneThatHasForgottenUsIsMadeAnewAndSoAreThePeersBehindIt) {
  device.peers.push_back(there(relay, {}, "203.0.113.1:51821", 20s));
  device.peers.push_back(there(bob, {"10.66.1.3/32"}, "203.0.113.1:51821", 20s));
  EXPECT_TRUE(run().update.empty()) << "it knows us";
  registered = {{PeerId{3}, kServerPeer}};
  const auto result = run();
  ASSERT_NE(update_of(result, relay), nullptr);
  EXPECT_FALSE(update_of(result, relay)->update_only);
  const bool is_our_turn = !(bob < own);
  ASSERT_EQ(update_of(result, bob) != nullptr, is_our_turn) << "one side alone, for handshakes that cross are lost";
  if (is_our_turn) {
    EXPECT_THAT(update_of(result, bob)->allowed_ips, ElementsAre(net("10.66.1.3/32")));
    EXPECT_EQ(update_of(result, bob)->endpoint, address("203.0.113.1:51821"));
  }
  device.peers[1].last_handshake = kWall - 10s;
  EXPECT_TRUE(run().update.empty()) << "the state is some seconds behind";
  server_is_new = true;
  EXPECT_FALSE(run().update.empty()) << "but not that of a server that has just started";
  server_is_new = false;
  device.peers[1].last_handshake = kWall - 20s;
  state.relays.front().endpoint = endpoint("0.0.0.0:51821");
  EXPECT_TRUE(run().update.empty()) << "then states don't say who is registered";
}

// A server that was started anew still says who was registered before, and they have to come back.
TEST_F(RelaysTest, OneThatWasStartedAnewIsMadeAnewAndSoAreThePeersBehindIt) {
  device.peers.push_back(there(relay, {}, "203.0.113.1:51821", 5s));
  device.peers.push_back(there(bob, {"10.66.1.3/32"}, "203.0.113.1:51821", 20s));
  known_relays = state.relays;
  for (const auto& [before, now, is_anew] : {std::tuple(7U, 8U, true), {7U, 7U, false}, {0U, 8U, false}, {7U, 0U, false}}) {
    known_relays.front().epoch = before;
    state.relays.front().epoch = now;
    const auto result = run();
    ASSERT_EQ(update_of(result, relay) != nullptr, is_anew) << before << ' ' << now;
    if (!is_anew) continue;
    EXPECT_FALSE(update_of(result, relay)->update_only);
    EXPECT_EQ(update_of(result, bob) != nullptr, !(bob < own)) << "one side alone, for handshakes that cross are lost";
  }
  state.relays.front() = {.id = PeerId{1}, .public_key = new_key(), .endpoint = endpoint("203.0.113.1:51821"), .epoch = 9};
  known_relays.front().epoch = 7;
  EXPECT_EQ(update_of(run(), relay)->remove, true) << "another relay's says nothing about this one";
}

TEST_F(RelaysTest, OneThatHasMovedToAnotherPortIsMadeAnewAtOnce) {
  device.peers.push_back(there(relay, {}, "203.0.113.1:51821", 10s));
  state.relays.front().endpoint = endpoint("203.0.113.1:51822");
  EXPECT_EQ(update_of(run(), relay)->endpoint, address("203.0.113.1:51822"));
}

// A relay whose administrator has ended it (set-relay --off), or that is not heard of any more.
TEST_F(RelaysTest, WhoeverWasReachedThroughOneThatIsGoneIsReachedThroughAnother) {
  const wg::PublicKey gone = new_key();
  device.peers.push_back(there(relay, {}, "203.0.113.1:51821", 10s));
  device.peers.push_back(there(gone, {}, "198.51.100.9:51821", 10s));
  device.peers.push_back(there(bob, {"10.66.1.3/32"}, "198.51.100.9:51821", 10s));
  const auto result = run();
  EXPECT_TRUE(update_of(result, gone)->remove);
  ASSERT_NE(update_of(result, bob), nullptr);
  EXPECT_EQ(update_of(result, bob)->endpoint, address("203.0.113.1:51821"));
  EXPECT_EQ(update_of(result, bob)->update_only, bob < own) << "one side alone begins anew";
  EXPECT_THAT(result.due, SizeIs(1));

  state.relays.clear();
  state.peers[2].endpoint = endpoint("198.51.100.33:51820");
  EXPECT_EQ(update_of(run(), bob)->endpoint, address("198.51.100.33:51820")) << "where the server sees it";
}

TEST_F(RelaysTest, WhoIsReachedThroughOneThatStaysIsLeftAlone) {
  const wg::PublicKey gone = new_key();
  device.peers.push_back(there(relay, {}, "203.0.113.1:51821", 10s));
  device.peers.push_back(there(gone, {}, "198.51.100.9:51821", 10s));
  device.peers.push_back(there(bob, {"10.66.1.3/32"}, "203.0.113.1:51821", 10s));
  EXPECT_EQ(update_of(run(), bob), nullptr);
}

TEST_F(RelaysTest, OnlyOfTheServersRelayIsItKnownThatItHasForgottenUs) {
  state.relays.front() = {.id = PeerId{3}, .public_key = relay, .endpoint = endpoint("198.51.100.3:7")};
  device.peers.push_back(there(relay, {}, "198.51.100.3:7", 20s));
  registered.clear();
  EXPECT_EQ(update_of(run(), relay), nullptr);
}

// A router may have given the port that a relay is said to have to somebody else behind it.
TEST_F(RelaysTest, NobodyIsBehindARelayThatHasNeverAnswered) {
  device.peers.push_back(there(relay, {}, "203.0.113.1:51821", std::nullopt));
  device.peers.push_back(there(bob, {"10.66.1.3/32"}, "203.0.113.1:51821", 10s));
  EXPECT_THAT(run().relayed, IsEmpty());
  state.relays.clear();
  EXPECT_EQ(update_of(run(), bob), nullptr) << "and loses nothing with it";
}

TEST_F(RelaysTest, TheNearestToBothIsTriedFirst) {
  state.relays.push_back({.id = PeerId{7}, .public_key = new_key(), .endpoint = endpoint("198.51.100.3:7")});
  const auto relays_of_bob = [&] { return run().due.front().relays; };
  EXPECT_THAT(relays_of_bob(), ElementsAre(address("203.0.113.1:51821"), address("198.51.100.3:7")));
  state.peers[1].relay_distances = {{.relay = PeerId{1}, .milliseconds = 90}, {.relay = PeerId{7}, .milliseconds = 10}};
  state.peers[2].relay_distances = {{.relay = PeerId{1}, .milliseconds = 5}, {.relay = PeerId{7}, .milliseconds = 10}};
  EXPECT_THAT(relays_of_bob(), ElementsAre(address("198.51.100.3:7"), address("203.0.113.1:51821")));
  registered.clear();
  EXPECT_TRUE(run().due.front().is_registered) << "where else would it have measured";
}

TEST_F(RelaysTest, APeerBehindTheSameRouterIsReachedWithinItsNetworkAtOnce) {
  state.peers[1].endpoint = endpoint("198.51.100.4:1024");
  state.peers[1].candidates = {endpoint("192.168.7.2:40000")};
  state.peers[2].endpoint = endpoint("198.51.100.4:1025");
  state.peers[2].candidates = {endpoint("172.17.0.1:40001"), endpoint("192.168.7.3:40001")};
  auto result = run();
  EXPECT_EQ(update_of(result, bob)->endpoint, address("192.168.7.3:40001"));
  EXPECT_THAT(result.due.front().likely, ElementsAre(endpoint("192.168.7.3:40001"), endpoint("172.17.0.1:40001")));
  state.peers[2].endpoint = endpoint("198.51.100.5:1025");
  result = run();
  EXPECT_EQ(update_of(result, bob)->endpoint, address("198.51.100.5:1025")) << "half of the world has such addresses";
  EXPECT_THAT(result.due.front().likely, ElementsAre(endpoint("192.168.7.3:40001")));
  state.peers[2].candidates = {endpoint("10.9.9.9:40001")};
  EXPECT_THAT(run().due.front().likely, IsEmpty());
}

TEST_F(RelaysTest, IPv6OfBothIsLikely) {
  state.peers[1].endpoint = endpoint("198.51.100.4:1024");
  state.peers[1].candidates = {endpoint("192.168.7.2:40000"), endpoint("[2a00:1::2]:40000")};
  state.peers[2].endpoint = endpoint("198.51.100.5:1025");
  state.peers[2].candidates = {endpoint("192.168.7.3:40001"), endpoint("10.0.0.3:40001"), endpoint("[2a00:2::3]:40001"),
                               endpoint("[fd00::3]:40001")};
  EXPECT_THAT(run().due.front().likely, ElementsAre(endpoint("192.168.7.3:40001"), endpoint("[2a00:2::3]:40001")));
  state.peers[1].candidates.pop_back();
  EXPECT_THAT(run().due.front().likely, ElementsAre(endpoint("192.168.7.3:40001"))) << "from here it is not";
}

TEST_F(RelaysTest, ANetworkThatThisMachineHasLeftSpeaksForNobody) {
  state.peers[1].endpoint = endpoint("198.51.100.4:1024");
  state.peers[1].candidates = {endpoint("192.168.7.2:40000")};
  state.peers[2].endpoint = endpoint("198.51.100.5:1025");
  state.peers[2].candidates = {endpoint("192.168.7.3:40001")};
  EXPECT_THAT(run().due.front().likely, ElementsAre(endpoint("192.168.7.3:40001")));
  own_candidates = {endpoint("192.168.9.2:40000")};
  EXPECT_THAT(run().due.front().likely, IsEmpty()) << "the server has not heard of it yet";
}

TEST_F(RelaysTest, APublicAddressThatThisMachineHasLeftSpeaksForNobody) {
  state.peers[1].endpoint = endpoint("198.51.100.4:1024");
  state.peers[1].candidates = {endpoint("192.168.7.2:40000"), endpoint("[2a00:1::2]:40000")};
  state.peers[2].endpoint = endpoint("198.51.100.4:1025");
  state.peers[2].candidates = {endpoint("192.168.8.3:40001")};
  EXPECT_THAT(run().due.front().likely, ElementsAre(endpoint("192.168.8.3:40001"))) << "behind one router";
  own_candidates = {endpoint("192.168.7.2:40000")};
  EXPECT_THAT(run().due.front().likely, ElementsAre(endpoint("192.168.8.3:40001"))) << "IPv6 has gone, no more";
  own_candidates = {endpoint("10.1.2.3:40000")};
  EXPECT_THAT(run().due.front().likely, IsEmpty());
}

TEST(RelayRegistrations, AreCandidatesThatAreNone) {
  State state{.peers = {peer(2, "me", "10.66.1.2", new_key()), peer(3, "bob", "10.66.1.3", new_key())},
              .cidrs = {},
              .relays = {{.id = PeerId{1}, .public_key = new_key(), .endpoint = endpoint("203.0.113.1:51821")}}};
  state.peers[1].candidates = {endpoint("203.0.113.1:51821"), endpoint("192.0.2.1:1")};
  EXPECT_THAT(take_relay_registrations(state), UnorderedElementsAre(std::pair(PeerId{3}, PeerId{1})));
  EXPECT_THAT(state.peers[1].candidates, ElementsAre(endpoint("192.0.2.1:1")));
}

TEST(RelayRegistrations, AreWithTheServersRelayOrWithAnother) {
  State state{.peers = {peer(2, "me", "10.66.1.2", new_key()), peer(3, "bob", "10.66.1.3", new_key())},
              .cidrs = {},
              .relays = {{.id = PeerId{4}, .public_key = new_key(), .endpoint = endpoint("203.0.113.4:51821")},
                         {.id = PeerId{1}, .public_key = new_key(), .endpoint = endpoint("203.0.113.1:51821")}}};
  state.peers[0].candidates = {endpoint("203.0.113.4:51821")};
  state.peers[1].candidates = {endpoint("203.0.113.4:51821"), endpoint("203.0.113.1:51821")};
  EXPECT_THAT(take_relay_registrations(state), UnorderedElementsAre(std::pair(PeerId{2}, PeerId{4}), std::pair(PeerId{3}, PeerId{1})));
}

// The server says of a peer that its own relay has lost that another one has it.
TEST_F(RelaysTest, ThatAnotherRelayKnowsUsDoesNotMeanThatTheServersDoes) {
  device.peers.push_back(there(relay, {}, "203.0.113.1:51821", 20s));
  registered = {{PeerId{2}, PeerId{7}}};
  EXPECT_NE(update_of(run(), relay), nullptr);
  registered = {{PeerId{2}, kServerPeer}};
  EXPECT_EQ(update_of(run(), relay), nullptr);
}

TEST(SavedRelays, ComeBackAsTheyWereSaved) {
  const innernet::testing::TempDir dir;
  Folders folders = Folders::of_client();
  folders.data = dir / ".";
  const SavedRelays saved(folders, evilcorp());
  EXPECT_THAT(saved.read(), IsEmpty());
  const std::vector<Relay> relays{{.id = PeerId{1}, .public_key = new_key(), .endpoint = endpoint("vpn.example.org:51821")}};
  saved.save(relays);
  EXPECT_EQ(saved.read(), relays);
  saved.save({});
  EXPECT_THAT(saved.read(), IsEmpty());
  EXPECT_TRUE(std::filesystem::exists(relays_file(folders, evilcorp()))) << "without it no ETag counts";
}

// Hosting providers take packets to other people's private networks for an attack.
TEST_F(RelaysTest, PrivateCandidatesNeedASignOfOneNetwork) {
  const std::vector everywhere{endpoint("192.168.7.3:7"), endpoint("10.1.2.3:7"),  endpoint("172.31.1.3:7"),
                               endpoint("100.64.1.3:7"),  endpoint("[fd01::3]:7"), endpoint("192.0.2.9:7")};
  state.peers[2].candidates = everywhere;
  state.peers[2].endpoint = endpoint("198.51.100.3:7");
  const auto tried = [&] { return run().due.at(0).candidates; };
  EXPECT_THAT(tried(), ElementsAre(endpoint("192.0.2.9:7")));
  state.peers[1].candidates = {endpoint("10.1.2.77:7")};
  EXPECT_THAT(tried(), ElementsAre(endpoint("10.1.2.3:7"), endpoint("192.0.2.9:7"))) << "an address in one network";
  state.peers[1].endpoint = endpoint("198.51.100.3:9");
  EXPECT_EQ(tried(), everywhere) << "one public address";
}

TEST_F(RelaysTest, WithoutARelayPrivateCandidatesAreAllThatIsLeft) {
  state.relays.clear();
  state.peers[2].candidates = {endpoint("192.168.7.3:7")};
  EXPECT_THAT(run().due.at(0).candidates, ElementsAre(endpoint("192.168.7.3:7")));
}

}  // namespace
}  // namespace innernet::client

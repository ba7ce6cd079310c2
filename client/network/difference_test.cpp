#include "innernet/client/difference.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

const IpNet kNetwork = net("10.66.0.0/16");
const WallTime kWall{std::chrono::seconds(1'795'363'000)};
const BootTime kNow{std::chrono::hours(1)};

std::optional<SocketAddress> literal(const Endpoint& endpoint) {
  const auto* ip = std::get_if<IpAddress>(&endpoint.host());
  if (ip == nullptr) return std::nullopt;
  return SocketAddress{*ip, endpoint.port()};
}

struct DifferenceTest : ::testing::Test {
  wg::PublicKey own = new_key();
  ServerPeer server{new_key(), ip("10.66.0.1"), endpoint("203.0.113.1:51820")};
  std::map<IpAddress, Endpoint> overrides;
  State state;
  State cached;
  wg::Device device{.name = evilcorp(), .private_key = {}, .public_key = {}, .listen_port = 0, .peers = {}};

  DifferenceTest() { device.peers.push_back(there(server.public_key, "10.66.0.1", kWall - 10s)); }

  static wg::Peer there(const wg::PublicKey& key, const std::string& address, std::optional<WallTime> handshake = {},
                        std::optional<SocketAddress> endpoint = {}) {
    return {.public_key = key,
            .preshared_key = {},
            .endpoint = endpoint,
            .persistent_keepalive = kPersistentKeepalive,
            .allowed_ips = {IpNet::host(ip(address))},
            .last_handshake = handshake};
  }
  // As it usually is, but for what `change` says.
  Difference run_with(const std::function<void(DifferenceInput&)>& change, const Resolved& resolved = literal) const {
    const Handshakes seen = handshakes();
    DifferenceInput input{.device = device,
                          .state = state,
                          .cached = &cached,
                          .own_key = own,
                          .server = server,
                          .network = kNetwork,
                          .overrides = overrides,
                          .handshakes = seen,
                          .now = kNow};
    change(input);
    return difference(input, resolved);
  }
  Difference run(const Resolved& resolved = literal) const {
    return run_with([](DifferenceInput&) {}, resolved);
  }
  Handshakes handshakes() const {
    Handshakes handshakes;
    handshakes.see(device, kWall, kNow);
    return handshakes;
  }
};

TEST_F(DifferenceTest, NothingToDoIsAnEmptyUpdate) {
  state.peers = {peer(1, "innernet-server", "10.66.0.1", server.public_key), peer(2, "me", "10.66.1.2", own),
                 peer(3, "bob", "10.66.1.3", new_key())};
  device.peers.push_back(there(state.peers[2].public_key, "10.66.1.3"));
  const auto result = run();
  EXPECT_TRUE(result.update.empty());
  EXPECT_TRUE(result.changes.empty());
}

// wireguard-go drops all of an update that has one peer too many.
TEST_F(DifferenceTest, ADeviceIsGivenNoMorePeersThanItTakes) {
  for (std::int64_t id = 3; id <= 6; ++id)
    state.peers.push_back(peer(id, "peer" + std::to_string(id), "10.66.1." + std::to_string(id), new_key()));
  device.peers.push_back(there(state.peers[3].public_key, "10.66.1.6"));
  device.peers.push_back(there(new_key(), "10.66.1.9"));
  const struct {
    std::optional<std::size_t> most;
    std::size_t added, left_out;
  } cases[] = {{{}, 3, 0}, {5, 3, 0}, {4, 2, 1}, {2, 0, 3}, {1, 0, 3}};
  for (const auto& c : cases) {
    const auto result = run_with([&](DifferenceInput& input) { input.max_peers = c.most; });
    EXPECT_EQ(result.left_out, c.left_out);
    EXPECT_EQ(result.update.peers.size(), 1 + c.added) << "and one is removed";
  }
  device.peers.clear();
  const auto first = run_with([&](DifferenceInput& input) { input.max_peers = 1; });
  ASSERT_EQ(first.update.peers.size(), 1U);
  EXPECT_EQ(first.update.peers[0].public_key, server.public_key);
}

TEST_F(DifferenceTest, AnotherListenPortIsSet) {
  device.listen_port = 40000;
  const auto with_port = [&](std::optional<std::uint16_t> port) {
    return run_with([&](DifferenceInput& input) { input.listen_port = port; }).update;
  };
  EXPECT_TRUE(with_port({}).empty());
  EXPECT_TRUE(with_port(40000).empty());
  EXPECT_EQ(with_port(51820).listen_port, 51820);
}

TEST_F(DifferenceTest, ANewPeerIsAddedWhole) {
  state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
  state.peers[0].endpoint = endpoint("192.0.2.3:7");
  const auto result = run();
  ASSERT_EQ(result.update.peers.size(), 1U);
  const auto& update = result.update.peers[0];
  EXPECT_FALSE(update.update_only);
  EXPECT_THAT(update.allowed_ips, ElementsAre(net("10.66.1.3/32")));
  EXPECT_EQ(update.persistent_keepalive, kPersistentKeepalive);
  EXPECT_EQ(update.endpoint, address("192.0.2.3:7"));
  EXPECT_EQ(result.changes[0].to_string(), "peer bob (" + state.peers[0].public_key.abbreviated() + ") was added.");
  EXPECT_EQ(result.changes[0].endpoint, "Endpoint: [none] => 192.0.2.3:7");
}

TEST_F(DifferenceTest, OurselvesAndDisabledPeersNeverReachTheDevice) {
  state.peers = {peer(2, "me", "10.66.1.2", own), peer(3, "bob", "10.66.1.3", new_key())};
  state.peers[1].is_disabled = true;
  EXPECT_TRUE(run().update.empty());
  device.peers.push_back(there(state.peers[1].public_key, "10.66.1.3"));
  const auto result = run();
  ASSERT_EQ(result.update.peers.size(), 1U);
  EXPECT_TRUE(result.update.peers[0].remove) << "a cached disabled peer that is on the device goes";
  EXPECT_EQ(result.changes[0].name, "bob");
}

TEST_F(DifferenceTest, APeerThatIsGoneIsRemovedByItsCachedName) {
  cached.peers = {peer(3, "bob", "10.66.1.3", new_key())};
  device.peers.push_back(there(cached.peers[0].public_key, "10.66.1.3"));
  device.peers.push_back(there(new_key(), "10.66.1.4"));
  const auto result = run();
  ASSERT_EQ(result.changes.size(), 2U);
  EXPECT_EQ(result.changes[0].kind, PeerChangeKind::kRemoved);
  EXPECT_EQ(result.changes[0].name, "bob");
  EXPECT_FALSE(result.changes[1].name);
}

TEST_F(DifferenceTest, TheServerStaysWhateverTheStateSays) {
  EXPECT_TRUE(run().update.empty()) << "a state without it";
  state.peers = {peer(1, "innernet-server", "10.66.0.1", server.public_key)};
  state.peers[0].is_disabled = true;
  EXPECT_TRUE(run().update.empty()) << "a disabled one";
  state.peers = {peer(1, "innernet-server", "10.66.0.1", new_key())};
  EXPECT_TRUE(run().update.empty()) << "somebody else at its address";
  device.peers.clear();
  state.peers.clear();
  const auto result = run();
  ASSERT_EQ(result.update.peers.size(), 1U);
  EXPECT_EQ(result.update.peers[0].public_key, server.public_key);
  EXPECT_THAT(result.update.peers[0].allowed_ips, ElementsAre(net("10.66.0.1/32")));
  EXPECT_EQ(result.update.peers[0].endpoint, address("203.0.113.1:51820"));
  EXPECT_EQ(result.update.peers[0].persistent_keepalive, kPersistentKeepalive);
}

TEST_F(DifferenceTest, TheServerIsWhereTheConfigSaysUnlessItIsOverridden) {
  state.peers = {peer(1, "innernet-server", "10.66.0.1", server.public_key)};
  state.peers[0].endpoint = endpoint("192.0.2.1:1");
  device.peers = {there(server.public_key, "10.66.0.1", {}, address("192.0.2.1:1"))};
  ASSERT_EQ(run().update.peers.size(), 1U);
  EXPECT_EQ(run().update.peers[0].endpoint, address("203.0.113.1:51820"));
  device.peers[0].endpoint = address("203.0.113.1:51820");
  EXPECT_TRUE(run().update.empty());
  overrides.emplace(ip("10.66.0.1"), endpoint("192.0.2.1:1"));
  EXPECT_EQ(run().update.peers.at(0).endpoint, address("192.0.2.1:1"));
}

TEST_F(DifferenceTest, TheAddressOfARemovedPeerCanComeBackWithAnotherKey) {
  state.peers = {peer(4, "new", "10.66.1.3", new_key())};
  device.peers.push_back(there(new_key(), "10.66.1.3"));
  const auto result = run();
  ASSERT_EQ(result.update.peers.size(), 2U);
  EXPECT_TRUE(result.update.peers[0].remove) << "first, or it would take the address along";
  EXPECT_FALSE(result.update.peers[1].remove);
}

TEST_F(DifferenceTest, AWorkingEndpointIsNeverTouched) {
  const struct {
    std::optional<WallTime> handshake;
    bool touched;
  } cases[] = {{std::nullopt, true}, {kWall, false}, {kWall - 180s, false}, {kWall - 181s, true}, {kWall + 1h, true}};
  for (const auto& c : cases) {
    state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
    state.peers[0].endpoint = endpoint("192.0.2.3:7");
    state.peers[0].candidates = {endpoint("192.0.2.4:7")};
    device.peers.resize(1, device.peers[0]);
    device.peers.push_back(there(state.peers[0].public_key, "10.66.1.3", c.handshake, address("198.51.100.1:9")));
    const auto result = run();
    ASSERT_EQ(!result.update.empty(), c.touched);
    EXPECT_EQ(!result.due.empty(), c.touched);
    if (c.touched) {
      EXPECT_EQ(result.changes[0].endpoint, "Endpoint: 198.51.100.1:9 => 192.0.2.3:7");
    }
  }
}

TEST_F(DifferenceTest, AServerThatAnswersIsWhereItIsWhateverTheClockMakesOfItsHandshake) {
  state.peers = {peer(1, "innernet-server", "10.66.0.1", server.public_key)};
  device.peers = {there(server.public_key, "10.66.0.1", kWall - 1h, address("198.51.100.1:9"))};
  const auto with = [&](bool answers) {
    return run_with([&](DifferenceInput& input) {
             input.cached = nullptr;
             input.server_answers = answers;
           })
        .update;
  };
  EXPECT_TRUE(with(true).empty());
  EXPECT_FALSE(with(false).empty());
}

TEST_F(DifferenceTest, APeerThatGetsItsFirstEndpointIsAddedAnewSoThatItIsTriedAtOnce) {
  state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
  state.peers[0].endpoint = endpoint("192.0.2.3:7");
  device.peers.push_back(there(state.peers[0].public_key, "10.66.1.3"));
  const auto result = run();
  ASSERT_EQ(result.update.peers.size(), 2U);
  EXPECT_TRUE(result.update.peers[0].remove);
  const auto& anew = result.update.peers[1];
  EXPECT_EQ(anew.public_key, state.peers[0].public_key);
  EXPECT_FALSE(anew.update_only);
  EXPECT_EQ(anew.endpoint, address("192.0.2.3:7"));
  EXPECT_EQ(anew.persistent_keepalive, kPersistentKeepalive);
  EXPECT_THAT(anew.allowed_ips, ElementsAre(net("10.66.1.3/32")));
  ASSERT_EQ(result.changes.size(), 1U);
  EXPECT_EQ(result.changes[0].kind, PeerChangeKind::kModified);
  EXPECT_EQ(result.changes[0].endpoint, "Endpoint: [none] => 192.0.2.3:7");

  device.peers[1].last_handshake = kWall - 1h;
  ASSERT_EQ(run().update.peers.size(), 1U) << "one that was reached before keeps what it has counted";
  EXPECT_TRUE(run().update.peers[0].update_only);
}

TEST_F(DifferenceTest, AllowedIpsAndKeepaliveAreCorrected) {
  state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
  state.peers[0].persistent_keepalive_interval = std::nullopt;
  device.peers.push_back(there(state.peers[0].public_key, "10.66.1.4"));
  const auto result = run();
  ASSERT_EQ(result.update.peers.size(), 1U);
  EXPECT_TRUE(result.update.peers[0].update_only);
  EXPECT_TRUE(result.update.peers[0].replace_allowed_ips);
  EXPECT_EQ(result.update.peers[0].persistent_keepalive, 0) << "which turns it off";
  EXPECT_THAT(result.changes[0].others, ElementsAre("Allowed IPs: 10.66.1.4/32 => 10.66.1.3/32", "Persistent keepalive: 25 s => [none]"));
}

TEST_F(DifferenceTest, AnUnchangedPeerWithCandidatesIsDueButNotPrinted) {
  state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
  state.peers[0].candidates = {endpoint("192.0.2.4:7")};
  device.peers.push_back(there(state.peers[0].public_key, "10.66.1.3"));
  auto result = run();
  EXPECT_TRUE(result.changes.empty());
  EXPECT_EQ(result.due.size(), 1U);
  overrides.emplace(ip("10.66.1.3"), endpoint("192.0.2.9:1"));
  EXPECT_TRUE(run().due.empty()) << "overridden locally";
}

TEST_F(DifferenceTest, NobodyIsDueForWhoWantsNoTraversal) {
  state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
  state.peers[0].candidates = {endpoint("192.0.2.4:7")};
  const auto result = run_with([&](DifferenceInput& input) {
    input.cached = nullptr;
    input.wants_traversal = false;
  });
  EXPECT_EQ(result.update.peers.size(), 1U);
  EXPECT_TRUE(result.due.empty());
}

TEST_F(DifferenceTest, AnUnresolvableOrUnspecifiedEndpointIsLeftAlone) {
  for (const char* text : {"dead.example:7", "0.0.0.0:7", "[::]:7", "192.0.2.3:0"}) {
    state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
    state.peers[0].endpoint = endpoint(text);
    device.peers.resize(1, device.peers[0]);
    EXPECT_FALSE(run().update.peers.at(0).endpoint) << text;
    device.peers.push_back(there(state.peers[0].public_key, "10.66.1.3", {}, address("198.51.100.1:9")));
    EXPECT_TRUE(run().update.empty()) << text;
  }
}

// The server, or who answers in its place, would aim our packets at this machine, at everybody around, or back into the tunnel.
TEST_F(DifferenceTest, AReportedEndpointThatIsNotOutsideIsNotSet) {
  for (const char* text : {"127.0.0.1:53", "255.255.255.255:9", "0.0.0.0:1", "10.66.1.9:51820", "[::ffff:127.0.0.1]:53"}) {
    state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
    state.peers[0].endpoint = endpoint(text);
    state.peers[0].candidates = {endpoint("192.0.2.4:7")};
    const auto result = run();
    EXPECT_FALSE(result.update.peers.at(0).endpoint) << text;
    EXPECT_FALSE(result.due.at(0).reported) << text;
    overrides = {{ip("10.66.1.3"), endpoint(text)}};
    EXPECT_EQ(run().update.peers.at(0).endpoint.has_value(), !endpoint(text).is_unspecified()) << text << ": who sets it himself may";
    overrides.clear();
  }
  state.peers[0].endpoint = endpoint("rebound.example:53");
  EXPECT_FALSE(run([](const Endpoint&) { return std::optional(address("127.0.0.1:53")); }).update.peers.at(0).endpoint);
  EXPECT_TRUE(run([](const Endpoint&) { return std::optional(address("192.0.2.3:53")); }).update.peers.at(0).endpoint);
}

TEST_F(DifferenceTest, AServerThatReportsItselfInTheTunnelStaysWhereTheConfigHasIt) {
  state.peers = {peer(1, "innernet-server", "10.66.0.1", server.public_key)};
  device.peers[0].last_handshake.reset();
  for (const char* text : {"10.66.0.1:51820", "127.0.0.1:51820"}) {
    state.peers[0].endpoint = endpoint(text);
    EXPECT_EQ(run().update.peers.at(0).endpoint, address("203.0.113.1:51820")) << text;
  }
  server.external_endpoint = endpoint("127.0.0.1:51820");
  EXPECT_EQ(run().update.peers.at(0).endpoint, address("127.0.0.1:51820")) << "the config may lead through something on this machine";
}

TEST_F(DifferenceTest, APeerInTraversalKeepsTheEndpointThatIsBeingTried) {
  state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
  state.peers[0].endpoint = endpoint("192.0.2.3:7");
  device.peers.push_back(there(state.peers[0].public_key, "10.66.1.3", {}, address("192.0.2.4:7")));
  const std::unordered_set<wg::PublicKey> trying{state.peers[0].public_key};
  const auto result = run_with([&](DifferenceInput& input) {
    input.cached = nullptr;
    input.in_traversal = &trying;
  });
  EXPECT_TRUE(result.update.empty());
}

TEST_F(DifferenceTest, AKeyThatStandsTwiceInAStateIsTakenOnce) {
  state.peers = {peer(3, "bob", "10.66.1.3", new_key())};
  state.peers.push_back(peer(4, "eve", "10.66.1.4", state.peers[0].public_key));
  EXPECT_EQ(run().update.peers.size(), 1U);
}

}  // namespace
}  // namespace innernet::client

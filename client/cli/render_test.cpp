#include "render.hpp"

#include <gtest/gtest.h>

#include "innernet/base/file.hpp"
#include "innernet/config/config.hpp"
#include "innernet/json/json.hpp"

namespace innernet::client {
namespace {

using std::chrono::seconds;

const WallTime kNow{seconds(1'795'363'000)};
const std::filesystem::path kData = INNERNET_TEST_DATA;

std::string read(const std::filesystem::path& path) {
  auto text = read_file(path);
  EXPECT_TRUE(text) << path;
  return text ? *text : std::string();
}

State read_store(const std::string& family) {
  auto state = parse_data_store(read(kData / family / "store-peer1.json"), [](std::string_view warning) { ADD_FAILURE() << warning; });
  EXPECT_TRUE(state);
  return state ? *state : State();
}

InterfaceConfig read_config_of(const std::string& family) {
  auto config = InterfaceConfig::parse(read(kData / family / "client-peer1.conf"));
  EXPECT_TRUE(config) << config.error().message();
  return *config;
}

const Peer& peer_named(const State& state, std::string_view name) {
  for (const Peer& peer : state.peers)
    if (peer.name.str() == name) return peer;
  throw std::runtime_error("no such peer in the sample");
}

wg::Peer on_device(const Peer& peer, std::uint64_t received, std::uint64_t sent, seconds handshake_age) {
  wg::Peer out{.public_key = peer.public_key,
               .preshared_key = {},
               .endpoint = {},
               .persistent_keepalive = kPersistentKeepalive,
               .allowed_ips = {IpNet::host(peer.ip)}};
  if (const auto* host = std::get_if<IpAddress>(&peer.endpoint->host())) out.endpoint = SocketAddress{*host, peer.endpoint->port()};
  out.last_handshake = kNow - handshake_age;
  out.received_bytes = received;
  out.sent_bytes = sent;
  return out;
}

wg::Device device(const wg::PublicKey& own, std::uint16_t port) {
  return {.name = *InterfaceName::parse("evilcorp"), .private_key = {}, .public_key = own, .listen_port = port, .fwmark = 0, .peers = {}};
}

/// What the Rust client printed, and the device that it saw then.
struct Sample {
  const char* family;
  std::uint16_t port;
  std::uint64_t server_received;
  std::uint64_t server_sent;
  seconds server_handshake;
};
constexpr Sample kSamples[] = {{"ipv4", 59138, 31'181, 26'122, seconds(33)}, {"ipv6", 45833, 34'376, 29'471, seconds(75)}};

const std::vector<Relay> relays;  // none

class Recorded : public ::testing::TestWithParam<Sample> {
 protected:
  std::string render(Layout layout) const {
    const Sample& sample = GetParam();
    const State state = read_store(sample.family);
    const InterfaceConfig config = read_config_of(sample.family);
    wg::Device seen = device(config.private_key.public_key(), sample.port);
    seen.peers = {on_device(peer_named(state, "peer2"), 124, 180, seconds(13)),
                  on_device(peer_named(state, "innernet-server"), sample.server_received, sample.server_sent, sample.server_handshake)};
    return render_network({seen, state, config.address.address(), config.peer_endpoint_overrides, kNow, relays},
                          {layout, false, Palette(false)});
  }
  std::string recorded(const std::string& name) const { return read(kData / GetParam().family / (name + ".txt")); }
};

TEST_P(Recorded, ShowIsTheSameToTheByte) { EXPECT_EQ(render(Layout::kLong), recorded("show")); }
TEST_P(Recorded, ShowShortIsTheSameToTheByte) { EXPECT_EQ(render(Layout::kShort), recorded("show-short")); }
TEST_P(Recorded, ShowTreeIsTheSameToTheByte) { EXPECT_EQ(render(Layout::kTree), recorded("show-tree")); }
TEST_P(Recorded, ListCidrsIsTheSameToTheByte) {
  const State state = read_store(GetParam().family);
  EXPECT_EQ(render_cidrs(state.cidrs, false), recorded("list-cidrs"));
  EXPECT_EQ(render_cidrs(state.cidrs, true), recorded("list-cidrs-tree"));
}
TEST_P(Recorded, ListAssociationsIsTheSameToTheByte) {
  const State state = read_store(GetParam().family);
  EXPECT_EQ(render_associations({{Association{{CidrId{3}, CidrId{4}}, AssociationId{1}}}}, state.cidrs), recorded("list-associations"));
}
INSTANTIATE_TEST_SUITE_P(Samples, Recorded, ::testing::ValuesIn(kSamples), [](const auto& sample) { return sample.param.family; });

class Show : public ::testing::Test {
 protected:
  std::string render(Layout layout, bool whole_keys = false, bool colour = false) const {
    return render_network({seen, state, config.address.address(), config.peer_endpoint_overrides, kNow, relays},
                          {layout, whole_keys, Palette(colour)});
  }

  State state = read_store("ipv4");
  InterfaceConfig config = read_config_of("ipv4");
  wg::Device seen = device(config.private_key.public_key(), 51820);
};

// Upstream fails for the whole network when somebody added a peer by hand.
TEST_F(Show, AnUnknownPeerOnTheDeviceIsShownAsUnknown) {
  wg::Peer stranger = on_device(peer_named(state, "peer2"), 0, 0, seconds(1));
  stranger.public_key = wg::PrivateKey::generate().public_key();
  stranger.allowed_ips = {*IpNet::parse("10.66.9.9/32")};
  seen.peers = {stranger};
  const std::string key = stranger.public_key.abbreviated();
  EXPECT_NE(render(Layout::kLong).find("  peer: unknown (" + key + ")\n    ip: 10.66.9.9\n"), std::string::npos) << render(Layout::kLong);
  EXPECT_NE(render(Layout::kShort).find("  | ◉ 10.66.9.9: unknown (" + key + ")\n"), std::string::npos);
  EXPECT_TRUE(render(Layout::kTree).ends_with("  | ◉ 10.66.9.9: unknown (" + key + ")\n")) << render(Layout::kTree);
}

TEST_F(Show, APeerWithoutAnAddressComesLast) {
  wg::Peer stranger = on_device(peer_named(state, "peer2"), 0, 0, seconds(1));
  stranger.public_key = wg::PrivateKey::generate().public_key();
  stranger.allowed_ips = {};
  seen.peers = {stranger};
  EXPECT_TRUE(render(Layout::kShort).ends_with("  | ◉ ?: unknown (" + stranger.public_key.abbreviated() + ")\n")) << render(Layout::kShort);
}

TEST_F(Show, WithoutAStoreTheDeviceAndOurselvesAreStillShown) {
  state = {};
  seen.peers = {};
  EXPECT_EQ(render(Layout::kShort), "evilcorp (:51820) \n  | ◉ 10.66.1.1: unknown (you, mceT4laSUt…)\n");
}

TEST_F(Show, VerboseShowsWholeKeys) {
  EXPECT_NE(render(Layout::kLong, true).find("peer: admin (mceT4laSUt6EaKA1Zp1maR4XUfGRULLHHcAl0jsjBFA=)\n"), std::string::npos);
}

TEST_F(Show, APeerIsConnectedForAsLongAsASessionLasts) {
  seen.peers = {on_device(peer_named(state, "innernet-server"), 0, 0, seconds(180))};
  EXPECT_NE(render(Layout::kShort).find("◉ 10.66.0.1"), std::string::npos);
  seen.peers = {on_device(peer_named(state, "innernet-server"), 0, 0, seconds(181))};
  EXPECT_NE(render(Layout::kShort).find("◯ 10.66.0.1"), std::string::npos);
  seen.peers[0].last_handshake = std::nullopt;
  EXPECT_NE(render(Layout::kShort).find("◯ 10.66.0.1"), std::string::npos);
}

// Its key is on the device like a peer's, and whoever has its address for an endpoint is behind it.
TEST_F(Show, ARelayIsNoPeerAndItsPeersSayWhoRelaysThem) {
  const Peer& server = peer_named(state, "innernet-server");
  wg::Peer relay{.public_key = wg::PrivateKey::generate().public_key(), .endpoint = SocketAddress::parse("203.0.113.1:51821").value()};
  const std::vector<Relay> one{{.id = server.id, .public_key = relay.public_key, .endpoint = Endpoint::parse("203.0.113.1:51821").value()}};
  wg::Peer behind = on_device(peer_named(state, "peer2"), 0, 0, seconds(1));
  behind.endpoint = relay.endpoint;
  seen.peers = {relay, behind, on_device(server, 0, 0, seconds(1))};
  const NetworkView view{seen, state, config.address.address(), config.peer_endpoint_overrides, kNow, one};
  const auto text = render_network(view, {Layout::kLong, false, Palette(false)});
  EXPECT_NE(text.find("    relayed by: innernet-server, for no direct way was found\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("unknown"), std::string::npos) << text;
  EXPECT_EQ(text.find("relayed by"), text.rfind("relayed by")) << text;
  EXPECT_NE(render_network(view, {Layout::kShort, false, Palette(false)}).find("(relayed by innernet-server)\n"), std::string::npos);
  EXPECT_NE(describe_network(view).str().find(R"("relayed_by":"innernet-server")"), std::string::npos);
  // Whose key a hostile server gives for a relay's stays a peer.
  const std::vector<Relay> lie{{.id = server.id, .public_key = behind.public_key, .endpoint = one.front().endpoint}};
  EXPECT_NE(render_network({seen, state, config.address.address(), config.peer_endpoint_overrides, kNow, lie},
                           {Layout::kLong, false, Palette(false)})
                .find("peer2"),
            std::string::npos);
}

TEST_F(Show, AHandshakeFromTheFutureIsNoConnection) {
  seen.peers = {on_device(peer_named(state, "innernet-server"), 0, 0, seconds(-3))};
  EXPECT_NE(render(Layout::kLong).find("last handshake: just now\n"), std::string::npos) << "clocks are corrected";
  EXPECT_NE(render(Layout::kShort).find("◉ 10.66.0.1"), std::string::npos);
  seen.peers = {on_device(peer_named(state, "innernet-server"), 0, 0, -std::chrono::hours(24))};
  EXPECT_NE(render(Layout::kLong).find("last handshake: not known, this machine's clock was set back since\n"), std::string::npos);
  EXPECT_NE(render(Layout::kShort).find("◯ 10.66.0.1"), std::string::npos);
  const NetworkView view{seen, state, config.address.address(), config.peer_endpoint_overrides, kNow, relays};
  EXPECT_NE(describe_network(view).str().find(R"("is_connected":false)"), std::string::npos);
  EXPECT_NE(describe_network(view).str().find(R"("last_handshake_age":null)"), std::string::npos);
}

TEST_F(Show, WhatIsNotKnownIsLeftOut) {
  wg::Peer server = on_device(peer_named(state, "innernet-server"), 0, 0, seconds(0));
  server.endpoint = std::nullopt;
  server.last_handshake = std::nullopt;
  seen.peers = {server};
  EXPECT_NE(render(Layout::kLong).find("    ip: 10.66.0.1\n  peer: admin"), std::string::npos) << render(Layout::kLong);
}

TEST_F(Show, ColourAddsNothingButColour) {
  const auto without_escapes = [](const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\x1b')
        i = text.find('m', i);
      else
        out += text[i];
    }
    return out;
  };
  for (const Layout layout : {Layout::kLong, Layout::kShort, Layout::kTree}) {
    const std::string coloured = render(layout, false, true);
    EXPECT_NE(coloured.find('\x1b'), std::string::npos);
    EXPECT_EQ(without_escapes(coloured), render(layout));
  }
}

// The API takes any text for the name of a CIDR; a terminal must not act on it.
TEST_F(Show, NamesOfCidrsCannotReachTheTerminal) {
  state.cidrs[2].name = "hu\x1b[2Jmans\n";
  EXPECT_NE(render(Layout::kTree).find("10.66.1.0/24 hu\\x1b[2Jmans\\x0a\n"), std::string::npos);
  EXPECT_EQ(render_cidrs(std::span(state.cidrs).subspan(2, 1), false), "10.66.1.0/24 hu\\x1b[2Jmans\\x0a\n");
}

// A database may hold what no rule of ours allows.
TEST_F(Show, ATreeWithoutRootsAndALongChainIsShown) {
  state.cidrs.clear();
  constexpr std::int64_t kDepth = 3000;
  for (std::int64_t id = 1; id <= kDepth; ++id)
    state.cidrs.push_back({{"c", *IpNet::parse("10.66.0.0/16"), CidrId{id == 1 ? kDepth : id - 1}}, CidrId{id}});
  EXPECT_NE(render(Layout::kTree).find("admin (you, "), std::string::npos);
}

TEST(Associations, ACidrThatIsNotInTheListKeepsItsNumber) {
  EXPECT_EQ(render_associations({{Association{{CidrId{3}, CidrId{4}}, AssociationId{7}}}}, {}), "7: CIDR 3 <=> CIDR 4\n");
}

}  // namespace
}  // namespace innernet::client

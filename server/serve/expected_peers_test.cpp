#include "expected_peers.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

namespace innernet::server {
namespace {

wg::PublicKey key(std::uint8_t n) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  bytes[0] = n;
  bytes[31] = 1;
  return wg::PublicKey::from_bytes(bytes);
}

IpNet net(const char* text) { return *IpNet::parse(text); }

wg::PeerUpdate wanted(std::uint8_t n) {
  wg::PeerUpdate update{.public_key = key(n), .replace_allowed_ips = true};
  update.persistent_keepalive = std::uint16_t{25};
  update.allowed_ips = {IpNet::host(*IpAddress::parse("10.0.0.0")->plus(n))};
  return update;
}

wg::Peer on_device(std::uint8_t n) {
  wg::Peer peer;
  peer.public_key = key(n);
  peer.persistent_keepalive = 25;
  peer.allowed_ips = wanted(n).allowed_ips;
  return peer;
}

ExpectedPeers of(std::initializer_list<std::uint8_t> numbers) {
  std::vector<wg::PeerUpdate> all;
  for (const std::uint8_t n : numbers) all.push_back(wanted(n));
  ExpectedPeers expected;
  expected.set(all);
  return expected;
}

TEST(ExpectedPeers, TellsWhateverSomebodyElseHasDoneToOne) {
  const struct {
    const char* what;
    std::function<void(std::vector<wg::Peer>&)> done;
    bool are;
  } cases[] = {
      {"nothing", [](auto&) {}, true},
      {"another order", [](auto& peers) { std::swap(peers[0], peers[1]); }, true},
      {"a session", [](auto& peers) { peers[0].endpoint = *SocketAddress::parse("192.0.2.1:5"); }, true},
      {"removed", [](auto& peers) { peers.pop_back(); }, false},
      {"all removed", [](auto& peers) { peers.clear(); }, false},
      {"added", [](auto& peers) { peers.push_back(on_device(3)); }, false},
      {"another key", [](auto& peers) { peers[0].public_key = key(3); }, false},
      {"another address", [](auto& peers) { peers[0].allowed_ips = {net("10.0.0.9/32")}; }, false},
      {"another prefix", [](auto& peers) { peers[0].allowed_ips = {net("10.0.0.1/31")}; }, false},
      {"one more address", [](auto& peers) { peers[0].allowed_ips.push_back(net("0.0.0.0/0")); }, false},
      {"no address", [](auto& peers) { peers[0].allowed_ips.clear(); }, false},
      {"no keep-alive", [](auto& peers) { peers[0].persistent_keepalive = 0; }, false},
      {"a pre-shared key",
       [](auto& peers) { peers[0].preshared_key = wg::PresharedKey::from_bytes(std::array<std::uint8_t, wg::kKeySize>{1}); }, false},
  };
  const ExpectedPeers expected = of({1, 2});
  for (const auto& c : cases) {
    std::vector<wg::Peer> peers = {on_device(1), on_device(2)};
    c.done(peers);
    EXPECT_EQ(expected.are(peers), c.are) << c.what;
  }
}

TEST(ExpectedPeers, FollowsWhatTheDeviceIsGiven) {
  ExpectedPeers expected = of({1, 2});
  expected.change(std::vector<wg::PeerUpdate>{{.public_key = key(1), .remove = true}, wanted(3)});
  EXPECT_TRUE(expected.are(std::vector{on_device(2), on_device(3)}));

  wg::PeerUpdate moved{.public_key = key(2), .update_only = true, .endpoint = *SocketAddress::parse("192.0.2.1:5")};
  expected.change({&moved, 1});
  EXPECT_TRUE(expected.are(std::vector{on_device(2), on_device(3)})) << "an endpoint is no matter of ours";

  wg::PeerUpdate absent = wanted(4);
  absent.update_only = true;
  expected.change({&absent, 1});
  EXPECT_TRUE(expected.are(std::vector{on_device(2), on_device(3)})) << "an update makes no peer";

  wg::PeerUpdate two = wanted(2);
  two.allowed_ips = {net("10.0.1.0/24"), net("10.0.2.0/24")};
  expected.change({&two, 1});
  auto peer = on_device(2);
  peer.allowed_ips = {net("10.0.2.0/24"), net("10.0.1.0/24")};
  EXPECT_TRUE(expected.are(std::vector{peer, on_device(3)}));
}

TEST(ExpectedPeers, SayHowManyThereWillBe) {
  const ExpectedPeers expected = of({1, 2});
  wg::PeerUpdate moved{.public_key = key(4), .update_only = true};
  EXPECT_EQ(expected.size_after({}), 2U);
  EXPECT_EQ(expected.size_after(std::vector{wanted(1), wanted(3), moved}), 3U);
  EXPECT_EQ(
      expected.size_after(std::vector<wg::PeerUpdate>{{.public_key = key(1), .remove = true}, {.public_key = key(9), .remove = true}}), 1U);
  EXPECT_EQ(ExpectedPeers().size_after(std::vector{wanted(1)}), std::nullopt);
}

TEST(ExpectedPeers, AreAnyAsLongAsNobodyKnows) {
  ExpectedPeers expected;
  EXPECT_TRUE(expected.are(std::vector{on_device(1)}));
  expected.set({});
  EXPECT_FALSE(expected.are(std::vector{on_device(1)}));
  expected.forget();
  EXPECT_TRUE(expected.are(std::vector{on_device(1)}));
  const wg::PeerUpdate two = wanted(2);
  expected.change({&two, 1});
  EXPECT_TRUE(expected.are(std::vector{on_device(1)}));
}

}  // namespace
}  // namespace innernet::server

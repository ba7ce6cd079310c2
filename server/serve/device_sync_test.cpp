#include "device_sync.hpp"

#include <gtest/gtest.h>

#include <array>

namespace innernet::server {
namespace {

wg::PublicKey key(std::uint32_t n) {
  std::array<std::uint8_t, wg::kKeySize> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
  bytes[31] = 1;
  return wg::PublicKey::from_bytes(bytes);
}

std::vector<IpNet> nets(std::initializer_list<const char*> texts) {
  std::vector<IpNet> out;
  for (const char* text : texts) out.push_back(*IpNet::parse(text));
  return out;
}

wg::Peer on_device(std::uint32_t n, std::vector<IpNet> allowed_ips, std::uint16_t keepalive = 25, const char* endpoint = nullptr) {
  wg::Peer peer;
  peer.public_key = key(n);
  peer.allowed_ips = std::move(allowed_ips);
  peer.persistent_keepalive = keepalive;
  if (endpoint != nullptr) peer.endpoint = *SocketAddress::parse(endpoint);
  return peer;
}

wg::PeerUpdate wanted(std::uint32_t n, std::vector<IpNet> allowed_ips, const char* endpoint = nullptr) {
  wg::PeerUpdate update;
  update.public_key = key(n);
  update.persistent_keepalive = std::uint16_t{25};
  update.allowed_ips = std::move(allowed_ips);
  if (endpoint != nullptr) update.endpoint = *SocketAddress::parse(endpoint);
  return update;
}

/// `update` as a line of text, so that a table can say what is expected.
std::string describe(const wg::PeerUpdate& update) {
  std::string out = std::to_string(update.public_key.bytes()[0]);
  if (update.remove) out += " remove";
  if (update.update_only) out += " only";
  if (update.replace_allowed_ips) out += " ips=";
  for (const IpNet& net : update.allowed_ips) out += net.to_string() + ",";
  if (update.persistent_keepalive) out += " keepalive=" + std::to_string(*update.persistent_keepalive);
  if (update.endpoint) out += " endpoint=" + update.endpoint->to_string();
  if (update.preshared_key) out += " psk";
  return out;
}

TEST(DeviceDifference, SaysOnlyWhatChanges) {
  auto with_preshared_key = on_device(1, nets({"10.0.0.1/32"}));
  with_preshared_key.preshared_key = wg::PresharedKey::from_bytes(std::array<std::uint8_t, wg::kKeySize>{1});
  const struct {
    const char* why;
    std::vector<wg::Peer> device;
    std::vector<wg::PeerUpdate> wanted;
    std::vector<std::string> expected;
  } cases[] = {
      {"nothing and nothing", {}, {}, {}},
      {"the same", {on_device(1, nets({"10.0.0.1/32"}))}, {wanted(1, nets({"10.0.0.1/32"}))}, {}},
      {"the same allowed IPs in another order",
       {on_device(1, nets({"10.0.0.2/32", "10.0.0.1/32"}))},
       {wanted(1, nets({"10.0.0.1/32", "10.0.0.2/32"}))},
       {}},
      {"a new peer", {}, {wanted(1, nets({"10.0.0.1/32"}), "192.0.2.1:5")}, {"1 ips=10.0.0.1/32, keepalive=25 endpoint=192.0.2.1:5"}},
      {"an unknown key", {on_device(7, nets({"10.0.0.7/32"}))}, {}, {"7 remove"}},
      {"an address that moves to another key: free it first",
       {on_device(7, nets({"10.0.0.1/32"}))},
       {wanted(1, nets({"10.0.0.1/32"}))},
       {"7 remove", "1 ips=10.0.0.1/32, keepalive=25"}},
      {"other allowed IPs", {on_device(1, nets({"10.0.0.9/32"}))}, {wanted(1, nets({"10.0.0.1/32"}))}, {"1 only ips=10.0.0.1/32,"}},
      {"an additional allowed IP",
       {on_device(1, nets({"10.0.0.1/32", "0.0.0.0/0"}))},
       {wanted(1, nets({"10.0.0.1/32"}))},
       {"1 only ips=10.0.0.1/32,"}},
      {"no keep-alive", {on_device(1, nets({"10.0.0.1/32"}), 0)}, {wanted(1, nets({"10.0.0.1/32"}))}, {"1 only keepalive=25"}},
      {"an endpoint that the device knows stays",
       {on_device(1, nets({"10.0.0.1/32"}), 25, "198.51.100.1:9")},
       {wanted(1, nets({"10.0.0.1/32"}), "192.0.2.1:5")},
       {}},
      {"an endpoint that the device does not know",
       {on_device(1, nets({"10.0.0.1/32"}))},
       {wanted(1, nets({"10.0.0.1/32"}), "192.0.2.1:5")},
       {"1 only endpoint=192.0.2.1:5"}},
      {"a pre-shared key that nobody else has", {with_preshared_key}, {wanted(1, nets({"10.0.0.1/32"}))}, {"1 only psk"}},
      {"a peer wanted twice is added once",
       {},
       {wanted(1, nets({"10.0.0.1/32"})), wanted(1, nets({"10.0.0.2/32"}))},
       {"1 ips=10.0.0.1/32, keepalive=25"}},
  };
  for (const auto& c : cases) {
    std::vector<std::string> got;
    for (const wg::PeerUpdate& update : device_difference(c.device, c.wanted)) got.push_back(describe(update));
    EXPECT_EQ(got, c.expected) << c.why;
  }
}

TEST(LeaveOut, KeepsWhoIsThereAndThenTheFirst) {
  const std::vector<wg::Peer> device = {on_device(4, {}), on_device(2, {}), on_device(9, {})};
  const struct {
    std::size_t most;
    std::vector<std::uint8_t> kept;
  } cases[] = {{5, {1, 2, 3, 4, 5}}, {6, {1, 2, 3, 4, 5}}, {4, {1, 2, 3, 4}}, {3, {1, 2, 4}}, {2, {2, 4}}};
  for (const auto& c : cases) {
    std::vector<wg::PeerUpdate> all;
    for (std::uint32_t n = 1; n <= 5; ++n) all.push_back(wanted(n, {}));
    EXPECT_EQ(leave_out(device, c.most, all), 5 - c.kept.size());
    std::vector<std::uint8_t> kept;
    for (const auto& peer : all) kept.push_back(peer.public_key.bytes()[0]);
    EXPECT_EQ(kept, c.kept) << c.most;
  }
}

TEST(DeviceDifference, OfTenThousandPeersAndOneChangeIsOneUpdate) {
  std::vector<wg::Peer> device;
  std::vector<wg::PeerUpdate> all;
  for (std::uint32_t n = 1; n <= 10'000; ++n) {
    const auto net = IpNet::host(*IpAddress::parse("10.0.0.0")->plus(n));
    device.push_back(on_device(n, {net}));
    all.push_back(wanted(n, {net}));
  }
  EXPECT_TRUE(device_difference(device, all).empty());
  device[4711].persistent_keepalive = 0;
  ASSERT_EQ(device_difference(device, all).size(), 1U);
}

}  // namespace
}  // namespace innernet::server

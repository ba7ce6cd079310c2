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

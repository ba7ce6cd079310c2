#include "relaying.hpp"

#include <gtest/gtest.h>

namespace innernet::server {
namespace {

TEST(ServerRelay, IsAtTheServersEndpointWithItsOwnPort) {
  const auto key = wg::PrivateKey::generate().public_key();
  Network network;
  network.put_cidr(Cidr{CidrContents{"root", IpNet::parse("10.1.0.0/16").value(), std::nullopt}, CidrId{1}});
  EXPECT_EQ(server_relay(network, key, 51821, 7).endpoint.to_string(), "0.0.0.0:51821");
  network.put_peer(Peer{PeerContents{{.name = Hostname::parse("server").value(),
                                      .ip = IpAddress::parse("10.1.0.1").value(),
                                      .cidr_id = CidrId{1},
                                      .public_key = wg::PrivateKey::generate().public_key(),
                                      .is_redeemed = true},
                                     {.endpoint = Endpoint::parse("vpn.example.org:51820").value()}},
                        PeerId{1}});
  EXPECT_EQ(server_relay(network, key, 51821, 7), (Relay{PeerId{1}, key, Endpoint::parse("vpn.example.org:51821").value(), true, 7}));
}

}  // namespace
}  // namespace innernet::server

#include "relaying.hpp"

#include <array>

namespace innernet::server {

Relay server_relay(const Network& network, const wg::PublicKey& key, std::uint16_t port, std::uint32_t epoch) {
  const PeerRecord* const server = network.find_peer(kServerPeer);
  const bool is_known = server != nullptr && server->peer.endpoint;
  return {.id = kServerPeer,
          .public_key = key,
          .endpoint = is_known ? server->peer.endpoint->with_port(port)
                               : Endpoint::of(SocketAddress{IpAddress::v4(std::array<std::uint8_t, 4>{}), port}),
          .answers_questions = true,
          .epoch = epoch};
}

}  // namespace innernet::server

#pragma once

#include "innernet/client/rest_client.hpp"
#include "innernet/config/config.hpp"
#include "machine.hpp"

namespace innernet::client {

struct KeyChangeTimes {
  std::chrono::milliseconds patience{15'000};
  std::chrono::milliseconds retry{300};  ///< at least a round trip: a handshake that is on its way is lost with its peer
};

/// Gives the interface the key and port of `config` and asks the server until it answers: it changes its side a moment after us, and drops
/// handshakes until then. WireGuard starts one only every 5 s (REKEY_TIMEOUT), unless the peer is new; so while there is no handshake, the
/// server's peer is removed and added again every `retry`. So it is when there was a handshake and yet nothing comes through: ends that
/// begin one at the same moment can be left with sessions that the other has dropped (wireguard-go), and would notice after 15 s. Fails
/// with kUnreachable when the time is up; any answer with a status, an error too, counts as an answer.
Answer<void> change_key(const InterfaceConfig& config, const InterfaceName& name, Machine& machine, const KeyChangeTimes& times);

}  // namespace innernet::client

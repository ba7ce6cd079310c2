#pragma once

#include <functional>
#include <vector>

#include "innernet/base/ip.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::client {

/// A way that was set for a peer without a session, or one that a relayed peer did not answer on.
struct TriedWay {
  wg::PublicKey peer;
  bool is_registered = false;  ///< the peer, with a relay
  SocketAddress to;
  bool is_relay = false;
};

/// Whether the network's lock is held.
enum class Locked : bool { kNo, kYes };

using NoteTried = std::function<void(const std::vector<TriedWay>&, Locked)>;

}  // namespace innernet::client

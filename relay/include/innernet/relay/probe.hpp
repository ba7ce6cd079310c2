#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::relay {

/// A relay at one of its addresses.
struct ProbeTarget {
  wg::PublicKey key;
  SocketAddress address;
};

struct ProbeAnswer {
  std::chrono::nanoseconds round_trip{};  ///< of a question, without the handshake before it
  SocketAddress seen_at;                  ///< from where the relay sees our socket
};

/// Asks all of `relays` at once, from one socket, and returns what each has answered `within` this time, in their order; none: nothing.
/// Each is asked up to three times. Neither the session that the machine's WireGuard has with a relay nor its registration are touched.
/// A relay that knows no questions gives none, nor does one of which `own` is no member.
///
/// `stop_fd`, if there is one, ends it when it is readable: kInterrupted. Fails else only when there is no socket to be had.
Result<std::vector<std::optional<ProbeAnswer>>> probe(const wg::PrivateKey& own, std::span<const ProbeTarget> relays,
                                                      std::chrono::milliseconds within, int stop_fd = -1);

}  // namespace innernet::relay

#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "direct_attempt.hpp"
#include "innernet/client/difference.hpp"
#include "innernet/wireguard/backend.hpp"
#include "probe_budget.hpp"
#include "tried_way.hpp"
#include "wait.hpp"

namespace innernet::client {

/// When peers that are relayed are tried directly: at once when where they may be has changed, once a minute at most, else 1, 5 and 15
/// minutes after they were first relayed, then hourly.
class DirectTries {
 public:
  /// A round gives so many their turn; the others have it in the next one.
  static constexpr std::size_t kMostAtOnce = 5;

  /// Those of `relayed` whose turn it is. One that is missing has found a way, or is gone, and begins anew when it comes back.
  std::vector<TraversalPeer> take(std::vector<TraversalPeer> relayed, BootTime now);
  void clear() { seen_.clear(); }

 private:
  struct Seen {
    TraversalPeer peer;
    BootTime since{};
    BootTime next{};
    std::optional<BootTime> tried{};
    bool is_current = false;
  };
  std::unordered_map<wg::PublicKey, Seen> seen_;
};

/// Makes WireGuard send something to this address inside of the network, so that the peer hears from us, and answers if it is a machine
/// like most. Never blocks, never fails: it is a packet.
using Poke = std::function<void(const IpAddress&)>;

/// A UDP packet to the discard port (RFC 863), through `interface` alone. A machine without that service answers by ICMP.
Poke udp_poke(const InterfaceName& interface);

/// The direct ways to a relayed peer that are worth a try, the most likely one first.
std::vector<SocketAddress> direct_ways(const TraversalPeer& peer, const IpNet& network, std::span<const SocketAddress> relays,
                                       const Resolved& resolved);

/// Tries peers that are relayed on direct ways, one after the other (DirectAttempt). Returns the peers that are reached directly now;
/// `note` gets the ways that did not work.
Result<std::vector<wg::PublicKey>> try_directly(
    const std::vector<TraversalPeer>& peers, const IpNet& network, std::span<const SocketAddress> relays, wg::Backend& backend,
    const InterfaceName& name, Wait& wait, const Poke& poke, const Resolved& resolved, const DirectTimes& times = {},
    const NoteTried& note = [](const auto&, Locked) {}, ProbeBudget* budget = nullptr);

/// What one try sends at most; without so many left in the budget the peer has to wait for its next turn.
constexpr int kProbesOfDirectTry = 4;

}  // namespace innernet::client

#pragma once

#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "direct_attempt.hpp"
#include "innernet/client/difference.hpp"
#include "innernet/wireguard/backend.hpp"
#include "poke.hpp"
#include "probe_budget.hpp"
#include "tried_way.hpp"
#include "wait.hpp"

namespace innernet::client {

/// What one try sends at most; without so many left in the budget the peer has to wait for its next turn.
constexpr int kProbesOfDirectTry = 4;

/// The direct ways to a relayed peer that are worth a try, the most likely one first.
std::vector<SocketAddress> direct_ways(const TraversalPeer& peer, const IpNet& network, std::span<const SocketAddress> relays,
                                       const Resolved& resolved);

/// Relayed peers whose turn it is are tried on their direct ways, all at the same time, each on one way after the other (DirectAttempt).
/// Pure: try_directly() has the device, the clock and the packets.
class DirectTurn {
 public:
  /// Without `budget` it sends as often as it likes.
  DirectTurn(std::vector<TraversalPeer> peers, const IpNet& network, std::span<const SocketAddress> relays, const Resolved& resolved,
             const DirectTimes& times = {}, ProbeBudget* budget = nullptr);

  struct Step {
    wg::DeviceUpdate update;
    std::vector<const TraversalPeer*> pokes;  ///< after the update; they live as long as the turn
  };
  Step step(const wg::Device& device, BootTime now);
  /// Ends it.
  Step give_up(const wg::Device& device);
  bool done() const;
  /// While it is not.
  BootTime next_step() const;

  /// What did not work since the last call.
  std::vector<TriedWay> take_tried() { return std::exchange(tried_, {}); }
  /// Who is reached directly now.
  const std::vector<wg::PublicKey>& direct() const { return direct_; }

 private:
  struct One {
    TraversalPeer peer;
    std::deque<SocketAddress> ways;  // the first one is tried
    std::optional<DirectAttempt> attempt{};
    BootTime next{};
  };
  void step_one(One& one, const wg::Peer* there, BootTime now, Step& step);
  void act(const One& one, const DirectAttempt::Step& wanted, Step& step) const;

  std::vector<One> all_;
  std::vector<SocketAddress> relays_;
  DirectTimes times_;
  ProbeBudget* budget_;
  std::vector<TriedWay> tried_;
  std::vector<wg::PublicKey> direct_;
};

/// Drives it to its end or to a stop. Returns the peers that are reached directly now; `note` gets the ways that did not work.
Result<std::vector<wg::PublicKey>> try_directly(
    const std::vector<TraversalPeer>& peers, const IpNet& network, std::span<const SocketAddress> relays, wg::Backend& backend,
    const InterfaceName& name, Wait& wait, const Poke& poke, const Resolved& resolved, const DirectTimes& times = {},
    const NoteTried& note = [](const auto&, Locked) {}, ProbeBudget* budget = nullptr);

}  // namespace innernet::client

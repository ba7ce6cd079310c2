#pragma once

#include <chrono>
#include <unordered_map>
#include <vector>

#include "innernet/client/difference.hpp"
#include "innernet/wireguard/backend.hpp"
#include "wait.hpp"

namespace innernet::client {

constexpr std::size_t kMaxTried = 10;

/// Which endpoint to try next for which peer, after the ideas of RFC 8445 (ICE), but much simpler: candidates from the last to the first,
/// then the endpoint that the server reports, which stays if nothing worked. Pure: the driver below has the device and the clock.
class NatTraversal {
 public:
  /// Candidates that can't be outside of `network` are never tried, nor are names that turn out to be such an address. A reported endpoint
  /// that is an address has been looked at, or is our own.
  NatTraversal(std::vector<TraversalPeer> due, const IpNet& network);

  /// Forgets the peers that have a recent handshake or are gone from the device: nothing of theirs is touched again.
  void observe(const wg::Device& device, const Handshakes& handshakes, BootTime now);
  /// Sets the next endpoint of each peer that is left, and forgets those whose list is used up. Call observe() just before it.
  wg::DeviceUpdate step(const Resolved& resolved);
  /// Puts the reported endpoint back where another one was tried, and ends.
  wg::DeviceUpdate give_up(const Resolved& resolved);

  bool done() const { return left_.empty(); }
  std::size_t left() const { return left_.size(); }

 private:
  std::optional<SocketAddress> address_of(const Endpoint& endpoint, const Resolved& resolved) const;

  struct Left {
    wg::PublicKey public_key;
    std::vector<Endpoint> endpoints;  // tried from the back
    std::optional<Endpoint> reported;
    bool tried = false;
  };
  std::vector<Left> left_;
  IpNet network_;
};

struct TraversalTimes {
  std::chrono::milliseconds before_first_step{5'000};  ///< since the interface was updated: what works by itself gets the time
  std::chrono::milliseconds step{5'000};
  std::chrono::milliseconds poll{100};
  std::chrono::milliseconds all{std::chrono::minutes(10)};  ///< then it gives up; since the update, too
};
/// One try, five seconds in all: somebody waits for the prompt.
constexpr TraversalTimes kTraversalOfInstall{
    .before_first_step = std::chrono::seconds(1), .step = std::chrono::seconds(4), .all = std::chrono::seconds(5)};

/// Who reads the log: somebody who waits for the prompt, and wants to know why, or nobody yet.
enum class Audience { kWaits, kLater };

/// Drives it to its end or to a stop. An interface that has gone meanwhile ends it, too. `handshakes` are as the round saw them that found
/// out who is due.
Result<void> traverse(NatTraversal traversal, wg::Backend& backend, const InterfaceName& name, Wait& wait, BootTime updated_at,
                      const Resolved& resolved, Handshakes handshakes, const TraversalTimes& times = {},
                      Audience audience = Audience::kLater);

/// What was tried in vain, so that a peer that can't be reached is not tried in each round of the daemon for ever: hosting providers
/// take packets to other people's private networks for an attack.
class TraversalHistory {
 public:
  /// Those of `due` whose turn it is. The pause of a peer doubles from a minute to an hour; new candidates make it start again.
  std::vector<TraversalPeer> take(std::vector<TraversalPeer> due, BootTime now);
  void clear() { tried_.clear(); }

 private:
  struct Tried {
    std::vector<Endpoint> candidates;
    int times = 0;
    BootTime not_before{};
    bool is_current = false;
  };
  std::unordered_map<wg::PublicKey, Tried> tried_;
};

}  // namespace innernet::client

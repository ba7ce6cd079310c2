#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "innernet/client/difference.hpp"
#include "innernet/wireguard/backend.hpp"
#include "probe_budget.hpp"
#include "tried_way.hpp"
#include "wait.hpp"

namespace innernet::client {

constexpr std::size_t kMaxTried = 10;
/// So many peers of which it is not known that they are registered are tried over relays all the same: one has just come, and the server
/// will say so in a moment. Where there are more they are away.
constexpr std::ptrdiff_t kMostBlind = 16;

struct TraversalTimes {
  // Each since the interface was updated: what works by itself gets the time.
  std::chrono::milliseconds before_likely{300};
  std::chrono::milliseconds before_relay{1'500};      ///< since the peer was due first, and
  std::chrono::milliseconds before_known_relay{600};  ///< since the update: there may be a direct way that was not there before
  std::chrono::milliseconds before_others{5'000};
  // What one of the two waits longer: they begin at about the same time, and WireGuard drops both of two handshakes that cross.
  std::chrono::milliseconds other_side_of_likely{200};
  std::chrono::milliseconds other_side_of_relay{700};
  // How long a way has until the next one is tried.
  std::chrono::milliseconds likely{500};
  std::chrono::milliseconds relay{12'000};          ///< WireGuard's second and third handshake, too
  std::chrono::milliseconds unlikely_relay{3'000};  ///< of a peer that is not known to be registered there
  std::chrono::milliseconds relay_answers{400};     ///< when it is asked once more
  std::chrono::milliseconds other{5'000};           ///< WireGuard itself tries again after as long (REKEY_TIMEOUT)
  std::chrono::milliseconds poll{100};
  std::chrono::milliseconds no_probe_left{1'000};           ///< until it is looked whether the budget has one again
  std::chrono::milliseconds all{std::chrono::minutes(10)};  ///< then it gives up; since the update, too
};

/// Which way to try next to which peer that has no session, after the ideas of RFC 8445 (ICE), but much simpler: first the reported
/// endpoint again and the candidates that are likely to work, then the relays, which pass on what they can't read, then the other
/// candidates from the last to the first, and the endpoint that the server reports, which stays if nothing worked. A relay that does not
/// answer us yet has its turn behind the candidates. Pure: the driver below has the device and the clock.
///
/// WireGuard tries in vain for 5 s (REKEY_TIMEOUT) before it tries again. For likely candidates and relays a peer is removed and added in
/// one update, so that it is tried at once; it has no session to lose.
class NatTraversal {
 public:
  /// Candidates that can't be outside of `network` are never tried, nor are names that turn out to be such an address. A reported endpoint
  /// that is an address has been looked at, or is our own. `relays` are for those peers that have no order of their own. Without `budget`
  /// it sends as often as it likes.
  NatTraversal(std::vector<TraversalPeer> due, const IpNet& network, std::span<const SocketAddress> relays, BootTime updated_at,
               const TraversalTimes& times = {}, ProbeBudget* budget = nullptr);

  /// Forgets the peers that have a recent handshake or are gone from the device: nothing of theirs is touched again.
  void observe(const wg::Device& device, const Handshakes& handshakes, BootTime now);
  /// Sets the next endpoint of each peer whose turn it is, and forgets those whose list is used up. Call observe() with the same device
  /// just before it.
  wg::DeviceUpdate step(const wg::Device& device, const Resolved& resolved, BootTime now);
  /// Puts the reported endpoint back where another one was tried, and ends.
  wg::DeviceUpdate give_up(const Resolved& resolved);

  /// Where peers were at the first look, and what step() has set since the last call: none of it has been answered so far.
  std::vector<TriedWay> take_tried() { return std::exchange(tried_ways_, {}); }

  bool done() const { return left_.empty(); }
  std::size_t left() const { return left_.size(); }
  /// When the next step is due; the end of time when there is none.
  BootTime next_step() const;

 private:
  void note_where_they_are(const wg::Device& device);
  enum class Kind { kLikely, kRelay, kOther };
  struct Way {
    Endpoint endpoint;
    Kind kind;
    bool is_asked = false;  // a relay, once more
    bool is_put_off = false;
  };
  struct Left {
    wg::PublicKey public_key;
    std::vector<Way> ways;  // tried from the back
    std::optional<Endpoint> reported;
    BootTime since{};
    bool is_registered = false;
    bool other_side_first = false;
    BootTime due{};
    bool tried = false;
  };

  std::optional<SocketAddress> address_of(const Way& way, const Resolved& resolved) const;
  BootTime due_after(const Left& left, BootTime now, Kind tried) const;

  std::vector<Left> left_;
  IpNet network_;
  BootTime updated_at_;
  TraversalTimes times_;
  ProbeBudget* budget_;
  std::set<SocketAddress> asked_;  // relays
  std::vector<TriedWay> tried_ways_;
  bool is_seen_ = false;  // the device
};

/// Removes a peer and adds it elsewhere, as it is, so that its handshake begins at once.
void add_anew(wg::DeviceUpdate& update, const wg::Peer& there, const SocketAddress& at);

/// Who reads the log: somebody who waits for the prompt, and wants to know why, or nobody yet.
enum class Audience { kWaits, kLater };

/// Keeps rounds from changing the device until it is let go of; null: a round is at it, which may remove a peer that a step would put back.
using TryLock = std::function<std::shared_ptr<const void>()>;

/// Drives it to its end or to a stop. An interface that has gone meanwhile ends it, too. `handshakes` are
/// as the round saw them that found out who is due.
Result<void> traverse(
    NatTraversal traversal, wg::Backend& backend, const InterfaceName& name, Wait& wait, BootTime updated_at, const Resolved& resolved,
    Handshakes handshakes, const TryLock& try_lock, const TraversalTimes& times = {}, Audience audience = Audience::kLater,
    const NoteTried& note = [](const auto&, Locked) {});

/// What was tried in vain, so that a peer that can't be reached is not tried in each round of the daemon for ever: hosting providers
/// take packets to other people's private networks for an attack.
class TraversalHistory {
 public:
  /// Those of `due` whose turn it is. The pause of a peer doubles from a minute to an hour; new candidates make it start again.
  std::vector<TraversalPeer> take(std::vector<TraversalPeer> due, BootTime now);
  /// They have had no turn: their traversal was stopped.
  void give_back(const std::unordered_set<wg::PublicKey>& peers);
  /// Whether there is one among them for which a traversal that is under way should end: one that take() would give, or, of those that it
  /// is about, one that may be somewhere else by now.
  bool has_news(const std::vector<TraversalPeer>& due, const std::unordered_set<wg::PublicKey>& under_way, BootTime now) const;
  void clear() { tried_.clear(); }

 private:
  struct Tried {
    std::vector<Endpoint> candidates;
    std::optional<Endpoint> reported;
    int times = 0;
    BootTime since{};
    BootTime not_before{};
    bool is_registered = false;  // with a relay
    bool is_current = false;

    bool is_of(const TraversalPeer& peer) const {
      return candidates == peer.candidates && reported == peer.reported && is_registered >= peer.is_registered;
    }
  };
  std::unordered_map<wg::PublicKey, Tried> tried_;
};

}  // namespace innernet::client

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/client/difference.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

/// Takes relayed pairs to a relay that is clearly nearer to both than the one that they have, as both have measured it. The side that has
/// its handshakes first does it alone: the other one's WireGuard follows the handshake that comes from there. Pure.
class NearerRelay {
 public:
  struct Times {
    std::chrono::milliseconds settled{60'000};  ///< a relay has to be the nearer one; both have measured again by then, and said so
    std::chrono::milliseconds again{std::chrono::minutes(15)};  ///< since the pair has changed its relay, whoever has done it
    std::chrono::milliseconds late{1'000};       ///< so long packets of before may still be on the way through the other relay
    std::chrono::milliseconds handshake{1'500};  ///< without an answer it is begun anew, once, then the pair goes back
  };
  /// At one look; the others go with the next ones.
  static constexpr std::size_t kMostAtOnce = 5;

  NearerRelay() : NearerRelay(Times{}) {}
  explicit NearerRelay(const Times& times) : times_(times) {}

  /// Notes where pairs are, and who would be better off elsewhere. Whether somebody is who was not before: then it is worth while to
  /// measure again, for it may have been chance.
  bool see(const wg::Device& device, const std::vector<TraversalPeer>& relayed, BootTime now);
  /// Whether a pair could move now.
  bool wants_move(BootTime now) const;
  /// Those who have just moved are to be sent something, at this look: what comes late through the relay that they have left makes their
  /// WireGuard go back there, where nothing passes any more, until it hears from us again.
  std::vector<IpAddress> take_pokes() { return std::exchange(pokes_, {}); }
  /// Whether one is on the way.
  bool is_moving() const;
  /// `answering` are the relays that have answered us last. Without `may_begin` (somebody looks for ways) only those go on that have begun.
  wg::DeviceUpdate moves(const wg::Device& device, const std::vector<TraversalPeer>& relayed, std::span<const SocketAddress> answering,
                         bool may_begin, BootTime now);

 private:
  struct Wish {
    SocketAddress to;
    BootTime since;
    bool is_ours = false;  // to fulfil
  };
  struct Move {
    SocketAddress from;
    BootTime at;
    bool is_repeated = false;
    std::optional<BootTime> arrived{};
  };
  struct Pair {
    SocketAddress at;
    std::optional<BootTime> changed{};
    int failures = 0;
    std::optional<Wish> wish{};
    std::optional<Move> move{};
  };

  bool is_ripe(const Pair& pair, BootTime now) const;
  void go_on(wg::DeviceUpdate& update, Pair& pair, const TraversalPeer& peer, const wg::Peer& there, BootTime now);

  Times times_;
  std::unordered_map<wg::PublicKey, Pair> pairs_;
  std::vector<IpAddress> pokes_;
};

}  // namespace innernet::client

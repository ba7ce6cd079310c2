#pragma once

#include <chrono>
#include <optional>
#include <unordered_map>
#include <vector>

#include "innernet/client/difference.hpp"
#include "server_clock.hpp"

namespace innernet::client {

/// This side of each pair.
struct OwnSide {
  std::optional<wg::PublicKey> key{};
  std::vector<Endpoint> places{};  ///< where it may be, as the server says to all
  ServerClock clock{};
};

/// When peers that are relayed are tried directly: at once when where they, or we, may be has changed, once a minute at most, else 1, 5 and
/// 15 minutes after they were first relayed, then hourly. All of it at moments that the other side finds, too (CommonMoments), as far as
/// the server's clock is known. A pair counts as relayed from the handshake on, which is at the same time on both sides; where they don't
/// agree, but for a minute and a half, one of the first three tries is made by both.
class DirectTries {
 public:
  /// A round gives so many their turn; the others have it in the next one.
  static constexpr std::size_t kMostAtOnce = 5;

  /// Those of `relayed` whose turn it is. One that is missing has found a way, or is gone, and begins anew when it comes back.
  std::vector<TraversalPeer> take(std::vector<TraversalPeer> relayed, BootTime now, const OwnSide& own = {});
  /// When there is a turn the next time, for all that the last take() knew; the end of time: never.
  BootTime next() const { return next_; }
  void clear() {
    seen_.clear();
    next_ = BootTime::max();
  }

 private:
  struct Seen {
    TraversalPeer peer;
    BootTime since{};
    std::size_t tries = 0;  // since then
    std::optional<BootTime> tried{};
    std::optional<BootTime> changed{};  // and not tried there yet
    bool is_current = false;
  };
  static BootTime due(const Seen& seen, BootTime now, const OwnSide& own);

  std::unordered_map<wg::PublicKey, Seen> seen_;
  std::optional<std::vector<Endpoint>> own_places_;
  BootTime next_ = BootTime::max();
};

}  // namespace innernet::client

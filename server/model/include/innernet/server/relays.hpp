#pragma once

#include "innernet/base/clock.hpp"
#include "innernet/server/network.hpp"

namespace innernet::server {

/// Who may be relayed to whom: enabled and redeemed peers, without the server, and those of their CIDRs that see each other. A group is all
/// CIDRs that see and are seen alike, so that a tree of thousands of CIDRs in which everybody sees everybody is one.
RelayGroups relay_groups(const Network& network);

/// Where a peer's relay is reached; none: nobody can say, or it does not run.
std::optional<Relay> relay_of(const PeerRecord& record);

/// Which of the peers that are relays have been heard of lately: each asks for its groups again and again, for at most kLongestWait.
class RelaySigns {
 public:
  static constexpr std::chrono::seconds kLongestWait{20};
  /// Twice that, and a bit: one answer may be lost.
  static constexpr std::chrono::seconds kGone{45};

  /// Until then all count as heard of: who has just started has heard of nobody.
  explicit RelaySigns(BootTime start) : start_(start) {}

  void note(PeerId peer, BootTime now) { heard_.insert_or_assign(peer, now); }
  bool is_there(PeerId peer, BootTime now) const {
    const auto heard = heard_.find(peer);
    return now - (heard == heard_.end() ? start_ : heard->second) < kGone;
  }

 private:
  BootTime start_;
  std::map<PeerId, BootTime> heard_;
};

/// The relays of peers that states name, by id.
std::vector<Relay> relays_of_peers(const Network& network, const RelaySigns& signs, BootTime now);

}  // namespace innernet::server

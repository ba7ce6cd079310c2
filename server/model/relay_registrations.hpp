#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "innernet/values/peer.hpp"

namespace innernet::server {

/// Who is registered with which relay: the server's own, whose word is taken, and those of peers, as they say. A value.
class RelayRegistrations {
 public:
  /// `at`: where the server's own is; without a host clients find it by themselves, and it is no candidate.
  void note_own(std::set<PeerId> peers, const std::optional<Endpoint>& at) {
    own_ = std::move(peers);
    own_at_ = at && !at->is_unspecified() ? at : std::nullopt;
  }
  void note(PeerId relay, std::set<PeerId> peers) { said_.insert_or_assign(relay, std::move(peers)); }
  bool are(PeerId relay, const std::set<PeerId>& peers) const {
    const auto said = said_.find(relay);
    return said == said_.end() ? peers.empty() : said->second == peers;
  }
  /// Who is no relay any more has said nothing.
  template <class Relays>
  void keep_only(const Relays& relays) {
    std::erase_if(said_, [&](const auto& entry) { return std::ranges::find(relays, entry.first) == relays.end(); });
  }
  /// Ids mean others now. Relays say it again, for they are told anew who may be relayed.
  void forget_peers() {
    own_.clear();
    said_.clear();
  }

  /// The relay that a client which knows of none is to try for a peer: the server's, else the first of `relays` (those that are there) that
  /// has the peer. Nobody is behind a relay of their own.
  std::map<PeerId, Endpoint> where(const std::vector<Relay>& relays) const {
    std::map<PeerId, Endpoint> found;
    if (own_at_)
      for (const PeerId peer : own_) found.emplace(peer, *own_at_);
    for (const Relay& relay : relays) {
      const auto said = said_.find(relay.id);
      if (said == said_.end() || relay.endpoint.is_unspecified()) continue;
      for (const PeerId peer : said->second)
        if (peer != relay.id) found.try_emplace(peer, relay.endpoint);
    }
    return found;
  }

 private:
  std::set<PeerId> own_;
  std::optional<Endpoint> own_at_;
  std::map<PeerId, std::set<PeerId>> said_;
};

}  // namespace innernet::server

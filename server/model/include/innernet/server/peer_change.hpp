#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "innernet/values/peer.hpp"

namespace innernet::server {

/// What of a peer may change once it is made, beside what redeeming changes. Whatever an update does follows from the members: what is
/// checked and written, and whether anything changes at all.
struct PeerChange {
  Hostname name;
  std::optional<Endpoint> endpoint;  ///< the override
  bool is_admin;
  bool is_disabled;
  std::vector<Endpoint> candidates;
  bool is_relay;
  std::optional<RelayOfPeer> relay;

  // None has a default, so that the compiler warns in to() of one that is not tied below.

  /// All members, each once: one that is missing here does not compile.
  auto members() const {
    const auto& [of_name, of_endpoint, of_is_admin, of_is_disabled, of_candidates, of_is_relay, of_relay] = *this;
    return std::tie(of_name, of_endpoint, of_is_admin, of_is_disabled, of_candidates, of_is_relay, of_relay);
  }
  /// What they are of a peer, in the same order.
  static auto changeable(auto& peer) {
    return std::tie(peer.name, peer.endpoint, peer.is_admin, peer.is_disabled, peer.candidates, peer.is_relay, peer.relay);
  }

  /// After it a peer has what `contents` says of these members.
  static PeerChange to(const PeerContents& contents) {
    return std::apply([](const auto&... member) { return PeerChange{member...}; }, changeable(contents));
  }
  /// The same for a relay that is made or ended. What is told of one that has ended is forgotten.
  static PeerChange with_relay(const PeerContents& contents, bool is_relay) {
    auto change = to(contents);
    change.is_relay = is_relay;
    if (!is_relay) change.relay.reset();
    return change;
  }
  /// Whether `peer` is another one after it.
  bool changes(const PeerContents& peer) const { return members() != changeable(peer); }
  void apply_to(PeerContents& peer) const { changeable(peer) = members(); }
};

}  // namespace innernet::server

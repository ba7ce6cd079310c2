#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fixture.hpp"

namespace innernet::server::testing {

/// A request in parts, of which History makes the text: the oracle must not depend on what reads it.
struct Ask {
  enum class Key { kRight, kWrong, kNone };
  enum class Place { kOutside, kNowhere, kForUsers, kForAdmins };
  enum class Route { kNone, kState, kCapabilities, kRedeem, kEndpoint, kCandidates, kPeers, kCidrs, kAssociations };

  struct PeerSaid {
    std::string name, ip, public_key;
    std::int64_t cidr_id = 0;
    std::optional<std::string> endpoint;
    bool is_admin = false, is_disabled = false, is_redeemed = false;
    std::optional<std::uint64_t> invite_expires;
    std::vector<std::string> candidates;
  };
  struct CidrSaid {
    std::string name, net;
    std::optional<std::int64_t> parent;
  };

  std::string from;
  Key key = Key::kRight;
  std::string method;
  Place place = Place::kForUsers;
  Route route = Route::kNone;
  bool has_id = false;
  std::optional<std::int64_t> id;  ///< none where the text is no number
  bool has_good_body = true;       ///< of the right shape, and each value of it can be read
  PeerSaid peer;
  CidrSaid cidr;
  std::int64_t cidr_1 = 0, cidr_2 = 0;
  std::string public_key;
  std::optional<std::string> endpoint;
  std::vector<std::string> candidates;
};

/// The rules of a network, written down as plainly as they are said, for small networks: lists that are searched from one end to the
/// other, and addresses as texts of bits.
class Oracle {
  /// Null if there is none.
  template <class List, class Is>
  static auto* find_if(List& list, const Is& is) {
    const auto found = std::ranges::find_if(list, is);
    return found == list.end() ? nullptr : &*found;
  }

 public:
  struct Peer : Ask::PeerSaid {
    std::int64_t id = 0;
  };
  struct Cidr {
    std::int64_t id = 0;
    std::string name, bits;
    std::optional<std::int64_t> parent;
  };
  struct Association {
    std::int64_t id = 0, a = 0, b = 0;
  };

  std::vector<Peer> peers;
  std::vector<Cidr> cidrs;
  std::vector<Association> associations;
  std::uint64_t now = 0;   ///< Unix time in seconds
  std::uint64_t boot = 0;  ///< seconds

  /// Answers, and does what the request wants if it may.
  unsigned answer(const Ask& ask) {
    if (ask.place == Ask::Place::kOutside) return 404;
    if (ask.key != Ask::Key::kRight) return 401;
    Peer* const who = find_if(peers, [&](const Peer& peer) { return peer.ip == ask.from; });
    if (who == nullptr || who->is_disabled) return 401;
    if (ask.place == Ask::Place::kNowhere) return 404;
    return ask.place == Ask::Place::kForUsers ? of_user(ask, *who) : of_admin(ask, *who);
  }

  std::set<std::int64_t> visible_to(const std::string& ip) const {
    const Peer& self = *std::ranges::find(peers, ip, &Peer::ip);
    std::set<std::int64_t> roots{self.cidr_id, 2};
    for (const auto up : lineage(self.cidr_id))
      for (const Association& association : associations) {
        if (association.a == up) roots.insert(association.b);
        if (association.b == up) roots.insert(association.a);
      }
    std::set<std::int64_t> visible;
    for (const Peer& peer : peers) {
      if (peer.is_disabled || !peer.is_redeemed) continue;
      const auto up = lineage(peer.cidr_id);
      if (std::ranges::any_of(up, [&](std::int64_t id) { return roots.contains(id); })) visible.insert(peer.id);
    }
    return visible;
  }

  /// The server has started again.
  void forget_redemptions() { redeemed_.clear(); }

  bool has_expired(const Peer& peer) const {
    return !peer.is_redeemed && peer.id != 1 && peer.invite_expires && *peer.invite_expires <= now;
  }

  /// The bits of `10.42.1.7/24` up to its prefix: what lies inside begins with them.
  static std::string bits_of(const std::string& net) {
    std::string bits;
    const IpAddress address = must(IpAddress::parse(net.substr(0, net.find('/'))));
    for (const std::uint8_t byte : address.bytes())
      for (int bit = 7; bit >= 0; --bit) bits += (byte >> bit & 1) != 0 ? '1' : '0';
    const auto slash = net.find('/');
    return slash == std::string::npos ? bits : bits.substr(0, std::stoul(net.substr(slash + 1)));
  }

 private:
  template <class List>
  static std::int64_t next_id(const List& list) {
    std::int64_t last = 0;
    for (const auto& one : list) last = std::max(last, one.id);
    return last + 1;
  }
  const Cidr* cidr(std::int64_t id) const {
    return find_if(cidrs, [&](const Cidr& cidr) { return cidr.id == id; });
  }
  std::vector<std::int64_t> lineage(std::int64_t id) const {
    std::vector<std::int64_t> up;
    for (const Cidr* at = cidr(id); at != nullptr; at = at->parent ? cidr(*at->parent) : nullptr) up.push_back(at->id);
    return up;
  }

  unsigned of_user(const Ask& ask, Peer& who) {
    using enum Ask::Route;
    const bool is_get = ask.method == "GET", is_put = ask.method == "PUT";
    if (is_get && ask.route == kCapabilities) return 200;
    if (ask.method == "POST" && ask.route == kRedeem) return redeem(ask, who);
    if (!(is_get && ask.route == kState) && !(is_put && (ask.route == kEndpoint || ask.route == kCandidates))) return 404;
    if (!who.is_redeemed) return 401;
    if (is_get) return 200;
    if (!ask.has_good_body) return 400;
    if (ask.route == kEndpoint) {
      who.endpoint = ask.endpoint;
      return 204;
    }
    if (ask.candidates.size() > 10) return 413;
    who.candidates = ask.candidates;
    return 204;
  }

  unsigned redeem(const Ask& ask, Peer& who) {
    if (who.is_redeemed) {
      // Its first answer may have been lost.
      const auto recent = redeemed_.find(who.id);
      return recent != redeemed_.end() && boot - recent->second <= 10 && ask.has_good_body && ask.public_key == who.public_key ? 204 : 401;
    }
    if (who.invite_expires && *who.invite_expires <= now) return 401;
    if (!ask.has_good_body) return 400;
    if (find_if(peers, [&](const Peer& peer) { return peer.public_key == ask.public_key; }) != nullptr) return 400;
    who.public_key = ask.public_key;
    who.is_redeemed = true;
    redeemed_[who.id] = boot;
    return 204;
  }

  unsigned of_admin(const Ask& ask, const Peer& who) {
    using enum Ask::Route;
    if (!who.is_redeemed || !who.is_admin) return 401;
    const bool is_list = ask.route == kPeers || ask.route == kCidrs || ask.route == kAssociations;
    if (!is_list) return 404;
    if (!ask.has_id) {
      if (ask.method == "GET") return 200;
      if (ask.method != "POST") return 404;
      if (!ask.has_good_body) return 400;
      return ask.route == kPeers ? add_peer(ask.peer) : ask.route == kCidrs ? add_cidr(ask.cidr) : add_association(ask);
    }
    if (ask.method != "DELETE" && (ask.method != "PUT" || ask.route == kAssociations)) return 404;
    if (!ask.id) return 404;
    if (ask.method == "PUT" && !ask.has_good_body) return 400;
    if (ask.route == kPeers) return ask.method == "PUT" ? put_peer(*ask.id, ask.peer) : disable_peer(*ask.id);
    if (ask.route == kCidrs) return ask.method == "PUT" ? put_cidr(*ask.id, ask.cidr.name) : delete_cidr(*ask.id);
    std::erase_if(associations, [&](const Association& association) { return association.id == *ask.id; });
    return 204;
  }

  unsigned add_peer(const Ask::PeerSaid& said) {
    const Cidr* const home = cidr(said.cidr_id);
    if (home == nullptr) return 404;
    const std::string address = bits_of(said.ip);
    if (!address.starts_with(home->bits)) return 400;
    const std::string host = address.substr(home->bits.size());
    const bool is_first = host.find('1') == std::string::npos, is_last = host.find('0') == std::string::npos;
    const bool is_v6 = address.size() == 128;
    if (host.size() > 1 && (is_first || (is_last && !is_v6))) return 400;
    const auto is_same = [&](const Peer& peer) {
      return peer.name == said.name || peer.ip == said.ip || peer.public_key == said.public_key;
    };
    if (find_if(peers, is_same) != nullptr) return 400;
    peers.push_back({said, next_id(peers)});
    return 201;
  }

  unsigned put_peer(std::int64_t id, const Ask::PeerSaid& said) {
    Peer* const peer = find_if(peers, [&](const Peer& one) { return one.id == id; });
    if (peer == nullptr) return 404;
    if (id == 1 && (said.name != peer->name || (said.is_disabled && !peer->is_disabled))) return 400;
    if (find_if(peers, [&](const Peer& one) { return one.id != id && one.name == said.name; }) != nullptr) return 400;
    peer->name = said.name;
    // A port without a host shows as no endpoint while the peer was never seen: who sends that back wants no change.
    const bool shows_none = peer->endpoint && peer->endpoint->starts_with("0.0.0.0:");
    if (said.endpoint || !shows_none) peer->endpoint = said.endpoint;
    peer->is_admin = said.is_admin;
    peer->is_disabled = said.is_disabled;
    peer->candidates = said.candidates;
    return 204;
  }

  unsigned disable_peer(std::int64_t id) {
    Peer* const peer = find_if(peers, [&](const Peer& one) { return one.id == id; });
    if (peer == nullptr) return 404;
    if (id == 1) return 400;
    peer->is_disabled = true;
    return 204;
  }

  unsigned add_cidr(const Ask::CidrSaid& said) {
    if (said.name.empty() || !said.parent) return 400;
    const Cidr* const parent = cidr(*said.parent);
    const std::string bits = bits_of(said.net);
    if (parent == nullptr || !bits.starts_with(parent->bits)) return 400;
    for (const Cidr& other : cidrs) {
      if (other.name == said.name || other.bits == bits) return 400;
      if (bits.starts_with(other.bits) && other.bits.size() > parent->bits.size()) return 400;  // the smallest is the parent
      if (other.parent == said.parent && other.bits.starts_with(bits)) return 400;              // overlaps
    }
    if (find_if(peers, [&](const Peer& peer) { return peer.cidr_id == *said.parent; }) != nullptr) return 400;
    cidrs.push_back({next_id(cidrs), said.name, bits, said.parent});
    return 201;
  }

  unsigned put_cidr(std::int64_t id, const std::string& name) {
    Cidr* const renamed = find_if(cidrs, [&](const Cidr& one) { return one.id == id; });
    if (renamed == nullptr) return 404;
    if (name.empty() || find_if(cidrs, [&](const Cidr& one) { return one.id != id && one.name == name; }) != nullptr) return 400;
    renamed->name = name;
    return 204;
  }

  unsigned delete_cidr(std::int64_t id) {
    if (cidr(id) == nullptr) return 204;
    const bool has_children = find_if(cidrs, [&](const Cidr& one) { return one.parent == id; }) != nullptr;
    const bool has_peers = find_if(peers, [&](const Peer& peer) { return peer.cidr_id == id; }) != nullptr;
    const bool is_associated = find_if(associations, [&](const Association& one) { return one.a == id || one.b == id; }) != nullptr;
    if (has_children || has_peers || is_associated || id <= 2) return 400;
    std::erase_if(cidrs, [&](const Cidr& one) { return one.id == id; });
    return 204;
  }

  unsigned add_association(const Ask& ask) {
    if (ask.cidr_1 == ask.cidr_2 || cidr(ask.cidr_1) == nullptr || cidr(ask.cidr_2) == nullptr) return 400;
    for (const Association& one : associations)
      if (std::minmax(one.a, one.b) == std::minmax(ask.cidr_1, ask.cidr_2)) return 400;
    associations.push_back({next_id(associations), ask.cidr_1, ask.cidr_2});
    return 201;
  }

  std::map<std::int64_t, std::uint64_t> redeemed_;  // when
};

}  // namespace innernet::server::testing

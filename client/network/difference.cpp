#include "innernet/client/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <span>
#include <unordered_map>

#include "innernet/client/resolver.hpp"
#include "private_address.hpp"
#include "relay_order.hpp"
#include "relay_watch.hpp"

namespace innernet::client {
namespace {

std::string text_of(const std::optional<SocketAddress>& address) { return address ? address->to_string() : "[none]"; }

std::string text_of(std::uint16_t keepalive) { return keepalive == 0 ? "[none]" : fmt::format("{} s", keepalive); }

std::string text_of(std::span<const IpNet> nets) {
  if (nets.empty()) return "[none]";
  std::string text;
  for (const IpNet& net : nets) fmt::format_to(std::back_inserter(text), "{}{}", text.empty() ? "" : ", ", net.to_string());
  return text;
}

template <class T>
std::string changed(std::string_view what, const T& from, const T& to) {
  return fmt::format("{}: {} => {}", what, text_of(from), text_of(to));
}

bool in_one_network(const Endpoint& one, const Endpoint& other) {
  const auto* a = std::get_if<IpAddress>(&one.host());
  const auto* b = std::get_if<IpAddress>(&other.host());
  if (a == nullptr || b == nullptr || a->is_v4() != b->is_v4()) return false;
  const auto net = IpNet::make(*a, a->is_v4() ? 24 : 64);
  return net && net->contains(*b);
}

bool is_global_ipv6(const Endpoint& candidate) {
  const auto* address = std::get_if<IpAddress>(&candidate.host());
  return address != nullptr && address->is_unicast_global_v6();
}

// Of no use but in a network, or behind a router, that both are in.
bool is_near(const Endpoint& candidate) {
  const auto* address = std::get_if<IpAddress>(&candidate.host());
  return address != nullptr && (is_private(*address) || address->is_link_local());
}

bool is_in_network_of(const Peer& own, const Endpoint& candidate) {
  return std::ranges::any_of(own.candidates, [&](const Endpoint& ours) { return in_one_network(ours, candidate); });
}

bool have_one_public_address(const Peer& own, const Peer& peer) {
  return own.endpoint && peer.endpoint && !own.endpoint->is_unspecified() && own.endpoint->host() == peer.endpoint->host();
}

// A peer as it shall be on the device.
struct Wanted {
  const Peer* peer = nullptr;  // none: the server of the config, of which state and cache say nothing
  AllowedIps allowed_ips;
  std::uint16_t keepalive = 0;
  const Endpoint* endpoint = nullptr;
  bool is_overridden = false;
  bool is_endpoint_ours = false;  // from our own config, which may lead through this very machine
  bool is_on_device = false;
};

class Comparison {
 public:
  Comparison(const DifferenceInput& input, const Resolved& resolved) : input_(input), resolved_(resolved) {}

  Difference run() {
    collect();
    find_lost_ways();
    for (const wg::Peer& there : input_.device.peers) {
      const auto found = index_.find(there.public_key);
      const auto relay = relays_.find(there.public_key);
      if (relay != relays_.end()) {
        relay->second.is_on_device = true;
        compare_relay(there, relay->second);
      } else if (found == index_.end()) {
        remove(there);
      } else {
        Wanted& wanted = wanted_[found->second].second;
        wanted.is_on_device = true;
        compare(there, wanted);
      }
    }
    const auto missing =
        static_cast<std::size_t>(std::ranges::count_if(wanted_, [](const auto& entry) { return !entry.second.is_on_device; }));
    // Removals first: the address of a peer that goes may be the one of a peer that comes.
    auto& peers = result_.update.peers;
    peers.reserve(removed_.size() + modified_.size() + renewed_.size() + missing);
    for (auto* part : {&removed_, &modified_, &renewed_}) std::ranges::move(*part, std::back_inserter(peers));
    result_.changes.reserve(result_.changes.size() + missing);
    if (input_.wants_traversal) result_.due.reserve(result_.due.size() + missing);
    // The server is the first of them.
    std::size_t room = std::numeric_limits<std::size_t>::max();
    if (input_.max_peers) room = *input_.max_peers - std::min(*input_.max_peers, wanted_.size() - missing);
    for (const auto& [key, wanted] : wanted_) {
      if (wanted.is_on_device) continue;
      if (room == 0) {
        ++result_.left_out;
        continue;
      }
      --room;
      add(key, wanted);
    }
    for (auto& [key, relay] : relays_)
      if (!relay.is_on_device && room > 0) {
        --room;
        add_relay(key, relay);
      }
    if (std::ranges::any_of(result_.changes, [](const PeerChange& change) { return change.kind == PeerChangeKind::kRemoved; }))
      name_removed();
    if (input_.listen_port && *input_.listen_port != input_.device.listen_port) result_.update.listen_port = input_.listen_port;
    return std::move(result_);
  }

 private:
  void collect() {
    const ServerPeer& server = input_.server;
    wanted_.reserve(input_.state.peers.size() + 1);
    index_.reserve(input_.state.peers.size() + 1);
    index_.emplace(server.public_key, 0);
    wanted_.emplace_back(server.public_key, Wanted{.peer = nullptr,
                                                   .allowed_ips = allowed_ips_of(server.ip),
                                                   .keepalive = kPersistentKeepalive,
                                                   .endpoint = &server.external_endpoint,
                                                   .is_endpoint_ours = true});
    for (const Peer& peer : input_.state.peers) {
      if (peer.is_disabled || peer.public_key == input_.own_key) continue;
      const Endpoint* endpoint = peer.endpoint ? &*peer.endpoint : nullptr;
      if (peer.public_key == server.public_key) {
        Wanted& wanted = wanted_.front().second;
        wanted.peer = &peer;
        wanted.keepalive = peer.persistent_keepalive_interval.value_or(kPersistentKeepalive);
        wanted.is_overridden = input_.overrides.contains(server.ip);
        // Where the state says that it is, a round has looked before (find_server()); the config's is what stays.
        if (endpoint != nullptr && wanted.is_overridden) {
          wanted.endpoint = endpoint;
          wanted.is_endpoint_ours = true;
        }
        continue;
      }
      // The server's address is the server's: a device gives an allowed IP to the last peer that asks for it.
      if (peer.ip == server.ip || !index_.emplace(peer.public_key, wanted_.size()).second) continue;
      const bool is_overridden = input_.overrides.contains(peer.ip);
      if (endpoint != nullptr && !is_overridden && !can_be_outside(*endpoint, input_.network)) endpoint = nullptr;
      wanted_.emplace_back(peer.public_key, Wanted{.peer = &peer,
                                                   .allowed_ips = peer.allowed_ips(),
                                                   .keepalive = peer.persistent_keepalive_interval.value_or(0),
                                                   .endpoint = endpoint,
                                                   .is_overridden = is_overridden,
                                                   .is_endpoint_ours = is_overridden});
    }
    const auto own = std::ranges::find(input_.state.peers, input_.own_key, &Peer::public_key);
    if (own != input_.state.peers.end()) own_ = &*own;
    if (own_ != nullptr && input_.own_candidates != nullptr) {
      own_here_ = *own_;
      own_here_->candidates = *input_.own_candidates;
      if (has_moved(*own_)) own_here_->endpoint.reset();
      own_ = &*own_here_;
    }
    collect_relays();
  }

  // None of the addresses that the server knows of us is here: where it has seen us is where we were, and speaks for no network any more.
  bool has_moved(const Peer& own) const {
    return !own.candidates.empty() && std::ranges::none_of(own.candidates, [&](const Endpoint& candidate) {
      return std::ranges::find(*input_.own_candidates, candidate) != input_.own_candidates->end();
    });
  }

  // As a peer of WireGuard's it takes no packets in and gets none: it has no allowed IPs.
  struct WantedRelay {
    SocketAddress endpoint;
    std::string name;
    bool names_registered = false;  // states say who is registered with it: only of the server's
    bool has_other_epoch = false;   // than when we registered with it
    bool is_on_device = false;
  };

  void collect_relays() {
    // Without anybody to reach there is nothing to register for. The server is reached directly.
    if (!input_.wants_traversal || wanted_.size() < 2) return;
    for (const Relay& relay : input_.state.relays) {
      if (relays_.size() == kMostRelaysUsed) break;
      if (relay.public_key == input_.own_key || index_.contains(relay.public_key)) continue;
      const auto on = std::ranges::find(input_.state.peers, relay.id, &Peer::id);
      if (on != input_.state.peers.end() && on->public_key == input_.own_key) continue;
      const auto address = address_of(relay, on == input_.state.peers.end() ? nullptr : &*on);
      if (!address) continue;
      const auto name = on == input_.state.peers.end() ? std::string("relay") : "relay of " + on->name.str();
      if (!relays_
               .emplace(relay.public_key, WantedRelay{.endpoint = *address,
                                                      .name = name,
                                                      .names_registered = relay.id == kServerPeer && !relay.endpoint.is_unspecified(),
                                                      .has_other_epoch = has_other_epoch(relay)})
               .second)
        continue;
      // One that works may answer from another of its addresses, and then those behind it are there, too.
      const auto there = std::ranges::find(input_.device.peers, relay.public_key, &wg::Peer::public_key);
      const bool works =
          there != input_.device.peers.end() && there->endpoint && there->endpoint->port == address->port && is_recent(*there);
      result_.relays.push_back(works ? *there->endpoint : *address);
      result_.used_relays.push_back(
          {.id = relay.id, .public_key = relay.public_key, .at = result_.relays.back(), .answers_questions = relay.answers_questions});
    }
  }

  bool has_other_epoch(const Relay& relay) const {
    const auto known = std::ranges::find(input_.known_relays, relay.public_key, &Relay::public_key);
    return known != input_.known_relays.end() && known->epoch != 0 && relay.epoch != 0 && known->epoch != relay.epoch;
  }

  // The server's is where the server itself has been found, whatever its endpoint looks like from elsewhere.
  std::optional<SocketAddress> address_of(const Relay& relay, const Peer* on) const {
    const std::uint16_t port = relay.endpoint.port();
    if (port == 0) return std::nullopt;
    const bool is_servers = on != nullptr ? on->public_key == input_.server.public_key : relay.id == kServerPeer;
    std::optional<SocketAddress> address;
    if (is_servers) {
      const auto server = std::ranges::find(input_.device.peers, input_.server.public_key, &wg::Peer::public_key);
      if (server != input_.device.peers.end()) address = server->endpoint;
      if (!address) address = address_of(wanted_.front().second);
    } else if (relay.endpoint.is_unspecified()) {
      if (on != nullptr && on->endpoint) address = resolved_(*on->endpoint);
    } else {
      address = resolved_(relay.endpoint);
    }
    if (!address || (!is_servers && !can_be_outside(*address, input_.network))) return std::nullopt;
    return SocketAddress{address->ip, port};
  }

  bool is_recent(const wg::Peer& there) const { return there.last_handshake && input_.handshakes.is_recent(there.public_key, input_.now); }

  bool is_wanted(const wg::PublicKey& key) const { return index_.contains(key) || relays_.contains(key); }

  // Another port is another relay. One that was started anew has forgotten us, and WireGuard would not notice for two minutes.
  bool is_begun_anew(const wg::Peer& there, const WantedRelay& relay) const {
    return (there.endpoint && there.endpoint->port != relay.endpoint.port) || relay.has_other_epoch ||
           (relay.names_registered && is_forgotten_by_relay(there));
  }

  // Relays on the device that pass nothing on any more: those that are named no longer, and those that have forgotten their flows. Sessions
  // of the peers behind them seem to go on.
  void find_lost_ways() {
    for (const wg::Peer& there : input_.device.peers) {
      if (!there.endpoint || !there.allowed_ips.empty() || !there.last_handshake) continue;  // behind which there is nobody
      const auto relay = relays_.find(there.public_key);
      if (relay != relays_.end()) {
        if (is_begun_anew(there, relay->second)) lost_ways_[*there.endpoint] = relay->second.endpoint;
      } else if (!is_wanted(there.public_key)) {
        lost_ways_.try_emplace(*there.endpoint);
      }
    }
  }

  // One side alone has its handshake anew: those that cross are dropped. The other one only looks there.
  void take_other_way(const wg::Peer& there, const Wanted& wanted, const std::optional<SocketAddress>& instead) {
    const TraversalPeer peer = traversal_peer(there.public_key, wanted);
    std::optional<SocketAddress> way = instead;
    if (!way && !peer.relays.empty()) way = peer.relays.front();
    if (!way) way = address_of(wanted);
    if (!instead && input_.wants_traversal) result_.due.push_back(peer);
    if (!way) return;
    if (peer.other_side_first) {
      if (*way != there.endpoint)
        modified_.push_back({.public_key = there.public_key, .update_only = true, .endpoint = way, .allowed_ips = {}});
      return;
    }
    removed_.push_back({.public_key = there.public_key, .remove = true});
    renewed_.push_back({.public_key = there.public_key,
                        .replace_allowed_ips = true,
                        .preshared_key = there.preshared_key,
                        .endpoint = way,
                        .persistent_keepalive = wanted.keepalive,
                        .allowed_ips = {wanted.allowed_ips.begin(), wanted.allowed_ips.end()}});
  }

  // The state says who is registered, up to twelve seconds late.
  bool is_forgotten_by_relay(const wg::Peer& there) const {
    constexpr std::chrono::seconds kKnownByThen{15};
    if (input_.registered == nullptr || own_ == nullptr) return false;
    const auto own = input_.registered->find(own_->id);
    if (own != input_.registered->end() && own->second == kServerPeer) return false;
    return is_recent(there) && (input_.server_is_new || !input_.handshakes.is_recent(there.public_key, input_.now, kKnownByThen));
  }

  void add_relay(const wg::PublicKey& key, const WantedRelay& relay) {
    result_.update.peers.push_back({.public_key = key,
                                    .replace_allowed_ips = true,
                                    .endpoint = relay.endpoint,
                                    .persistent_keepalive = kPersistentKeepalive,
                                    .allowed_ips = {}});
    result_.changes.push_back({.kind = PeerChangeKind::kAdded,
                               .name = relay.name,
                               .public_key = key,
                               .endpoint = changed("Endpoint", std::optional<SocketAddress>(), std::optional(relay.endpoint)),
                               .others = {}});
  }

  void compare_relay(const wg::Peer& there, const WantedRelay& relay) {
    wg::PeerUpdate update{.public_key = there.public_key, .update_only = true};
    if (!there.allowed_ips.empty()) update.replace_allowed_ips = true;
    if (there.persistent_keepalive != kPersistentKeepalive) update.persistent_keepalive = kPersistentKeepalive;
    if (is_begun_anew(there, relay)) {
      removed_.push_back({.public_key = there.public_key, .remove = true});
      renewed_.push_back({.public_key = there.public_key,
                          .replace_allowed_ips = true,
                          .endpoint = relay.endpoint,
                          .persistent_keepalive = kPersistentKeepalive,
                          .allowed_ips = {}});
      result_.changes.push_back({.kind = PeerChangeKind::kModified,
                                 .name = relay.name,
                                 .public_key = there.public_key,
                                 .endpoint = there.endpoint == relay.endpoint
                                                 ? "Session: with one that has forgotten it => with the one that was started anew"
                                                 : changed("Endpoint", there.endpoint, std::optional(relay.endpoint)),
                                 .others = {}});
      return;
    }
    if (!is_recent(there) && there.endpoint != relay.endpoint) update.endpoint = relay.endpoint;
    if (!update.endpoint && !update.persistent_keepalive && !update.replace_allowed_ips) return;
    PeerChange change{.kind = PeerChangeKind::kModified, .name = relay.name, .public_key = there.public_key, .endpoint = {}, .others = {}};
    if (update.endpoint) change.endpoint = changed("Endpoint", there.endpoint, update.endpoint);
    modified_.push_back(std::move(update));
    result_.changes.push_back(std::move(change));
  }

  std::optional<SocketAddress> address_of(const Wanted& wanted) const {
    if (wanted.endpoint == nullptr || wanted.endpoint->is_unspecified() || wanted.endpoint->port() == 0) return std::nullopt;
    const auto address = resolved_(*wanted.endpoint);
    // Literal ones have been looked at; what a name means is whatever its owner says today.
    if (address && !wanted.is_endpoint_ours && !can_be_outside(*address, input_.network)) return std::nullopt;
    return address;
  }

  // Behind one router with us: it would have to turn packets around to itself (hairpin), which many don't, and this way is shorter anyhow.
  std::optional<SocketAddress> address_in_our_network(const Wanted& wanted) const {
    if (!input_.wants_traversal || own_ == nullptr || wanted.is_overridden || wanted.peer == nullptr) return std::nullopt;
    if (!have_one_public_address(*own_, *wanted.peer)) return std::nullopt;
    const auto likely = likely_candidates(*own_, *wanted.peer);
    if (likely.empty() || !is_in_network_of(*own_, likely.front()) || !can_be_outside(likely.front(), input_.network)) return std::nullopt;
    return resolved_(likely.front());
  }

  static std::string name_of(const Wanted& wanted) { return wanted.peer != nullptr ? wanted.peer->name.str() : "innernet-server"; }

  void remove(const wg::Peer& there) {
    removed_.push_back({.public_key = there.public_key, .remove = true});
    // A relay that is no longer used; its name went with the state that had it.
    std::optional<std::string> name;
    if (there.allowed_ips.empty() && there.persistent_keepalive == kPersistentKeepalive) name = "relay";
    result_.changes.push_back(
        {.kind = PeerChangeKind::kRemoved, .name = std::move(name), .public_key = there.public_key, .endpoint = {}, .others = {}});
  }

  void add(const wg::PublicKey& key, const Wanted& wanted) {
    const AllowedIps& allowed = wanted.allowed_ips;
    wg::PeerUpdate update{.public_key = key, .replace_allowed_ips = true, .allowed_ips = {allowed.begin(), allowed.end()}};
    PeerChange change{.kind = PeerChangeKind::kAdded, .name = name_of(wanted), .public_key = key, .endpoint = {}, .others = {}};
    update.endpoint = address_of(wanted);
    if (const auto nearer = address_in_our_network(wanted)) update.endpoint = nearer;
    if (update.endpoint) change.endpoint = changed("Endpoint", std::optional<SocketAddress>(), update.endpoint);
    if (input_.details_of_new) change.others.push_back(changed("Allowed IPs", std::span<const IpNet>(), std::span<const IpNet>(allowed)));
    if (wanted.keepalive != 0) {
      update.persistent_keepalive = wanted.keepalive;
      if (input_.details_of_new) change.others.push_back(changed("Persistent keepalive", std::uint16_t{0}, wanted.keepalive));
    }
    result_.update.peers.push_back(std::move(update));
    result_.changes.push_back(std::move(change));
    consider_traversal(key, wanted);
  }

  void compare(const wg::Peer& there, const Wanted& wanted) {
    wg::PeerUpdate update{.public_key = there.public_key, .update_only = true};
    PeerChange change{
        .kind = PeerChangeKind::kModified, .name = name_of(wanted), .public_key = there.public_key, .endpoint = {}, .others = {}};
    const AllowedIps& allowed = wanted.allowed_ips;
    if (!std::ranges::equal(there.allowed_ips, allowed)) {
      update.replace_allowed_ips = true;
      update.allowed_ips.assign(allowed.begin(), allowed.end());
      change.others.push_back(changed("Allowed IPs", std::span<const IpNet>(there.allowed_ips), std::span<const IpNet>(allowed)));
    }
    if (there.persistent_keepalive != wanted.keepalive) {
      update.persistent_keepalive = wanted.keepalive;
      change.others.push_back(changed("Persistent keepalive", there.persistent_keepalive, wanted.keepalive));
    }
    const bool works = has_session(there);
    const bool in_traversal = input_.in_traversal != nullptr && input_.in_traversal->contains(there.public_key);
    const auto lost = there.endpoint ? lost_ways_.find(*there.endpoint) : lost_ways_.end();
    if (lost != lost_ways_.end() && works && !in_traversal && wanted.peer != nullptr && !wanted.is_overridden &&
        there.public_key != input_.server.public_key)
      return take_other_way(there, wanted, lost->second);
    if (works) consider_direct_ways(there, wanted);
    if (!works && !in_traversal) {
      const auto address = address_of(wanted);
      if (address && address != there.endpoint) {
        update.endpoint = address;
        change.endpoint = changed("Endpoint", there.endpoint, address);
      }
    }
    if (!works) consider_traversal(there.public_key, wanted);
    if (!change.endpoint && change.others.empty()) return;
    if (update.endpoint && is_forgotten_best(there)) {
      removed_.push_back({.public_key = there.public_key, .remove = true});
      update = {.public_key = there.public_key,
                .replace_allowed_ips = true,
                .endpoint = update.endpoint,
                .allowed_ips = {allowed.begin(), allowed.end()}};
      if (wanted.keepalive != 0) update.persistent_keepalive = wanted.keepalive;
      renewed_.push_back(std::move(update));
    } else {
      modified_.push_back(std::move(update));
    }
    result_.changes.push_back(std::move(change));
  }

  bool has_session(const wg::Peer& there) const {
    if (input_.server_answers && there.endpoint && there.public_key == input_.server.public_key) return true;
    return is_recent(there);
  }

  // WireGuard has tried in vain to reach a peer that had no endpoint, and tries again only when 5 s (REKEY_TIMEOUT) are over. One that is
  // removed and added in the same update is tried at once, and there is nothing yet to lose.
  bool is_forgotten_best(const wg::Peer& there) const {
    return !there.endpoint && !there.last_handshake && !there.preshared_key && there.public_key != input_.server.public_key;
  }

  void consider_traversal(const wg::PublicKey& key, const Wanted& wanted) {
    if (!input_.wants_traversal || wanted.peer == nullptr || key == input_.server.public_key) return;
    // A name may have several addresses, of which one works.
    const bool is_named = wanted.endpoint != nullptr && is_name(*wanted.endpoint);
    const bool has_ways = !wanted.is_overridden && !(wanted.peer->candidates.empty() && result_.relays.empty());
    if (!is_named && !has_ways) return;
    result_.due.push_back(traversal_peer(key, wanted));
  }

  void consider_direct_ways(const wg::Peer& there, const Wanted& wanted) {
    if (wanted.peer == nullptr || wanted.is_overridden || there.public_key == input_.server.public_key) return;
    if (!there.endpoint || std::ranges::find(result_.relays, *there.endpoint) == result_.relays.end()) return;
    if (!knows_us(input_.device, *there.endpoint)) return;
    result_.relayed.push_back(traversal_peer(there.public_key, wanted));
  }

  // Who has measured how far a relay is, is most probably registered there.
  bool is_registered(const Peer& peer) const {
    if (input_.registered != nullptr && input_.registered->contains(peer.id)) return true;
    return std::ranges::any_of(peer.relay_distances, [&](const RelayDistance& distance) {
      return std::ranges::find(result_.used_relays, distance.relay, &UsedRelay::id) != result_.used_relays.end();
    });
  }

  TraversalPeer traversal_peer(const wg::PublicKey& key, const Wanted& wanted) const {
    TraversalPeer peer{.public_key = key,
                       .reported = {},
                       .candidates = wanted.peer->candidates,
                       .inside = wanted.peer->ip,
                       .is_registered = is_registered(*wanted.peer),
                       .other_side_first = key < input_.own_key,
                       .is_overridden = wanted.is_overridden,
                       .likely = {},
                       .relays = {},
                       .relay_times = {},
                       .session = input_.handshakes.last(key)};
    std::vector<PeerId> ids;
    for (const UsedRelay& relay : result_.used_relays) ids.push_back(relay.id);
    const auto order = relay_order(ids, own_ != nullptr ? *own_ : *wanted.peer, *wanted.peer);
    for (const RelayPlace& relay : order) {
      peer.relays.push_back(result_.relays[relay.place]);
      peer.relay_times.push_back(own_ != nullptr ? relay.milliseconds : std::nullopt);
    }
    if (wanted.endpoint != nullptr) peer.reported = *wanted.endpoint;
    if (wanted.is_overridden)
      peer.candidates.clear();
    else if (own_ != nullptr)
      peer.likely = likely_candidates(*own_, *wanted.peer);
    if (own_ != nullptr && !result_.relays.empty() && !have_one_public_address(*own_, *wanted.peer))
      std::erase_if(peer.candidates, [&](const Endpoint& at) { return is_near(at) && !is_in_network_of(*own_, at); });
    return peer;
  }

  // Only when something was removed: most fetches have no use for the names of all that ever were.
  void name_removed() {
    std::unordered_map<wg::PublicKey, const Peer*> known;
    for (const State* state : {&input_.state, input_.cached})
      if (state != nullptr)
        for (const Peer& peer : state->peers) known.emplace(peer.public_key, &peer);
    for (PeerChange& change : result_.changes)
      if (const auto found = known.find(change.public_key); change.kind == PeerChangeKind::kRemoved && found != known.end())
        change.name = found->second->name.str();
  }

  const DifferenceInput& input_;
  const Resolved& resolved_;
  std::vector<std::pair<wg::PublicKey, Wanted>> wanted_;  // the server first, then in the order of the state
  std::unordered_map<wg::PublicKey, std::size_t> index_;
  std::map<wg::PublicKey, WantedRelay> relays_;
  std::map<SocketAddress, std::optional<SocketAddress>> lost_ways_;  // of relays, and where they are now, if they are
  const Peer* own_ = nullptr;
  std::optional<Peer> own_here_;  // own_, with the addresses of now
  std::vector<wg::PeerUpdate> removed_;
  std::vector<wg::PeerUpdate> modified_;
  std::vector<wg::PeerUpdate> renewed_;  // removed just before
  Difference result_;
};

}  // namespace

std::vector<Endpoint> likely_candidates(const Peer& own, const Peer& peer) {
  constexpr std::size_t kMost = 3;
  std::vector<Endpoint> likely;
  enum class Sign { kOneNetwork, kGlobalIpv6, kOnePublicAddress, kNone };
  const bool one_public_address = have_one_public_address(own, peer);
  const bool has_global_ipv6 = std::ranges::any_of(own.candidates, is_global_ipv6);
  const auto sign_of = [&](const Endpoint& candidate) {
    if (is_in_network_of(own, candidate)) return Sign::kOneNetwork;
    if (has_global_ipv6 && is_global_ipv6(candidate)) return Sign::kGlobalIpv6;
    return one_public_address ? Sign::kOnePublicAddress : Sign::kNone;
  };
  for (const Sign sign : {Sign::kOneNetwork, Sign::kGlobalIpv6, Sign::kOnePublicAddress})
    for (const Endpoint& candidate : peer.candidates)
      if (candidate != peer.endpoint && !is_name(candidate) && likely.size() < kMost && sign_of(candidate) == sign)
        likely.push_back(candidate);
  return likely;
}

RelayRegistrations take_relay_registrations(State& state) {
  RelayRegistrations registered;
  for (Peer& peer : state.peers)
    std::erase_if(peer.candidates, [&](const Endpoint& candidate) {
      const auto relay = std::ranges::find(state.relays, candidate, &Relay::endpoint);
      if (relay == state.relays.end()) return false;
      const auto entry = registered.try_emplace(peer.id, relay->id).first;
      if (relay->id == kServerPeer) entry->second = kServerPeer;
      return true;
    });
  return registered;
}

std::string PeerChange::to_string() const {
  constexpr std::string_view kWords[] = {"added", "modified", "removed"};
  return fmt::format("peer {} ({}) was {}.", name.value_or("[unknown]"), public_key.abbreviated(), kWords[static_cast<std::size_t>(kind)]);
}

Difference difference(const DifferenceInput& input, const Resolved& resolved) { return Comparison(input, resolved).run(); }

}  // namespace innernet::client

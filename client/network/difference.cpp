#include "innernet/client/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <unordered_map>

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
    for (const wg::Peer& there : input_.device.peers) {
      const auto found = index_.find(there.public_key);
      if (found == index_.end()) {
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
    std::size_t room = input_.max_peers ? *input_.max_peers - std::min(*input_.max_peers, wanted_.size() - missing) : missing;
    for (const auto& [key, wanted] : wanted_) {
      if (wanted.is_on_device) continue;
      if (room == 0) {
        ++result_.left_out;
        continue;
      }
      --room;
      add(key, wanted);
    }
    if (!removed_.empty()) name_removed();
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
  }

  std::optional<SocketAddress> address_of(const Wanted& wanted) const {
    if (wanted.endpoint == nullptr || wanted.endpoint->is_unspecified() || wanted.endpoint->port() == 0) return std::nullopt;
    const auto address = resolved_(*wanted.endpoint);
    // Literal ones have been looked at; what a name means is whatever its owner says today.
    if (address && !wanted.is_endpoint_ours && !can_be_outside(*address, input_.network)) return std::nullopt;
    return address;
  }

  static std::string name_of(const Wanted& wanted) { return wanted.peer != nullptr ? wanted.peer->name.str() : "innernet-server"; }

  void remove(const wg::Peer& there) {
    removed_.push_back({.public_key = there.public_key, .remove = true});
    result_.changes.push_back({.kind = PeerChangeKind::kRemoved, .name = {}, .public_key = there.public_key, .endpoint = {}, .others = {}});
  }

  void add(const wg::PublicKey& key, const Wanted& wanted) {
    const AllowedIps& allowed = wanted.allowed_ips;
    wg::PeerUpdate update{.public_key = key, .replace_allowed_ips = true, .allowed_ips = {allowed.begin(), allowed.end()}};
    PeerChange change{.kind = PeerChangeKind::kAdded, .name = name_of(wanted), .public_key = key, .endpoint = {}, .others = {}};
    update.endpoint = address_of(wanted);
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
    if (!works && !in_traversal) {
      const auto address = address_of(wanted);
      if (address && address != there.endpoint) {
        update.endpoint = address;
        change.endpoint = changed("Endpoint", there.endpoint, address);
      }
      consider_traversal(there.public_key, wanted);
    }
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
    return there.last_handshake && input_.handshakes.is_recent(there.public_key, input_.now);
  }

  // WireGuard has tried in vain to reach a peer that had no endpoint, and tries again only when 5 s (REKEY_TIMEOUT) are over. One that is
  // removed and added in the same update is tried at once, and there is nothing yet to lose.
  bool is_forgotten_best(const wg::Peer& there) const {
    return !there.endpoint && !there.last_handshake && !there.preshared_key && there.public_key != input_.server.public_key;
  }

  void consider_traversal(const wg::PublicKey& key, const Wanted& wanted) {
    if (!input_.wants_traversal || wanted.is_overridden || wanted.peer == nullptr || wanted.peer->candidates.empty()) return;
    TraversalPeer due{.public_key = key, .reported = {}, .candidates = wanted.peer->candidates};
    if (wanted.endpoint != nullptr) due.reported = *wanted.endpoint;
    result_.due.push_back(std::move(due));
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
  std::vector<wg::PeerUpdate> removed_;
  std::vector<wg::PeerUpdate> modified_;
  std::vector<wg::PeerUpdate> renewed_;  // removed just before
  Difference result_;
};

}  // namespace

std::string PeerChange::to_string() const {
  constexpr std::string_view kWords[] = {"added", "modified", "removed"};
  return fmt::format("peer {} ({}) was {}.", name.value_or("[unknown]"), public_key.abbreviated(), kWords[static_cast<std::size_t>(kind)]);
}

Difference difference(const DifferenceInput& input, const Resolved& resolved) { return Comparison(input, resolved).run(); }

}  // namespace innernet::client

#include "peer_rows.hpp"

#include <algorithm>
#include <unordered_map>

#include "innernet/client/handshakes.hpp"

namespace innernet::client {
namespace {

using PeersByKey = std::unordered_map<wg::PublicKey, const Peer*>;

class Rows {
 public:
  explicit Rows(const NetworkView& view) : view_(view) {
    for (const Peer& peer : view.state.peers) known_.emplace(peer.public_key, &peer);
    for (const wg::Peer& peer : view.device.peers) {
      const auto relay = relay_of(peer);
      if (relay == view.relays.end() || !peer.endpoint) continue;
      const auto on = std::ranges::find(view.state.peers, relay->id, &Peer::id);
      relays_.emplace(*peer.endpoint, on == view.state.peers.end() ? "unknown" : on->name.str());
      relay_addresses_.push_back(*peer.endpoint);
    }
  }

  std::map<SocketAddress, std::string> take_relays() && { return std::move(relays_); }

  std::vector<PeerRow> make() const {
    std::vector<PeerRow> out;
    for (const wg::Peer& peer : view_.device.peers)
      if (relay_of(peer) == view_.relays.end()) out.push_back(make_row(peer.public_key, &peer, only_address(peer)));
    if (const auto& own = view_.device.public_key; own && (view_.own_address || known_.contains(*own)))
      out.push_back(make_row(*own, nullptr, view_.own_address));
    // Without an address last.
    std::ranges::sort(out, [](const PeerRow& a, const PeerRow& b) {
      if (a.ip != b.ip) return a.ip && b.ip ? *a.ip < *b.ip : a.ip.has_value();
      return a.public_key < b.public_key;
    });
    return out;
  }

 private:
  // Whatever a server says: a peer is none.
  std::vector<Relay>::const_iterator relay_of(const wg::Peer& peer) const {
    return known_.contains(peer.public_key) || !peer.allowed_ips.empty()
               ? view_.relays.end()
               : std::ranges::find(view_.relays, peer.public_key, &Relay::public_key);
  }

  static std::optional<IpAddress> only_address(const wg::Peer& peer) {
    for (const IpNet& net : peer.allowed_ips)
      if (net.prefix() == net.address().bits()) return net.address();
    return std::nullopt;
  }

  PeerRow make_row(const wg::PublicKey& key, const wg::Peer* on_device, std::optional<IpAddress> otherwise) const {
    PeerRow row{.name = "unknown", .public_key = key, .ip = otherwise, .cidr = {}, .on_device = on_device};
    if (const auto found = known_.find(key); found != known_.end()) {
      row.is_known = true;
      row.name = found->second->name.str();
      row.ip = found->second->ip;
      row.cidr = found->second->cidr_id;
    }
    row.is_overridden = row.ip && view_.overrides.contains(*row.ip);
    if (on_device == nullptr) return row;
    row.way = way_of(*on_device, relay_addresses_, view_.now);
    if (row.way == Way::kRelayed && on_device->endpoint) row.relayed_by = relays_.at(*on_device->endpoint);
    add_memory(row);
    if (view_.round_trips != nullptr && row.ip)
      if (const auto asked = view_.round_trips->find(*row.ip); asked != view_.round_trips->end()) row.round_trip = asked->second;
    return row;
  }

  void add_memory(PeerRow& row) const {
    const PairRecord* record = view_.pairs == nullptr ? nullptr : view_.pairs->find(row.public_key);
    if (record == nullptr) return;
    // Else something has changed since the last fetch.
    if (record->way == row.way) row.since = record->since;
    if (row.way == Way::kDirect) return;
    row.tries = record->tries;
    if (row.way == Way::kRelayed) std::erase_if(row.tries, &WayTried::is_relay);
  }

  const NetworkView& view_;
  PeersByKey known_;
  std::map<SocketAddress, std::string> relays_;
  std::vector<SocketAddress> relay_addresses_;
};

}  // namespace

std::vector<PeerRow> peer_rows(const NetworkView& view) { return Rows(view).make(); }

std::map<SocketAddress, std::string> relays_on_device(const NetworkView& view) { return Rows(view).take_relays(); }

std::vector<IpAddress> addresses_to_ping(const std::vector<PeerRow>& rows) {
  std::vector<IpAddress> out;
  for (const PeerRow& row : rows)
    if (out.size() < kMostPinged && row.ip && row.way != Way::kNone) out.push_back(*row.ip);
  return out;
}

std::optional<std::chrono::nanoseconds> age_of(WallTime moment, WallTime now) {
  if (moment > now && !is_recent(moment, now)) return std::nullopt;
  return std::max<std::chrono::nanoseconds>(now - moment, {});
}

}  // namespace innernet::client

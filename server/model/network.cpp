#include "innernet/server/network.hpp"

#include <algorithm>
#include <limits>

namespace innernet::server {
namespace {

template <class Map, class Key>
auto* find_value(Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

template <class Set, class Key>
const PeerRecord* find_record(const Set& set, const Key& key) {
  const auto found = set.find(key);
  return found == set.end() ? nullptr : *found;
}

// More than enough for the moment between an administrator's GET and PUT.
constexpr std::size_t kFormerlySeen = 4;
// Until the next start: ports that one relay has moved over.
constexpr std::size_t kRelaysShown = 8 + kMostPeerRelays;

constexpr CidrId kLowestCidr{std::numeric_limits<std::int64_t>::min()};
constexpr AssociationId kLowestAssociation{std::numeric_limits<std::int64_t>::min()};

bool id_is_less(const PeerRecord* a, PeerId id) { return a->peer.id < id; }

std::optional<std::pair<std::uint64_t, PeerId>> invitation_of(const Peer& peer) {
  if (peer.is_redeemed || !peer.invite_expires || peer.id == kServerPeer) return std::nullopt;
  return std::pair(peer.invite_expires->seconds, peer.id);
}

}  // namespace

const PeerRecord* Network::find_peer(PeerId id) const { return find_value(peers_, id); }
const PeerRecord* Network::find_peer(const IpAddress& ip) const { return find_record(by_ip_, ip); }
const PeerRecord* Network::find_peer(const wg::PublicKey& key) const { return find_record(by_key_, key); }
const PeerRecord* Network::find_peer(std::string_view name) const { return find_record(by_name_, name); }

std::span<const PeerRecord* const> Network::peers_of(CidrId id) const {
  const CidrRecord* record = cidr_record(id);
  if (record == nullptr) return {};
  return record->peers;
}

std::vector<Cidr> Network::cidrs() const {
  std::vector<Cidr> all;
  all.reserve(cidrs_.size());
  for (const auto& [id, record] : cidrs_) all.push_back(record.cidr);
  return all;
}

const Network::CidrRecord* Network::cidr_record(CidrId id) const { return find_value(cidrs_, id); }

const Cidr* Network::find_cidr(CidrId id) const {
  const CidrRecord* record = cidr_record(id);
  return record == nullptr ? nullptr : &record->cidr;
}

const Cidr* Network::find_cidr(std::string_view name) const {
  const CidrId* id = find_value(cidr_by_name_, std::string(name));
  return id == nullptr ? nullptr : find_cidr(*id);
}

const Association* Network::find_association(CidrId a, CidrId b) const {
  const auto found = associated_.lower_bound({a, b, kLowestAssociation});
  if (found == associated_.end() || std::get<0>(*found) != a || std::get<1>(*found) != b) return nullptr;
  return find_value(associations_, std::get<2>(*found));
}

std::vector<CidrId> Network::associated_with(CidrId id) const {
  std::vector<CidrId> all;
  for (auto at = associated_.lower_bound({id, kLowestCidr, kLowestAssociation}); at != associated_.end() && std::get<0>(*at) == id; ++at)
    all.push_back(std::get<1>(*at));
  return all;
}

std::vector<CidrId> Network::children_of(CidrId id) const {
  const auto* children = find_value(children_, id);
  return children == nullptr ? std::vector<CidrId>() : std::vector<CidrId>(children->begin(), children->end());
}

std::vector<IpAddress> Network::taken_addresses(const IpNet& net) const {
  std::vector<IpAddress> taken;
  for (const auto& [id, record] : peers_)
    if (net.contains(record.peer.ip)) taken.push_back(record.peer.ip);
  for (const auto& [id, row] : quarantined_)
    if (const auto ip = IpAddress::parse(row.ip); ip && net.contains(*ip)) taken.push_back(*ip);
  return taken;
}

std::size_t Network::other_admins(PeerId id) const {
  return static_cast<std::size_t>(std::ranges::count_if(peers_, [id](const auto& entry) {
    const Peer& peer = entry.second.peer;
    return peer.is_admin && is_visible(peer) && peer.id != id && peer.id != kServerPeer;
  }));
}

void Network::index(const PeerRecord& record) {
  by_ip_.insert(&record);
  by_key_.insert(&record);
  by_name_.insert(&record);
  if (belongs_on_device(record.peer)) ++on_device_;
  if (record.peer.is_relay) relays_.insert(record.peer.id);
  if (const auto invitation = invitation_of(record.peer)) invitations_.insert(*invitation);
}

void Network::unindex(const PeerRecord& record) {
  by_ip_.erase(&record);
  by_key_.erase(&record);
  by_name_.erase(&record);
  if (belongs_on_device(record.peer)) --on_device_;
  if (record.peer.is_relay) relays_.erase(record.peer.id);
  if (const auto invitation = invitation_of(record.peer)) invitations_.erase(*invitation);
}

const PeerRecord& Network::put_peer(Peer peer) {
  if (const auto found = peers_.find(peer.id); found != peers_.end()) {
    PeerRecord& record = found->second;
    unindex(record);
    record.peer = std::move(peer);
    index(record);
    return record;
  }
  const PeerId id = peer.id;
  const CidrId cidr = peer.cidr_id;
  const auto [entry, is_new] = peers_.emplace(id, PeerRecord{std::move(peer), std::nullopt});
  const PeerRecord& record = entry->second;
  index(record);
  auto& members = cidrs_.at(cidr).peers;
  members.insert(std::ranges::lower_bound(members, id, {}, [](const PeerRecord* member) { return member->peer.id; }), &record);
  return record;
}

void Network::erase_peer(PeerId id) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  const PeerRecord& record = found->second;
  unindex(record);
  auto& members = cidrs_.at(record.peer.cidr_id).peers;
  if (const auto member = std::lower_bound(members.begin(), members.end(), id, id_is_less); member != members.end()) members.erase(member);
  peers_.erase(found);
  formerly_seen_.erase(id);
}

void Network::index(const Cidr& cidr) {
  cidr_by_name_[cidr.name] = cidr.id;
  cidrs_by_net_.emplace(cidr.cidr.truncated(), cidr.id);
  if (cidr.parent) children_[*cidr.parent].insert(cidr.id);
}

void Network::unindex(const Cidr& cidr) {
  if (const auto name = cidr_by_name_.find(cidr.name); name != cidr_by_name_.end() && name->second == cidr.id) cidr_by_name_.erase(name);
  const auto [first, last] = cidrs_by_net_.equal_range(cidr.cidr.truncated());
  if (const auto net = std::find_if(first, last, [&](const auto& entry) { return entry.second == cidr.id; }); net != last)
    cidrs_by_net_.erase(net);
  if (!cidr.parent) return;
  const auto siblings = children_.find(*cidr.parent);
  siblings->second.erase(cidr.id);
  if (siblings->second.empty()) children_.erase(siblings);
}

void Network::put_cidr(Cidr cidr) {
  const CidrId id = cidr.id;
  if (CidrRecord* record = find_value(cidrs_, id)) {
    unindex(record->cidr);
    record->cidr = std::move(cidr);
    index(record->cidr);
  } else {
    index(cidrs_.emplace(id, CidrRecord{std::move(cidr), {}, 0}).first->second.cidr);
  }
}

void Network::erase_cidr(CidrId id) {
  const auto found = cidrs_.find(id);
  if (found == cidrs_.end()) return;
  unindex(found->second.cidr);
  cidrs_.erase(found);
}

void Network::put_association(const Association& association) {
  erase_association(association.id);
  associations_.emplace(association.id, association);
  associated_.emplace(association.cidr_id_1, association.cidr_id_2, association.id);
  associated_.emplace(association.cidr_id_2, association.cidr_id_1, association.id);
}

void Network::erase_association(AssociationId id) {
  const auto found = associations_.find(id);
  if (found == associations_.end()) return;
  const auto [a, b] = std::pair(found->second.cidr_id_1, found->second.cidr_id_2);
  associated_.erase({a, b, id});
  associated_.erase({b, a, id});
  associations_.erase(found);
}

void Network::quarantine(QuarantinedPeer row) {
  if (CidrRecord* record = find_value(cidrs_, row.cidr_id)) ++record->quarantined;
  quarantined_.insert_or_assign(row.id, std::move(row));
}

bool Network::set_seen(PeerId id, const SocketAddress& address) {
  PeerRecord* record = find_value(peers_, id);
  if (record == nullptr || record->seen == address) return false;
  if (record->seen) {
    auto& former = formerly_seen_[id];
    if (former.size() == kFormerlySeen) former.erase(former.begin());
    former.push_back(*record->seen);
  }
  record->seen = address;
  return true;
}

void Network::set_relayed(PeerId id, std::optional<Endpoint> at) {
  PeerRecord* record = find_value(peers_, id);
  if (record == nullptr) return;
  if (at) {
    std::erase(relays_shown_, *at);
    if (relays_shown_.size() == kRelaysShown) relays_shown_.erase(relays_shown_.begin());
    relays_shown_.push_back(*at);
  }
  record->relayed_at = std::move(at);
}

void Network::set_relay_distances(PeerId id, std::vector<RelayDistance> distances) {
  if (PeerRecord* const record = find_value(peers_, id)) record->relay_distances = std::move(distances);
}

void Network::take_seen(Network& other) {
  relays_shown_ = std::move(other.relays_shown_);
  for (auto& [id, record] : peers_) {
    const PeerRecord* same = other.find_peer(id);
    if (same == nullptr || same->peer.ip != record.peer.ip) continue;
    record.seen = same->seen;
    record.relayed_at = same->relayed_at;
    record.relay_distances = same->relay_distances;
    if (auto former = other.formerly_seen_.extract(id)) formerly_seen_.insert(std::move(former));
  }
}

bool Network::has_expired(const Peer& peer, WallTime now) {
  if (!peer.invite_expires) return false;
  const auto since_epoch = now.time_since_epoch();
  if (since_epoch.count() < 0) return false;
  return peer.invite_expires->seconds <= static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(since_epoch).count());
}

std::vector<PeerId> Network::expired_invitations(WallTime now) const {
  std::vector<PeerId> expired;
  for (const auto& [seconds, id] : invitations_) {
    if (!has_expired(peers_.at(id).peer, now)) break;
    expired.push_back(id);
  }
  return expired;
}

bool same_rows(const Network& a, const Network& b) {
  const auto same_peer = [](const auto& x, const auto& y) { return x.second.peer == y.second.peer; };
  const auto same_association = [](const auto& x, const auto& y) { return x.second == y.second; };
  const auto same_id = [](const auto& x, const auto& y) { return x.first == y.first; };
  return std::ranges::equal(a.peers(), b.peers(), same_peer) && a.cidrs() == b.cidrs() &&
         std::ranges::equal(a.associations(), b.associations(), same_association) &&
         std::ranges::equal(a.quarantined(), b.quarantined(), same_id);
}

}  // namespace innernet::server

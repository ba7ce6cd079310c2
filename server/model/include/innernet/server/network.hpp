#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/base/error.hpp"
#include "innernet/server/peer_change.hpp"
#include "innernet/values/peer.hpp"

namespace innernet::server {

/// A peer as the database has it, where WireGuard last saw it, and where a relay takes in what is meant for it.
struct PeerRecord {
  Peer peer;
  std::optional<SocketAddress> seen;
  std::optional<Endpoint> relayed_at{};
  std::vector<RelayDistance> relay_distances{};  ///< as it says
};

/// A row of the database that is no valid peer (a name, address or key that can't be read, a CIDR that isn't there, or what another peer
/// has already). It keeps what it takes, and is shown to the administrator, but to nobody else.
struct QuarantinedPeer {
  PeerId id{};
  std::string name;  ///< as it stands in the database, like the next two
  std::string ip;
  std::string public_key;
  CidrId cidr_id{};
  bool is_admin = false;
  bool is_disabled = false;
  bool is_redeemed = false;
  std::string reason;
};

/// So many peers may be made relays. Clients register with the first few alone, and refuse a state with more than twice as many.
constexpr std::size_t kMostPeerRelays = 32;

namespace by {

// Indexes hold pointers and look into the records, so that nothing is stored twice.
struct Ip {
  using is_transparent = void;
  static const IpAddress& key(const IpAddress& ip) { return ip; }
  static const IpAddress& key(const PeerRecord* record) { return record->peer.ip; }
  std::size_t operator()(const auto& a) const { return std::hash<IpAddress>()(key(a)); }
  bool operator()(const auto& a, const auto& b) const { return key(a) == key(b); }
};
struct Key {
  using is_transparent = void;
  static const wg::PublicKey& key(const wg::PublicKey& public_key) { return public_key; }
  static const wg::PublicKey& key(const PeerRecord* record) { return record->peer.public_key; }
  std::size_t operator()(const auto& a) const { return std::hash<wg::PublicKey>()(key(a)); }
  bool operator()(const auto& a, const auto& b) const { return key(a) == key(b); }
};
struct Name {
  using is_transparent = void;
  static std::string_view key(std::string_view name) { return name; }
  static std::string_view key(const PeerRecord* record) { return record->peer.name.str(); }
  std::size_t operator()(const auto& a) const { return std::hash<std::string_view>()(key(a)); }
  bool operator()(const auto& a, const auto& b) const { return key(a) == key(b); }
};

}  // namespace by

/// The network in memory: peers, CIDRs and associations, with their indexes and all rules about them. It knows neither database nor
/// sockets. A change of one peer costs no more in a large network than in a small one.
///
/// The rules are the check_ functions: kInvalidInput is a rule that is broken, kNotFound an id that is not there. The changing
/// functions expect what was checked. Pointers to peers and CIDRs hold until that peer or CIDR is erased, or the network is replaced.
class Network {
 public:
  Network() = default;
  Network(Network&&) = default;
  Network& operator=(Network&&) = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // --- what is there ---

  const std::map<PeerId, PeerRecord>& peers() const { return peers_; }
  const PeerRecord* find_peer(PeerId id) const;
  const PeerRecord* find_peer(const IpAddress& ip) const;
  const PeerRecord* find_peer(const wg::PublicKey& key) const;
  const PeerRecord* find_peer(std::string_view name) const;
  /// Those that are put into the CIDR itself, by id.
  std::span<const PeerRecord* const> peers_of(CidrId id) const;
  /// Those that are made relays (PeerFacts::is_relay).
  const std::set<PeerId>& relays() const { return relays_; }
  const std::map<PeerId, QuarantinedPeer>& quarantined() const { return quarantined_; }
  const std::vector<Endpoint>& servers() const { return servers_; }

  /// By id.
  std::vector<Cidr> cidrs() const;
  const Cidr* find_cidr(CidrId id) const;
  const Cidr* find_cidr(std::string_view name) const;
  const std::map<AssociationId, Association>& associations() const { return associations_; }
  /// In either order.
  const Association* find_association(CidrId a, CidrId b) const;

  /// The addresses inside `net` that no new peer may have, those of quarantined rows included; in no order.
  std::vector<IpAddress> taken_addresses(const IpNet& net) const;
  /// How many peers that are enabled, redeemed and admin there are beside `id` and the server itself.
  std::size_t other_admins(PeerId id) const;

  /// Enabled ones, redeemed or invited, but not the server itself.
  static bool belongs_on_device(const Peer& peer) { return !peer.is_disabled && peer.id != kServerPeer; }
  /// How many of those there are.
  std::size_t on_device() const { return on_device_; }

  // --- who sees whom ---

  /// Enabled and redeemed.
  static bool is_visible(const Peer& peer) { return !peer.is_disabled && peer.is_redeemed; }
  /// The CIDR and its ancestors, from the inside out.
  std::vector<CidrId> ancestry(CidrId id) const;
  /// The smallest set of CIDRs such that a peer in `id` sees exactly what is in one of them or below; sorted.
  std::vector<CidrId> visible_roots(CidrId id) const;
  /// `roots` and all below them, sorted, each once.
  std::vector<CidrId> with_descendants(std::span<const CidrId> roots) const;

  // --- what the server fills in ---

  /// The peer as states and the admin's list show it: keep-alive 25, and the seen address as endpoint or candidate where it belongs.
  static Peer as_shown(const PeerRecord& record);
  static PeerObservations observations_as_shown(const PeerRecord& record);
  /// An admin's PUT of what as_shown() gave, now or a moment ago, without what the server had filled in: neither becomes an override nor a
  /// candidate for ever. `override_is_new`: the admin may not have been told of it, but of where the peer was seen.
  PeerChange without_filled_in(const PeerRecord& record, PeerChange change, bool override_is_new) const;

  // --- rules ---

  Result<void> check_new_peer(const PeerContents& contents) const;
  Result<void> check_peer_update(PeerId id, const PeerChange& change) const;
  Result<void> check_redemption(PeerId id, const wg::PublicKey& key) const;
  Result<void> check_peer_deletion(PeerId id) const;
  /// Gives what is to be stored: host bits are cleared.
  Result<CidrContents> check_new_cidr(const CidrContents& contents) const;
  Result<void> check_cidr_name(CidrId id, const std::string& name) const;
  Result<void> check_cidr_deletion(CidrId id) const;
  Result<void> check_new_association(const AssociationContents& contents) const;

  static bool has_expired(const Peer& peer, WallTime now);
  /// Unredeemed peers whose invitation has expired at `now`.
  std::vector<PeerId> expired_invitations(WallTime now) const;

  // --- changes ---

  /// New, or in place of the one with its id, whose seen address it keeps. CIDR and address of a peer never change.
  const PeerRecord& put_peer(Peer peer);
  void erase_peer(PeerId id);
  void put_cidr(Cidr cidr);
  void erase_cidr(CidrId id);
  void put_association(const Association& association);
  void erase_association(AssociationId id);
  void quarantine(QuarantinedPeer row);
  /// Where its servers are reached, if there are several of them, first the one that was there first.
  void set_servers(std::vector<Endpoint> servers) { servers_ = std::move(servers); }
  /// True if that is news.
  bool set_seen(PeerId id, const SocketAddress& address);
  /// None: it is registered with no relay.
  void set_relayed(PeerId id, std::optional<Endpoint> at);
  /// As the peer says.
  void set_relay_distances(PeerId id, std::vector<RelayDistance> distances);
  /// Takes over what was seen of the peers that both have, and which relays were shown.
  void take_seen(Network& other);

 private:
  struct CidrRecord {
    Cidr cidr;
    std::vector<const PeerRecord*> peers;  // by id
    std::size_t quarantined = 0;
  };

  template <class By>
  using Index = std::unordered_set<const PeerRecord*, By, By>;

  const CidrRecord* cidr_record(CidrId id) const;
  void index(const PeerRecord& record);
  void unindex(const PeerRecord& record);
  void index(const Cidr& cidr);
  void unindex(const Cidr& cidr);
  /// With repetitions, should a database hold an association in both orders.
  std::vector<CidrId> associated_with(CidrId id) const;
  std::vector<CidrId> children_of(CidrId id) const;
  Result<void> check_name_is_free(const Hostname& name, std::optional<PeerId> owner) const;
  Result<void> check_key_is_free(const wg::PublicKey& key, std::optional<PeerId> owner) const;
  Result<void> check_address(const IpAddress& ip, const Cidr& cidr) const;
  Result<const PeerRecord*> existing_peer(PeerId id) const;

  std::map<PeerId, PeerRecord> peers_;
  std::size_t on_device_ = 0;
  Index<by::Ip> by_ip_;
  Index<by::Key> by_key_;
  Index<by::Name> by_name_;
  std::set<std::pair<std::uint64_t, PeerId>> invitations_;  // unredeemed, by the second of their expiry
  std::set<PeerId> relays_;
  std::vector<Endpoint> servers_;
  std::map<PeerId, QuarantinedPeer> quarantined_;
  std::map<CidrId, CidrRecord> cidrs_;
  std::unordered_map<std::string, CidrId> cidr_by_name_;
  std::multimap<IpNet, CidrId> cidrs_by_net_;  // without host bits
  // By parent, also by one that is not there: in a database a parent may come behind its children.
  std::unordered_map<CidrId, std::set<CidrId>> children_;
  std::map<AssociationId, Association> associations_;
  std::set<std::tuple<CidrId, CidrId, AssociationId>> associated_;  // each association from either end
  // Of peers that have moved: the last few addresses before the seen one, oldest first.
  std::unordered_map<PeerId, std::vector<SocketAddress>> formerly_seen_;
  std::vector<Endpoint> relays_shown_;  // as a candidate, the last ones
};

/// Whether both hold the same rows; what was seen does not count.
bool same_rows(const Network& a, const Network& b);

}  // namespace innernet::server

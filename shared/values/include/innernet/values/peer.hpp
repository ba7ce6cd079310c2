#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "innernet/base/ip.hpp"
#include "innernet/values/endpoint.hpp"
#include "innernet/values/hostname.hpp"
#include "innernet/values/ids.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet {

/// A moment on the wall clock as JSON and the database have it. `seconds` fits in 63 bits.
struct UnixTime {
  std::uint64_t seconds = 0;
  std::uint32_t nanoseconds = 0;

  friend auto operator<=>(const UnixTime&, const UnixTime&) = default;
};

/// What WireGuard carries to a peer and takes from it. A range to whoever uses it: that it is one network today is known here alone.
using AllowedIps = std::array<IpNet, 1>;
inline AllowedIps allowed_ips_of(const IpAddress& ip) { return {IpNet::host(ip)}; }

/// Seconds between packets that keep a NAT's way open: what the server says for every peer, and what is on both sides of a tunnel to it.
constexpr std::uint16_t kPersistentKeepalive = 25;

/// What was decided about a peer, by an administrator and by redeeming it. A change of it is news.
struct PeerFacts {
  Hostname name;
  IpAddress ip;
  CidrId cidr_id{};
  wg::PublicKey public_key;
  bool is_admin = false;
  bool is_disabled = false;
  bool is_redeemed = false;
  std::optional<UnixTime> invite_expires{};  ///< none: never
  bool is_relay = false;                     ///< an administrator wants a relay to run there

  AllowedIps allowed_ips() const { return allowed_ips_of(ip); }

  friend bool operator==(const PeerFacts&, const PeerFacts&) = default;
};

/// A relay as the peer that it runs on tells of it: at the peer's endpoint, but with this port.
struct RelayOfPeer {
  wg::PublicKey public_key;
  std::uint16_t port = 0;

  friend bool operator==(const RelayOfPeer&, const RelayOfPeer&) = default;
};

/// How far a peer is from a relay, as it has measured: the time to there and back.
struct RelayDistance {
  PeerId relay{};
  std::uint16_t milliseconds = 0;

  friend bool operator==(const RelayDistance&, const RelayDistance&) = default;
};

/// Where a peer was seen, or says that it is. It changes often, and nobody has to know at once.
struct PeerObservations {
  std::optional<Endpoint> endpoint{};                            ///< the user's override, or what the server filled in
  std::optional<std::uint16_t> persistent_keepalive_interval{};  ///< seconds
  std::vector<Endpoint> candidates{};
  std::optional<RelayOfPeer> relay{};  ///< states name it in State::relays while it is heard of
  std::vector<RelayDistance> relay_distances{};

  friend bool operator==(const PeerObservations&, const PeerObservations&) = default;
};

/// A peer without its id: what is sent to make or change one.
struct PeerContents : PeerFacts, PeerObservations {
  const PeerFacts& facts() const { return *this; }
  const PeerObservations& observations() const { return *this; }

  friend bool operator==(const PeerContents&, const PeerContents&) = default;
};

struct Peer : PeerContents {
  PeerId id{};

  friend bool operator==(const Peer&, const Peer&) = default;
};

struct CidrContents {
  std::string name;  ///< any text; may be empty in old databases
  IpNet cidr;        ///< may have host bits in old databases
  std::optional<CidrId> parent;

  friend bool operator==(const CidrContents&, const CidrContents&) = default;
};

struct Cidr : CidrContents {
  CidrId id{};

  friend bool operator==(const Cidr&, const Cidr&) = default;
};

/// Two CIDRs that may talk to each other; the order means nothing.
struct AssociationContents {
  CidrId cidr_id_1{};
  CidrId cidr_id_2{};

  friend bool operator==(const AssociationContents&, const AssociationContents&) = default;
};

struct Association : AssociationContents {
  AssociationId id{};

  friend bool operator==(const Association&, const Association&) = default;
};

/// What passes WireGuard's messages on between peers that can't reach each other. A client that uses it has its key on the device, as a
/// peer without allowed IPs.
struct Relay {
  PeerId id{};  ///< of the peer that it runs on
  wg::PublicKey public_key;
  Endpoint endpoint;               ///< with the host unspecified: at whatever address that peer is reached
  bool answers_questions = false;  ///< of where it sees a member's program; older ones are not to be asked (doc/relay.md)
  std::uint32_t epoch = 0;         ///< another one than before: it was started anew, and has forgotten who was there; 0: it does not say

  friend bool operator==(const Relay&, const Relay&) = default;
};

/// Where the WireGuard of the one who asks is seen, by two ports of the server: a symmetric router shows it to each at another port.
struct SeenAt {
  std::optional<SocketAddress> by_server{};
  std::optional<SocketAddress> by_relay{};

  friend bool operator==(const SeenAt&, const SeenAt&) = default;
};

/// Who may be relayed to whom, as the server tells those who run relays.
struct RelayGroups {
  using Pair = std::pair<std::uint32_t, std::uint32_t>;

  std::vector<std::vector<wg::PublicKey>> groups;
  std::vector<Pair> pairs;  ///< of places in `groups` whose members may reach each other, {g, g} being those of g

  friend bool operator==(const RelayGroups&, const RelayGroups&) = default;
};

/// What the server tells one peer.
struct State {
  std::vector<Peer> peers;
  std::vector<Cidr> cidrs;
  // Older servers have none of these. They are not in the data store, whose members are those of the Rust programs.
  std::vector<Relay> relays{};
  std::vector<Endpoint> servers{};      ///< where each server of a network that has several is from outside; one of them is active
  std::optional<std::uint64_t> term{};  ///< counted up whenever another server becomes the active one; none: the network has but one

  friend bool operator==(const State&, const State&) = default;
};

/// What changed since a version of the state (`226 IM Used`).
struct StateDelta {
  std::vector<Peer> peers;                         ///< new or changed, whole
  std::vector<PeerId> gone;                        ///< no longer visible
  std::optional<std::vector<Cidr>> cidrs;          ///< all of them, if any changed
  std::optional<std::vector<Relay>> relays{};      ///< all of them, if any changed
  std::optional<std::vector<Endpoint>> servers{};  ///< the same
  std::optional<std::uint64_t> term{};             ///< if it changed
};

}  // namespace innernet

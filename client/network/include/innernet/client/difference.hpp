#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/client/handshakes.hpp"
#include "innernet/values/peer.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

/// The peer that is always on the device, whatever state or cache say: without it nothing could be asked any more.
struct ServerPeer {
  wg::PublicKey public_key;
  IpAddress ip;
  Endpoint external_endpoint;
};

/// The address of an endpoint as far as it is known now, none when it isn't. Never blocks.
using Resolved = std::function<std::optional<SocketAddress>(const Endpoint&)>;

enum class PeerChangeKind { kAdded, kModified, kRemoved };

/// What happened to one peer, for people.
struct PeerChange {
  PeerChangeKind kind;
  std::optional<std::string> name;  ///< none: neither state nor cache know the key
  wg::PublicKey public_key;
  std::optional<std::string> endpoint;  ///< `Endpoint: OLD => NEW`, or what else made it necessary
  std::vector<std::string> others;      ///< lines like that one, shown with -v

  /// `peer NAME (KEY10…) was added.`
  std::string to_string() const;
};

/// A peer for which a look at its candidates is worth while.
struct TraversalPeer {
  wg::PublicKey public_key;
  std::optional<Endpoint> reported;  ///< what the server says: tried last, and stays
  std::vector<Endpoint> candidates;
  IpAddress inside{};                                  ///< its address in the network
  std::optional<BootTime> since{};                     ///< it was due first, if that is known
  bool is_registered = false;                          ///< with a relay, for all that is known
  bool other_side_first = false;                       ///< of two that try each other at the same time
  bool is_overridden = false;                          ///< here: no other way than `reported` is for it, all addresses of which are tried
  std::vector<Endpoint> likely{};                      ///< some of them, because it seems to be in one network with us
  std::vector<SocketAddress> relays{};                 ///< in the order in which both sides try them
  std::vector<std::optional<unsigned>> relay_times{};  ///< of each of them: the milliseconds of the way; none: not both have measured it
  std::optional<BootTime> session{};                   ///< since when it has had the one that it has, which both sides know alike

  /// Whether it is the same peer at the same places. Which relay is nearer than another one says nothing about that, nor with which ones it
  /// is registered, which a round without the server does not know.
  friend bool operator==(const TraversalPeer& a, const TraversalPeer& b) {
    const auto places = [](const TraversalPeer& of) {
      return std::tie(of.public_key, of.reported, of.candidates, of.inside, of.other_side_first, of.is_overridden, of.likely);
    };
    return places(a) == places(b);
  }
};

/// A relay that this machine registers with.
struct UsedRelay {
  PeerId id{};
  wg::PublicKey public_key;
  SocketAddress at;
  bool answers_questions = false;  ///< see Relay

  friend bool operator==(const UsedRelay&, const UsedRelay&) = default;
};

struct Difference {
  wg::DeviceUpdate update;
  std::vector<PeerChange> changes;
  std::size_t left_out = 0;  ///< peers for which the device has no room
  std::vector<TraversalPeer>
      due;  ///< overridden peers (but for names), and those with a recent handshake, are not among them; those in traversal are
  std::vector<TraversalPeer> relayed;  ///< those with a session through one of them
  std::vector<UsedRelay> used_relays;
  std::vector<SocketAddress>
      relays;  ///< theirs: that this machine registers with, and can be asked to pass on what is for those who are due
};

/// The most relays of a network that a client registers with.
constexpr std::size_t kMostRelaysUsed = 4;

/// The candidates of `peer` that are likely to work: in one network of the usual size (/24, /64) with us, then by IPv6 that both have to
/// everywhere (a firewall that lets only answers in is open when both have sent something), then all, if both are behind one public
/// address. At most three.
std::vector<Endpoint> likely_candidates(const Peer& own, const Peer& peer);

/// Who is registered with a relay, and with which one of them for all that is known: the server's, if it is with that.
using RelayRegistrations = std::unordered_map<PeerId, PeerId>;

/// A relay is no candidate: states name it as one of whoever is registered there, for clients that don't know relays, and only they try it
/// like that. Returns who it was.
RelayRegistrations take_relay_registrations(State& state);

struct DifferenceInput {
  const wg::Device& device;
  const State& state;   ///< with overrides applied
  const State* cached;  ///< for the names of peers that are gone; may be null
  wg::PublicKey own_key;
  const ServerPeer& server;
  IpNet network;  ///< of which all are; no endpoint that the server reports may lie in it
  const std::map<IpAddress, Endpoint>& overrides;
  const Handshakes& handshakes;  ///< that have seen the device
  BootTime now;
  bool server_answers = false;                    ///< just now, so that there is a way to it whatever its handshake looks like
  std::optional<std::uint16_t> listen_port = {};  ///< wanted; none: as it is
  const std::unordered_set<wg::PublicKey>* in_traversal = nullptr;  ///< whose endpoint is being looked for just now, and left alone
  std::optional<std::size_t> max_peers = {};                        ///< that the device takes; none: any number
  bool wants_traversal = true;                                      ///< Difference::due, and relays on the device
  bool server_is_new = false;                                       ///< it was started anew, most probably, and its relay with it
  std::span<const Relay> known_relays = {};                         ///< as they were when the device was brought in line last
  const RelayRegistrations* registered = nullptr;                   ///< as the server says; null: it has not been asked
  const std::vector<Endpoint>* own_candidates = nullptr;            ///< as they are now; null: as the state has them
  bool details_of_new = true;  ///< PeerChange::others of peers that are added, too: half of the work when all are new
};

/// What makes `device` agree with `state`, peer by peer. Linear in peers.
Difference difference(const DifferenceInput& input, const Resolved& resolved);

}  // namespace innernet::client

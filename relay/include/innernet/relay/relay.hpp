#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/base/error.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/relay/membership.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::relay {

/// As much as that of packets and bytes (of UDP payload) in a second; one second's worth may come at once.
struct Rate {
  double packets = 0;
  double bytes = 0;
};

/// What the relay bears at most. What is beyond is dropped and counted.
struct Limits {
  Rate source{.packets = 50'000, .bytes = 60e6};   ///< what one source address sends
  Rate pair{.packets = 50'000, .bytes = 60e6};     ///< what two peers send each other, both directions together
  Rate relay{.packets = 500'000, .bytes = 600e6};  ///< all that is passed on
  double own_handshakes_per_second = 200;  ///< with the relay itself, 0.2 ms each; beyond half of it those who ask must show a cookie
  double initiations_per_source_per_second = 50;   ///< passed on
  double strange_initiations_per_second = 50;      ///< looked at, from sources that are not registered, all together
  double strange_initiations_per_network = 10;     ///< of these, from one /24 of IPv4 or /64 of IPv6
  double mac1_tries_per_second = 500'000;          ///< to find out whom members' initiations are for, about 0.5 µs each
  double mac1_tries_per_member = 62'500;           ///< of these, in a second
  double strange_mac1_tries_per_second = 125'000;  ///< the same for those who are not registered; members' are not used up by them
  std::size_t members = 100'000;                   ///< registered ones
  std::size_t strangers = 1'000;                   ///< sources that are not registered, and peers' initiations came from
  std::size_t flows = 200'000;                     ///< a session of two peers is two
  std::size_t flows_per_party = 12'500;            ///< of these, to indices of one peer
};

/// Counted since the start, in packets where nothing else is said.
struct Counters {
  std::uint64_t received = 0;
  std::uint64_t received_bytes = 0;
  std::uint64_t passed_on = 0;
  std::uint64_t passed_on_bytes = 0;
  std::uint64_t handshakes = 0;      ///< with the relay itself, answered
  std::uint64_t registrations = 0;   ///< of these, confirmed by the first message of the session
  std::uint64_t keepalives = 0;      ///< of registered members, authentic
  std::uint64_t questions = 0;       ///< of members, answered
  std::uint64_t cookie_replies = 0;  ///< sent under load
  // Dropped:
  std::uint64_t malformed = 0;     ///< no WireGuard message, or neither a keepalive nor a question to the relay
  std::uint64_t not_a_member = 0;  ///< a handshake by a key that is not a member
  std::uint64_t replayed = 0;      ///< a handshake, keepalive or question that is not newer than the last
  std::uint64_t unauthentic = 0;   ///< what does not decrypt
  std::uint64_t nobody = 0;        ///< an initiation for nobody who is registered and may be reached by its sender
  std::uint64_t no_flow = 0;       ///< an answer or data that belong to nothing known
  std::uint64_t over_limit = 0;    ///< beyond a rate
  std::uint64_t table_full = 0;    ///< beyond the size of a table
  std::uint64_t not_sent = 0;      ///< the system did not take it

  friend bool operator==(const Counters&, const Counters&) = default;
};

/// A member that can be reached through the relay just now.
struct Registered {
  wg::PublicKey key;
  SocketAddress address;    ///< as the relay sees it: the member's public endpoint
  WallTime last_handshake;  ///< with the relay

  friend bool operator==(const Registered&, const Registered&) = default;
};

struct Snapshot {
  Counters counters;
  std::vector<Registered> members;  ///< sorted by key
  std::size_t strangers = 0;
  std::size_t flows = 0;
};

struct Options {
  std::uint16_t port = 0;  ///< of UDP, on all addresses of both families; 0: the system chooses
  Limits limits{};
};

/// A running relay: one thread that passes WireGuard's messages on between members, unread (doc/relay.md). It registers whoever does a
/// handshake with `key` as WireGuard does with a peer, without a preshared key. All functions may be called by any thread; none blocks for
/// longer than a batch of packets takes.
class Relay {
 public:
  /// Opens the sockets and starts the thread, with nobody as a member. IPv6 may be disabled on the machine, or IPv4, not both.
  /// Fails with kBusy when another program has the port, kPermission when it may not be taken, else as the system says.
  static Result<std::unique_ptr<Relay>> start(const wg::PrivateKey& key, const Options& options);

  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  /// Stops.
  virtual ~Relay() = default;

  virtual std::uint16_t port() const = 0;
  virtual wg::PublicKey public_key() const = 0;

  /// From the next batch of packets on nobody else is relayed: whoever is no longer in it is gone with all of its flows, and so are flows
  /// between two who may no longer reach each other. All others stay registered. Never null.
  virtual void set_membership(std::shared_ptr<const Membership> membership) = 0;

  /// None if the thread has ended, which it does only when told to.
  virtual std::optional<Snapshot> snapshot() const = 0;

  /// Waits for the thread's end; the port is free then, whoever still has the relay. Once is enough.
  virtual void stop() = 0;

 protected:
  Relay() = default;
};

}  // namespace innernet::relay

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

/// How packets get to a peer: `kNone` while there is no session.
enum class Way : std::uint8_t { kNone, kDirect, kRelayed };

/// What a device says just now. `relays`: where those are that this machine is registered with.
Way way_of(const wg::Peer& peer, std::span<const SocketAddress> relays, WallTime now);

/// No answer came from there. (One that answers needs no note: the peer is connected.)
struct WayTried {
  SocketAddress to;
  bool is_relay = false;
  WallTime at;

  friend bool operator==(const WayTried&, const WayTried&) = default;
};

/// What is remembered of a pair, this machine and one peer, beyond what the device says.
struct PairRecord {
  Way way = Way::kNone;
  WallTime since;               ///< it is connected that way
  bool is_registered = false;   ///< the peer, with a relay, when ways to it were tried last
  std::vector<WayTried> tries;  ///< the latest last, each address once; empty for a peer that is connected directly

  friend bool operator==(const PairRecord&, const PairRecord&) = default;
};

/// The records of a network's pairs: of peers that have, or had, a session, or that were looked for. Bounded; pure, time is a parameter.
class PairRecords {
 public:
  static constexpr std::size_t kMostPairs = 1024;
  static constexpr std::size_t kMostTries = 12;

  /// What can't be understood is left out: it is only what is told to people.
  static PairRecords parse(std::string_view text);
  std::string to_text() const;

  /// Keeps how the peers of a device are connected, and since when, as far as looks tell.
  void see(const wg::Device& device, std::span<const SocketAddress> relays, WallTime now);
  /// A way to `peer` was taken that has not been answered so far.
  void note(const wg::PublicKey& peer, bool is_registered, const WayTried& way);
  void forget(const wg::PublicKey& peer) { pairs_.erase(peer); }

  /// Null: nothing is known.
  const PairRecord* find(const wg::PublicKey& peer) const;
  std::size_t size() const { return pairs_.size(); }

  friend bool operator==(const PairRecords&, const PairRecords&) = default;

 private:
  /// The pair's record, made when there is none.
  PairRecord& record_of(const wg::PublicKey& peer, WallTime now);

  std::unordered_map<wg::PublicKey, PairRecord> pairs_;
};

}  // namespace innernet::client

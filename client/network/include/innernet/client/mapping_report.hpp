#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "innernet/base/clock.hpp"
#include "innernet/base/ip.hpp"

namespace innernet::client {

enum class MappingProtocol { kPcp, kNatPmp, kUpnp };

std::string_view name_of(MappingProtocol protocol);

enum class MappingState : std::uint8_t {
  kMapped,
  kDoubleNat,  ///< the router's own address outside is private: a port of it helps nobody
  kRefused,
  kNoAnswer,   ///< the router speaks none of the protocols
  kNoRouter,   ///< there is none towards the internet
  kNotNeeded,  ///< this machine's own address is public
  kOff,
};

/// For programs, and in the file.
std::string_view name_of(MappingState state);

/// How it stands with a port of the own router that leads to this machine, for one family of addresses.
struct MappingStanding {
  MappingState state = MappingState::kNoAnswer;
  std::optional<IpAddress> router{};
  std::optional<MappingProtocol> protocol{};  ///< that has mapped, or by which it refuses
  std::optional<SocketAddress> outside{};     ///< where others come in; of kDoubleNat the address alone, with port 0
  WallTime until{};                           ///< of kMapped
  std::string why{};                          ///< of kRefused and kOff: words

  friend bool operator==(const MappingStanding&, const MappingStanding&) = default;
};

/// What the daemon of a network says of the mapping of its WireGuard port. Pure.
struct MappingReport {
  std::uint16_t port = 0;               ///< of this machine
  std::optional<MappingStanding> v4{};  ///< none: it is not known yet
  std::optional<MappingStanding> v6{};

  /// What can't be understood is left out: it is only what is told to people.
  static MappingReport parse(std::string_view text);
  std::string to_text() const;

  /// Without what is no longer so: mappings that have lapsed or are of another port than the interface has; and what is no mapping when
  /// there is no daemon that would know.
  MappingReport as_of(WallTime now, std::uint16_t listen_port, bool has_daemon) const;

  bool says_nothing() const { return !v4 && !v6; }
  /// Or not at all.
  bool differs_by_renewal_only(const MappingReport& other) const;
  /// The ends of mappings that were not renewed since `before` as they were told there: found out from two clocks, which are read one after
  /// the other, the same end is never the same to the nanosecond.
  void keep_ends(const MappingReport& before);

  friend bool operator==(const MappingReport&, const MappingReport&) = default;
};

}  // namespace innernet::client

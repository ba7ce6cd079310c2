#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::client {

/// Within WireGuard's REJECT_AFTER_TIME, 180 s, for who looks only once. A device dates handshakes by the wall clock, and that may have
/// been set since: one from the future counts within the same time only.
bool is_recent(const std::optional<WallTime>& handshake, WallTime now);

/// How old the handshakes of a device are by boot time, which nobody sets: live tunnels stay alive and dead ones dead whatever becomes of
/// the wall clock. That is believed at the first look alone; what moves later has happened since the look before.
class Handshakes {
 public:
  void see(const wg::Device& device, WallTime wall, BootTime boot);
  /// Within REJECT_AFTER_TIME. Of a peer that had no handshake at the last look, or was not there: no.
  bool is_recent(const wg::PublicKey& peer, BootTime now) const;
  /// The same within another time.
  bool is_recent(const wg::PublicKey& peer, BootTime now, std::chrono::nanoseconds within) const;
  /// All peers of which it is.
  std::vector<wg::PublicKey> recent(BootTime now) const;
  /// When the last one was, as far as that is known.
  std::optional<BootTime> last(const wg::PublicKey& peer) const;
  /// The session that it has now does not work: it counts as none until there is another one, or more has come than `received_bytes`.
  void doubt(const wg::PublicKey& peer, std::uint64_t received_bytes);
  void clear() { *this = {}; }

 private:
  struct Look {
    WallTime wall;
    BootTime boot;
  };
  struct Seen {
    WallTime handshake{};
    std::uint64_t received_bytes = 0;
    std::optional<BootTime> at;  // none: the wall clock makes no sense of it
    BootTime first_look{};
    bool is_there = false;
  };
  /// Of a handshake that was not there at the look before.
  static std::chrono::nanoseconds age_of_new(WallTime handshake, const Look& before, const Look& now);

  std::optional<Look> last_look_;
  std::unordered_map<wg::PublicKey, Seen> seen_;
  std::unordered_map<wg::PublicKey, std::uint64_t> doubted_;  // with so many received bytes
};

}  // namespace innernet::client

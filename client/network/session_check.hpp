#pragma once

#include <unordered_map>
#include <vector>

#include "innernet/client/handshakes.hpp"
#include "innernet/wireguard/device.hpp"
#include "poke.hpp"
#include "wait.hpp"

namespace innernet::wg {
class Backend;
}

namespace innernet::client {

struct SilentPeer {
  wg::PublicKey key;
  std::uint64_t received_bytes = 0;
};

/// After this machine's network has changed: WireGuard takes each session for alive for up to 180 s, but a peer that only ever answers does
/// not know where we are now, and its router may not let us in from there. Relays have their handshakes anew, for by these they learn it;
/// each peer with a session is sent something, so that it does, too, and whoever has sent nothing in return within the time has none.
/// Pure: check_sessions() has the device, the clock and the packets.
class SessionCheck {
 public:
  struct Times {
    std::chrono::milliseconds again{
        400};  ///< between two packets to one peer: the first one to a peer behind a relay comes before that knows us
    std::chrono::milliseconds relay_again{700};  ///< between two handshakes with a relay
    std::chrono::milliseconds pace{20};          ///< between two lots of packets
    std::chrono::milliseconds all{1'200};
  };
  static constexpr std::size_t kMostAtOnce = 64;  ///< packets of one lot

  SessionCheck(const wg::Device& device, const Handshakes& handshakes, BootTime now) : SessionCheck(device, handshakes, now, Times{}) {}
  SessionCheck(const wg::Device& device, const Handshakes& handshakes, BootTime now, const Times& times);

  struct Step {
    wg::DeviceUpdate update;
    std::vector<IpAddress> pokes;  ///< after it
  };
  Step step(const wg::Device& device, BootTime now);
  bool done() const { return is_done_; }
  BootTime next_step() const { return next_; }

  /// Who has not answered. Nobody, while nobody at all has: then it is this machine that reaches nothing.
  std::vector<SilentPeer> silent() const;

 private:
  struct Peer {
    wg::PublicKey key;
    IpAddress inside;
    std::uint64_t received = 0;
    int poked = 0;
    bool has_answered = false;
  };
  void see(const wg::Device& device);

  Times times_;
  BootTime began_, next_;
  std::vector<Peer> peers_;
  std::unordered_map<wg::PublicKey, BootTime> relays_;  // and when their handshakes began
  bool has_begun_ = false, has_anybody_answered_ = false, is_done_ = false;
};

/// Drives it to its end. Nobody is silent after a stop.
Result<std::vector<SilentPeer>> check_sessions(wg::Backend& backend, const InterfaceName& name, Handshakes handshakes, Wait& wait,
                                               const Poke& poke);

}  // namespace innernet::client

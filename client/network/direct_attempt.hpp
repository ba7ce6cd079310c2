#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "innernet/wireguard/device.hpp"

namespace innernet::client {

struct DirectTimes {
  std::chrono::milliseconds way{200};  ///< of traffic that is lost at most where a way does not work
  std::chrono::milliseconds poll{20};
  std::chrono::milliseconds again{60};  ///< between two packets: a router lets the first one in only after we have sent one, too
};

/// One relayed peer that is tried on one direct way while its session goes on: the endpoint is set, and stays if an answer comes from
/// there in time; else the relay's is put back, and the next packet takes the other side back, too. But not to one whose relay was left
/// meanwhile, by RelayCare or by the other side. Pure: try_directly() has the device, the clock and the packets.
class DirectAttempt {
 public:
  DirectAttempt(const SocketAddress& way, std::span<const SocketAddress> relays, const DirectTimes& times = {});

  enum class Progress {
    kUnderWay,
    kDirect,
    kFailed,
    kLeft,  ///< where it is: its session is another one than that which it had, or begins just now
  };
  struct Step {
    std::optional<SocketAddress> endpoint;  ///< to set
    bool pokes = false;                     ///< then a packet is sent to the peer
  };
  /// The next step, from the first one on; `there` is the peer as the device has it, or null.
  Step step(const wg::Peer* there, BootTime now);
  /// Ends it; `there` as in step().
  Step give_up(const wg::Peer* there);

  Progress progress() const { return progress_; }
  /// While it is under way.
  BootTime next_step() const { return next_step_; }

 private:
  bool is_relayed(const wg::Peer& peer) const;
  bool was_left_to_others(const wg::Peer& peer) const;

  SocketAddress way_;
  std::vector<SocketAddress> relays_;
  DirectTimes times_;
  Progress progress_ = Progress::kUnderWay;
  std::optional<SocketAddress> relay_;  // none before the first step
  BootTime end_{};
  BootTime next_step_{};
  BootTime next_packet_{};
  bool is_set_ = false;
  std::uint64_t received_ = 0;  // when it was set last; one that was made anew has less
};

}  // namespace innernet::client

#pragma once

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "innernet/base/clock.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::client {

/// How often this machine may send to addresses of which it is not known that a peer is there: at most 160 times in any minute, and 16
/// times for one peer. Hosting providers take more than 200 for an attack, and rounds set what the server reports, which nobody counts:
/// one endpoint for each peer. May be used by several threads.
class ProbeBudget {
 public:
  /// Whether `probes` more may be sent now for this peer, which it counts then.
  bool take(const wg::PublicKey& peer, BootTime now, int probes = 1) {
    const std::lock_guard lock(mutex_);
    if (of_peers_.size() >= kMostRemembered)
      std::erase_if(of_peers_, [&](const auto& entry) { return entry.second.left(kOfPeer, now) >= kOfPeer.at_once; });
    Bucket& of_peer = of_peers_.try_emplace(peer, Bucket{.tokens = kOfPeer.at_once, .filled = now}).first->second;
    if (of_peer.left(kOfPeer, now) < probes || machine_.left(kOfMachine, now) < probes) return false;
    of_peer = {.tokens = of_peer.left(kOfPeer, now) - probes, .filled = now};
    machine_ = {.tokens = machine_.left(kOfMachine, now) - probes, .filled = now};
    return true;
  }

 private:
  // What is there at once and what comes within a minute are together what a minute may see.
  struct Allowance {
    double at_once, per_minute;
  };
  static constexpr Allowance kOfMachine{.at_once = 80, .per_minute = 80};
  static constexpr Allowance kOfPeer{.at_once = 10, .per_minute = 6};
  static constexpr std::size_t kMostRemembered = 4096;

  struct Bucket {
    double tokens = 0;
    BootTime filled{};

    double left(const Allowance& allowance, BootTime now) const {
      const double minutes = std::chrono::duration<double, std::ratio<60>>(now - filled).count();
      return std::min(allowance.at_once, tokens + allowance.per_minute * std::max(0.0, minutes));
    }
  };

  std::mutex mutex_;
  Bucket machine_{.tokens = kOfMachine.at_once};
  std::unordered_map<wg::PublicKey, Bucket> of_peers_;
};

}  // namespace innernet::client

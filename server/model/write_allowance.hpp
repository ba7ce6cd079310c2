#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>

#include "innernet/base/clock.hpp"
#include "innernet/values/ids.hpp"

namespace innernet::server {

/// How often a peer may change what is stored about it: some times at once, and then once per period. Each change costs a commit, and is
/// news to others.
class WriteAllowance {
 public:
  WriteAllowance(int burst, std::chrono::milliseconds period) : period_(period), most_ahead_(period * (burst - 1)) {}

  /// How long the peer has to wait; none if it may write now.
  std::optional<BootClock::duration> wait(PeerId peer, BootTime now) const {
    const auto account = paid_until_.find(peer);
    if (account == paid_until_.end()) return std::nullopt;
    const auto ahead = account->second - now;
    return ahead <= most_ahead_ ? std::nullopt : std::optional<BootClock::duration>(ahead - most_ahead_);
  }
  void note_write(PeerId peer, BootTime now) {
    BootTime& paid_until = paid_until_[peer];
    paid_until = std::max(paid_until, now) + period_;
    if (paid_until_.size() < sweep_at_) return;
    std::erase_if(paid_until_, [now](const auto& account) { return account.second <= now; });
    sweep_at_ = std::max<std::size_t>(2 * paid_until_.size(), kFew);
  }
  /// How many peers have written of late.
  std::size_t size() const { return paid_until_.size(); }

 private:
  static constexpr std::size_t kFew = 1'024;

  BootClock::duration period_;
  BootClock::duration most_ahead_;                   // signed: an account may lie long back
  std::unordered_map<PeerId, BootTime> paid_until_;  // each write moves it by a period
  std::size_t sweep_at_ = kFew;
};

}  // namespace innernet::server

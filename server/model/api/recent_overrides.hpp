#pragma once

#include <algorithm>
#include <chrono>
#include <unordered_map>

#include "innernet/base/clock.hpp"
#include "innernet/values/ids.hpp"

namespace innernet::server::api {

/// Whose override has changed a moment ago: an administrator who sends the peer back may have been told of it before.
class RecentOverrides {
 public:
  /// Between an administrator's GET and PUT may lie a question. Whoever chooses an endpoint for a peer later than this means it.
  static constexpr std::chrono::seconds kRemembered{60};

  void add(PeerId peer, BootTime now) {
    changed_.insert_or_assign(peer, now);
    if (changed_.size() < tidy_at_) return;
    std::erase_if(changed_, [now](const auto& entry) { return now - entry.second > kRemembered; });
    tidy_at_ = std::max(kTidyAt, 2 * changed_.size());
  }
  bool has(PeerId peer, BootTime now) const {
    const auto found = changed_.find(peer);
    return found != changed_.end() && now - found->second <= kRemembered;
  }

 private:
  static constexpr std::size_t kTidyAt = 64;

  std::unordered_map<PeerId, BootTime> changed_;
  std::size_t tidy_at_ = kTidyAt;
};

}  // namespace innernet::server::api

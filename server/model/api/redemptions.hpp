#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/server/message.hpp"
#include "innernet/values/ids.hpp"

namespace innernet::server::api {

/// Who was redeemed a moment ago: the device may still have the old key, and the answer may have been lost on its way.
class Redemptions {
 public:
  /// The device changes at most 5 s after the answer; the rest is for a slow loop.
  static constexpr std::chrono::seconds kRemembered{10};

  void add(PeerId peer, const KeyChange& change, BootTime now) {
    std::erase_if(recent_, [&](const Recent& recent) { return recent.peer == peer || now - recent.at > kRemembered; });
    recent_.push_back({peer, change, now});
  }
  std::optional<KeyChange> find(PeerId peer, BootTime now) const {
    const auto found =
        std::ranges::find_if(recent_, [&](const Recent& recent) { return recent.peer == peer && now - recent.at <= kRemembered; });
    if (found == recent_.end()) return std::nullopt;
    return found->change;
  }
  std::optional<PeerId> find_by_old_key(const wg::PublicKey& key) const {
    const auto found = std::ranges::find_if(recent_, [&](const Recent& recent) { return recent.change.old_key == key; });
    if (found == recent_.end()) return std::nullopt;
    return found->peer;
  }

 private:
  struct Recent {
    PeerId peer;
    KeyChange change;
    BootTime at;
  };
  std::vector<Recent> recent_;
};

}  // namespace innernet::server::api

#pragma once

#include <map>
#include <optional>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/values/ids.hpp"

namespace innernet::server {

/// Which expired invitations to delete. A clock that is ahead makes an invitation look expired, and deleting it can't be undone, so two
/// looks must say so; and where the clock was not seen to reach that moment by itself (it was set forward since the look before, or we have
/// just begun, perhaps at boot, before the time was asked of anybody), also those of some minutes later.
class ExpiryLooks {
 public:
  static constexpr std::chrono::minutes kDoubt{5};

  /// Those of `expired`, as of now, that are due.
  std::vector<PeerId> due(const std::vector<PeerId>& expired, WallTime wall, BootTime boot);
  /// The ids may be others' now.
  void forget_peers() { not_before_.clear(); }

 private:
  struct Look {
    WallTime wall;
    BootTime boot;
  };
  std::optional<Look> last_;
  std::map<PeerId, BootTime> not_before_;
};

}  // namespace innernet::server

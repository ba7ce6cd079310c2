#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "innernet/base/ip.hpp"

namespace innernet::relay {

/// Which of the machine's addresses somebody has asked, so that the answer comes from there: a byte for each who asks. Those beyond the
/// first 255 that the machine has ever had are not remembered, and the routes choose for them.
class LocalAddresses {
 public:
  using Id = std::uint8_t;

  /// 0.0.0.0, and what has no place any more, is 0.
  Id id_of(const IpAddress& address) {
    const auto at = std::ranges::find(known_, address);
    if (at != known_.end()) return static_cast<Id>(at - known_.begin());
    if (known_.size() > std::numeric_limits<Id>::max()) return 0;
    known_.push_back(address);
    return static_cast<Id>(known_.size() - 1);
  }
  const IpAddress& at(Id id) const { return known_[id]; }

 private:
  std::vector<IpAddress> known_{IpAddress()};
};

}  // namespace innernet::relay

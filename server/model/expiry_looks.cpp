#include "expiry_looks.hpp"

#include <utility>

namespace innernet::server {
namespace {

// Less is a correction.
constexpr std::chrono::minutes kSetForward{1};

}  // namespace

std::vector<PeerId> ExpiryLooks::due(const std::vector<PeerId>& expired, WallTime wall, BootTime boot) {
  const bool in_doubt = !last_ || (wall - last_->wall) - (boot - last_->boot) > kSetForward;
  last_ = Look{.wall = wall, .boot = boot};
  std::vector<PeerId> due;
  std::map<PeerId, BootTime> not_before;
  for (const PeerId id : expired) {
    const auto known = not_before_.find(id);
    const BootTime from = known != not_before_.end() ? known->second : in_doubt ? boot + kDoubt : boot;
    not_before.emplace(id, from);
    if (known != not_before_.end() && boot >= from) due.push_back(id);
  }
  not_before_ = std::move(not_before);
  return due;
}

}  // namespace innernet::server

#include "missed_interfaces.hpp"

#include <algorithm>
#include <utility>

namespace innernet::client {

bool MissedInterfaces::see(const InterfaceName& name, bool is_there, BootTime now) {
  constexpr std::chrono::seconds kBetweenTellings{5};
  Seen& seen = interfaces_[name];
  const bool was_there = std::exchange(seen.is_there, is_there);
  seen.is_missed = !is_there && (was_there || seen.is_missed);
  if (!seen.is_missed || now < seen.next_telling) return false;
  seen.is_missed = false;
  seen.next_telling = now + kBetweenTellings;
  return true;
}

BootTime MissedInterfaces::due() const {
  BootTime earliest = BootTime::max();
  for (const auto& [name, seen] : interfaces_)
    if (seen.is_missed) earliest = std::min(earliest, seen.next_telling);
  return earliest;
}

}  // namespace innernet::client

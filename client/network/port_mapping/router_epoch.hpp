#pragma once

#include <cstdint>

#include "innernet/base/clock.hpp"

namespace innernet::client {

/// A router's count of seconds since it lost its mappings, and when it was told.
struct RouterEpoch {
  std::uint32_t seconds = 0;
  BootTime seen{};
};

/// Whether it has lost them between the two: its clock went back, or at another pace than ours (RFC 6887, 8.5).
inline bool has_lost_mappings(const RouterEpoch& before, const RouterEpoch& now) {
  if (std::int64_t{now.seconds} + 1 < before.seconds) return true;
  const auto ours = std::chrono::duration_cast<std::chrono::seconds>(now.seen - before.seen).count();
  const std::int64_t its = std::int64_t{now.seconds} - before.seconds;
  return ours + 2 < its - its / 16 || its + 2 < ours - ours / 16;
}

}  // namespace innernet::client

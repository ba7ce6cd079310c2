#include "common_moments.hpp"

#include <algorithm>
#include <cstdint>

namespace innernet::client {
namespace {

// FNV-1a. Who chooses keys by it makes only its own tries come together.
std::uint64_t hash(const wg::PublicKey& first, const wg::PublicKey& second) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const auto* key : {&first, &second})
    for (const std::uint8_t byte : key->bytes()) value = (value ^ byte) * 0x100000001b3;
  return value;
}

}  // namespace

CommonMoments::CommonMoments(const wg::PublicKey& one, const wg::PublicKey& other)
    : phase_(hash(std::min(one, other), std::max(one, other)) %
             static_cast<std::uint64_t>(std::chrono::milliseconds(std::chrono::hours(1)).count())) {}

WallTime CommonMoments::next(WallTime from, std::chrono::seconds period, std::chrono::seconds shift) const {
  const std::chrono::nanoseconds since = from.time_since_epoch() - phase_ - shift;
  const std::chrono::nanoseconds over = since % std::chrono::nanoseconds(period);
  if (over.count() == 0) return from;
  return from + (over.count() > 0 ? period - over : -over);
}

WallTime CommonMoments::nearest(WallTime to, std::chrono::seconds period, std::chrono::seconds shift) const {
  return next(to - std::chrono::nanoseconds(period) / 2, period, shift);
}

}  // namespace innernet::client

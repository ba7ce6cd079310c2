#pragma once

#include <algorithm>
#include <cstdint>

#include "innernet/relay/relay.hpp"

namespace innernet::relay {

/// A second's worth at once, then `per_second`. The rate is not kept here, because there are many with the same. Times are milliseconds of
/// a clock that never goes back; modulo 2^32, so that after 49 days of rest a bucket may be found less full than it is.
class TokenBucket {
 public:
  TokenBucket(double per_second, std::uint32_t now) : tokens_(static_cast<float>(per_second)), filled_(now) {}

  void fill(double per_second, std::uint32_t now) {
    const double more = per_second * (now - filled_) / 1000;
    tokens_ = static_cast<float>(std::min(per_second, tokens_ + more));
    filled_ = now;
  }

  bool has(double tokens) const { return tokens_ >= tokens; }
  void take(double tokens) { tokens_ -= static_cast<float>(tokens); }
  float tokens() const { return tokens_; }

 private:
  float tokens_;
  std::uint32_t filled_;
};

/// Packets and bytes.
class RateBucket {
 public:
  RateBucket(const Rate& rate, std::uint32_t now)
      : packets_(static_cast<float>(rate.packets)), bytes_(static_cast<float>(rate.bytes)), filled_(now) {}

  void fill(const Rate& rate, std::uint32_t now) {
    const double seconds = (now - filled_) / 1000.0;
    packets_ = static_cast<float>(std::min(rate.packets, packets_ + rate.packets * seconds));
    bytes_ = static_cast<float>(std::min(rate.bytes, bytes_ + rate.bytes * seconds));
    filled_ = now;
  }

  bool has(double packets, std::size_t bytes) const { return packets_ >= packets && bytes_ >= static_cast<float>(bytes); }
  void take(double packets, std::size_t bytes) {
    packets_ -= static_cast<float>(packets);
    bytes_ -= static_cast<float>(bytes);
  }
  /// What is full says as much as what is not there.
  bool is_full(const Rate& rate) const { return packets_ >= static_cast<float>(rate.packets) && bytes_ >= static_cast<float>(rate.bytes); }

 private:
  float packets_, bytes_;
  std::uint32_t filled_;
};

}  // namespace innernet::relay

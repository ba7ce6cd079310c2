#pragma once

#include <chrono>

#include "innernet/base/clock.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::client {

/// Moments by the server's clock that both sides of a pair find, each by itself: a firewall that lets only answers in is open for some 30 s
/// after something was sent, so two that have one each get through when they try within that time. Each pair has moments of its own, so
/// that those of one machine are spread.
class CommonMoments {
 public:
  CommonMoments(const wg::PublicKey& one, const wg::PublicKey& other);

  /// The first one from `from` on, of those that are `period` apart. `shift` makes others of them; the period divides an hour.
  WallTime next(WallTime from, std::chrono::seconds period, std::chrono::seconds shift = std::chrono::seconds(0)) const;
  /// The nearest one.
  WallTime nearest(WallTime to, std::chrono::seconds period, std::chrono::seconds shift = std::chrono::seconds(0)) const;

 private:
  std::chrono::milliseconds phase_;  // of an hour
};

}  // namespace innernet::client

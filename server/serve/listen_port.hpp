#pragma once

#include <cstdint>
#include <optional>
#include <utility>

namespace innernet::server {

/// The port of device and API, and its way to another one that the config has named: the old one stays until the new one is taken, one
/// is tried at a time, and the last word counts.
class ListenPort {
 public:
  explicit ListenPort(std::uint16_t port) : now_(port) {}

  std::uint16_t now() const { return now_; }
  /// The config says so, now.
  void want(std::uint16_t port) { wanted_ = port; }

  /// The port to try now; none if there is none to try, or while one is being tried.
  std::optional<std::uint16_t> begin_move() {
    if (tried_ || !wanted_) return std::nullopt;
    const auto wanted = std::exchange(wanted_, std::nullopt);
    if (*wanted != now_) tried_ = wanted;
    return tried_;
  }
  bool is_moving() const { return tried_.has_value(); }
  /// Whether device and API have taken it. One that could not be taken is not tried again before the config is read again.
  void end_move(bool is_taken) {
    const auto tried = std::exchange(tried_, std::nullopt);
    if (is_taken && tried) now_ = *tried;
  }

 private:
  std::uint16_t now_;
  std::optional<std::uint16_t> wanted_;
  std::optional<std::uint16_t> tried_;
};

}  // namespace innernet::server

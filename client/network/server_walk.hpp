#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/base/ip.hpp"

namespace innernet::client {

/// In which order to try the `known` addresses of the server, each once: the one that the device has comes first, known or not.
std::vector<SocketAddress> search_order(const std::optional<SocketAddress>& on_device, std::span<const SocketAddress> known);

/// The same where the one that the device has is not believed: those behind it, then those in front of it. It comes last.
std::vector<SocketAddress> order_after(const std::optional<SocketAddress>& on_device, std::span<const SocketAddress> known);

/// The addresses at which a server may be, one after the other. Each has a second, until there is a handshake; whoever had one but is of no
/// use is left for the next. Pure: who drives it has the device and the clock.
class ServerWalk {
 public:
  enum class First {
    kIsTried,  ///< by WireGuard already
    kIsSet
  };
  static constexpr std::chrono::milliseconds kForEach{1'000};

  ServerWalk(std::vector<SocketAddress> order, First first) : order_(std::move(order)), is_set_(first == First::kIsTried) {}

  struct Step {
    enum class What {
      kMove,   ///< the device to `to`, then the next step follows
      kWait,   ///< for `end` at the longest
      kFound,  ///< there is a handshake at `to`
      kOver
    };
    What what;
    SocketAddress to{};
    BootTime end{};
  };
  /// `has_handshake`: with the address to which the device was moved.
  Step step(bool has_handshake, BootTime now);
  /// After kFound: it is of no use.
  void go_on();
  bool is_over() const { return place_ >= order_.size(); }
  /// Where there was no handshake.
  const std::vector<SocketAddress>& silent() const { return silent_; }

 private:
  std::vector<SocketAddress> order_;
  std::size_t place_ = 0;
  bool is_set_;
  std::optional<BootTime> end_;
  std::vector<SocketAddress> silent_;
};

}  // namespace innernet::client

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/wireguard/key.hpp"

namespace innernet::relay {

/// A relay at one of its addresses.
struct ProbeTarget {
  wg::PublicKey key;
  SocketAddress address;
};

struct ProbeAnswer {
  std::chrono::nanoseconds round_trip{};  ///< of a question, without the handshake before it
  SocketAddress seen_at;                  ///< from where the relay sees our socket
  std::optional<std::size_t> path_mtu{};  ///< the largest IP packet that came through, of those that were tried; only if that was asked for
};

using ProbeAnswers = std::vector<std::optional<ProbeAnswer>>;

/// A socket that asks relays. Neither the session that the machine's WireGuard has with a relay nor its registration are touched.
class Prober {
 public:
  enum class Path { kIgnored, kMeasured };

  /// Fails when there is no socket to be had.
  static Result<Prober> open();
  Prober(Prober&&) noexcept;
  Prober& operator=(Prober&&) noexcept;
  ~Prober();

  /// Asks all of `relays` at once, and returns what each has answered `within` this time, in their order; none: nothing. Each is asked up
  /// to three times. A relay that knows no questions gives none, nor does one of which `own` is no member. To measure the path takes one
  /// or two more round trips.
  ///
  /// `stop_fd`, if there is one, ends it when it is readable: kInterrupted.
  Result<ProbeAnswers> ask(const wg::PrivateKey& own, std::span<const ProbeTarget> relays, std::chrono::milliseconds within,
                           int stop_fd = -1, Path path = Path::kIgnored);

  /// Whether packets between two sockets of this machine get through, when each writes to where the other one is seen.
  static bool reach_each_other(Prober& one, const SocketAddress& one_seen_at, Prober& other, const SocketAddress& other_seen_at,
                               std::chrono::milliseconds within);

 private:
  struct Impl;
  explicit Prober(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The same with a socket of its own.
Result<ProbeAnswers> probe(const wg::PrivateKey& own, std::span<const ProbeTarget> relays, std::chrono::milliseconds within,
                           int stop_fd = -1);

}  // namespace innernet::relay

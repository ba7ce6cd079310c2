#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "innernet/base/clock.hpp"
#include "innernet/base/error.hpp"

namespace innernet::server {

/// Whether there is a client that should have registered with the relay by now. Those of this version do so within seconds; that they are
/// of it, they show by how they ask for states. One with --no-nat-traversal does not register, which nobody can see from here.
class RelayClients {
 public:
  void note(BootTime now) {
    if (!first_) first_ = now;
    last_ = now;
  }
  bool should_be_registered(std::chrono::milliseconds patience) const { return first_ && last_ - *first_ >= patience; }

 private:
  std::optional<BootTime> first_;
  BootTime last_{};
};

/// What a server knows by itself of whether its relay can be reached; counted since the relay's start.
struct RelayEvidence {
  std::uint16_t port = 0;
  std::uint64_t handshakes = 0;     ///< with the relay, answered
  std::uint64_t registrations = 0;  ///< of these, confirmed by the peer
  bool is_client_there = false;     ///< RelayClients::should_be_registered()
};

/// Fails with kUnreachable when the port seems to be closed: with what to do.
Result<void> relay_reach(const RelayEvidence& evidence);

}  // namespace innernet::server

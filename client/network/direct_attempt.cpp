#include "direct_attempt.hpp"

#include <algorithm>

namespace innernet::client {

DirectAttempt::DirectAttempt(const SocketAddress& way, std::span<const SocketAddress> relays, const DirectTimes& times)
    : way_(way), relays_(relays.begin(), relays.end()), times_(times) {}

bool DirectAttempt::is_relayed(const wg::Peer& peer) const {
  return peer.endpoint && std::ranges::find(relays_, *peer.endpoint) != relays_.end();
}

bool DirectAttempt::was_left_to_others(const wg::Peer& peer) const {
  if (!relay_) return !peer.last_handshake;
  return peer.received_bytes < received_ || (is_relayed(peer) && peer.endpoint != relay_);
}

DirectAttempt::Step DirectAttempt::step(const wg::Peer* there, BootTime now) {
  if (there == nullptr || (!relay_ && !is_relayed(*there))) {
    progress_ = Progress::kFailed;
    return {};
  }
  if (was_left_to_others(*there)) {
    progress_ = Progress::kLeft;
    return {};
  }
  if (!relay_) {
    relay_ = there->endpoint;
    end_ = now + times_.way;
  }
  // What comes through the relay meanwhile, for the other side has not heard of us yet, takes the endpoint back to it: it is set again.
  if (is_relayed(*there)) {
    is_set_ = false;
    received_ = there->received_bytes;
  } else if (there->received_bytes > received_) {
    progress_ = Progress::kDirect;
    return {};
  }
  if (now >= end_) return give_up(there);
  Step step;
  if (!std::exchange(is_set_, true)) step.endpoint = way_;
  if (now >= next_packet_) {
    step.pokes = true;
    next_packet_ = now + times_.again;
  }
  next_step_ = now + times_.poll;
  return step;
}

DirectAttempt::Step DirectAttempt::give_up(const wg::Peer* there) {
  progress_ = Progress::kFailed;
  if (there == nullptr || !relay_ || was_left_to_others(*there)) return {};
  return {.endpoint = relay_, .pokes = true};
}

}  // namespace innernet::client

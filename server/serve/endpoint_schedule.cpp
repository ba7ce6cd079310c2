#include "endpoint_schedule.hpp"

#include <algorithm>
#include <utility>

namespace innernet::server {

std::chrono::milliseconds EndpointSchedule::distance(Reason reason) const {
  switch (reason) {
    case Reason::kKeyChanged:
      return periods_.soon;
    case Reason::kUnseenPeer:
      return periods_.unseen;
    case Reason::kAsked:
      break;
  }
  return std::chrono::milliseconds(0);
}

void EndpointSchedule::begin_poll(BootTime now) {
  is_polling_ = true;
  begun_ = now;
  deadline_.clear();
}

void EndpointSchedule::end_poll(BootTime now) {
  is_polling_ = false;
  auto next = periods_.regular;
  if (const auto hastened = std::exchange(hastened_meanwhile_, std::nullopt))
    next = std::min(next, *hastened);
  else if (std::exchange(once_more_, false))
    next = std::min(next, periods_.unseen);
  deadline_.set(now + next);
}

void EndpointSchedule::hasten(Reason reason) {
  if (!begun_) return;
  once_more_ = true;
  const auto apart = distance(reason);
  if (is_polling_)
    hastened_meanwhile_ = std::min(apart, hastened_meanwhile_.value_or(apart));
  else
    deadline_.set_no_later_than(*begun_ + apart);
}

std::optional<EndpointSchedule::Reason> reason_to_poll(bool changes_key, const PeerRecord* asker) {
  // Others are told of this peer in a moment, and then they should be told where it is, too.
  if (changes_key) return EndpointSchedule::Reason::kKeyChanged;
  // It came through the tunnel, so the device knows by now where it is.
  if (asker != nullptr && !asker->seen && !asker->peer.is_disabled) return EndpointSchedule::Reason::kUnseenPeer;
  return std::nullopt;
}

}  // namespace innernet::server

#include "link_repair.hpp"

namespace innernet::server {

void LinkRepair::begin(const LinkState& link, BootTime now) {
  link_ = link;
  state_ = State::kWhole;
  note_listening();
  if (std::exchange(once_more_, false)) {
    state_ = State::kDamaged;
    deadline_.set(now);
  }
}

LinkRepair::Damage LinkRepair::see(const LinkState& link, BootTime now) {
  if (!wants_to_see() || (link == link_ && link.is_whole)) return Damage::kNone;
  const Damage damage = link == link_               ? Damage::kIncomplete
                        : link.index == link_.index ? Damage::kChanged
                        : link.index == 0           ? Damage::kRemoved
                                                    : Damage::kReplaced;
  if (loses_sockets(damage)) is_listening_ = false;
  state_ = State::kDamaged;
  deadline_.set(now + pause_);
  return damage;
}

void LinkRepair::demand_rebuild(BootTime now) {
  is_listening_ = false;
  switch (state_) {
    case State::kStarting:
    case State::kBeingRebuilt:
      once_more_ = true;
      return;
    case State::kWhole:
      state_ = State::kDamaged;
      deadline_.set(now);
      return;
    case State::kDamaged:
      return;  // the rebuild that is due takes the port, too
  }
}

bool LinkRepair::begin_rebuild(bool are_files_in_doubt, BootTime now) {
  if (are_files_in_doubt) {
    deadline_.set(now + pause_);
    return false;
  }
  state_ = State::kBeingRebuilt;
  deadline_.clear();
  return true;
}

void LinkRepair::end_rebuild(const std::optional<LinkState>& link, BootTime now) {
  const bool once_more = std::exchange(once_more_, false);
  if (link) link_ = *link;
  if (link && !once_more) {
    state_ = State::kWhole;
    return;
  }
  state_ = State::kDamaged;
  deadline_.set(link ? now : now + pause_);
}

void LinkRepair::note_listening() {
  is_listening_ = true;
  deadline_.clear();
}

}  // namespace innernet::server

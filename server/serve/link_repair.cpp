#include "link_repair.hpp"

namespace innernet::server {

void LinkRepair::begin(const LinkState& link) {
  link_ = link;
  state_ = State::kWhole;
  note_listening();
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
  state_ = link ? State::kWhole : State::kDamaged;
  if (link)
    link_ = *link;
  else
    deadline_.set(now + pause_);
}

void LinkRepair::note_listening() {
  is_listening_ = true;
  deadline_.clear();
}

}  // namespace innernet::server

#include "undo_log.hpp"

#include <utility>

namespace innernet::server {
namespace {

template <class T>
std::optional<T> copy_of(const T* there) {
  return there == nullptr ? std::nullopt : std::optional<T>(*there);
}

}  // namespace

void UndoLog::note(const Network& network, PeerId id) {
  changes_.emplace_back(std::in_place_type<PeerWas>, id, copy_of(network.find_peer(id)));
}
void UndoLog::note(const Network& network, CidrId id) {
  changes_.emplace_back(std::in_place_type<CidrWas>, id, copy_of(network.find_cidr(id)));
}
void UndoLog::note(const Network& network, AssociationId id) {
  const auto found = network.associations().find(id);
  changes_.emplace_back(std::in_place_type<AssociationWas>, id, copy_of(found == network.associations().end() ? nullptr : &found->second));
}

void UndoLog::undo_to(std::size_t size, Network& network, Observer* observer) {
  while (changes_.size() > size) {
    std::visit([&](auto& change) { undo(change, network, observer); }, changes_.back());
    changes_.pop_back();
  }
}

void UndoLog::undo(PeerWas& change, Network& network, Observer* observer) {
  const auto undone = copy_of(network.find_peer(change.id));
  const PeerRecord* restored = nullptr;
  if (change.before) {
    restored = &network.put_peer(std::move(change.before->peer));
    // One that was deleted is forgotten with where it was seen.
    if (!undone && change.before->seen) network.set_seen(change.id, *change.before->seen);
  } else {
    network.erase_peer(change.id);
  }
  if (observer != nullptr) observer->peer_changed(undone ? &*undone : nullptr, restored);
}

void UndoLog::undo(CidrWas& change, Network& network, Observer* observer) {
  const bool was_there = change.before.has_value();
  if (was_there)
    network.put_cidr(*std::move(change.before));
  else
    network.erase_cidr(change.id);
  if (observer != nullptr) observer->cidrs_changed(!was_there);
}

void UndoLog::undo(AssociationWas& change, Network& network, Observer* observer) {
  std::optional<AssociationContents> ends = change.before;
  if (change.before) {
    network.put_association(*change.before);
  } else {
    ends = network.associations().at(change.id);
    network.erase_association(change.id);
  }
  if (observer != nullptr) observer->associations_changed(ends->cidr_id_1, ends->cidr_id_2);
}

}  // namespace innernet::server

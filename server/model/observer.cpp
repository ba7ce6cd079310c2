#include "observer.hpp"

#include <algorithm>

namespace innernet::server {

void tell_difference(const Network& before, const Network& after, Observer& observer) {
  const bool same_associations =
      std::ranges::equal(before.associations(), after.associations(), [](const auto& a, const auto& b) { return a.second == b.second; });
  if (!same_associations || before.cidrs() != after.cidrs()) observer.topology_changed();

  if (before.servers() != after.servers()) observer.servers_changed();

  auto old_peer = before.peers().begin();
  auto new_peer = after.peers().begin();
  while (old_peer != before.peers().end() || new_peer != after.peers().end()) {
    const bool has_old = old_peer != before.peers().end() && (new_peer == after.peers().end() || old_peer->first <= new_peer->first);
    const bool has_new = new_peer != after.peers().end() && (old_peer == before.peers().end() || new_peer->first <= old_peer->first);
    const PeerRecord* old_record = has_old ? &(old_peer++)->second : nullptr;
    const PeerRecord* new_record = has_new ? &(new_peer++)->second : nullptr;
    if (old_record != nullptr && new_record != nullptr && old_record->peer == new_record->peer && old_record->seen == new_record->seen &&
        old_record->relayed_at == new_record->relayed_at && old_record->relay_distances == new_record->relay_distances)
      continue;
    observer.peer_changed(old_record, new_record);
  }
}

}  // namespace innernet::server

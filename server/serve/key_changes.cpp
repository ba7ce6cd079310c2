#include "key_changes.hpp"

#include <algorithm>

namespace innernet::server {

void KeyChanges::add(const KeyChange& change) {
  changes_.push_back(change);
  ++of_turn_;
}

void KeyChanges::end_turn(bool is_committed) {
  if (!is_committed) changes_.erase(changes_.end() - static_cast<std::ptrdiff_t>(of_turn_), changes_.end());
  of_turn_ = 0;
}

void KeyChanges::remove(const wg::PublicKey& new_key) {
  std::erase_if(changes_, [&new_key](const KeyChange& change) { return change.new_key == new_key; });
}

std::vector<wg::PeerUpdate> KeyChanges::with_old_keys(std::vector<wg::PeerUpdate> peers) const {
  for (const KeyChange& change : changes_) {
    const auto peer = std::ranges::find(peers, change.new_key, &wg::PeerUpdate::public_key);
    if (peer != peers.end()) peer->public_key = change.old_key;
  }
  return peers;
}

}  // namespace innernet::server

#pragma once

#include <cstddef>
#include <vector>

#include "innernet/server/message.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::server {

/// Changes of keys that were answered and are not on the device yet: the answer is still on its way through the tunnel of the old key.
class KeyChanges {
 public:
  void begin_turn() { of_turn_ = 0; }
  void add(const KeyChange& change);
  /// Those of a turn that was not committed never happened.
  void end_turn(bool is_committed);
  /// The device is being given this one.
  void remove(const wg::PublicKey& new_key);

  /// What the device should have instead of `peers`: who is on the list keeps its old key.
  std::vector<wg::PeerUpdate> with_old_keys(std::vector<wg::PeerUpdate> peers) const;

 private:
  std::vector<KeyChange> changes_;
  std::size_t of_turn_ = 0;  // the last ones
};

}  // namespace innernet::server

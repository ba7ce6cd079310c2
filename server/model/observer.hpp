#pragma once

#include "innernet/server/network.hpp"

namespace innernet::server {

/// Is told of each change of the model, right after it.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Null: there was none, there is none any more.
  virtual void peer_changed(const PeerRecord* before, const PeerRecord* after) = 0;
  /// One was added, renamed or removed.
  virtual void cidrs_changed(bool one_is_gone) = 0;
  /// What lies below `a` and `b` sees something else now.
  virtual void associations_changed(CidrId a, CidrId b) = 0;
  /// Others have changed the tree or the associations, in any way.
  virtual void topology_changed() = 0;
  /// Network::servers() are others.
  virtual void servers_changed() = 0;
  /// Another database is there: nothing that was known holds.
  virtual void replaced() = 0;
};

/// Tells what leads from one network to the other, with the same id in both being the same peer. `after` is the model by now.
void tell_difference(const Network& before, const Network& after, Observer& observer);

}  // namespace innernet::server

#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "observer.hpp"

namespace innernet::server {

/// What a transaction has changed in the model, so that one that fails costs no more than it did itself, whatever the size of the network.
class UndoLog {
 public:
  // To be called right before the change. What is not there yet is noted as such.
  void note(const Network& network, PeerId id);
  void note(const Network& network, CidrId id);
  void note(const Network& network, AssociationId id);

  /// How many changes were noted: for undo_to().
  std::size_t size() const { return changes_.size(); }
  /// Undoes those behind the first `size`, the last one first, and tells the observer, if there is one.
  void undo_to(std::size_t size, Network& network, Observer* observer);
  /// They are committed.
  void clear() { changes_.clear(); }

 private:
  template <class Id, class T>
  struct Change {
    Id id;
    std::optional<T> before;
  };
  using PeerWas = Change<PeerId, PeerRecord>;
  using CidrWas = Change<CidrId, Cidr>;
  using AssociationWas = Change<AssociationId, Association>;

  static void undo(PeerWas& change, Network& network, Observer* observer);
  static void undo(CidrWas& change, Network& network, Observer* observer);
  static void undo(AssociationWas& change, Network& network, Observer* observer);

  std::vector<std::variant<PeerWas, CidrWas, AssociationWas>> changes_;
};

}  // namespace innernet::server

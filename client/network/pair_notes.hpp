#pragma once

#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/client/saved_pairs.hpp"
#include "innernet/wireguard/backend.hpp"
#include "tried_way.hpp"

namespace innernet::client {

/// What a traversal has to say of the pairs that it works on. It writes every few seconds at most, for each write is synced, and others
/// wait for the lock.
class PairNotes {
 public:
  /// `clock` must outlive it.
  PairNotes(const Folders& folders, const InterfaceName& name, const Clock& clock, std::vector<SocketAddress> relays)
      : folders_(folders), name_(name), saved_(folders, name), clock_(clock), relays_(std::move(relays)) {}

  /// Under the network's lock it writes, too, when it is time.
  void keep(const std::vector<TriedWay>& tried, Locked locked);
  /// Takes the lock, and writes what is left and how the peers are connected now.
  void finish(wg::Backend& backend);

 private:
  struct Note {
    TriedWay way;
    WallTime at;
  };
  bool is_installed() const;
  void note_in(PairRecords& pairs);

  const Folders& folders_;
  const InterfaceName& name_;
  SavedPairs saved_;
  const Clock& clock_;
  std::vector<SocketAddress> relays_;
  std::vector<Note> notes_;
  std::optional<BootTime> written_;
};

}  // namespace innernet::client

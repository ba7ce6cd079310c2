#pragma once

#include <map>
#include <utility>

#include "db/log_store.hpp"
#include "innernet/server/network.hpp"

// The change log in the database: what makes an ETag and a delta outlive a restart.
//
// Every change that a client may be told of has a number, counted up by StateCache. The database remembers of each peer the number of its
// last change with a digest of what was shown of it, where it was observed, and up to which number it knows everything. It is written in
// the transaction of the change that it tells of; what was only observed, or found, goes along with the next write or has one of its own
// a few seconds later (Coordinator::save_changes), so that no peer that moves costs a write.
//
// Only the server that serves writes the log, for its numbers run ahead of the file. Who else changes the database (the Rust server, a
// command, sqlite3, an older version of ours) knows nothing of it: what they did is found by comparing, with the model while it is served,
// and with the digests at the start, and is numbered then.
//
// The tree of CIDRs and associations has one digest, which is made at leisure: the transaction that changes the tree only says that the one
// that was there is none any more, and a crash before the next costs each client a whole state.
//
// What must never happen is that an ETag is taken for known that names another content than the one that it was given for. A database may
// go back in time: a backup is restored, a copy is served elsewhere, a virtual machine is set back, a crash loses what was not written
// yet. Then numbers are counted anew that were given before, with other changes behind them. No file beside the database and no clock
// tells that reliably, for both are set back along with it. So an ETag names the *start* of the server that gave it, by 64 random bits
// (its epoch), and the database holds each epoch with the last number of which it knows everything:
// - An epoch that the database does not have came after it, or belongs to another one: unknown.
// - A number behind that last one was given, and then lost: unknown.
// - All others were given by a server with this very past: what has changed since is what the log has behind that number.
// Two servers on one database, which only a lock that was removed makes possible, would count past each other: who finds another start's
// epoch behind the own one writes no more of the log.
// A start never takes up an epoch that there was, so numbers that are counted anew are told apart from those before.
//
// The order of numbers is that of time along one past, also across epochs: a start counts on from the highest number that there is.

namespace innernet::server {

/// What the database does not know yet.
struct Unsaved {
  std::map<std::pair<PeerId, CidrId>, std::uint64_t> peers;  ///< with the number of the last change; 0: nothing that is shown
  bool rest = false;                                         ///< CIDRs, associations or relays have changed, or the epoch is new
  bool forget_gone = false;                                  ///< rows of peers that are not there any more are worth nothing

  void note(PeerId peer, CidrId cidr, std::uint64_t number) {
    auto& last = peers[{peer, cidr}];
    last = std::max(last, number);
  }
  bool any() const { return rest || !peers.empty(); }
  /// At most so many peers, and the rest if these are all.
  Unsaved take(std::size_t most);
  /// Those that could not be written.
  void give_back(Unsaved taken);
};

/// What a start takes up from what was before.
struct Past {
  struct Change {
    CidrId cidr;
    PeerId peer;
    std::uint64_t number;
  };
  std::uint64_t epoch = 0;  ///< of this start
  std::vector<db::LoggedEpoch> epochs;
  std::uint64_t sequence = 1, floor = 1, cidrs = 1, relays = 1;
  std::string relays_json;
  std::uint64_t tree_digest = 0;
  std::vector<Change> changes;  ///< behind the floor, by number
  Unsaved unsaved;
};

/// Compares what the log has with `network`, into which goes where peers were observed. `epoch` is random, and is changed if it was there
/// before.
Past take_up(const db::StoredLog& log, std::uint64_t epoch, Network& network);

/// Of all CIDRs and associations: the work for it grows with them.
std::uint64_t tree_digest(const Network& network);

/// What is to be saved, when the last number is `sequence`.
struct Present {
  db::LoggedEpoch epoch;
  db::LoggedRest rest;
};

/// What one transaction writes.
struct Saving {
  Unsaved unsaved;
  bool is_all = false;  ///< then the log knows everything up to `present`
  Present present;
};
Result<void> save(db::LogStore& store, const Saving& saving, const Network& network);

}  // namespace innernet::server

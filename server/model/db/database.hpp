#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "innernet/server/network.hpp"
#include "recorded_store.hpp"

namespace innernet::server::db {

class RemoteDatabase;

/// The database of a network, open: where its rows are, and how one learns that others have changed them. What a change means for the model
/// is none of its business (Registry). Errors as those of Sql.
class Database {
 public:
  /// What others have made of it.
  struct Contents {
    Network network;
    /// It is another database, under the same name: nothing that was known of the old one holds.
    bool is_replaced = false;
  };

  Database() = default;
  virtual ~Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// For messages: "database /var/lib/innernet-server/evilcorp.db".
  virtual std::string name() const = 0;

  /// All of it, as it is now: once, before anything else.
  virtual Result<Network> load() = 0;
  /// All of it, if others have written since load(), begin() or this has read it last. Outside of a transaction. kBusy: it is locked.
  /// Without `may_be_replaced` the caller knows that it is the one that it was.
  virtual Result<std::optional<Contents>> refresh(bool may_be_replaced) = 0;
  /// A transaction beside which nobody else writes. Gives all of it if others have written until then. kBusy: it is locked.
  virtual Result<std::optional<Network>> begin() = 0;
  virtual Result<void> commit() = 0;
  /// Fine without a transaction.
  virtual Result<void> roll_back() = 0;
  /// False when the database has given up the one that was begun, or none was.
  virtual bool in_transaction() const = 0;
  /// Runs `change` within begin() and commit(): one that fails changes nothing. With in_transaction() gone the whole transaction is lost.
  template <class Change>
  Result<void> in_savepoint(Change change) {
    TRY_VOID(store().savepoint());
    auto done = change();
    if (done && !in_transaction()) done = fail(ErrorKind::kSystem, "the database gave up the transaction");
    if (done) done = store().release();
    // What can't be undone alone goes with the whole transaction.
    if (!done && in_transaction() && !store().rollback_to_savepoint()) static_cast<void>(roll_back());
    return done;
  }

  /// Of the database as it is now: not to be kept over refresh().
  virtual Store& store() = 0;
  virtual Result<StoredLog> load_log() = 0;
  virtual Result<HighestIds> highest_ids() = 0;
  /// Grows with each server that takes over; zero where there is only one.
  virtual std::int64_t term() const { return 0; }

  /// Readable when refresh() may have something; -1: there is nothing to wait for.
  virtual int descriptor() const { return -1; }
  /// Itself, if it is one.
  virtual RemoteDatabase* remote() { return nullptr; }

  /// For locks, from now on.
  virtual void set_patience(std::chrono::milliseconds patience) = 0;
  /// Puts what was written last where a plain copy finds it. kBusy: somebody reads.
  virtual Result<void> checkpoint() { return {}; }
  /// Fails when what checkpoint() should have put away has become larger than `most_bytes`.
  virtual Result<void> check_log_size(std::size_t /*most_bytes*/) const { return {}; }
  virtual Result<void> close() = 0;
};

}  // namespace innernet::server::db

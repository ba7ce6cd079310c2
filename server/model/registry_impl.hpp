#pragma once

#include <chrono>

#include "db/database.hpp"
#include "innernet/server/registry.hpp"
#include "undo_log.hpp"

namespace innernet::server {

/// A database and the model, kept together.
///
/// Invariants, between calls:
/// - `network` is what the database held when it was read last, and what was written since by the transaction that is open, if one is.
/// - `undo_log` has what the open transaction has changed in the model; without one it is empty.
/// - A function of the Writer validates, writes, changes the model and tells the observer, in this order. What can fail comes before the
///   model changes, so one that failed has changed nothing.
struct Registry::Impl final : Registry::Writer {
  /// `patience` is for locks, now and when the database is replaced.
  static Result<std::unique_ptr<Impl>> open(const DatabaseLocation& location, std::chrono::milliseconds patience);
  /// One that was opened, and not yet loaded.
  static Result<std::unique_ptr<Impl>> of(std::unique_ptr<db::Database> database);

  /// What others have written, outside of a transaction. kBusy: the database is locked.
  Result<bool> refresh(bool may_be_replaced = true);
  /// Begins to write, then reads what others have written until then; true if there was anything. kBusy: the database is locked.
  Result<bool> begin();
  Result<void> commit();
  /// Rolls back, and undoes in the model what was changed in it, also if the database fails at that.
  Result<void> roll_back();
  /// Runs one change in a savepoint, within begin() and commit(): one that fails changes nothing. With in_transaction() gone the whole
  /// transaction is lost, and roll_back() has to follow.
  Result<void> in_savepoint(const std::function<Result<void>()>& change);

  Result<Peer> add_peer(const PeerContents& contents) override;
  Result<Peer> update_peer(PeerId id, const PeerChange& change) override;
  Result<Peer> redeem_peer(PeerId id, const wg::PublicKey& key) override;
  Result<void> delete_unredeemed_peer(PeerId id) override;
  Result<Cidr> add_cidr(const CidrContents& contents) override;
  Result<Cidr> rename_cidr(CidrId id, const std::string& name) override;
  Result<void> delete_cidr(CidrId id) override;
  Result<Association> add_association(const AssociationContents& contents) override;
  Result<void> delete_association(AssociationId id) override;

  std::unique_ptr<db::Database> database;
  Network network;
  UndoLog undo_log;
  std::optional<std::size_t> max_on_device;  ///< peers; none: any number
  Observer* observer = nullptr;              ///< outlives this, if set

 private:
  Impl(std::unique_ptr<db::Database> opened, Network loaded) : database(std::move(opened)), network(std::move(loaded)) {}

  /// The model becomes what others have made of it.
  void take(Network fresh);
  /// Fails if the device has no room for one more peer.
  Result<void> check_room() const;
  /// The model's side of a change of one peer.
  const Peer& put(Peer peer);
};

}  // namespace innernet::server

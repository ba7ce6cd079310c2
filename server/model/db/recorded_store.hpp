#pragma once

#include <functional>
#include <vector>

#include "store.hpp"

namespace innernet::server::db {

/// What a transaction consists of, for a store elsewhere. One that fails makes the whole fail.
using Operation = std::function<Result<void>(Store&)>;

/// The highest id of each table; zero: it is empty.
struct HighestIds {
  std::int64_t peer = 0, cidr = 0, association = 0;

  friend bool operator==(const HighestIds&, const HighestIds&) = default;
};

/// Writes nothing, but notes what would have been, to be carried out by another store later, maybe in another thread. The ids that it gives
/// are those which that one will give; if it gives others, the operation fails.
///
/// After the row with the highest id was deleted it does not know the next id: an insertion is kBusy then, until the transaction is over.
class RecordedStore final : public Store {
 public:
  /// The transaction begins, on a database with these ids and this epoch in its log.
  void begin(const HighestIds& ids, const std::optional<LoggedEpoch>& last_epoch);
  std::vector<Operation> take_operations();

  Result<PeerId> insert_peer(const PeerContents& contents) override;
  Result<void> update_peer(PeerId id, const PeerChange& change) override;
  Result<void> redeem_peer(PeerId id, const wg::PublicKey& key) override;
  Result<void> delete_peer(PeerId id) override;
  Result<CidrId> insert_cidr(const CidrContents& contents) override;
  Result<void> rename_cidr(CidrId id, const std::string& name) override;
  Result<void> delete_cidr(CidrId id) override;
  Result<AssociationId> insert_association(const AssociationContents& contents) override;
  Result<void> delete_association(AssociationId id) override;

  LogStore& log() override { return log_; }

  Result<void> savepoint() override;
  Result<void> release() override { return {}; }
  Result<void> rollback_to_savepoint() override;

 private:
  class Log final : public LogStore {
   public:
    explicit Log(RecordedStore& store) : store_(store) {}
    Result<std::optional<LoggedEpoch>> last_epoch() override { return store_.last_epoch_; }
    Result<void> put(const LoggedPeer& row) override;
    Result<void> put(const LoggedEpoch& row) override;
    Result<void> put(const LoggedRest& row) override;
    Result<void> forget_gone(std::uint64_t floor) override;

   private:
    RecordedStore& store_;
  };
  /// What the next row of a table gets.
  struct NextId {
    std::int64_t highest = 0;
    bool is_known = true;

    Result<std::int64_t> take();
    void note_deleted(std::int64_t id);
  };
  struct NextIds {
    NextId peer, cidr, association;
  };

  Result<void> record(Operation operation);

  Log log_{*this};
  std::optional<LoggedEpoch> last_epoch_;
  NextIds next_, next_at_savepoint_;
  std::vector<Operation> operations_;
  std::size_t size_at_savepoint_ = 0;
};

}  // namespace innernet::server::db

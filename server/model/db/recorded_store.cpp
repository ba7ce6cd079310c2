#include "recorded_store.hpp"

#include <utility>

namespace innernet::server::db {
namespace {

// Two writers at once, which the lock of a transaction makes impossible, or a row that somebody has inserted without the lock.
template <class Id>
Result<void> check_same(const Result<Id>& got, Id expected) {
  if (!got) return std::unexpected(got.error());
  if (*got == expected) return {};
  return fail(ErrorKind::kBusy, "the database has given another id than was expected");
}

}  // namespace

Result<std::int64_t> RecordedStore::NextId::take() {
  if (!is_known) return fail(ErrorKind::kBusy, "the next id is known when what was deleted is stored");
  return ++highest;
}

void RecordedStore::NextId::note_deleted(std::int64_t id) {
  if (id >= highest) is_known = false;
}

void RecordedStore::begin(const HighestIds& ids, const std::optional<LoggedEpoch>& last_epoch) {
  next_ = {.peer = {.highest = ids.peer}, .cidr = {.highest = ids.cidr}, .association = {.highest = ids.association}};
  last_epoch_ = last_epoch;
  operations_.clear();
  size_at_savepoint_ = 0;
}

std::vector<Operation> RecordedStore::take_operations() { return std::exchange(operations_, {}); }

Result<void> RecordedStore::record(Operation operation) {
  operations_.push_back(std::move(operation));
  return {};
}

Result<PeerId> RecordedStore::insert_peer(const PeerContents& contents) {
  TRY(const auto next, next_.peer.take());
  const PeerId id{next};
  TRY_VOID(record([contents, id](Store& store) { return check_same(store.insert_peer(contents), id); }));
  return id;
}

Result<void> RecordedStore::update_peer(PeerId id, const PeerChange& change) {
  return record([id, change](Store& store) { return store.update_peer(id, change); });
}

Result<void> RecordedStore::redeem_peer(PeerId id, const wg::PublicKey& key) {
  return record([id, key](Store& store) { return store.redeem_peer(id, key); });
}

Result<void> RecordedStore::delete_peer(PeerId id) {
  next_.peer.note_deleted(number(id));
  return record([id](Store& store) { return store.delete_peer(id); });
}

Result<CidrId> RecordedStore::insert_cidr(const CidrContents& contents) {
  TRY(const auto next, next_.cidr.take());
  const CidrId id{next};
  TRY_VOID(record([contents, id](Store& store) { return check_same(store.insert_cidr(contents), id); }));
  return id;
}

Result<void> RecordedStore::rename_cidr(CidrId id, const std::string& name) {
  return record([id, name](Store& store) { return store.rename_cidr(id, name); });
}

Result<void> RecordedStore::delete_cidr(CidrId id) {
  next_.cidr.note_deleted(number(id));
  return record([id](Store& store) { return store.delete_cidr(id); });
}

Result<AssociationId> RecordedStore::insert_association(const AssociationContents& contents) {
  TRY(const auto next, next_.association.take());
  const AssociationId id{next};
  TRY_VOID(record([contents, id](Store& store) { return check_same(store.insert_association(contents), id); }));
  return id;
}

Result<void> RecordedStore::delete_association(AssociationId id) {
  next_.association.note_deleted(number(id));
  return record([id](Store& store) { return store.delete_association(id); });
}

Result<void> RecordedStore::savepoint() {
  size_at_savepoint_ = operations_.size();
  next_at_savepoint_ = next_;
  return {};
}

Result<void> RecordedStore::rollback_to_savepoint() {
  operations_.resize(size_at_savepoint_);
  next_ = next_at_savepoint_;
  return {};
}

Result<void> RecordedStore::Log::put(const LoggedPeer& row) {
  return store_.record([row](Store& store) { return store.log().put(row); });
}
Result<void> RecordedStore::Log::put(const LoggedEpoch& row) {
  return store_.record([row](Store& store) { return store.log().put(row); });
}
Result<void> RecordedStore::Log::put(const LoggedRest& row) {
  return store_.record([row](Store& store) { return store.log().put(row); });
}
Result<void> RecordedStore::Log::forget_gone(std::uint64_t floor) {
  return store_.record([floor](Store& store) { return store.log().forget_gone(floor); });
}

}  // namespace innernet::server::db

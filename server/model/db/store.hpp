#pragma once

#include "innernet/server/network.hpp"
#include "log_store.hpp"
#include "sql.hpp"

namespace innernet::server::db {

/// The rows of a network: reads all of them, writes single ones.
class Store {
 public:
  static Result<Store> prepare(Sql& sql);
  /// Everything. Rows that are no valid peers are in the network's quarantine; a CIDR that can't be read is left out, and its peers are
  /// quarantined.
  static Result<Network> load(Sql& sql);

  /// What is read again of a peer that is inserted: observations without a column and fractions of seconds are not kept.
  static PeerContents kept_of(const PeerContents& contents);
  Result<PeerId> insert_peer(const PeerContents& contents);
  Result<void> update_peer(PeerId id, const PeerChange& change);
  Result<void> redeem_peer(PeerId id, const wg::PublicKey& key);
  Result<void> delete_peer(PeerId id);
  Result<CidrId> insert_cidr(const CidrContents& contents);
  Result<void> rename_cidr(CidrId id, const std::string& name);
  Result<void> delete_cidr(CidrId id);
  Result<AssociationId> insert_association(const AssociationContents& contents);
  Result<void> delete_association(AssociationId id);

  LogStore& log() { return log_; }

  Result<void> savepoint() { return sql_.savepoint->run(); }
  Result<void> release() { return sql_.release->run(); }
  Result<void> rollback_to_savepoint() {
    TRY_VOID(sql_.rollback_to->run());
    return release();
  }

 private:
  struct Statements {
    std::unique_ptr<Statement> insert_peer, update_peer, redeem_peer, delete_peer, insert_cidr, rename_cidr, delete_cidr,
        insert_association, delete_association, savepoint, release, rollback_to;
  };
  Store(Statements statements, LogStore log) : sql_(std::move(statements)), log_(std::move(log)) {}

  Statements sql_;
  LogStore log_;
};

}  // namespace innernet::server::db

#pragma once

#include <memory>

#include "recorded_store.hpp"
#include "sql_log_store.hpp"

namespace innernet::server::db {

/// By SQL that both SQLite and PostgreSQL understand.
class SqlStore final : public Store {
 public:
  static Result<SqlStore> prepare(Sql& sql);
  /// Everything. Rows that are no valid peers are in the network's quarantine; a CIDR that can't be read is left out, and its peers are
  /// quarantined.
  static Result<Network> load(Sql& sql);
  static Result<HighestIds> highest_ids(Sql& sql);

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

  Result<void> savepoint() override { return sql_.savepoint->run(); }
  Result<void> release() override { return sql_.release->run(); }
  Result<void> rollback_to_savepoint() override {
    TRY_VOID(sql_.rollback_to->run());
    return release();
  }

 private:
  struct Statements {
    std::unique_ptr<Statement> insert_peer, update_peer, redeem_peer, delete_peer, insert_cidr, rename_cidr, delete_cidr,
        insert_association, delete_association, savepoint, release, rollback_to;
  };
  SqlStore(Statements statements, SqlLogStore log) : sql_(std::move(statements)), log_(std::move(log)) {}

  Statements sql_;
  SqlLogStore log_;
};

}  // namespace innernet::server::db

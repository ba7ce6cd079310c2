#pragma once

#include "connection.hpp"
#include "innernet/server/network.hpp"

namespace innernet::server::db {

/// The rows of a network: reads all of them, writes single ones.
class Store {
 public:
  static Result<Store> prepare(Connection& connection);

  /// Changes with each commit of another connection, never with our own.
  Result<std::int64_t> data_version();
  /// Everything. Rows that are no valid peers are in the network's quarantine; a CIDR that can't be read is left out, and its peers are
  /// quarantined.
  static Result<Network> load(Connection& connection);

  Result<PeerId> insert_peer(const PeerContents& contents);
  Result<void> update_peer(PeerId id, const PeerContents& contents);  ///< the columns that may change
  Result<void> redeem_peer(PeerId id, const wg::PublicKey& key);
  Result<void> delete_peer(PeerId id);
  Result<CidrId> insert_cidr(const CidrContents& contents);
  Result<void> rename_cidr(CidrId id, const std::string& name);
  Result<void> delete_cidr(CidrId id);
  Result<AssociationId> insert_association(const AssociationContents& contents);
  Result<void> delete_association(AssociationId id);

  Result<void> savepoint() { return savepoint_.run(); }
  Result<void> release() { return release_.run(); }
  Result<void> rollback_to_savepoint() {
    TRY_VOID(rollback_to_.run());
    return release_.run();
  }

 private:
  explicit Store(std::vector<Statement> statements);

  Statement data_version_, insert_peer_, update_peer_, redeem_peer_, delete_peer_, insert_cidr_, rename_cidr_, delete_cidr_,
      insert_association_, delete_association_, savepoint_, release_, rollback_to_;
};

}  // namespace innernet::server::db

#pragma once

#include "innernet/server/network.hpp"
#include "log_store.hpp"

namespace innernet::server::db {

/// The rows of a network, written one by one within a transaction. An id that is given is the highest there is, and one more.
class Store {
 public:
  virtual ~Store() = default;

  /// What is read again of a peer that is inserted: observations without a column and fractions of seconds are not kept.
  static PeerContents kept_of(const PeerContents& contents);

  virtual Result<PeerId> insert_peer(const PeerContents& contents) = 0;
  virtual Result<void> update_peer(PeerId id, const PeerChange& change) = 0;
  virtual Result<void> redeem_peer(PeerId id, const wg::PublicKey& key) = 0;
  virtual Result<void> delete_peer(PeerId id) = 0;
  virtual Result<CidrId> insert_cidr(const CidrContents& contents) = 0;
  virtual Result<void> rename_cidr(CidrId id, const std::string& name) = 0;
  virtual Result<void> delete_cidr(CidrId id) = 0;
  virtual Result<AssociationId> insert_association(const AssociationContents& contents) = 0;
  virtual Result<void> delete_association(AssociationId id) = 0;

  virtual LogStore& log() = 0;

  /// Of which there is one at a time.
  virtual Result<void> savepoint() = 0;
  virtual Result<void> release() = 0;
  virtual Result<void> rollback_to_savepoint() = 0;
};

}  // namespace innernet::server::db

#pragma once

#include <memory>

#include "log_store.hpp"
#include "sql.hpp"

namespace innernet::server::db {

class SqlLogStore final : public LogStore {
 public:
  static Result<SqlLogStore> prepare(Sql& sql);
  static Result<StoredLog> load(Sql& sql);

  Result<std::optional<LoggedEpoch>> last_epoch() override;
  Result<void> put(const LoggedPeer& row) override;
  Result<void> put(const LoggedEpoch& row) override;
  Result<void> put(const LoggedRest& row) override;
  Result<void> forget_gone(std::uint64_t floor) override;

 private:
  struct Statements {
    std::unique_ptr<Statement> last_epoch, put_peer, put_epoch, forget_epochs, put_rest, forget_gone;
  };
  explicit SqlLogStore(Statements statements) : sql_(std::move(statements)) {}

  Statements sql_;
};

}  // namespace innernet::server::db

#pragma once

#include "connection.hpp"

namespace innernet::server::db {

/// The version that we and the Rust server 1.5 to 2.0 write.
constexpr std::int64_t kSchemaVersion = 2;

/// Tables and indexes in an empty database, within the caller's transaction.
Result<void> create_tables(Connection& connection);

/// Brings an older database to kSchemaVersion, in one transaction. Refuses (kInvalidInput) a newer one, and what is no innernet database,
/// untouched.
Result<void> migrate(Connection& connection);

/// WAL, synchronous FULL, foreign keys. Only after the schema is known to be ours, because WAL is written into the file.
Result<void> configure(Connection& connection);

/// Whether it is in WAL mode: configure() can't have it on a file system without shared memory.
Result<bool> has_log(Connection& connection);

}  // namespace innernet::server::db

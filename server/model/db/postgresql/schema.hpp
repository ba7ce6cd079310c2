#pragma once

#include <cstdint>

#include "../sql.hpp"

namespace innernet::server::db::postgresql {

/// Of what is in a PostgreSQL database. A newer one is refused.
constexpr std::int64_t kSchemaVersion = 1;
/// On which the server tells of each commit that has changed rows of a network.
constexpr const char* kChannel = "innernet";

/// Tables, functions and triggers, within the caller's transaction, into the first schema of the search path. kAlreadyExists: a network is
/// there.
Result<void> create_tables(Sql& sql);

/// Fails (kInvalidInput) when it holds no network, or one of a newer version.
Result<void> check_schema(Sql& sql);

/// Whether a network is there.
Result<bool> has_network(Sql& sql);

}  // namespace innernet::server::db::postgresql

#pragma once

#include <cstdint>

#include "../sql.hpp"

namespace innernet::server::db::postgresql {

/// Of what is in a PostgreSQL database. A newer one is refused.
constexpr std::int64_t kSchemaVersion = 1;
/// On which the server tells of each commit that has changed rows of a network.
constexpr const char* kChannel = "innernet";

/// What a server is called whose config does not say.
constexpr const char* kFirstServer = "server-1";

/// The key of the advisory lock that whoever serves the network has: SQL, a bigint, of its own for each schema with a network.
constexpr const char* kLeaderLock = "((1852730990::bigint << 32) + 'innernet_database'::regclass::oid::bigint)";

/// Tables, functions and triggers, within the caller's transaction, into the first schema of the search path. kAlreadyExists: a network is
/// there.
Result<void> create_tables(Sql& sql);

/// kFirstServer, reached where the server's peer is; once that is there.
Result<void> add_first_server(Sql& sql);

/// Fails (kInvalidInput) when it holds no network, or one of a newer version.
Result<void> check_schema(Sql& sql);

/// Whether a network is there.
Result<bool> has_network(Sql& sql);

}  // namespace innernet::server::db::postgresql

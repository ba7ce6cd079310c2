#pragma once

#include <string>

#include "../sql.hpp"

namespace innernet::server::db::postgresql {

/// Drops what create_tables() has made, and nothing else, within the caller's transaction. What isn't there is fine; fails when something
/// of somebody else's depends on it.
Result<void> drop_tables(Sql& sql);

/// The same for people, in one line without double quotes.
std::string drop_tables_sql();

}  // namespace innernet::server::db::postgresql

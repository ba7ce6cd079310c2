#include "drop_tables.hpp"

namespace innernet::server::db::postgresql {
namespace {

// One statement for all tables, which refer to each other; the functions behind them, which they use. A test finds what is missing.
constexpr const char* kDrop =
    "DROP TABLE IF EXISTS innernet_database, innernet_servers, innernet_writes, associations, peers, cidrs, change_log, change_log_epochs, "
    "change_log_rest; "
    "DROP FUNCTION IF EXISTS innernet_changed(), innernet_next_cidrs(), innernet_next_peers(), innernet_next_associations()";

}  // namespace

Result<void> drop_tables(Sql& sql) { return sql.execute(kDrop); }

std::string drop_tables_sql() { return kDrop; }

}  // namespace innernet::server::db::postgresql

#include "schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <set>

namespace innernet::server::db {
namespace {

// As the Rust server has it: same names, types and constraints, so that either program can serve the file. It names the columns that it
// wants, so the last two of `peers` are none of its business, nor are other tables; without a version of their own, or it would refuse the
// file.
constexpr std::string_view kTables = R"(
CREATE TABLE cidrs (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  ip TEXT NOT NULL,
  prefix INTEGER NOT NULL,
  parent INTEGER REFERENCES cidrs,
  UNIQUE(ip, prefix),
  FOREIGN KEY (parent) REFERENCES cidrs (id) ON UPDATE RESTRICT ON DELETE RESTRICT
);
CREATE TABLE peers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  ip TEXT NOT NULL UNIQUE,
  public_key TEXT NOT NULL UNIQUE,
  endpoint TEXT,
  cidr_id INTEGER NOT NULL,
  is_admin INTEGER DEFAULT 0 NOT NULL,
  is_disabled INTEGER DEFAULT 0 NOT NULL,
  is_redeemed INTEGER DEFAULT 0 NOT NULL,
  invite_expires INTEGER,
  candidates TEXT,
  is_relay INTEGER DEFAULT 0 NOT NULL,
  relay TEXT,
  FOREIGN KEY (cidr_id) REFERENCES cidrs (id) ON UPDATE RESTRICT ON DELETE RESTRICT
);
CREATE TABLE associations (
  id INTEGER PRIMARY KEY,
  cidr_id_1 INTEGER NOT NULL,
  cidr_id_2 INTEGER NOT NULL,
  UNIQUE(cidr_id_1, cidr_id_2),
  FOREIGN KEY (cidr_id_1) REFERENCES cidrs (id) ON UPDATE RESTRICT ON DELETE RESTRICT,
  FOREIGN KEY (cidr_id_2) REFERENCES cidrs (id) ON UPDATE RESTRICT ON DELETE RESTRICT
);
PRAGMA user_version = 2;
)";

// Ours. Without it SQLite looks at every peer when a CIDR is deleted, and the Rust server at every poll.
constexpr std::string_view kIndex = "CREATE INDEX IF NOT EXISTS peers_by_cidr ON peers (cidr_id)";

// Ours as well, for what is in them see log_store.hpp. No foreign keys: nobody who deletes a peer has to know of them.
constexpr std::string_view kLogTables = R"(
CREATE TABLE IF NOT EXISTS change_log (
  peer INTEGER NOT NULL,
  cidr INTEGER NOT NULL,
  number INTEGER NOT NULL,
  digest INTEGER,
  ip TEXT,
  seen TEXT,
  relayed_at TEXT,
  relay_distances TEXT,
  PRIMARY KEY (peer, cidr)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS change_log_epochs (
  id INTEGER PRIMARY KEY,
  epoch INTEGER NOT NULL UNIQUE,
  last INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS change_log_rest (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  floor INTEGER NOT NULL,
  cidrs INTEGER NOT NULL,
  tree_digest INTEGER,
  relays INTEGER NOT NULL,
  relays_json TEXT NOT NULL
);
)";

struct AddedColumn {
  std::string_view name, definition;
};
// Those of `peers` that old databases lack.
constexpr AddedColumn kAddedColumns[] = {{"invite_expires", "invite_expires INTEGER"},
                                         {"candidates", "candidates TEXT"},
                                         {"is_relay", "is_relay INTEGER DEFAULT 0 NOT NULL"},
                                         {"relay", "relay TEXT"}};

Result<std::set<std::string>> columns_of(Connection& connection, std::string_view table) {
  TRY(const auto statement, connection.prepare(fmt::format("SELECT name FROM pragma_table_info('{}')", table)));
  std::set<std::string> columns;
  for (;;) {
    TRY(const bool row, statement->step());
    if (!row) return columns;
    columns.emplace(statement->text(0));
  }
}

Result<std::int64_t> known_version(Connection& connection) {
  TRY(const auto version, connection.query_integer("PRAGMA user_version"));
  if (version > kSchemaVersion || version < 0)
    return invalid_input(
        fmt::format("database {}: its schema version is {}, and this program knows versions up to {}: use the version of "
                    "innernet-server that last wrote it, or a newer one",
                    connection.path().native(), version, kSchemaVersion));
  for (const std::string_view table : {"cidrs", "peers", "associations"}) {
    TRY(const auto columns, columns_of(connection, table));
    if (columns.empty())
      return invalid_input(
          fmt::format("database {}: it has no table {}, so it is no innernet database", connection.path().native(), table));
  }
  return version;
}

Result<bool> is_current(Connection& connection) {
  TRY(const auto version, known_version(connection));
  if (version != kSchemaVersion) return false;
  TRY(const auto log_tables, connection.query_integer("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN "
                                                      "('change_log', 'change_log_epochs', 'change_log_rest')"));
  if (log_tables != 3) return false;
  TRY(const auto columns, columns_of(connection, "peers"));
  return std::ranges::all_of(kAddedColumns, [&](const AddedColumn& column) { return columns.contains(std::string(column.name)); });
}

Result<void> add_what_is_missing(Connection& connection) {
  TRY(const auto columns, columns_of(connection, "peers"));
  for (const auto& [name, definition] : kAddedColumns)
    if (!columns.contains(std::string(name))) TRY_VOID(connection.execute(fmt::format("ALTER TABLE peers ADD COLUMN {}", definition)));
  TRY_VOID(connection.execute(kIndex));
  TRY_VOID(connection.execute(kLogTables));
  return connection.execute("PRAGMA user_version = 2");
}

}  // namespace

Result<void> create_tables(Connection& connection) {
  TRY_VOID(connection.execute(kTables));
  TRY_VOID(connection.execute(kIndex));
  return connection.execute(kLogTables);
}

Result<void> migrate(Connection& connection) {
  TRY(const bool current, is_current(connection));
  if (current) return {};
  TRY_VOID(connection.execute("BEGIN IMMEDIATE"));
  auto done = [&]() -> Result<void> {
    // Somebody else may have migrated it while we waited for the lock.
    TRY(const bool current_now, is_current(connection));
    if (!current_now) TRY_VOID(add_what_is_missing(connection));
    return connection.execute("COMMIT");
  }();
  if (!done && connection.in_transaction()) static_cast<void>(connection.execute("ROLLBACK"));
  if (!done) return std::unexpected(std::move(done).error().context("migrating to schema version 2"));
  return {};
}

Result<void> configure(Connection& connection) {
  TRY_VOID(connection.execute("PRAGMA foreign_keys = 1"));
  TRY_VOID(connection.execute("PRAGMA journal_mode = WAL"));
  // In WAL mode only FULL syncs at each commit; an answer must not promise what a power cut takes back.
  return connection.execute("PRAGMA synchronous = FULL");
}

Result<bool> has_log(Connection& connection) {
  TRY(const auto mode, connection.prepare("PRAGMA journal_mode"));
  TRY(const bool row, mode->step());
  return row && mode->text(0) == "wal";
}

}  // namespace innernet::server::db

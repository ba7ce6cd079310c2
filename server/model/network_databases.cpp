#include "innernet/server/network_databases.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "db/postgresql/drop_tables.hpp"
#include "db/postgresql/schema.hpp"
#include "db/postgresql/session.hpp"
#include "db/sqlite/set_aside.hpp"

namespace innernet::server {
namespace {

using db::postgresql::Session;

Result<Holds> held_in(db::Sql& sql, const wg::PublicKey& server_key) {
  TRY(const bool has_network, db::postgresql::has_network(sql));
  if (!has_network) return Holds::kNothing;
  TRY_VOID(db::postgresql::check_schema(sql));
  TRY(const auto row, sql.prepare("SELECT count(*) FROM peers WHERE id = $1 AND public_key = $2"));
  TRY(const bool is_row, row->bind(number(kServerPeer)).bind(server_key.to_base64()).step());
  return is_row && row->integer(0) != 0 ? Holds::kThisNetwork : Holds::kAnotherNetwork;
}

Result<void> drop_tables_of(db::Sql& sql, const wg::PublicKey& server_key) {
  TRY_VOID(sql.execute("BEGIN"));
  auto dropped = [&]() -> Result<void> {
    TRY(const auto held, held_in(sql, server_key));
    if (held == Holds::kAnotherNetwork) return invalid_input("the network in it has another server's key, and stays");
    if (held == Holds::kThisNetwork) TRY_VOID(db::postgresql::drop_tables(sql));
    return sql.execute("COMMIT");
  }();
  if (!dropped && sql.in_transaction()) static_cast<void>(sql.execute("ROLLBACK"));
  return dropped;
}

/// As a shell's word.
std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
}

}  // namespace

Result<Holds> look_into(const DatabaseUrl& database, const wg::PublicKey& server_key) {
  TRY(const auto session, Session::connect(database, {}));
  TRY_CONTEXT(const auto held, held_in(*session, server_key), "database " + database.shown());
  return held;
}

Result<void> remove_network(const DatabaseUrl& database, const wg::PublicKey& server_key) {
  auto session = Session::connect(database, {});
  if (!session) return std::unexpected(std::move(session).error());
  TRY_VOID_CONTEXT(drop_tables_of(**session, server_key), fmt::format("dropping the tables in database {}", database.shown()));
  return {};
}

std::string how_to_remove(const DatabaseLocation& database) {
  if (const auto* const path = std::get_if<std::filesystem::path>(&database)) return "rm " + in_quotes(path->native());
  return fmt::format("psql {} -c \"{}\"", in_quotes(std::get<DatabaseUrl>(database).shown()), db::postgresql::drop_tables_sql());
}

std::vector<std::filesystem::path> databases_set_aside(const std::filesystem::path& database) { return db::databases_set_aside(database); }

}  // namespace innernet::server

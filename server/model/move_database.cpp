#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <thread>

#include "db/copy.hpp"
#include "db/postgresql/schema.hpp"
#include "db/postgresql/session.hpp"
#include "db/sqlite/schema.hpp"
#include "db/sqlite/set_aside.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "innernet/base/file.hpp"
#include "innernet/base/random.hpp"
#include "innernet/server/network_databases.hpp"

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using db::postgresql::Session;

constexpr auto kLockPatience = 5s;
// A command that reads the old file just now keeps its log from being emptied, for so long at the usual.
constexpr int kTriesToEmptyLog = 20;
constexpr auto kBetweenTries = 50ms;

// The lock of the server that serves the network (PostgresqlDatabase::take_lead), until the transaction ends.
std::string try_to_lead() {
  return fmt::format("SELECT CASE WHEN pg_try_advisory_xact_lock({}) THEN 1 ELSE 0 END", db::postgresql::kLeaderLock);
}
constexpr const char* kLockNetwork = "SELECT revision FROM innernet_database FOR UPDATE";

/// Within a transaction, until whose end nobody else changes it: all programs of ours begin with this row, and the triggers of the tables
/// for everybody else.
Result<void> lock_network(Session& session) {
  TRY_VOID(db::postgresql::check_schema(session));
  TRY(const auto leads, session.query_integer(try_to_lead()));
  if (leads == 0) return fail(ErrorKind::kBusy, "a server on another machine, perhaps, serves the network from there: stop it first");
  TRY_VOID(session.query_integer(kLockNetwork));
  return {};
}

/// An open database of either engine.
struct Opened {
  std::optional<db::Connection> file;
  std::unique_ptr<Session> session;

  static Result<Opened> open(const DatabaseLocation& location) {
    Opened opened;
    if (const auto* const path = std::get_if<std::filesystem::path>(&location)) {
      TRY(auto file, db::Connection::open(*path, kLockPatience));
      TRY_VOID(db::migrate(file));
      TRY_VOID(db::configure(file));
      opened.file.emplace(std::move(file));
    } else {
      TRY(opened.session, Session::connect(std::get<DatabaseUrl>(location), {}));
    }
    return opened;
  }

  db::Sql& sql() { return file ? static_cast<db::Sql&>(*file) : *session; }

  /// From now on nobody else changes it.
  Result<void> lock() {
    if (file) return file->execute("BEGIN IMMEDIATE");
    TRY_VOID(session->execute("BEGIN"));
    return lock_network(*session);
  }

  /// A session that was lost has given up the lock.
  Result<void> check_locked() {
    if (session) TRY_VOID(session->query_integer(kLockNetwork));
    return {};
  }
};

/// By a lock, of which a server has one for each number and database, and by the tables, of which a database has several in schemas.
Result<bool> are_same(Session& locked, Session& other) {
  const auto number = random_bits();
  if (!number) return fail_errno(number.error(), "reading random bits");
  const auto key = static_cast<std::int64_t>(*number);
  TRY_VOID(locked.query_integer(fmt::format("SELECT pg_advisory_xact_lock({})", key)));
  TRY(const auto is_free, other.query_integer(fmt::format("SELECT pg_try_advisory_xact_lock({})::integer", key)));
  if (is_free != 0) return false;
  constexpr const char* kTable = "SELECT to_regclass('innernet_database')::oid::bigint";
  TRY(const auto one, locked.query_integer(kTable));
  TRY(const auto another, other.query_integer(kTable));
  return one == another;
}

Result<std::string> server_key_in(db::Sql& sql) {
  TRY(const auto row, sql.prepare(fmt::format("SELECT public_key FROM peers WHERE id = {}", number(kServerPeer))));
  TRY(const bool is_row, row->step());
  return is_row ? std::string(row->text(0)) : std::string();
}

/// Each has a config that names the old database, and would serve that.
Result<void> check_other_servers(Session& from) {
  TRY(const auto servers, from.query_integer("SELECT count(*) FROM innernet_servers"));
  if (servers < 2) return {};
  return invalid_input(
      fmt::format("{} servers have the network's config, and the others would go on with the old database: remove them first", servers));
}

Result<void> check_copy(db::Sql& from, db::Sql& to) {
  TRY(const auto different, db::difference(from, to));
  if (!different) return {};
  return fail(ErrorKind::kSystem, fmt::format("the copy is not what it was made of ({}), so it is not kept", *different));
}

Result<void> set_triggers(Session& session, std::string_view enable_or_disable) {
  for (const char* const table : {"cidrs", "peers", "associations"})
    TRY_VOID(session.execute(fmt::format("ALTER TABLE {} {} TRIGGER innernet_changed", table, enable_or_disable)));
  return {};
}

Result<void> copy_into(Session& to, db::Sql& from) {
  TRY_VOID(db::postgresql::create_tables(to));
  // Else each statement would update one and the same row, and the next one go through all of its dead versions.
  TRY_VOID(set_triggers(to, "DISABLE"));
  TRY_VOID(db::copy_rows(from, to));
  TRY_VOID(set_triggers(to, "ENABLE"));
  TRY_VOID(db::postgresql::add_first_server(to));
  return check_copy(from, to);
}

/// Whether it was there already: then nobody changes it until the session ends.
Result<bool> fill(Session& to, const DatabaseUrl& url, db::Sql& from) {
  TRY_VOID(to.execute("BEGIN"));
  auto was_there = [&]() -> Result<bool> {
    TRY(const bool has_network, db::postgresql::has_network(to));
    if (!has_network) {
      TRY_VOID(copy_into(to, from));
      TRY_VOID(to.execute("COMMIT"));
      return false;
    }
    TRY_VOID(lock_network(to));
    TRY(const auto different, db::difference(from, to));
    if (!different) return true;
    TRY(const auto key, server_key_in(from));
    TRY(const auto key_there, server_key_in(to));
    return fail(ErrorKind::kAlreadyExists,
                fmt::format("{} ({} differs): name an empty database, or remove what is there, if nobody needs it: {}",
                            key == key_there ? "another state of this network is in it already" : "another network is in it already",
                            *different, how_to_remove(url)));
  }();
  if (!was_there && to.in_transaction()) static_cast<void>(to.execute("ROLLBACK"));
  if (!was_there) return std::unexpected(std::move(was_there).error().context(fmt::format("moving into database {}", url.shown())));
  return was_there;
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

Result<bool> holds_the_same(const std::filesystem::path& file, db::Sql& from) {
  TRY(auto opened, Opened::open(file));
  TRY(const auto different, db::difference(from, opened.sql()));
  TRY_VOID(opened.file->close());  // puts its log away
  return !different;
}

// Made in memory, so that its file is there whole or not at all, whenever we are killed.
Result<std::string> content_of_copy(db::Sql& from) {
  TRY(auto to, db::Connection::in_memory());
  TRY_VOID(to.execute("PRAGMA foreign_keys = 1"));
  TRY_VOID(to.execute("BEGIN IMMEDIATE"));
  TRY_VOID(db::create_tables(to));
  TRY_VOID(db::copy_rows(from, to));
  TRY_VOID(check_copy(from, to));
  TRY_VOID(to.execute("COMMIT"));
  return to.content();
}

Result<void> fill(const std::filesystem::path& to, db::Sql& from, Moved& moved) {
  const bool is_taken = is_there(to);
  const auto in_place = fmt::format("{} is in the place of the new database, and can't be set aside", to.native());
  if (is_taken) {
    TRY_CONTEXT(moved.was_there, holds_the_same(to, from), in_place);
    if (moved.was_there) return {};
  }
  TRY_CONTEXT(const auto content, content_of_copy(from), fmt::format("moving into {}", to.native()));
  for (const char* const suffix : {db::kLog, db::kLogIndex, "-journal"}) {
    const auto companion = db::companion(to, suffix);
    if (!is_there(companion)) continue;
    // The program would write it into the new one.
    if (is_taken) return fail(ErrorKind::kBusy, fmt::format("{}: some program has it open, for {} is there", in_place, companion.native()));
    return fail(
        ErrorKind::kAlreadyExists,
        fmt::format("{} is left over from another database and would spoil the new one: remove it if that is gone", companion.native()));
  }
  if (is_taken) {
    TRY_CONTEXT(moved.set_aside, db::set_database_aside(to), in_place);
  }
  TRY_VOID_CONTEXT(create_file(to, content, kPrivateFile, NewFile::kOfFoldersOwner), "creating database");
  return {};
}

/// Puts the old one away, as far as that goes: the network is moved in any case.
DatabaseLocation put_away(Opened opened, const DatabaseLocation& from) {
  if (opened.sql().in_transaction()) static_cast<void>(opened.sql().execute("ROLLBACK"));
  const auto* const path = std::get_if<std::filesystem::path>(&from);
  if (path == nullptr) return from;
  for (int tries = 0; tries < kTriesToEmptyLog; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(kBetweenTries);
    const auto is_blocked = opened.file->query_integer("PRAGMA wal_checkpoint(TRUNCATE)");
    if (is_blocked && *is_blocked == 0) break;
  }
  static_cast<void>(opened.file->close());
  if (auto aside = db::set_database_aside(*path)) return *std::move(aside);
  return from;
}

}  // namespace

Result<Moved> move_database(const DatabaseLocation& from, const DatabaseLocation& to, const std::function<Result<void>()>& switch_over) {
  if (from == to) return invalid_input(fmt::format("the database is in {} already", shown(to)));
  const auto moving = fmt::format("moving the database from {}", shown(from));
  TRY_CONTEXT(auto source, Opened::open(from), moving);
  TRY_VOID_CONTEXT(source.lock(), moving);
  Moved moved;
  TRY_CONTEXT(const auto rows, db::count_rows(source.sql()), moving);
  moved.peers = rows.peers;
  moved.cidrs = rows.cidrs;
  moved.associations = rows.associations;

  std::unique_ptr<Session> target;  // keeps its lock
  bool is_same = false;
  if (std::holds_alternative<DatabaseUrl>(to)) {
    TRY(target, Session::connect(std::get<DatabaseUrl>(to), {}));
  }
  if (source.session && target) {
    TRY_CONTEXT(is_same, are_same(*source.session, *target), moving);
  }
  if (source.session && !is_same) TRY_VOID_CONTEXT(check_other_servers(*source.session), moving);
  if (const auto* const path = std::get_if<std::filesystem::path>(&to)) {
    TRY_VOID(fill(*path, source.sql(), moved));
  } else {
    const auto& url = std::get<DatabaseUrl>(to);
    TRY(moved.was_there, is_same ? Result<bool>(true) : fill(*target, url, source.sql()));
  }
  TRY_VOID_CONTEXT(source.check_locked(), moving);
  TRY_VOID(switch_over());
  target.reset();
  if (!is_same) moved.old = put_away(std::move(source), from);
  return moved;
}

}  // namespace innernet::server

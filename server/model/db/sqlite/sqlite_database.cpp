#include "sqlite_database.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "innernet/base/file.hpp"
#include "schema.hpp"

namespace innernet::server::db {
namespace {

constexpr const char* kCompanions[] = {kLog, kLogIndex, "-journal"};

/// SQLite gives -wal and -shm the mode of the database, so that one must be right before they are made.
void make_private(const std::filesystem::path& database) {
  struct stat status{};
  if (::stat(database.c_str(), &status) != 0 || (status.st_mode & 07777) == kPrivateFile) return;
  // Not being its owner is no reason to refuse service.
  static_cast<void>(::chmod(database.c_str(), kPrivateFile));
  for (const char* suffix : kCompanions) static_cast<void>(::chmod(companion(database, suffix).c_str(), kPrivateFile));
}

// Made in memory, so that its file is there whole or not at all, whenever we are killed. The first to open it gives it its log.
Result<std::string> content_of(const std::function<Result<void>(Store&)>& fill) {
  TRY(auto connection, Connection::in_memory());
  TRY_VOID(connection.execute("PRAGMA foreign_keys = 1"));
  TRY_VOID(connection.execute("BEGIN IMMEDIATE"));
  TRY_VOID(create_tables(connection));
  {
    TRY(auto store, SqlStore::prepare(connection));
    TRY_VOID(fill(store));
  }
  TRY_VOID(connection.execute("COMMIT"));
  return connection.content();
}

}  // namespace

Result<void> create_sqlite_database(const std::filesystem::path& path, const std::function<Result<void>(Store&)>& fill) {
  for (const char* suffix : kCompanions)
    if (const auto left_over = companion(path, suffix); std::filesystem::exists(std::filesystem::symlink_status(left_over)))
      return fail(
          ErrorKind::kAlreadyExists,
          fmt::format("{} is left over from another database and would spoil the new one: remove it if that is gone", left_over.native()));
  TRY_CONTEXT(const std::string content, content_of(fill), "creating database");
  if (auto created = create_file(path, content, kPrivateFile, NewFile::kOfFoldersOwner); !created)
    return std::unexpected(std::move(created).error().context("creating database"));
  return {};
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  TRY(const auto identity, FileIdentity::of(path));
  TRY(auto connection, Connection::open(path, patience));
  TRY_VOID(migrate(connection));
  make_private(path);
  TRY_VOID(configure(connection));
  TRY(auto store, SqlStore::prepare(connection));
  TRY(const bool has_log, db::has_log(connection));
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(path, identity, std::move(connection), std::move(store)));
  database->has_log_ = has_log;
  database->patience_ = patience;
  return database;
}

std::string SqliteDatabase::name() const { return "database " + path_.native(); }

void SqliteDatabase::set_patience(std::chrono::milliseconds patience) {
  patience_ = patience;
  connection_.set_patience(patience);
}

Result<Network> SqliteDatabase::load_now() {
  TRY(const auto version, connection_.data_version());
  TRY(auto network, SqlStore::load(connection_));
  data_version_ = version;
  return network;
}

Result<Network> SqliteDatabase::load() {
  // One read transaction, so that all tables are of the same moment.
  TRY_VOID(connection_.execute("BEGIN"));
  auto network = load_now();
  static_cast<void>(connection_.execute("COMMIT"));
  if (!network) return network;
  if (const auto log = FileIdentity::of(companion(path_, kLog))) log_ = *log;
  look_at_file();
  return network;
}

Result<std::optional<Network>> SqliteDatabase::load_if_changed() {
  TRY(const auto version, connection_.data_version());
  if (version == data_version_) return std::nullopt;
  return load_now();
}

Result<std::optional<Database::Contents>> SqliteDatabase::refresh(bool may_be_replaced) {
  const auto replaced = [](Result<Network> network) -> Result<std::optional<Contents>> {
    if (!network) return std::unexpected(std::move(network).error());
    return Contents{.network = *std::move(network), .is_replaced = true};
  };
  if (may_be_replaced) {
    TRY(const auto now, FileIdentity::of(path_));
    if (now != identity_) return replaced(reopen());
  }
  if (may_be_replaced || is_overwritten_) look_at_file();
  if (is_overwritten_) return replaced(reopen_overwritten());
  // Asking SQLite costs three calls to the system, in each turn.
  const auto header = has_log_ ? connection_.log_header() : std::nullopt;
  if (header && header == seen_header_) return std::nullopt;
  TRY(auto network, refresh_from_file());
  seen_header_ = header;  // of before, so that nothing is missed
  if (!network) return std::nullopt;
  return Contents{.network = *std::move(network)};
}

Result<std::optional<Network>> SqliteDatabase::refresh_from_file() {
  TRY(const auto version, connection_.data_version());
  if (version == data_version_) return std::nullopt;
  TRY_VOID(connection_.execute("BEGIN"));
  auto network = load_now();
  static_cast<void>(connection_.execute("COMMIT"));
  if (!network) return std::unexpected(std::move(network).error());
  return *std::move(network);
}

Result<void> SqliteDatabase::checkpoint() {
  TRY_VOID(check_file());
  TRY(const auto is_blocked, connection_.query_integer("PRAGMA wal_checkpoint(TRUNCATE)"));
  look_at_file();
  if (is_blocked != 0) return fail(ErrorKind::kBusy, "the database is in use elsewhere, so its write-ahead log can't be emptied now");
  return {};
}

Result<void> SqliteDatabase::check_log_size(std::size_t most_bytes) const {
  const auto log = companion(path_, kLog);
  std::error_code ignored;
  const auto bytes = std::filesystem::file_size(log, ignored);
  if (ignored || bytes <= most_bytes) return {};
  // Without a figure, which would be news each second.
  return fail(ErrorKind::kSystem, fmt::format("{} grows, for another program reads {} without end: end that program (`fuser {}` names it)",
                                              log.native(), path_.native(), path_.native()));
}

Result<std::optional<Network>> SqliteDatabase::begin() {
  TRY_VOID(check_file());
  TRY_VOID(connection_.execute("BEGIN IMMEDIATE"));
  auto fresh = load_if_changed();
  if (!fresh) static_cast<void>(connection_.execute("ROLLBACK"));
  return fresh;
}

Result<void> SqliteDatabase::commit() {
  TRY_VOID(connection_.execute("COMMIT"));
  look_at_file();  // the first transaction of a log begins it anew, and what is written over the file after that is not SQLite's doing
  return {};
}

Result<void> SqliteDatabase::roll_back() {
  if (!in_transaction()) return {};
  return connection_.execute("ROLLBACK");
}

}  // namespace innernet::server::db

#pragma once

#include "../database.hpp"
#include "../sql_store.hpp"
#include "connection.hpp"
#include "file_identity.hpp"
#include "main_file.hpp"

namespace innernet::server::db {

/// What SQLite has beside a database.
constexpr const char* kLog = "-wal";
constexpr const char* kLogIndex = "-shm";
std::filesystem::path companion(const std::filesystem::path& database, const char* suffix);

/// A file of SQLite's, which the Rust server serves as well, and which anybody may change, replace or write over.
///
/// Invariants, between calls:
/// - What was read last is what the file held at `data_version`, and what was written since by the transaction that is open, if one is.
/// - `seen_header` was there before `data_version` was last read or found unchanged: what was committed since has another one.
/// - SQLite writes the file itself only when it empties the log into it. A `fingerprint` that is another one while `backfill` is the same
///   means that somebody else has written it (`cp`, a restore), by no protocol of SQLite's: then the log and what the connection remembers
///   belong to what was there before, and nothing of both may reach the file. `stamp` says when there is something to compare.
/// - Once that was seen, `is_overwritten` until the file is again what the log belongs to, or is whole without it, and could be opened.
///   Only then is the log dropped: whoever writes the same bytes, too, has them half written at some time.
/// - The statements of `open_->store` belong to `open_->connection`, which closes when both are gone.
class SqliteDatabase final : public Database {
 public:
  /// Migrates. `patience` is for locks, now and when the database is replaced. A missing file is kNotFound, a newer schema is refused
  /// untouched.
  static Result<std::unique_ptr<SqliteDatabase>> open(const std::filesystem::path& path, std::chrono::milliseconds patience);

  std::string name() const override;
  Result<Network> load() override;
  Result<std::optional<Contents>> refresh(bool may_be_replaced) override;
  Result<std::optional<Network>> begin() override;
  Result<void> commit() override;
  Result<void> roll_back() override;
  bool in_transaction() const override { return connection_.in_transaction(); }
  Store& store() override { return *store_; }
  Result<StoredLog> load_log() override { return SqlLogStore::load(connection_); }
  Result<HighestIds> highest_ids() override { return SqlStore::highest_ids(connection_); }
  void set_patience(std::chrono::milliseconds patience) override;
  Result<void> checkpoint() override;
  Result<void> check_log_size(std::size_t most_bytes) const override;
  Result<void> close() override;

 private:
  SqliteDatabase(std::filesystem::path path, FileIdentity identity, Connection connection, SqlStore store)
      : path_(std::move(path)), identity_(identity), connection_(std::move(connection)), store_(std::move(store)) {}

  Result<std::optional<Network>> refresh_from_file();
  Result<std::optional<Network>> load_if_changed();
  /// Within a transaction.
  Result<Network> load_now();
  Result<Network> reopen();
  /// Looks whether somebody has written over the file, and sets is_overwritten_.
  void look_at_file();
  /// Fails with kBusy if somebody has: the next refresh() opens what is there.
  Result<void> check_file();
  /// Opens what was written over the file. kBusy: somebody is still at it.
  Result<Network> reopen_overwritten();
  /// Fails unless what was written over the file is whole.
  Result<void> check_overwritten() const;
  /// Lets go of the database, and leaves what is in its log there.
  void abandon();
  /// Of a database that is half written over, which nobody can wait for any more.
  void set_log_aside();
  /// Of the database that was replaced. SQLite would take them for the new one's, and write into that what they hold.
  void remove_stale_log();

  std::filesystem::path path_;
  FileIdentity identity_;
  std::optional<FileIdentity> log_;  // its -wal
  Connection connection_;
  bool has_log_ = false;           // in WAL mode; not on a file system that can't map memory
  std::optional<SqlStore> store_;  // none once it was closed
  std::int64_t data_version_ = 0;
  std::optional<LogHeader> seen_header_;  // of a moment at which data_version was not newer
  std::optional<FileStamp> stamp_;        // when the file was looked at last, and nobody was writing it
  std::optional<Backfill> backfill_;      // then
  Fingerprint fingerprint_;               // then
  bool is_overwritten_ = false;
  std::optional<FileStamp> overwritten_stamp_;  // at the last try to open what was written over it
  std::chrono::milliseconds patience_{5000};
};

/// Makes the file (0600 before its first byte) with what `fill` writes. Fails with kAlreadyExists when it, or a -wal, -shm or -journal
/// beside it, exists; leaves nothing behind on failure.
Result<void> create_sqlite_database(const std::filesystem::path& path, const std::function<Result<void>(Store&)>& fill);

/// Write-ahead logs that were set aside beside this database, by name.
std::vector<std::filesystem::path> logs_set_aside(const std::filesystem::path& database);

}  // namespace innernet::server::db

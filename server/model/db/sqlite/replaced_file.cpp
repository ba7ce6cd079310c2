#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "innernet/machine/log.hpp"
#include "sqlite_database.hpp"

// What others do to the database's file without SQLite: they replace it, or write over it.

namespace innernet::server::db {

std::filesystem::path companion(const std::filesystem::path& database, const char* suffix) { return database.native() + suffix; }

namespace {

std::filesystem::path aside_of(const std::filesystem::path& database) {
  auto aside = companion(database, kLog);
  aside += ".aside";
  return aside;
}

}  // namespace

void SqliteDatabase::remove_stale_log() {
  // While our connection is open the number of its log's inode is not given to another file.
  const auto ours = std::exchange(log_, std::nullopt);
  const auto there = FileIdentity::of(companion(path_, kLog));
  if (!there || !ours || *there != *ours) return;
  for (const char* suffix : {kLog, kLogIndex}) static_cast<void>(::unlink(companion(path_, suffix).c_str()));
}

std::vector<std::filesystem::path> logs_set_aside(const std::filesystem::path& database) {
  const std::string start = aside_of(database).filename();
  std::vector<std::filesystem::path> out;
  std::error_code failure;
  for (std::filesystem::directory_iterator file(database.parent_path(), failure), end; !failure && file != end; file.increment(failure))
    if (file->path().filename().native().starts_with(start)) out.push_back(file->path());
  std::ranges::sort(out);
  return out;
}

void SqliteDatabase::set_log_aside() {
  const auto is_there = [](const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(file, ignored));
  };
  auto aside = aside_of(path_);
  for (int number = 2; is_there(aside); ++number) aside = aside_of(path_).native() + "." + std::to_string(number);
  if (::rename(companion(path_, kLog).c_str(), aside.c_str()) != 0) return;
  static_cast<void>(::unlink(companion(path_, kLogIndex).c_str()));
  log::warning(
      "database {}: somebody has written over it, and it is not whole. What was changed last is in {}; when the database is what it was, "
      "give that its name back",
      path_.native(), aside.native());
}

void SqliteDatabase::look_at_file() {
  if (!has_log_ || !connection_.is_open()) return;
  // The log's state before and after: a checkpoint in between would be taken for somebody else's write.
  const auto backfill_now = connection_.backfill();
  const auto stamp_now = FileStamp::of(path_);
  if (!backfill_now || !stamp_now || backfill_now->frames != backfill_now->attempted) return;
  const bool is_sqlites = !is_overwritten_ && (!stamp_ || backfill_ != backfill_now);
  if (!is_sqlites && !is_overwritten_ && *stamp_ == *stamp_now) return;
  const auto fingerprint_now = fingerprint(connection_);
  if (connection_.backfill() != backfill_now) return;
  const bool is_at_rest = fingerprint_now && FileStamp::of(path_) == *stamp_now;
  if (is_sqlites && !is_at_rest) return;
  is_overwritten_ = !is_sqlites && (!is_at_rest || *fingerprint_now != fingerprint_);
  if (is_overwritten_) return;
  stamp_ = *stamp_now;
  backfill_ = backfill_now;
  fingerprint_ = *fingerprint_now;
  overwritten_stamp_.reset();
}

Result<void> SqliteDatabase::check_file() {
  look_at_file();
  if (!is_overwritten_) return {};
  return fail(ErrorKind::kBusy,
              fmt::format("database {}: somebody has written over it, and it has to be opened anew first", path_.native()));
}

void SqliteDatabase::abandon() {
  store_.reset();  // a statement keeps its connection open
  connection_.abandon();
}

Result<void> SqliteDatabase::check_overwritten() const {
  TRY(auto content, main_file(connection_));
  TRY_VOID_CONTEXT(check_whole(std::move(content)),
                   fmt::format("database {}: somebody has written over it, and what is there now can't be served", path_.native()));
  return {};
}

Result<Network> SqliteDatabase::reopen_overwritten() {
  const auto is_being_written = [this] {
    return fail(ErrorKind::kBusy, fmt::format("database {}: somebody is writing over it", path_.native()));
  };
  TRY(const auto now, FileStamp::of(path_));
  if (std::exchange(overwritten_stamp_, now) != now) return is_being_written();
  if (connection_.is_open()) {
    TRY_VOID(check_overwritten());
    if (FileStamp::of(path_) != now) return is_being_written();
    remove_stale_log();
    abandon();
    log::warning("database {}: somebody has written over it (with cp, say), and what is there now is served", path_.native());
  }
  return reopen();
}

Result<Network> SqliteDatabase::reopen() {
  remove_stale_log();
  TRY(const auto opened, open(path_, patience_));
  TRY(auto network, opened->load());
  // Statements first: a connection closes when the last of its statements is gone.
  store_ = std::move(opened->store_);
  opened->store_.reset();
  connection_ = std::move(opened->connection_);
  has_log_ = opened->has_log_;
  seen_header_.reset();
  stamp_ = opened->stamp_;
  backfill_ = opened->backfill_;
  fingerprint_ = opened->fingerprint_;
  is_overwritten_ = false;
  overwritten_stamp_.reset();
  identity_ = opened->identity_;
  log_ = opened->log_;
  data_version_ = opened->data_version_;
  return network;
}

Result<void> SqliteDatabase::close() {
  if (!connection_.is_open()) return {};
  look_at_file();
  if (is_overwritten_) {
    if (check_overwritten())
      remove_stale_log();
    else
      set_log_aside();
    abandon();
    return {};
  }
  const auto checkpointed = connection_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  store_.reset();  // a statement keeps its connection open
  TRY_VOID(connection_.close());
  return checkpointed;
}

}  // namespace innernet::server::db

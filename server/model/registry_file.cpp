#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "innernet/machine/log.hpp"
#include "registry_impl.hpp"

// What others do to the database's file without SQLite: they replace it, or write over it.

namespace innernet::server {

std::filesystem::path companion(const std::filesystem::path& database, const char* suffix) { return database.native() + suffix; }

namespace {

std::filesystem::path aside_of(const std::filesystem::path& database) {
  auto aside = companion(database, kLog);
  aside += ".aside";
  return aside;
}

}  // namespace

Result<FileIdentity> FileIdentity::of(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    const int saved = errno;
    return fail_errno(saved, path.native());
  }
  return FileIdentity{status.st_dev, status.st_ino};
}

Result<FileStamp> FileStamp::of(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    const int saved = errno;
    return fail_errno(saved, path.native());
  }
  return FileStamp{.seconds = status.st_mtim.tv_sec, .nanoseconds = status.st_mtim.tv_nsec, .size = status.st_size};
}

void Registry::Impl::remove_stale_log() {
  // While our connection is open the number of its log's inode is not given to another file.
  const auto ours = std::exchange(log, std::nullopt);
  const auto there = FileIdentity::of(companion(path, kLog));
  if (!there || !ours || *there != *ours) return;
  for (const char* suffix : {kLog, kLogIndex}) static_cast<void>(::unlink(companion(path, suffix).c_str()));
}

std::vector<std::filesystem::path> Registry::logs_set_aside(const std::filesystem::path& database) {
  const std::string start = aside_of(database).filename();
  std::vector<std::filesystem::path> out;
  std::error_code failure;
  for (std::filesystem::directory_iterator file(database.parent_path(), failure), end; !failure && file != end; file.increment(failure))
    if (file->path().filename().native().starts_with(start)) out.push_back(file->path());
  std::ranges::sort(out);
  return out;
}

void Registry::Impl::set_log_aside() {
  const auto is_there = [](const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::exists(std::filesystem::symlink_status(file, ignored));
  };
  auto aside = aside_of(path);
  for (int number = 2; is_there(aside); ++number) aside = aside_of(path).native() + "." + std::to_string(number);
  if (::rename(companion(path, kLog).c_str(), aside.c_str()) != 0) return;
  static_cast<void>(::unlink(companion(path, kLogIndex).c_str()));
  log::warning(
      "database {}: somebody has written over it, and it is not whole. What was changed last is in {}; when the database is what it was, "
      "give that its name back",
      path.native(), aside.native());
}

void Registry::Impl::look_at_file() {
  if (!has_log || !connection.is_open()) return;
  // The log's state before and after: a checkpoint in between would be taken for somebody else's write.
  const auto backfill_now = connection.backfill();
  const auto stamp_now = FileStamp::of(path);
  if (!backfill_now || !stamp_now || backfill_now->frames != backfill_now->attempted) return;
  const bool is_sqlites = !is_overwritten && (!stamp || backfill != backfill_now);
  if (!is_sqlites && !is_overwritten && *stamp == *stamp_now) return;
  const auto fingerprint_now = db::fingerprint(connection);
  if (connection.backfill() != backfill_now) return;
  const bool is_at_rest = fingerprint_now && FileStamp::of(path) == *stamp_now;
  if (is_sqlites && !is_at_rest) return;
  is_overwritten = !is_sqlites && (!is_at_rest || *fingerprint_now != fingerprint);
  if (is_overwritten) return;
  stamp = *stamp_now;
  backfill = backfill_now;
  fingerprint = *fingerprint_now;
  overwritten_stamp.reset();
}

Result<void> Registry::Impl::check_file() {
  look_at_file();
  if (!is_overwritten) return {};
  return fail(ErrorKind::kBusy,
              fmt::format("database {}: somebody has written over it, and it has to be opened anew first", path.native()));
}

void Registry::Impl::abandon() {
  store.reset();  // a statement keeps its connection open
  connection.abandon();
}

Result<void> Registry::Impl::check_overwritten() const {
  TRY(auto content, db::main_file(connection));
  TRY_VOID_CONTEXT(db::check_whole(std::move(content)),
                   fmt::format("database {}: somebody has written over it, and what is there now can't be served", path.native()));
  return {};
}

Result<void> Registry::Impl::reopen_overwritten() {
  const auto is_being_written = [this] {
    return fail(ErrorKind::kBusy, fmt::format("database {}: somebody is writing over it", path.native()));
  };
  TRY(const auto now, FileStamp::of(path));
  if (std::exchange(overwritten_stamp, now) != now) return is_being_written();
  if (connection.is_open()) {
    TRY_VOID(check_overwritten());
    if (FileStamp::of(path) != now) return is_being_written();
    remove_stale_log();
    abandon();
    log::warning("database {}: somebody has written over it (with cp, say), and what is there now is served", path.native());
  }
  return reopen();
}

Result<void> Registry::Impl::reopen() {
  remove_stale_log();
  TRY(auto opened, open(path, patience));
  // Statements first: a connection closes when the last of its statements is gone.
  store = std::move(opened->store);
  opened->store.reset();
  connection = std::move(opened->connection);
  has_log = opened->has_log;
  seen_header.reset();
  stamp = opened->stamp;
  backfill = opened->backfill;
  fingerprint = opened->fingerprint;
  is_overwritten = false;
  overwritten_stamp.reset();
  identity = opened->identity;
  log = opened->log;
  data_version = opened->data_version;
  network = std::move(opened->network);
  if (observer != nullptr) observer->replaced();
  return {};
}

Result<void> Registry::Impl::close() {
  if (!connection.is_open()) return {};
  look_at_file();
  if (is_overwritten) {
    if (check_overwritten())
      remove_stale_log();
    else
      set_log_aside();
    abandon();
    return {};
  }
  const auto checkpointed = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  store.reset();  // a statement keeps its connection open
  TRY_VOID(connection.close());
  return checkpointed;
}

}  // namespace innernet::server

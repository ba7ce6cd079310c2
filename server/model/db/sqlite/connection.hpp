#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "../sql.hpp"

struct sqlite3;
struct sqlite3_file;

namespace innernet::server::db {

/// What each commit changes, of whatever process: both copies of the header of the write-ahead log's index.
using LogHeader = std::array<std::uint32_t, 24>;

/// How much of the write-ahead log was carried over into the file, by whatever process. Nobody else writes the file itself.
struct Backfill {
  std::array<std::uint32_t, 2> salts{};  ///< others once the log has begun anew
  std::uint32_t frames = 0;
  std::uint32_t attempted = 0;  ///< more than `frames` while somebody is at it

  friend bool operator==(const Backfill&, const Backfill&) = default;
};

/// A connection to a database file. Errors as those of Sql, and kNotFound when there is no file.
class Connection final : public Sql {
 public:
  /// The file must exist. Waits up to `patience` for locks until that is changed.
  static Result<Connection> open(const std::filesystem::path& path, std::chrono::milliseconds patience);

  /// An empty database without a file.
  static Result<Connection> in_memory();
  /// A database in memory whose file would have these bytes, not in WAL mode.
  static Result<Connection> of_content(std::string_view content);

  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  Result<std::unique_ptr<Statement>> prepare(std::string_view sql) override;
  Result<void> execute(std::string_view sql) override;
  bool in_transaction() const override;

  /// Changes with each commit of another connection, never with our own.
  Result<std::int64_t> data_version() { return query_integer("PRAGMA data_version"); }

  /// The bytes that a file of this database has.
  Result<std::string> content() const;

  /// The file itself, without what is in the log, piece by piece. By SQLite's own descriptor: to open and close the file takes SQLite's
  /// locks from this process, whoever has asked for them (fcntl(2); sqlite.org/howtocorrupt.html, 2.2), and the next command would empty
  /// the log under us. kBusy: somebody has cut it short meanwhile.
  Result<void> read_main_file(std::size_t piece_bytes, const std::function<void(std::string_view)>& take) const;

  void set_patience(std::chrono::milliseconds patience);
  /// From the memory that SQLite shares with other processes, without a call to the system. None outside of WAL mode, before the first
  /// transaction, and while somebody commits.
  std::optional<LogHeader> log_header() const;
  /// From the same memory, and none under the same circumstances.
  std::optional<Backfill> backfill() const;
  /// With the last connection gone, SQLite checkpoints and removes -wal and -shm.
  Result<void> close();
  /// The same, but what is in the log stays there: the file is no longer the one that it belongs to.
  void abandon();
  bool is_open() const { return database_ != nullptr; }

  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Connection(std::filesystem::path path, sqlite3* database) : path_(std::move(path)), database_(database) {}

  /// Null if there is none.
  sqlite3_file* file() const;
  const volatile std::uint32_t* log_index() const;

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace innernet::server::db

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

#include "innernet/base/error.hpp"

struct sqlite3;
struct sqlite3_file;
struct sqlite3_stmt;

namespace innernet::server::db {

/// A prepared statement. Values are bound from the left; text is copied.
class Statement {
 public:
  Statement(Statement&&) noexcept = default;
  Statement& operator=(Statement&&) noexcept = default;

  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind(const std::string& text) { return bind(std::string_view(text)); }
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind_bool(bool value) { return bind(std::int64_t{value}); }
  Statement& bind_null();
  Statement& bind_optional(const std::optional<std::string>& text) { return text ? bind(*text) : bind_null(); }

  /// True when there is a row; false at the end, and then it is ready to be bound anew. So it is after an error.
  Result<bool> step();
  /// Steps to the end.
  Result<void> run();
  void reset();

  /// Of the connection, right after run().
  std::int64_t last_insert_id() const;

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  /// Valid until the next step.
  std::string_view text(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_parameter_ = 1;
};

/// What each commit changes, of whatever process: both copies of the header of the write-ahead log's index.
using LogHeader = std::array<std::uint32_t, 24>;

/// How much of the write-ahead log was carried over into the file, by whatever process. Nobody else writes the file itself.
struct Backfill {
  std::array<std::uint32_t, 2> salts{};  ///< others once the log has begun anew
  std::uint32_t frames = 0;
  std::uint32_t attempted = 0;  ///< more than `frames` while somebody is at it

  friend bool operator==(const Backfill&, const Backfill&) = default;
};

/// A connection to a database file. Errors: kBusy when another process holds the lock, kInvalidInput when a constraint fails,
/// kNotFound when there is no file, else kSystem; each names the file.
class Connection {
 public:
  /// The file must exist. Waits up to `patience` for locks until that is changed.
  static Result<Connection> open(const std::filesystem::path& path, std::chrono::milliseconds patience);

  /// An empty database without a file.
  static Result<Connection> in_memory();
  /// A database in memory whose file would have these bytes, not in WAL mode.
  static Result<Connection> of_content(std::string_view content);

  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  Result<Statement> prepare(std::string_view sql);
  Result<void> execute(std::string_view sql);
  Result<std::int64_t> query_integer(std::string_view sql);

  /// The bytes that a file of this database has.
  Result<std::string> content() const;

  /// The file itself, without what is in the log, piece by piece. By SQLite's own descriptor: to open and close the file takes SQLite's
  /// locks from this process, whoever has asked for them (fcntl(2); sqlite.org/howtocorrupt.html, 2.2), and the next command would empty
  /// the log under us. kBusy: somebody has cut it short meanwhile.
  Result<void> read_main_file(std::size_t piece_bytes, const std::function<void(std::string_view)>& take) const;

  void set_patience(std::chrono::milliseconds patience);
  /// False when SQLite has rolled back by itself (a full disk, say), or none was begun.
  bool in_transaction() const;
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

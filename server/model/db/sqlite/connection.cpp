#include "connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>

namespace innernet::server::db {
namespace {

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::kBusy;
    case SQLITE_CONSTRAINT:
      return ErrorKind::kInvalidInput;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return ErrorKind::kPermission;
    default:
      return ErrorKind::kSystem;
  }
}

std::unexpected<Error> failure(sqlite3* database) {
  const int code = sqlite3_extended_errcode(database);
  const char* file = sqlite3_db_filename(database, "main");
  return fail(kind_of(code), fmt::format("database {}: {}", file == nullptr ? "" : file, sqlite3_errmsg(database)));
}

class SqliteStatement final : public Statement {
 public:
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  // A failed bind (no memory, too long a text) leaves the parameter null, and then the NOT NULL of its column refuses the row.
  Statement& bind(std::int64_t value) override {
    sqlite3_bind_int64(statement_.get(), next_parameter_++, value);
    return *this;
  }
  Statement& bind(std::string_view text) override {
    sqlite3_bind_text64(statement_.get(), next_parameter_++, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
    return *this;
  }
  Statement& bind_null() override {
    sqlite3_bind_null(statement_.get(), next_parameter_++);
    return *this;
  }

  Result<bool> step() override {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
      reset();
      return false;
    }
    auto error = failure(sqlite3_db_handle(statement_.get()));
    reset();
    return error;
  }

  void reset() override {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    next_parameter_ = 1;
  }

  bool is_null(int column) const override { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
  std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_.get(), column); }
  std::string_view text(int column) const override {
    const auto* bytes = static_cast<const char*>(static_cast<const void*>(sqlite3_column_text(statement_.get(), column)));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int next_parameter_ = 1;
};

}  // namespace

void Connection::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Connection> Connection::open(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  std::error_code missing;
  if (!std::filesystem::exists(path, missing) && !missing)
    return fail(ErrorKind::kNotFound, fmt::format("database {}: No such file or directory", path.native()));
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Connection connection(path, opened);
  if (code != SQLITE_OK) {
    if (opened == nullptr) return fail(ErrorKind::kSystem, "SQLite: out of memory");
    return fail(kind_of(code), fmt::format("database {}: {}", path.native(), sqlite3_errmsg(opened)));
  }
  connection.set_patience(patience);
  return connection;
}

Result<Connection> Connection::in_memory() {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection("in memory", opened);
  if (code != SQLITE_OK) return fail(ErrorKind::kSystem, "SQLite: out of memory");
  return connection;
}

Result<Connection> Connection::of_content(std::string_view content) {
  TRY(auto connection, in_memory());
  auto* const bytes = static_cast<unsigned char*>(sqlite3_malloc64(std::max<std::size_t>(content.size(), 1)));
  if (bytes == nullptr) return fail(ErrorKind::kSystem, "SQLite: out of memory");
  std::copy(content.begin(), content.end(), bytes);
  const auto size = static_cast<sqlite3_int64>(content.size());
  if (sqlite3_deserialize(connection.database_.get(), "main", bytes, size, size,
                          SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) != SQLITE_OK)
    return failure(connection.database_.get());
  return connection;
}

Result<std::string> Connection::content() const {
  struct Free {
    void operator()(unsigned char* bytes) const { sqlite3_free(bytes); }
  };
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, Free> bytes(sqlite3_serialize(database_.get(), "main", &size, 0));
  if (bytes == nullptr) return fail(ErrorKind::kSystem, "SQLite: out of memory");
  return std::string(bytes.get(), bytes.get() + size);
}

Result<std::unique_ptr<Statement>> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failure(database_.get());
  return std::make_unique<SqliteStatement>(statement);
}

Result<void> Connection::execute(std::string_view sql) {
  if (sqlite3_exec(database_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failure(database_.get());
  return {};
}

void Connection::set_patience(std::chrono::milliseconds patience) {
  sqlite3_busy_timeout(database_.get(), static_cast<int>(patience.count()));
}
bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

sqlite3_file* Connection::file() const {
  sqlite3_file* file = nullptr;
  if (sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == nullptr) return nullptr;
  return file->pMethods == nullptr ? nullptr : file;
}

Result<void> Connection::read_main_file(std::size_t piece_bytes, const std::function<void(std::string_view)>& take) const {
  sqlite3_file* const main = is_open() ? file() : nullptr;
  sqlite3_int64 size = 0;
  if (main == nullptr || main->pMethods->xFileSize(main, &size) != SQLITE_OK)
    return fail(ErrorKind::kSystem, fmt::format("database {}: its file can't be looked at", path_.native()));
  std::string piece;
  for (sqlite3_int64 offset = 0; offset < size; offset += static_cast<sqlite3_int64>(piece.size())) {
    piece.resize(std::min(piece_bytes, static_cast<std::size_t>(size - offset)));
    const int code = main->pMethods->xRead(main, piece.data(), static_cast<int>(piece.size()), offset);
    if (code == SQLITE_IOERR_SHORT_READ) return fail(ErrorKind::kBusy, fmt::format("database {}: it becomes shorter", path_.native()));
    if (code != SQLITE_OK) return fail(kind_of(code), fmt::format("database {}: {}", path_.native(), sqlite3_errstr(code)));
    take(piece);
  }
  return {};
}

const volatile std::uint32_t* Connection::log_index() const {
  // PRAGMA data_version takes 3 microseconds of each turn, this 0.1 (`./dev bench model` has both beside each other), and a poll with
  // nothing new takes 13 in all. The header is documented (sqlite.org/walformat.html, 2.1) and can't change between versions that work on
  // one file together. It is there as soon as a transaction has mapped it, and until the connection closes: nobody leaves WAL mode while
  // another is connected.
  constexpr int kRegionBytes = 32768;
  if (!is_open()) return nullptr;
  sqlite3_file* const main = file();
  if (main == nullptr || main->pMethods->iVersion < 2) return nullptr;
  volatile void* region = nullptr;
  if (main->pMethods->xShmMap(main, 0, kRegionBytes, 0, &region) != SQLITE_OK) return nullptr;
  return static_cast<const volatile std::uint32_t*>(region);
}

std::optional<LogHeader> Connection::log_header() const {
  const auto* const words = log_index();
  if (words == nullptr) return std::nullopt;
  LogHeader header;
  std::atomic_thread_fence(std::memory_order_acquire);
  std::copy_n(words, header.size(), header.begin());
  // Who commits writes the second copy first.
  const auto half = header.begin() + header.size() / 2;
  if (!std::equal(header.begin(), half, half)) return std::nullopt;
  return header;
}

std::optional<Backfill> Connection::backfill() const {
  constexpr std::size_t kSalts = 8, kFrames = 24, kAttempted = 32;  // where they stand, in words
  const auto header = log_header();
  if (!header) return std::nullopt;
  const auto* const words = log_index();
  return Backfill{{(*header)[kSalts], (*header)[kSalts + 1]}, words[kFrames], words[kAttempted]};
}

Result<void> Connection::close() {
  if (database_ == nullptr) return {};
  if (sqlite3_close(database_.get()) != SQLITE_OK) return failure(database_.get());
  static_cast<void>(database_.release());
  return {};
}

void Connection::abandon() {
  if (database_ != nullptr) sqlite3_db_config(database_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  database_.reset();
}

}  // namespace innernet::server::db

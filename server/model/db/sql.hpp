#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet::server::db {

/// A prepared statement. Parameters are $1, $2, … in its text, each used in this order and once; values are bound from the left; text is
/// copied.
class Statement {
 public:
  Statement() = default;
  virtual ~Statement() = default;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  virtual Statement& bind(std::int64_t value) = 0;
  virtual Statement& bind(std::string_view text) = 0;
  virtual Statement& bind_null() = 0;
  Statement& bind(const std::string& text) { return bind(std::string_view(text)); }
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind_bool(bool value) { return bind(std::int64_t{value}); }
  Statement& bind_optional(const std::optional<std::string>& text) { return text ? bind(*text) : bind_null(); }

  /// True when there is a row; false at the end, and then it is ready to be bound anew. So it is after an error.
  virtual Result<bool> step() = 0;
  virtual void reset() = 0;

  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  /// Valid until the next step.
  virtual std::string_view text(int column) const = 0;

  /// Steps to the end.
  Result<void> run();
};

/// A connection to a database that understands SQL: what SQLite and PostgreSQL have in common. Errors: kBusy when another process holds a
/// lock, kInvalidInput when a constraint fails, kUnreachable when the connection is lost (whether what was sent last has happened is not
/// known then), else kPermission or kSystem; each names the database, and none has a password in it.
class Sql {
 public:
  virtual ~Sql() = default;

  /// Its statements are gone before it is.
  virtual Result<std::unique_ptr<Statement>> prepare(std::string_view sql) = 0;
  /// Statements without parameters and without rows, separated by semicolons.
  virtual Result<void> execute(std::string_view sql) = 0;
  /// False when the database has rolled back by itself (a full disk, say), or none was begun.
  virtual bool in_transaction() const = 0;

  /// The first column of the first row, 0 if there is none.
  Result<std::int64_t> query_integer(std::string_view sql);

 protected:
  Sql() = default;
  Sql(Sql&&) noexcept = default;
  Sql& operator=(Sql&&) noexcept = default;
};

}  // namespace innernet::server::db

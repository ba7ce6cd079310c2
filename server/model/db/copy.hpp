#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sql.hpp"

namespace innernet::server::db {

// All rows of a network as they are, with their ids, between databases of any two engines: also rows that are no valid peers, and the
// change log, without which each client would fetch a whole state once.

enum class ColumnType : std::uint8_t { kInteger, kText };

struct CopiedColumn {
  std::string_view name;
  ColumnType type;
};

struct CopiedTable {
  std::string_view name;
  std::span<const CopiedColumn> columns;
  std::string_view order;      ///< the columns, integers, by which rows are copied and compared; they are unique
  std::string_view reference;  ///< the column, of integers, that refers to rows of the same table; empty: none does
};

/// Each comes behind those that it refers to. A test compares them with what both engines have.
std::span<const CopiedTable> copied_tables();

struct RowCounts {
  std::int64_t peers = 0, cidrs = 0, associations = 0;
};
Result<RowCounts> count_rows(Sql& database);

/// Into tables that are empty, in a transaction of the caller's on each side. Errors name the table; kInvalidInput: `to` refuses what is in
/// a row.
Result<void> copy_rows(Sql& from, Sql& to);

/// Where the contents differ first, for people: "table peers, row 17". None: they are the same.
Result<std::optional<std::string>> difference(Sql& one, Sql& other);

}  // namespace innernet::server::db

#include "sql.hpp"

namespace innernet::server::db {

Result<void> Statement::run() {
  for (;;) {
    TRY(const bool row, step());
    if (!row) return {};
  }
}

Result<std::int64_t> Sql::query_integer(std::string_view sql) {
  TRY(const auto statement, prepare(sql));
  TRY(const bool row, statement->step());
  return row ? statement->integer(0) : 0;
}

}  // namespace innernet::server::db

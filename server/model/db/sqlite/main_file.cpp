#include "main_file.hpp"

#include <fmt/format.h>

#include <functional>

#include "../sql_store.hpp"
#include "schema.hpp"

namespace innernet::server::db {
namespace {

constexpr std::size_t kPieceBytes = 65536;

void add(Fingerprint& sum, std::string_view piece) {
  constexpr std::uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;  // so that pieces that change places make another sum
  sum.size += piece.size();
  sum.hash = (sum.hash ^ std::hash<std::string_view>()(piece)) * kGoldenRatio;
}

// No transaction ends here: without its log the file is in rollback mode, whose mark is another (sqlite.org/c3ref/deserialize.html).
void leave_wal_mode(std::string& content) {
  constexpr std::size_t kWriteVersion = 18, kReadVersion = 19;
  if (content.size() <= kReadVersion) return;
  for (const auto version : {kWriteVersion, kReadVersion}) content[version] = 1;
}

}  // namespace

Result<Fingerprint> fingerprint(const Connection& connection) {
  Fingerprint sum;
  TRY_VOID(connection.read_main_file(kPieceBytes, [&sum](std::string_view piece) { add(sum, piece); }));
  return sum;
}

Result<std::string> main_file(const Connection& connection) {
  std::string content;
  TRY_VOID(connection.read_main_file(kPieceBytes, [&content](std::string_view piece) { content += piece; }));
  return content;
}

Result<void> check_whole(std::string content) {
  leave_wal_mode(content);
  TRY(auto copy, Connection::of_content(content));
  TRY_VOID(migrate(copy));
  TRY_VOID(SqlStore::load(copy));
  TRY(const auto is_sound, copy.query_integer("SELECT integrity_check = 'ok' FROM pragma_integrity_check(1)"));
  if (is_sound == 0) return fail(ErrorKind::kSystem, "it fails SQLite's integrity_check");
  return {};
}

}  // namespace innernet::server::db

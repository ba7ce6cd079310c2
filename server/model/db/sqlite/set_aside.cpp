#include "set_aside.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "innernet/base/file.hpp"
#include "sqlite_database.hpp"

namespace innernet::server::db {
namespace {

constexpr const char* kOld = ".old-";

}  // namespace

Result<std::filesystem::path> set_database_aside(const std::filesystem::path& database) {
  for (const char* const suffix : {kLog, "-journal"}) {
    const auto log = companion(database, suffix);
    std::error_code missing;
    if (const auto bytes = std::filesystem::file_size(log, missing); !missing && bytes != 0)
      return fail(ErrorKind::kBusy, fmt::format("some program has {} open, or has left {} behind", database.native(), log.native()));
  }
  for (int number = 1;; ++number) {
    std::filesystem::path aside = fmt::format("{}{}{}", database.native(), kOld, number);
    auto renamed = rename_without_replacing(database, aside);
    if (renamed) {
      // Empty, of programs that have it open: SQLite leaves them there when its file has another name now.
      for (const char* const suffix : {kLog, kLogIndex}) static_cast<void>(::unlink(companion(database, suffix).c_str()));
      return aside;
    }
    if (renamed.error().kind() != ErrorKind::kAlreadyExists) return std::unexpected(std::move(renamed).error());
  }
}

std::vector<std::filesystem::path> databases_set_aside(const std::filesystem::path& database) {
  const std::string start = database.filename().native() + kOld;
  std::vector<std::filesystem::path> out;
  std::error_code failure;
  for (std::filesystem::directory_iterator file(database.parent_path(), failure), end; !failure && file != end; file.increment(failure))
    if (file->path().filename().native().starts_with(start)) out.push_back(file->path());
  std::ranges::sort(out);
  return out;
}

}  // namespace innernet::server::db

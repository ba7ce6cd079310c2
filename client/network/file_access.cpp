#include "innernet/client/file_access.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <mutex>
#include <set>

#include "innernet/base/file.hpp"
#include "innernet/base/temp_file.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

// A daemon reads the same files every minute.
bool is_first_time(const std::filesystem::path& file) {
  static std::mutex mutex;
  static std::set<std::filesystem::path> warned;
  const std::lock_guard lock(mutex);
  return warned.insert(file).second;
}

}  // namespace

Error with_remedy(Error error, const std::filesystem::path& file) {
  if (error.kind() != ErrorKind::kPermission) return error;
  const std::string folder = folder_of(file).string();
  return Error(error.kind(),
               fmt::format("{}: run this as root, or let a group of yours read and write that folder (chgrp -R innernet {} && "
                           "chmod -R g+rwX {} && chmod g+s {})",
                           error.message(), folder, folder, folder));
}

void warn_of_read_only(const std::filesystem::path& folder) {
  if (is_first_time(folder))
    log::warning("{} is on a read-only file system: what changes is applied, but not remembered there", folder.string());
}

Result<void> unless_read_only(Result<void> written, const std::filesystem::path& file) {
  if (written || written.error().kind() != ErrorKind::kReadOnly) return written;
  warn_of_read_only(folder_of(file));
  return {};
}

void warn_of_access_by_others(const std::filesystem::path& file) {
  const auto access = access_of_others(file);
  if (!access || *access == 0) return;
  if (!is_first_time(file)) return;
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return;
  log::warning("{} has mode {:04o}: everybody on this machine can {} it; put that right with chmod o= {}", file.string(),
               status.st_mode & 07777U, (*access & 2U) != 0 ? "change" : "read", file.string());
}

}  // namespace innernet::client

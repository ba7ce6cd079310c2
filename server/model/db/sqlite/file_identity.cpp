#include "file_identity.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace innernet::server::db {

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

}  // namespace innernet::server::db

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

#include "innernet/base/error.hpp"

namespace innernet::server::db {

/// Which file the database was when it was opened: another one under the same name is another database.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;

  /// kNotFound when it is gone.
  static Result<FileIdentity> of(const std::filesystem::path& path);

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Whoever writes a file changes this; so do others, who don't (touch, a backup).
struct FileStamp {
  std::int64_t seconds = 0, nanoseconds = 0;  // last modification
  std::int64_t size = 0;

  static Result<FileStamp> of(const std::filesystem::path& path);

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

}  // namespace innernet::server::db

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "innernet/base/temp_file.hpp"

namespace innernet {

Attempt<void> rename_exclusively(int folder_fd, const std::string& from, const std::string& to) {
  if (::renameat2(folder_fd, from.c_str(), folder_fd, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return std::unexpected(errno);
  // NFS and others don't know the flag. For a moment both names are there, which no reader minds.
  if (::linkat(folder_fd, from.c_str(), folder_fd, to.c_str(), 0) != 0) return std::unexpected(errno);
  ::unlinkat(folder_fd, from.c_str(), 0);
  return {};
}

}  // namespace innernet

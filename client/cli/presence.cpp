#include "presence.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "innernet/client/file_access.hpp"

namespace innernet::client {

Result<bool> is_present(const std::filesystem::path& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) == 0) return true;
  const int saved = errno;
  if (saved == ENOENT || saved == ENOTDIR) return false;
  return std::unexpected(with_remedy(Error::system(saved, path.native()), path));
}

Result<bool> is_ours(const Folders& folders, const InterfaceName& name) {
  TRY(const bool has_config, is_present(folders.config_file(name)));
  if (has_config) return true;
  return is_present(folders.data_store(name));
}

std::unexpected<Error> not_installed(const Folders& folders, const InterfaceName& name) {
  return fail(ErrorKind::kNotFound,
              fmt::format("no network {} is installed: there is no {}", name.str(), folders.config_file(name).native()));
}

}  // namespace innernet::client

#include "file_attributes.hpp"

#include <sys/xattr.h>

#include <cerrno>
#include <optional>
#include <string>

namespace innernet::hostsfile {
namespace {

// Reads what `ask` fills: asked for the size first, again when it has grown in between. None: no such attribute.
template <class Ask>
Attempt<std::optional<std::string>> read_sized(Ask ask) {
  for (;;) {
    const ssize_t size = ask(nullptr, 0);
    if (size < 0 && errno == ENODATA) return std::nullopt;
    if (size < 0) return std::unexpected(errno);
    std::string data(static_cast<std::size_t>(size), '\0');
    if (size == 0) return data;
    const ssize_t got = ask(data.data(), data.size());
    if (got < 0 && errno == ERANGE) continue;
    if (got < 0 && errno == ENODATA) return std::nullopt;
    if (got < 0) return std::unexpected(errno);
    data.resize(static_cast<std::size_t>(got));
    return data;
  }
}

Attempt<std::optional<std::string>> attribute(int fd, const char* name) {
  return read_sized([&](char* data, std::size_t size) { return ::fgetxattr(fd, name, data, size); });
}

}  // namespace

Attempt<void> copy_attributes(int from_fd, int to_fd) {
  const auto names = read_sized([&](char* data, std::size_t size) { return ::flistxattr(from_fd, data, size); });
  if (!names) {
    if (names.error() == ENOTSUP) return {};  // a file system without any
    return std::unexpected(names.error());
  }
  const std::string list = names->value_or("");
  for (std::size_t at = 0; at < list.size();) {
    const std::string name(list.c_str() + at);
    at += name.size() + 1;
    if (name == "security.ima" || name == "security.evm") continue;
    const auto value = attribute(from_fd, name.c_str());
    if (!value) return std::unexpected(value.error());
    if (!*value) continue;
    // Where both have it already (a label that the folder gives), setting it may be forbidden and is not needed.
    if (const auto present = attribute(to_fd, name.c_str()); present && *present == *value) continue;
    if (::fsetxattr(to_fd, name.c_str(), (*value)->data(), (*value)->size(), 0) != 0) return std::unexpected(errno);
  }
  return {};
}

}  // namespace innernet::hostsfile

#include "saved_etag.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <functional>

#include "innernet/base/file.hpp"
#include "innernet/machine/log.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kMostText = 4096;
constexpr std::size_t kMostTextOfServers = 16U << 10U;

// The file's time is set without news. Most networks have none.
std::string content_mark(const std::filesystem::path& path) {
  const auto text = read_file(path, kMostTextOfServers);
  return text ? fmt::format("{:x}", std::hash<std::string>()(*text)) : "-";
}

}  // namespace

std::string file_identity(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return {};
  return fmt::format("{}.{}.{}.{}.{}", status.st_dev, status.st_ino, status.st_size, status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
}

SavedEtag::SavedEtag(const Folders& folders, const InterfaceName& name)
    : path_(etag_file(folders, name)),
      data_store_(folders.data_store(name)),
      relays_(relays_file(folders, name)),
      servers_(servers_file(folders, name)),
      config_identity_(file_identity(folders.config_file(name))) {}

std::string SavedEtag::files() const {
  const std::string store = file_identity(data_store_), relays = file_identity(relays_);
  if (store.empty() || relays.empty() || config_identity_.empty()) return {};
  return fmt::format("{} {} {} {} ", store, relays, config_identity_, content_mark(servers_));
}

std::string SavedEtag::read() const {
  const auto text = read_file(path_, kMostText);
  if (!text) return {};
  const std::string expected = files();
  std::string_view etag = *text;
  if (expected.empty() || !etag.starts_with(expected) || !etag.ends_with('\n')) return {};
  etag.remove_prefix(expected.size());
  etag.remove_suffix(1);
  // It becomes part of a request.
  for (const char c : etag)
    if (c < ' ' || c > '~') return {};
  return std::string(etag);
}

void SavedEtag::save(std::string_view etag) const {
  const std::string known = files();
  const auto done = etag.empty() || known.empty() ? remove_file(path_) : replace_file(path_, fmt::format("{}{}\n", known, etag));
  if (!done && done.error().kind() != ErrorKind::kNotFound) log::debug("{}", done.error().message());
}

}  // namespace innernet::client

#include "saved_servers.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "innernet/base/file.hpp"
#include "innernet/machine/log.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kMostText = 16U << 10U;  // kMostServers with long names take less
constexpr std::chrono::minutes kBetweenTouches{1};

std::optional<WallTime> time_of(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return WallTime(std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

void set_time_of(const std::filesystem::path& path, WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const timespec modified{.tv_sec = seconds.time_since_epoch().count(), .tv_nsec = (time - seconds).count()};
  const timespec times[] = {modified, modified};
  if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) log::debug("{}: its time can't be set", path.native());
}

bool report(const Result<void>& done) {
  if (!done) log::debug("{}", done.error().message());
  return done.has_value();
}

}  // namespace

SavedServers::SavedServers(const Folders& folders, const InterfaceName& name, const wg::PublicKey& server_key)
    : path_(servers_file(folders, name)), server_key_(server_key) {}

KnownServers SavedServers::read() const {
  const auto text = read_file(path_, kMostText);
  return text ? KnownServers::parse(*text, server_key_) : KnownServers();
}

bool SavedServers::save(const KnownServers& known, WallTime now) const {
  const auto there = read_file(path_, kMostText);
  if (known.is_empty()) return (!there && there.error().kind() == ErrorKind::kNotFound) || report(remove_file(path_));
  const std::string text = known.to_text(server_key_);
  if (there != text && !report(replace_file(path_, text))) return false;
  if (const auto time = time_of(path_); !time || std::chrono::abs(now - *time) >= kBetweenTouches) set_time_of(path_, now);
  return true;
}

std::chrono::nanoseconds SavedServers::age(WallTime now) const {
  const auto time = time_of(path_);
  return time ? std::max<std::chrono::nanoseconds>(now - *time, {}) : std::chrono::nanoseconds(0);
}

}  // namespace innernet::client

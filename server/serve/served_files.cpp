#include "served_files.hpp"

#include <fmt/format.h>

#include <system_error>

#include "innernet/config/config.hpp"

namespace innernet::server {
namespace {

bool is_missing(const std::filesystem::path& path) {
  std::error_code failure;
  return std::filesystem::status(path, failure).type() == std::filesystem::file_type::not_found;
}

bool is_same_version(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

ServedFiles::ServedFiles(const Folders& folders, const InterfaceName& interface, std::vector<std::filesystem::path> guarded,
                         const wg::PublicKey& key, FileLock lock)
    : config_(folders.config_file(interface)),
      guarded_(std::move(guarded)),
      lock_file_(folders.lock_file(interface)),
      key_(key),
      lock_(std::move(lock)) {}

std::optional<std::filesystem::path> ServedFiles::missing() const {
  for (const auto& path : guarded_)
    if (is_missing(path)) return path;
  return std::nullopt;
}

std::optional<std::string> ServedFiles::taken_over() {
  if (auto why = other_config()) return why;
  return other_server();
}

std::optional<std::string> ServedFiles::other_config() {
  struct stat now{};
  if (::stat(config_.c_str(), &now) != 0 || is_same_version(now, read_)) return std::nullopt;
  const auto config = ServerConfig::read(config_);
  if (!config) return std::nullopt;  // it may be half written, and is read again then
  read_ = now;
  has_other_config_ = config->private_key.public_key() != key_;
  if (!has_other_config_) return std::nullopt;
  return fmt::format("{} is another network's now: it has another private key", config_.string());
}

std::optional<std::string> ServedFiles::other_server() {
  if (lock_->is_held()) return std::nullopt;
  auto lock = FileLock::acquire(lock_file_, std::chrono::milliseconds(0), guarded_);
  if (lock)
    lock_.emplace(*std::move(lock));
  else if (lock.error().kind() == ErrorKind::kBusy)
    return fmt::format("another process serves this network, for somebody has removed our lock: {}", lock.error().message());
  return std::nullopt;
}

}  // namespace innernet::server

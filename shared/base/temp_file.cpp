#include "innernet/base/temp_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "innernet/base/random.hpp"

namespace innernet {
namespace {

constexpr int kMostLinks = 40;               // as the kernel (MAXSYMLINKS)
constexpr std::size_t kShownOfTarget = 200;  // of the target's name; the whole stays below NAME_MAX

constexpr std::size_t kDigits = 16;
constexpr std::string_view kSuffix = ".new";

std::string temp_prefix(std::string_view target) { return fmt::format(".{}.", target.substr(0, kShownOfTarget)); }

Attempt<std::string> temp_name(std::string_view target) {
  const auto random = random_bits();
  if (!random) return std::unexpected(random.error());
  return fmt::format("{}{:0{}x}{}", temp_prefix(target), *random, kDigits, kSuffix);
}

bool is_temp_name(std::string_view name, std::string_view prefix) {
  if (name.size() != prefix.size() + kDigits + kSuffix.size() || !name.starts_with(prefix) || !name.ends_with(kSuffix)) return false;
  return name.substr(prefix.size(), kDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Whether this process has made it alone its own: who sweeps may have locked and removed it between the two calls. Where the file system
// knows no locks, nobody sweeps either.
bool keeps(int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;
  struct stat status{};
  return ::fstat(fd, &status) == 0 && status.st_nlink > 0;
}

// Some file systems can't sync a folder and say EINVAL; then there is nothing more that we could do.
Attempt<void> sync_folder(int fd) {
  const auto synced = sync(fd);
  if (!synced && synced.error() == EINVAL) return {};
  return synced;
}

}  // namespace

Attempt<void> write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(errno);
    if (written == 0) return std::unexpected(EIO);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Attempt<void> sync(int fd) {
  while (::fsync(fd) != 0)
    if (errno != EINTR) return std::unexpected(errno);
  return {};
}

Attempt<void> give_to_owner_of(const struct stat& folder, int fd) {
  if (::geteuid() != 0 || folder.st_uid == 0) return {};
  // A service of root's without CAP_CHOWN may not, and nothing fails for it.
  if (::fchown(fd, folder.st_uid, static_cast<gid_t>(-1)) != 0 && errno != EPERM) return std::unexpected(errno);
  return {};
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Attempt<std::filesystem::path> follow_links(const std::filesystem::path& path) {
  std::filesystem::path current = path;
  for (int links = 0; links <= kMostLinks; ++links) {
    char target[PATH_MAX];
    const ssize_t length = ::readlink(current.c_str(), target, sizeof target);
    if (length < 0 && (errno == EINVAL || errno == ENOENT)) return current;  // no link; nothing there
    if (length < 0) return std::unexpected(errno);
    if (static_cast<std::size_t>(length) == sizeof target) return std::unexpected(ENAMETOOLONG);
    current = folder_of(current) / std::string_view(target, static_cast<std::size_t>(length));
  }
  return std::unexpected(ELOOP);
}

std::vector<std::filesystem::path> temp_files_of(const std::filesystem::path& target) {
  std::vector<std::filesystem::path> found;
  const std::string prefix = temp_prefix(target.filename().native());
  std::error_code failure;
  std::filesystem::directory_iterator files(folder_of(target), failure);
  for (; !failure && files != std::filesystem::directory_iterator(); files.increment(failure))
    if (is_temp_name(files->path().filename().native(), prefix)) found.push_back(files->path());
  return found;
}

Attempt<void> remove_leftovers_of(const std::filesystem::path& target) {
  Attempt<void> result;
  for (const std::filesystem::path& file : temp_files_of(target)) {
    const UniqueFd fd(::open(file.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status{};
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) continue;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) result = std::unexpected(errno);
  }
  return result;
}

Attempt<TempFile> TempFile::beside(const std::filesystem::path& target) {
  const std::string file = target.filename();
  if (file.empty() || file == "." || file == "..") return std::unexpected(EISDIR);
  UniqueFd folder(::open(folder_of(target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return std::unexpected(errno);
  static_cast<void>(remove_leftovers_of(target));  // no reason not to write
  for (;;) {
    auto name = temp_name(file);
    if (!name) return std::unexpected(name.error());
    UniqueFd fd(::openat(folder.get(), name->c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (fd && !keeps(fd.get())) continue;
    if (fd) return TempFile(std::move(folder), std::move(fd), std::move(*name), file);
    if (errno != EEXIST && errno != EINTR) return std::unexpected(errno);
  }
}

TempFile::TempFile(TempFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      fd_(std::move(other.fd_)),
      name_(std::exchange(other.name_, {})),
      target_(std::move(other.target_)) {}

TempFile::~TempFile() {
  if (!name_.empty()) ::unlinkat(folder_.get(), name_.c_str(), 0);
}

Attempt<void> TempFile::take_owner_and_mode(const struct stat& old) const {
  struct stat now{};
  if (::fstat(fd_.get(), &now) != 0) return std::unexpected(errno);
  const bool other_owner = ::geteuid() == 0 && now.st_uid != old.st_uid;
  // Asked for only where it differs: root in a service without CAP_CHOWN may not even confirm what already is.
  if (other_owner || now.st_gid != old.st_gid)
    if (::fchown(fd_.get(), other_owner ? old.st_uid : static_cast<uid_t>(-1), old.st_gid) != 0) return std::unexpected(errno);
  if (::fchmod(fd_.get(), old.st_mode & 07777U) != 0) return std::unexpected(errno);  // last: fchown clears setuid and setgid
  return {};
}

Attempt<void> TempFile::replace_target() {
  if (const auto synced = sync(fd_.get()); !synced) return synced;
  if (::renameat(folder_.get(), name_.c_str(), folder_.get(), target_.c_str()) != 0) return std::unexpected(errno);
  name_.clear();
  return sync_folder(folder_.get());
}

Attempt<void> TempFile::become_target() {
  if (const auto synced = sync(fd_.get()); !synced) return synced;
  if (const auto renamed = rename_exclusively(folder_.get(), name_, target_); !renamed) return renamed;
  name_.clear();
  const auto synced = sync_folder(folder_.get());
  // What is reported as not made must not be found later.
  if (!synced) ::unlinkat(folder_.get(), target_.c_str(), 0);
  return synced;
}

}  // namespace innernet

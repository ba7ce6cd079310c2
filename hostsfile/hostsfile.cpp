#include "innernet/hostsfile/hostsfile.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "file_attributes.hpp"
#include "innernet/base/file.hpp"
#include "innernet/base/temp_file.hpp"

namespace innernet::hostsfile {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr mode_t kEverybodyReads = 0644;
constexpr std::size_t kLargestFile = 256U << 20;
// Programs that don't know our lock may replace the file between our reading and our rename; then it is read again.
constexpr int kRounds = 5;

struct HostsFile {
  UniqueFd fd;  // none: there is no file yet
  struct stat status{};
  std::string text;
};

bool is_same_version(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

Result<HostsFile> read_hosts(const std::filesystem::path& target) {
  // A fifo of that name must not hold us up; for a regular file O_NONBLOCK means nothing.
  HostsFile file;
  file.fd.reset(::open(target.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.fd) {
    const int saved = errno;
    if (saved == ENOENT) return file;
    return fail_errno(saved, target.string());
  }
  if (::fstat(file.fd.get(), &file.status) != 0) return fail_errno(errno, target.string());
  if (S_ISDIR(file.status.st_mode)) return fail_errno(EISDIR, target.string());
  if (!S_ISREG(file.status.st_mode)) return invalid_input(fmt::format("{}: not a regular file", target.string()));
  if (static_cast<std::size_t>(file.status.st_size) > kLargestFile)
    return invalid_input(fmt::format("{}: larger than {} bytes", target.string(), kLargestFile));
  file.text.resize(static_cast<std::size_t>(file.status.st_size));
  std::size_t used = 0;
  while (used < file.text.size()) {
    const ssize_t got = ::read(file.fd.get(), file.text.data() + used, file.text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, target.string());
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  file.text.resize(used);
  return file;
}

Attempt<void> create(const std::filesystem::path& target, std::string_view text) {
  auto file = TempFile::beside(target);
  if (!file) return std::unexpected(file.error());
  if (::fchmod(file->fd(), kEverybodyReads) != 0) return std::unexpected(errno);
  if (const auto written = write_all(file->fd(), text); !written) return written;
  return file->become_target();
}

// ESTALE: somebody else replaced the file meanwhile.
Attempt<void> replace(const std::filesystem::path& target, const HostsFile& old, std::string_view text) {
  auto file = TempFile::beside(target);
  if (!file) return std::unexpected(file.error());
  if (const auto kept = file->take_owner_and_mode(old.status); !kept) return kept;
  if (const auto copied = copy_attributes(old.fd.get(), file->fd()); !copied) return copied;
  if (const auto written = write_all(file->fd(), text); !written) return written;
  struct stat now{};
  if (::stat(target.c_str(), &now) != 0) return std::unexpected(errno == ENOENT ? ESTALE : errno);
  if (!is_same_version(now, old.status)) return std::unexpected(ESTALE);
  return file->replace_target();
}

// What keeps a file from being replaced, but not from being written: a mount on it (EBUSY, EXDEV), a folder that we may
// not write to, an owner, label or ACL that we may not give to the new one or its file system can't store.
bool may_be_written_in_place(Errno code) {
  switch (code) {
    case EBUSY:
    case EXDEV:
    case EROFS:
    case EACCES:
    case EPERM:
    case ENOTSUP:
    case EINVAL:
      return true;
    default:
      return false;
  }
}

Attempt<void> overwrite(int fd, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = ::pwrite(fd, text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return std::unexpected(written < 0 ? errno : EIO);
    at += static_cast<std::size_t>(written);
  }
  if (::ftruncate(fd, static_cast<off_t>(text.size())) != 0) return std::unexpected(errno);
  return sync(fd);
}

Attempt<void> write_in_place(const std::filesystem::path& target, const HostsFile& old, std::string_view text) {
  const UniqueFd fd(::open(target.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return std::unexpected(errno);
  struct stat now{};
  if (::fstat(fd.get(), &now) != 0) return std::unexpected(errno);
  if (!is_same_version(now, old.status)) return std::unexpected(ESTALE);
  // Room first, so that a full disk is noticed while the old content is whole. File systems without it say EOPNOTSUPP.
  if (::fallocate(fd.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(text.size())) != 0 &&
      (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
    return std::unexpected(errno);
  const auto written = overwrite(fd.get(), text);
  if (!written) (void)overwrite(fd.get(), old.text);  // its blocks are still there
  return written;
}

struct Change {
  HostsFile old;
  std::string text;

  bool is_needed() const { return text != old.text; }
};

Result<Change> change_of(const std::filesystem::path& target, std::string_view network, const std::vector<Entry>& entries) {
  TRY(HostsFile old, read_hosts(target));
  TRY_CONTEXT(std::string text, with_section(old.text, network, entries), target.string());
  return Change{std::move(old), std::move(text)};
}

// None where no file can be made beside the hosts file. Then it is written in place, if it is the version that was read.
Result<std::optional<FileLock>> lock_for(const std::filesystem::path& target) {
  if (::faccessat(AT_FDCWD, folder_of(target).c_str(), W_OK | X_OK, AT_EACCESS) != 0) return std::nullopt;
  TRY_CONTEXT(FileLock lock, FileLock::acquire_while_locked(lock_file(target), kPatience), fmt::format("{}: locking it", target.string()));
  return std::optional(std::move(lock));
}

// Of one who was killed. It keeps nobody waiting, but lies in /etc.
void sweep_lock(const std::filesystem::path& target) {
  struct stat status{};
  const auto file = lock_file(target);
  if (::lstat(file.c_str(), &status) == 0) static_cast<void>(FileLock::acquire_while_locked(file, std::chrono::milliseconds(0)));
}

}  // namespace

std::filesystem::path lock_file(const std::filesystem::path& target) {
  return folder_of(target) / ("." + target.filename().string() + ".innernet-lock");
}

Result<Written> update(const std::filesystem::path& path, std::string_view network, const std::vector<Entry>& entries) {
  const auto target = follow_links(path);
  if (!target) return fail_errno(target.error(), path.string());
  // Mostly there is nothing to write. What is just being written in place, and half of it read, is read again with the lock.
  if (const auto now = change_of(*target, network, entries); now && !now->is_needed()) {
    sweep_lock(*target);
    return Written::kUnchanged;
  }

  TRY(const auto lock, lock_for(*target));
  for (int round = 1;; ++round) {
    TRY(const Change change, change_of(*target, network, entries));
    if (!change.is_needed()) return Written::kUnchanged;
    const auto& [old, text] = change;

    const auto replaced = old.fd ? replace(*target, old, text) : create(*target, text);
    if (replaced) return Written::kReplaced;
    Errno code = replaced.error();
    if (old.fd && may_be_written_in_place(code)) {
      const auto written = write_in_place(*target, old, text);
      if (written) return Written::kInPlace;
      code = written.error();
    }
    const bool changed_meanwhile = code == ESTALE || (!old.fd && code == EEXIST);
    if (changed_meanwhile && round < kRounds) continue;
    if (changed_meanwhile) return fail(ErrorKind::kBusy, fmt::format("{}: another program keeps changing it", target->string()));
    return fail_errno(code, fmt::format("{}: writing", target->string()));
  }
}

}  // namespace innernet::hostsfile

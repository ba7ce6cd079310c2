#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>

#include "innernet/base/clock.hpp"
#include "innernet/base/file.hpp"
#include "innernet/base/temp_file.hpp"

namespace innernet {
namespace {

constexpr std::chrono::milliseconds kPause{20};

// 0, EWOULDBLOCK when `deadline` passed first, or what flock(2) says.
Errno lock_until(int fd, BootTime deadline) {
  const SystemClock clock;
  for (;;) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    const Errno code = errno;
    if (code == EINTR) continue;
    if (code != EWOULDBLOCK) return code;
    const auto left = deadline - clock.boot();
    if (left <= std::chrono::nanoseconds(0)) return EWOULDBLOCK;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kPause));
  }
}

Attempt<UniqueFd> open_lock_file(const std::filesystem::path& path) {
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kPrivateFile));
    if (fd) {
      struct stat folder{};
      if (::stat(folder_of(path).c_str(), &folder) != 0) return fd;
      if (const auto given = give_to_owner_of(folder, fd.get()); !given) return std::unexpected(given.error());
      if ((folder.st_mode & S_ISGID) != 0 && ::fchmod(fd.get(), 0660) != 0) return std::unexpected(errno);
      return fd;
    }
    if (errno != EEXIST) return std::unexpected(errno);
    fd.reset(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
    if (fd) return fd;
    if (errno != ENOENT) return std::unexpected(errno);  // else removed between the two calls
  }
}

// Whether `path` still is the file behind `fd`: who removed it took the lock with it, and the next one locks another file.
bool is_still_at(const std::filesystem::path& path, int fd) {
  struct stat by_path{}, by_fd{};
  return ::stat(path.c_str(), &by_path) == 0 && ::fstat(fd, &by_fd) == 0 && by_path.st_dev == by_fd.st_dev &&
         by_path.st_ino == by_fd.st_ino;
}

// What can't be looked at may be there.
bool is_gone(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::symlink_status(path, ignored).type() == std::filesystem::file_type::not_found;
}

// "process 1234", or what can be said when the holder has not written its id yet.
std::string holder(int fd) {
  char text[16];
  const ssize_t length = std::max<ssize_t>(::pread(fd, text, sizeof text, 0), 0);
  std::string digits(text, static_cast<std::size_t>(length));
  digits.erase(std::ranges::find_if(digits, [](char c) { return c < '0' || c > '9'; }), digits.end());
  return digits.empty() ? "another process" : "process " + digits;
}

// Only for the message that others give; a lock without it is a lock, so a full disk does not matter.
void write_own_pid(int fd) {
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) == 0 && ::pwrite(fd, pid.data(), pid.size(), 0) < 0) return;
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::filesystem::path& path, std::chrono::milliseconds patience,
                                   std::vector<std::filesystem::path> guarded) {
  const auto at_release = guarded.empty() ? AtRelease::kStays : AtRelease::kGoesWithGuarded;
  return acquire(path, patience, std::move(guarded), at_release);
}

Result<FileLock> FileLock::acquire_while_locked(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  return acquire(path, patience, {}, AtRelease::kGoes);
}

Result<FileLock> FileLock::acquire(const std::filesystem::path& path, std::chrono::milliseconds patience,
                                   std::vector<std::filesystem::path> guarded, AtRelease at_release) {
  const BootTime deadline = SystemClock().boot() + patience;
  for (;;) {
    auto fd = open_lock_file(path);
    if (!fd) return fail_errno(fd.error(), fmt::format("{}: opening the lock", path.string()));
    const Errno code = lock_until(fd->get(), deadline);
    if (code == EWOULDBLOCK)
      return fail(ErrorKind::kBusy, fmt::format("{}: locked by {}; try again when it has ended", path.string(), holder(fd->get())));
    if (code != 0) return fail_errno(code, fmt::format("{}: locking", path.string()));
    if (!is_still_at(path, fd->get())) continue;
    write_own_pid(fd->get());
    return FileLock(std::move(*fd), path, std::move(guarded), at_release);
  }
}

bool FileLock::is_locked(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

bool FileLock::is_held() const { return fd_ && is_still_at(path_, fd_.get()); }

Result<FileLock> FileLock::acquire_existing(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  const BootTime deadline = SystemClock().boot() + patience;
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, path.string());
    const Errno code = lock_until(fd.get(), deadline);
    if (code == EWOULDBLOCK)
      return fail(ErrorKind::kBusy, fmt::format("{}: locked by another process; try again when it has ended", path.string()));
    if (code != 0) return fail_errno(code, fmt::format("{}: locking", path.string()));
    if (is_still_at(path, fd.get())) return FileLock(std::move(fd), path, {}, AtRelease::kStays);
  }
}

FileLock::~FileLock() {
  if (!fd_ || at_release_ == AtRelease::kStays) return;
  if (at_release_ == AtRelease::kGoesWithGuarded && !std::ranges::all_of(guarded_, is_gone)) return;
  // Before the lock is released with the descriptor: who takes it next must not find its file removed.
  if (is_still_at(path_, fd_.get())) ::unlink(path_.c_str());
}

}  // namespace innernet

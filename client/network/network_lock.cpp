#include "innernet/client/network_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <charconv>

#include "innernet/base/clock.hpp"
#include "innernet/client/file_access.hpp"
#include "network_files.hpp"

namespace innernet::client {

std::vector<std::filesystem::path> network_files(const Folders& folders, const InterfaceName& name) {
  const auto data_store = folders.data_store(name);
  std::vector<std::filesystem::path> files{folders.config_file(name), data_store, pending_file(folders, name), corrupt_copy(data_store),
                                           etag_file(folders, name)};
  std::ranges::move(set_aside_pending_files(folders, name), std::back_inserter(files));
  return files;
}

Result<FileLock> lock_network(const Folders& folders, const InterfaceName& name, const Stop* stop, std::chrono::milliseconds patience) {
  const auto path = folders.lock_file(name);
  if (auto made = make_private_folder(folders.data); !made) return std::unexpected(with_remedy(std::move(made).error(), path));
  // flock(2) can't wait for a file descriptor as well, so a stop is looked for now and then.
  constexpr std::chrono::milliseconds kSlice{100};
  const SystemClock clock;
  const BootTime end = clock.boot() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock.boot());
    auto lock = FileLock::acquire(path, std::clamp(left, std::chrono::milliseconds(0), kSlice), network_files(folders, name));
    if (lock) return lock;
    const bool is_taken = lock.error().kind() == ErrorKind::kBusy;
    if (is_taken && stop != nullptr && stop->requested()) return fail(ErrorKind::kInterrupted, "stopped");
    if (is_taken && clock.boot() < end) continue;
    return std::unexpected(
        with_remedy(std::move(lock).error(), path).context(fmt::format("another command works on network {}", quoted(name.str()))));
  }
}

std::optional<int> daemon_of(const Folders& folders, const InterfaceName& name) {
  const UniqueFd fd(::open(daemon_file(folders, name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd || ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
  char text[16];
  const ssize_t length = ::pread(fd.get(), text, sizeof text, 0);
  int pid = 0;
  if (length <= 0 || std::from_chars(text, text + length, pid).ec != std::errc()) return std::nullopt;
  return pid;
}

std::filesystem::path daemon_file(const Folders& folders, const InterfaceName& name) { return folders.data / (name.str() + ".daemon"); }

}  // namespace innernet::client

#include "innernet/client/network_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "innernet/base/clock.hpp"
#include "innernet/client/file_access.hpp"
#include "network_files.hpp"

namespace innernet::client {

std::vector<std::filesystem::path> network_files(const Folders& folders, const InterfaceName& name) {
  const auto data_store = folders.data_store(name);
  std::vector<std::filesystem::path> files{folders.config_file(name),      data_store,
                                           pending_file(folders, name),    corrupt_copy(data_store),
                                           etag_file(folders, name),       relays_file(folders, name),
                                           traversal_file(folders, name),  pairs_file(folders, name),
                                           relay_port_file(folders, name), mapping_file(folders, name),
                                           servers_file(folders, name)};
  std::ranges::move(set_aside_pending_files(folders, name), std::back_inserter(files));
  return files;
}

namespace {

// flock(2) can't wait for a file descriptor as well, so a stop is looked for now and then.
constexpr std::chrono::milliseconds kSlice{100};

using Acquire = std::function<Result<FileLock>(std::chrono::milliseconds patience)>;

Result<FileLock> wait_for(const Acquire& acquire, const Stop* stop, BootTime end) {
  const SystemClock clock;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock.boot());
    auto lock = acquire(std::clamp(left, std::chrono::milliseconds(0), kSlice));
    if (lock || lock.error().kind() != ErrorKind::kBusy) return lock;
    if (stop != nullptr && stop->requested()) return fail(ErrorKind::kInterrupted, "stopped");
    if (clock.boot() >= end) return lock;
  }
}

Result<FileLock> lock_by_file(const Folders& folders, const InterfaceName& name, const Stop* stop, BootTime end) {
  const auto path = folders.lock_file(name);
  TRY_VOID(make_private_folder(folders.data));
  return wait_for([&](auto patience) { return FileLock::acquire(path, patience, network_files(folders, name)); }, stop, end);
}

// Not the name of the lock: that could not be made.
Result<FileLock> lock_by_config(const Folders& folders, const InterfaceName& name, const Stop* stop, BootTime end) {
  return wait_for([&](auto patience) { return FileLock::acquire_existing(folders.config_file(name), patience); }, stop, end);
}

Result<FileLock> lock(const Folders& folders, const InterfaceName& name, const Stop* stop, ReadOnly read_only, BootTime end) {
  auto by_file = lock_by_file(folders, name, stop, end);
  if (by_file || by_file.error().kind() != ErrorKind::kReadOnly || read_only == ReadOnly::kRefused) return by_file;
  warn_of_read_only(folders.data);
  return lock_by_config(folders, name, stop, end);
}

}  // namespace

Result<FileLock> lock_network(const Folders& folders, const InterfaceName& name, const Stop* stop, ReadOnly read_only,
                              std::chrono::milliseconds patience) {
  auto locked = lock(folders, name, stop, read_only, SystemClock().boot() + patience);
  if (locked) return locked;
  Error why = std::move(locked).error();
  if (why.kind() == ErrorKind::kBusy)
    return std::unexpected(std::move(why).context(fmt::format("another command works on network {}", quoted(name.str()))));
  return std::unexpected(with_remedy(std::move(why), folders.lock_file(name)));
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

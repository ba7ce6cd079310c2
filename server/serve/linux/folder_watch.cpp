#include "linux/folder_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace innernet::server {

Result<FolderWatch> FolderWatch::open(const Folders& folders, const InterfaceName& interface) {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd) return fail_errno(errno, "watching folders");
  constexpr std::uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF;
  for (const auto& folder : {folders.data, folders.config}) {
    if (::inotify_add_watch(fd.get(), folder.c_str(), kEvents) < 0) {
      const int saved = errno;
      return fail_errno(saved, "watching " + folder.string());
    }
  }
  return FolderWatch(std::move(fd), interface.str() + ".");
}

bool FolderWatch::drain() {
  bool ours = false;
  alignas(inotify_event) std::array<char, 16U << 10> buffer;
  for (;;) {
    const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
    if (size <= 0) return ours;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(size);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      // Without a name it is the folder itself, or the queue has overflowed: something may be ours.
      if (event.len == 0 || std::string_view(name, ::strnlen(name, event.len)).starts_with(prefix_)) ours = true;
    }
  }
}

}  // namespace innernet::server

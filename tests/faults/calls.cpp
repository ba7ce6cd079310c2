#include "calls.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

namespace innernet::faults {
namespace {

std::string memory(pid_t thread, Word address, std::size_t size) {
  std::string bytes(size, '\0');
  iovec here{bytes.data(), size};
  iovec there{reinterpret_cast<void*>(address), size};  // NOLINT: another process's
  const ssize_t got = ::process_vm_readv(thread, &here, 1, &there, 1, 0);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::string text_at(pid_t thread, Word address) {
  std::string text;
  // In small steps: what follows the text may not be mapped.
  while (text.size() < PATH_MAX) {
    const std::size_t step = 256 - (address + text.size()) % 256;
    const std::string piece = memory(thread, address + text.size(), step);
    if (piece.empty()) break;
    const auto end = piece.find('\0');
    text += piece.substr(0, end);
    if (end != std::string::npos) break;
  }
  return text;
}

template <class T>
std::optional<T> value_at(pid_t thread, Word address) {
  const std::string bytes = memory(thread, address, sizeof(T));
  if (bytes.size() != sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

std::string link_target(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  return length < 0 ? "" : std::string(target.data(), static_cast<std::size_t>(length));
}

std::string path_of_descriptor(pid_t thread, int fd) { return link_target(fmt::format("/proc/{}/fd/{}", thread, fd)); }

std::string path_at(pid_t thread, int folder, Word name) {
  std::string path = text_at(thread, name);
  if (path.starts_with('/')) return path;
  const std::string base = folder == AT_FDCWD ? link_target(fmt::format("/proc/{}/cwd", thread)) : path_of_descriptor(thread, folder);
  return path.empty() ? base : base + "/" + path;
}

bool is_regular(pid_t thread, int fd) {
  struct stat status{};
  return ::stat(fmt::format("/proc/{}/fd/{}", thread, fd).c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::optional<Call> acquiring(Call call) {
  call.changes = false;
  return call;
}

std::string domain_name(int domain, int protocol) {
  if (domain == AF_NETLINK) return protocol == NETLINK_ROUTE ? "netlink route" : "netlink generic";
  if (domain == AF_UNIX) return "unix";
  if (domain == AF_INET || domain == AF_INET6) return "inet";
  return fmt::format("domain {}", domain);
}

// The program itself, its libraries and what the kernel shows are no files that break.
std::optional<Call> unless_of_system(Call call) {
  for (const std::string_view system : {"/dev/", "/proc/", "/sys/", "/usr/", "/lib"})
    if (call.about.starts_with(system)) return std::nullopt;
  return acquiring(std::move(call));
}

std::optional<Call> opened(Call call, Word flags) {
  if ((flags & (O_CREAT | O_TRUNC)) != 0) {
    call.name = "create";
    return call;
  }
  return unless_of_system(std::move(call));
}

std::optional<Call> controlled(pid_t thread, int fd, Word request) {
  // Terminals are asked for their size and modes, sockets for what is queued.
  if (request == TIOCGWINSZ || request == 0x5401 /* TCGETS */ || request == FIONREAD || request == FIONBIO || request == TIOCOUTQ)
    return std::nullopt;
  return Call{.name = "ioctl", .about = fmt::format("{} {:#x}", path_of_descriptor(thread, fd), request)};
}

}  // namespace

std::optional<Call> Calls::call(pid_t thread, const Entry& entry) const {
  const auto& a = entry.args;
  const auto fd = static_cast<int>(a[0]);
  const auto here = [&](std::string name, Word path) { return Call{.name = std::move(name), .about = path_at(thread, AT_FDCWD, path)}; };
  const auto at = [&](std::string name, Word folder, Word path) {
    return Call{.name = std::move(name), .about = path_at(thread, static_cast<int>(folder), path)};
  };
  const auto of_fd = [&](std::string name) { return Call{.name = std::move(name), .about = path_of_descriptor(thread, fd)}; };
  switch (entry.call) {
    case SYS_write:
    case SYS_pwrite64:
      return written(thread, fd, entry.call == SYS_write ? "write" : "pwrite", a[1], a[2]);
    case SYS_writev:
    case SYS_pwritev:
    case SYS_pwritev2:
      return written(thread, fd, "writev", 0, 0);
    case SYS_read:
    case SYS_pread64:
    case SYS_readv:
      if (!is_regular(thread, fd)) return std::nullopt;
      return unless_of_system(of_fd("read"));
    case SYS_sendto:
      return sent(thread, fd, "sendto", a[1], a[2]);
    case SYS_sendmsg: {
      const auto message = value_at<msghdr>(thread, a[1]);
      const auto first = message ? value_at<iovec>(thread, reinterpret_cast<Word>(message->msg_iov)) : std::nullopt;        // NOLINT
      return sent(thread, fd, "sendmsg", first ? reinterpret_cast<Word>(first->iov_base) : 0, first ? first->iov_len : 0);  // NOLINT
    }
    case SYS_sendmmsg:
      return sent(thread, fd, "sendmmsg", 0, 0);
    case SYS_connect:
    case SYS_bind:
    case SYS_listen: {
      Call call{.name = entry.call == SYS_connect ? "connect" : entry.call == SYS_bind ? "bind" : "listen", .about = name_of(fd)};
      const auto there = sockets_.find(fd);
      call.changes = there == sockets_.end() || there->second.domain != AF_NETLINK;
      return call;
    }
    case SYS_accept:
    case SYS_accept4:
      return Call{.name = "accept", .about = name_of(fd), .changes = false};
    case SYS_openat:
      return opened(at("open", a[0], a[1]), a[2]);
#ifdef SYS_open
    case SYS_open:
      return opened(here("open", a[0]), a[1]);
    case SYS_rename:
      return here("rename", a[1]);
    case SYS_link:
      return here("link", a[1]);
    case SYS_symlink:
      return here("symlink", a[1]);
    case SYS_unlink:
      return here("unlink", a[0]);
    case SYS_rmdir:
      return here("rmdir", a[0]);
    case SYS_mkdir:
      return here("mkdir", a[0]);
    case SYS_mknod:
      return here("mknod", a[0]);
    case SYS_chmod:
      return here("chmod", a[0]);
    case SYS_chown:
    case SYS_lchown:
      return here("chown", a[0]);
#endif
#ifdef SYS_renameat
    case SYS_renameat:
      return at("rename", a[2], a[3]);
#endif
    case SYS_renameat2:
      return at("rename", a[2], a[3]);
    case SYS_linkat:
      return at("link", a[2], a[3]);
    case SYS_symlinkat:
      return at("symlink", a[1], a[2]);
    case SYS_unlinkat:
      return at("unlink", a[0], a[1]);
    case SYS_mkdirat:
      return at("mkdir", a[0], a[1]);
    case SYS_mknodat:
      return at("mknod", a[0], a[1]);
    case SYS_fchmodat:
      return at("chmod", a[0], a[1]);
    case SYS_fchownat:
      return at("chown", a[0], a[1]);
    case SYS_utimensat:
      return at("utimens", a[0], a[1]);
    case SYS_truncate:
      return here("truncate", a[0]);
    case SYS_ftruncate:
      return of_fd("ftruncate");
    case SYS_fallocate:
      return of_fd("fallocate");
    case SYS_fsync:
      return of_fd("fsync");
    case SYS_fdatasync:
      return of_fd("fdatasync");
    case SYS_fchmod:
      return of_fd("fchmod");
    case SYS_fchown:
      return of_fd("fchown");
    case SYS_fsetxattr:
      return of_fd("fsetxattr");
    case SYS_setxattr:
      return here("setxattr", a[0]);
    case SYS_mount:
      return here("mount", a[1]);
    case SYS_umount2:
      return here("umount", a[0]);
    case SYS_ioctl:
      return controlled(thread, fd, a[1]);
    case SYS_flock:
      return acquiring(of_fd("flock"));
    case SYS_fcntl:
      if (a[1] != F_SETLK && a[1] != F_SETLKW && a[1] != F_OFD_SETLK && a[1] != F_OFD_SETLKW) return std::nullopt;
      return acquiring(of_fd("fcntl"));
    case SYS_socket:
      return Call{.name = "socket", .about = domain_name(fd, static_cast<int>(a[2])), .changes = false};
    case SYS_pipe2:
      return Call{.name = "pipe2", .about = "pipe", .changes = false};
    case SYS_eventfd2:
      return Call{.name = "eventfd2", .about = "eventfd", .changes = false};
    case SYS_timerfd_create:
      return Call{.name = "timerfd_create", .about = "timerfd", .changes = false};
    case SYS_epoll_create1:
      return Call{.name = "epoll_create1", .about = "epoll", .changes = false};
    case SYS_inotify_init1:
      return Call{.name = "inotify_init1", .about = "inotify", .changes = false};
    default:
      return std::nullopt;
  }
}

void Calls::made_socket(const Entry& entry, std::int64_t fd) {
  if (fd >= 0) sockets_[static_cast<int>(fd)] = {.domain = static_cast<int>(entry.args[0]), .protocol = static_cast<int>(entry.args[2])};
}

std::string Calls::name_of(int fd) const {
  const auto there = sockets_.find(fd);
  return there == sockets_.end() ? "accepted" : domain_name(there->second.domain, there->second.protocol);
}

std::optional<Call> Calls::written(pid_t thread, int fd, std::string name, Word data, Word size) const {
  const std::string path = path_of_descriptor(thread, fd);
  if (path.starts_with("socket:")) return sent(thread, fd, std::move(name), data, size);
  if (fd == STDOUT_FILENO || fd == STDERR_FILENO || !is_regular(thread, fd)) return std::nullopt;
  return Call{.name = std::move(name), .about = path, .bytes = size};
}

// What only asks is left to the wide sense: WireGuard's `get=1`, requests to read from rtnetlink (their types are 2 modulo 4).
std::optional<Call> Calls::sent(pid_t thread, int fd, std::string name, Word data, Word size) const {
  Call call{.name = std::move(name), .about = name_of(fd)};
  const std::string begin = memory(thread, data, std::min<Word>(size, 64));
  if (const auto there = sockets_.find(fd);
      there != sockets_.end() && there->second.domain == AF_NETLINK && begin.size() >= sizeof(nlmsghdr)) {
    nlmsghdr head;
    std::memcpy(&head, begin.data(), sizeof head);
    call.changes = there->second.protocol != NETLINK_ROUTE || head.nlmsg_type % 4 != 2;
    call.about += fmt::format(" {}", head.nlmsg_type);
  }
  if (begin.starts_with("get=1")) call.changes = false;
  return call;
}

}  // namespace innernet::faults

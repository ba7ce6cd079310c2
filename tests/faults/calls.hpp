#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace innernet::faults {

using Word = std::uint64_t;

/// A thread that asks the kernel for something, and has not got it yet.
struct Entry {
  long call;
  std::array<Word, 6> args;
};

/// A call that counts.
struct Call {
  std::string name;
  std::string about;
  bool changes = true;
  Word bytes = 0;  ///< of a plain write to a file
};

/// The system calls that count, and what each is about.
///
/// Counted are, of all threads together and in the order in which the kernel is asked: writes to regular files and sockets; open with
/// O_CREAT or O_TRUNC; rename, link, symlink, unlink, rmdir, mkdir, mknod; truncate, allocate; fsync, fdatasync; changes of mode, owner,
/// times and attributes; messages on sockets, connect, bind and listen (but for netlink's own); ioctls that set something; mount, umount.
/// Not counted: what goes to standard output or error, to a terminal or a pipe; what netlink or WireGuard's text protocol are only asked;
/// what shared memory is written (SQLite's index of its log).
class Calls {
 public:
  /// What `entry` is, if it counts in the wide sense.
  std::optional<Call> call(pid_t thread, const Entry& entry) const;
  /// To be told of each call of socket() that has returned: what a socket is can't be seen from outside.
  void made_socket(const Entry& entry, std::int64_t fd);

 private:
  struct Socket {
    int domain;
    int protocol;
  };

  std::string name_of(int fd) const;
  std::optional<Call> written(pid_t thread, int fd, std::string name, Word data, Word size) const;
  std::optional<Call> sent(pid_t thread, int fd, std::string name, Word data, Word size) const;

  std::map<int, Socket> sockets_;
};

}  // namespace innernet::faults

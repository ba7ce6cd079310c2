#include "userspace_socket.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "uapi.hpp"

namespace innernet::wg {
namespace {

constexpr std::string_view kSuffix = ".sock";

// 100,000 peers are about 30 MB.
constexpr std::size_t kAnswerLimit = 256U << 20U;
constexpr std::size_t kPiece = 64U << 10U;
constexpr std::size_t kShortAnswer = 4U << 10U;

std::unexpected<Error> refused(int code, std::string_view what) {
  if (code != EACCES && code != EPERM) return fail_errno(code, what);
  return fail(
      ErrorKind::kPermission,
      fmt::format("{}: {}; run it as root: what userspace WireGuard listens on is root's alone, whatever capabilities a program has", what,
                  std::strerror(code)));
}

Result<void> wait_for(int fd, short events, std::chrono::milliseconds patience, std::string_view what) {
  pollfd waiting{.fd = fd, .events = events, .revents = 0};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail_errno(errno, what);
    if (ready == 0) return fail(ErrorKind::kUnreachable, fmt::format("{}: no answer within {} ms", what, patience.count()));
  }
}

// The other side hangs up in the middle of a request that it can't read; what it answered before is still there.
bool hung_up(int code) { return code == EPIPE || code == ECONNRESET; }

}  // namespace

// Some systems have no link from /var/run to /run; then the protocol's folder is there.
UserspaceSockets::UserspaceSockets(std::string folder) : folder_(std::move(folder)) {
  if (folder_ == "/var/run/wireguard" && ::access("/var/run/wireguard", F_OK) != 0 && ::access("/run/wireguard", F_OK) == 0)
    folder_ = "/run/wireguard";
}

std::string UserspaceSockets::path(const InterfaceName& name) const { return fmt::format("{}/{}{}", folder_, name.str(), kSuffix); }

Result<UniqueFd> UserspaceSockets::connect(const InterfaceName& name) const {
  const std::string file = path(name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (file.size() >= sizeof address.sun_path) return invalid_input(fmt::format("{}: the path is too long for a socket", file));
  std::memcpy(address.sun_path, file.c_str(), file.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, file);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  const int code = errno;
  if (code == ENOENT || code == ECONNREFUSED)
    return fail(ErrorKind::kNotFound, fmt::format("{}: no userspace WireGuard listens ({})", file, std::strerror(code)));
  if (code == EAGAIN) return fail(ErrorKind::kBusy, fmt::format("{}: the userspace WireGuard accepts no connection", file));
  return refused(code, file);
}

Result<SocketState> UserspaceSockets::state(const InterfaceName& name) const {
  struct stat status{};
  const std::string file = path(name);
  if (::lstat(file.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return SocketState::kMissing;
    return refused(errno, file);
  }
  if (!S_ISSOCK(status.st_mode)) return SocketState::kMissing;
  const auto connection = connect(name);
  if (connection) return SocketState::kAnswers;
  // A full queue of connections has an owner, even if it is busy.
  if (connection.error().kind() == ErrorKind::kBusy) return SocketState::kAnswers;
  if (connection.error().kind() == ErrorKind::kNotFound) return SocketState::kStale;
  return std::unexpected(connection.error());
}

Result<std::vector<InterfaceName>> UserspaceSockets::answering() const {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(folder_.c_str()), [](DIR* open) { return ::closedir(open); });
  std::vector<InterfaceName> names;
  if (!folder) {
    if (errno == ENOENT) return names;
    return refused(errno, folder_);
  }
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) {
      if (errno != 0) return fail_errno(errno, folder_);
      break;
    }
    std::string_view file = entry->d_name;
    if (!file.ends_with(kSuffix)) continue;
    file.remove_suffix(kSuffix.size());
    auto name = InterfaceName::parse(file);
    if (!name) continue;
    TRY(const SocketState found, state(*name));
    if (found == SocketState::kAnswers) names.push_back(*std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

Result<WipedString> UserspaceSockets::ask(const InterfaceName& name, std::string_view request, std::chrono::milliseconds patience,
                                          const Take& take) const {
  const std::string file = path(name);
  TRY(const UniqueFd fd, connect(name));
  while (!request.empty()) {
    const ssize_t sent = ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
    const int code = errno;
    if (sent >= 0) {
      request.remove_prefix(static_cast<std::size_t>(sent));
    } else if (code == EAGAIN) {
      TRY_VOID(wait_for(fd.get(), POLLOUT, patience, file));
    } else if (hung_up(code)) {
      break;
    } else if (code != EINTR) {
      return fail_errno(code, file);
    }
  }

  WipedString answer;
  answer.reserve(take ? kPiece : kShortAnswer);
  std::size_t length = 0;  // with what was taken
  char last[2] = {};       // bytes of it
  for (;;) {
    if (answer.size() == answer.capacity()) answer.reserve(2 * answer.capacity());
    const std::size_t before = answer.size();
    ssize_t received = 0;
    int code = 0;
    // Not resize(), which would write what recv() writes again.
    answer.resize_and_overwrite(answer.capacity(), [&](char* data, std::size_t size) {
      received = ::recv(fd.get(), data + before, size - before, 0);
      code = errno;
      return before + (received > 0 ? static_cast<std::size_t>(received) : 0);
    });
    if (received > 0) {
      length += static_cast<std::size_t>(received);
      last[0] = received > 1 ? answer[answer.size() - 2] : last[1];
      last[1] = answer.back();
      if (take) {
        TRY_CONTEXT(const std::size_t taken, take(answer), file);
        answer.erase(0, taken);
      }
      if (is_whole_uapi_answer({last, std::size(last)})) break;
      if (length > kAnswerLimit)
        return fail(ErrorKind::kSystem, fmt::format("{}: the answer of the userspace WireGuard does not end", file));
    } else if (received == 0 || hung_up(code)) {
      return fail(ErrorKind::kUnreachable, fmt::format("{}: the userspace WireGuard hung up before its answer was whole", file));
    } else if (code == EAGAIN) {
      TRY_VOID(wait_for(fd.get(), POLLIN, patience, file));
    } else if (code != EINTR) {
      return fail_errno(code, file);
    }
  }
  return answer;
}

Result<void> UserspaceSockets::unlink(const InterfaceName& name) const {
  const std::string file = path(name);
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return refused(errno, fmt::format("removing {}", file));
  return {};
}

}  // namespace innernet::wg

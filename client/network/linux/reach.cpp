#include "linux/reach.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/base/unique_fd.hpp"
#include "socket_name.hpp"

namespace innernet::client {
namespace {

UniqueFd open_socket(const IpAddress& towards, int type) {
  return UniqueFd(::socket(towards.is_v4() ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

IpAddress address_in(const sockaddr_storage& name) {
  if (name.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &name, sizeof in);
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  sockaddr_in6 in{};
  std::memcpy(&in, &name, sizeof in);
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return IpAddress::v6(bytes);
}

int error_of(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

}  // namespace

std::optional<IpAddress> source_towards(const SocketAddress& to) {
  const UniqueFd fd = open_socket(to.ip, SOCK_DGRAM);
  const SocketName name = socket_name(to);
  if (!fd || ::connect(fd.get(), name.get(), name.size) != 0) return std::nullopt;
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return std::nullopt;
  const IpAddress out = address_in(own);
  if (out.is_link_local()) return std::nullopt;  // it reaches nobody but its neighbours
  return out;
}

Reach knock(std::span<const SocketAddress> at, std::chrono::milliseconds within, const Stop* stop) {
  Reach out;
  std::vector<UniqueFd> sockets;
  std::vector<pollfd> waiting{{.fd = stop == nullptr ? -1 : stop->fd(), .events = POLLIN, .revents = 0}};
  const auto wait_for = [&](UniqueFd fd, short events) {
    waiting.push_back({.fd = fd.get(), .events = events, .revents = 0});
    sockets.push_back(std::move(fd));
  };
  for (const SocketAddress& address : at) {
    const SocketName name = socket_name(address);
    if (UniqueFd tcp = open_socket(address.ip, SOCK_STREAM); tcp) {
      if (::connect(tcp.get(), name.get(), name.size) != 0 && errno != EINPROGRESS)
        out.answers_tcp = out.answers_tcp || errno == ECONNREFUSED;
      else
        wait_for(std::move(tcp), POLLOUT);
    }
    UniqueFd udp = open_socket(address.ip, SOCK_DGRAM);
    if (!udp || ::connect(udp.get(), name.get(), name.size) != 0) continue;
    const char nothing = 0;  // no message of WireGuard's, which nobody answers
    static_cast<void>(::send(udp.get(), &nothing, 1, MSG_NOSIGNAL));
    wait_for(std::move(udp), POLLIN);
  }
  const SystemClock clock;
  const BootTime end = clock.boot() + within;
  std::size_t left = sockets.size();
  for (BootTime now = clock.boot(); now < end && left > 0; now = clock.boot()) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - now);
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(rest.count())) <= 0) continue;
    if (waiting[0].revents != 0) break;
    const auto others = std::span(waiting).subspan(1);
    for (pollfd& one : others) {
      if (one.fd < 0 || one.revents == 0) continue;
      const int error = error_of(one.fd);
      if (one.events == POLLIN)
        out.refuses_udp = out.refuses_udp || error == ECONNREFUSED;
      else
        out.answers_tcp = out.answers_tcp || error == 0 || error == ECONNREFUSED;
      one.fd = -1;
      --left;
    }
  }
  return out;
}

}  // namespace innernet::client

#include "linux/listening_socket.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "http/http_server.hpp"

namespace innernet::server {

Result<UniqueFd> open_listening_socket(const SocketAddress& address, const std::optional<InterfaceName>& device) {
  const std::string what = fmt::format("listening on TCP {}", address.to_string());
  const auto failed = [&what](int saved_errno) { return fail_errno(saved_errno, what); };
  const int family = address.ip.is_v4() ? AF_INET : AF_INET6;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed(errno);

  static constexpr int kOn = 1;
  const auto set = [&fd](int level, int option) { return ::setsockopt(fd.get(), level, option, &kOn, sizeof kOn) == 0; };
  if (!set(SOL_SOCKET, SO_REUSEADDR)) return failed(errno);
  // IP_FREEBIND: also of IPv6 sockets (net/ipv6/af_inet6.c). The address may be a moment younger than its interface.
  if (!set(IPPROTO_IP, IP_FREEBIND)) return failed(errno);
  if (address.ip.is_v6() && !set(IPPROTO_IPV6, IPV6_V6ONLY)) return failed(errno);
  if (device &&
      ::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, device->c_str(), static_cast<socklen_t>(device->str().size() + 1)) != 0) {
    const int saved = errno;
    return fail_errno(saved, fmt::format("{} of interface {}", what, device->str()));
  }

  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.ip.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, address.ip.bytes().data(), sizeof v4.sin_addr);
    std::memcpy(&storage, &v4, size = sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&v6.sin6_addr, address.ip.bytes().data(), sizeof v6.sin6_addr);
    std::memcpy(&storage, &v6, size = sizeof v6);
  }
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) return failed(errno);
  return fd;
}

namespace {

// Besides connections: the database, the device's sockets, the hosts file, and what libraries hold.
constexpr rlim_t kOtherDescriptors = 256;

rlim_t raise_descriptor_limit(rlim_t needed) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kOtherDescriptors;
  if (limit.rlim_cur >= needed) return limit.rlim_cur;
  rlimit raised{.rlim_cur = needed, .rlim_max = std::max(limit.rlim_max, needed)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return raised.rlim_cur;
  raised = {.rlim_cur = std::min(limit.rlim_max, needed), .rlim_max = limit.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

}  // namespace

std::size_t connections_with(std::size_t descriptors, std::size_t wanted) {
  const std::size_t left = descriptors > 2 * kOtherDescriptors ? descriptors - kOtherDescriptors : descriptors / 2;
  return std::clamp<std::size_t>(left, 1, wanted);
}

std::size_t connections_of_one_source(std::size_t connections) { return std::clamp<std::size_t>(connections / 64, 8, 64); }

std::size_t make_room_for_connections(std::size_t wanted) {
  return connections_with(raise_descriptor_limit(wanted + kOtherDescriptors), wanted);
}

}  // namespace innernet::server

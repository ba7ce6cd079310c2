#include "udp_port.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "innernet/base/unique_fd.hpp"

namespace innernet::server {
namespace {

/// 0 or an errno; a machine without this family has nothing there in the way.
template <class Address>
int try_to_bind(int family, const Address& address) {
  const UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno == EAFNOSUPPORT ? 0 : errno;
  constexpr int kOn = 1;
  if (family == AF_INET6) (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &kOn, sizeof kOn);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return 0;
  return errno == EADDRNOTAVAIL ? 0 : errno;
}

}  // namespace

Result<void> probe_udp_port(std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  int failure = try_to_bind(AF_INET, v4);
  if (failure == 0) failure = try_to_bind(AF_INET6, v6);
  if (failure == 0) return {};
  if (failure == EADDRINUSE)
    return fail(ErrorKind::kAlreadyExists, fmt::format("UDP port {} is in use by another program (`ss -lunp sport = :{}` shows which); "
                                                       "stop it or give this network another listen-port",
                                                       port, port));
  return fail_errno(failure, fmt::format("binding to UDP port {}", port));
}

}  // namespace innernet::server

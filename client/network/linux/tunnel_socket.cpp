#include "tunnel_socket.hpp"

#include <fmt/format.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace innernet::client {

Result<void> bind_to_interface(int socket, const InterfaceName& interface) {
  const auto size = static_cast<socklen_t>(interface.str().size() + 1);
  if (::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(), size) == 0) return {};
  const int saved = errno;
  if (saved == ENODEV) return fail(ErrorKind::kUnreachable, fmt::format("there is no interface {}", quoted(interface.str())));
  // Since 5.7 (sock_setbindtodevice() in net/core/sock.c) anybody may bind a socket that is not bound yet.
  if (saved == EPERM)
    return fail(ErrorKind::kPermission,
                fmt::format("a socket can't be bound to interface {}: before Linux 5.7 that takes CAP_NET_RAW (run this as root; a service "
                            "needs it in its CapabilityBoundingSet)",
                            quoted(interface.str())));
  return fail_errno(saved, fmt::format("binding a socket to interface {}", quoted(interface.str())));
}

bool is_bound_to(int socket, const InterfaceName& interface) {
  // The kernel keeps the index and looks up the name; there is none (ENODEV) when the interface is gone.
  std::array<char, IFNAMSIZ> name{};
  socklen_t size = name.size();
  return ::getsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name.data(), &size) == 0 && interface.str() == name.data();
}

void notice_death(int socket, std::chrono::seconds within) {
  constexpr int kQuestions = 3, kBetween = 2;  // seconds
  const auto set = [&](int level, int option, int value) { ::setsockopt(socket, level, option, &value, sizeof value); };
  const int whole = static_cast<int>(within.count());
  set(SOL_SOCKET, SO_KEEPALIVE, whole > 0 ? 1 : 0);
  // The same for what was sent and is not acknowledged: no questions are asked while that is repeated.
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, whole * 1'000);
  if (whole == 0) return;
  set(IPPROTO_TCP, TCP_KEEPIDLE, std::max(whole - kQuestions * kBetween, 1));
  set(IPPROTO_TCP, TCP_KEEPINTVL, kBetween);
  set(IPPROTO_TCP, TCP_KEEPCNT, kQuestions);
}

}  // namespace innernet::client

#include <sys/socket.h>

#include "innernet/base/unique_fd.hpp"
#include "poke.hpp"
#include "socket_name.hpp"
#include "tunnel_socket.hpp"

namespace innernet::client {

Poke udp_poke(const InterfaceName& interface) {
  return [interface](const IpAddress& to) {
    constexpr std::uint16_t kDiscard = 9;
    const UniqueFd socket(::socket(to.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket || !bind_to_interface(socket.get(), interface)) return;
    const SocketName address = socket_name({to, kDiscard});
    const char nothing = 0;
    static_cast<void>(::sendto(socket.get(), &nothing, 1, MSG_NOSIGNAL, address.get(), address.size));
  };
}

}  // namespace innernet::client

#include <sys/socket.h>

#include "innernet/base/unique_fd.hpp"
#include "innernet/client/resolver.hpp"
#include "socket_name.hpp"

namespace innernet::client {

HasRoute system_routes() {
  return [](const IpAddress& to) {
    const UniqueFd socket(::socket(to.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return false;
    constexpr std::uint16_t kDiscard = 9;
    // Only looks for the route (udp(7)), and sends nothing.
    const SocketName address = socket_name({to, kDiscard});
    return ::connect(socket.get(), address.get(), address.size) == 0;
  };
}

}  // namespace innernet::client

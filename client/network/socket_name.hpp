#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "innernet/base/ip.hpp"

namespace innernet::client {

/// An address as connect(2) and sendto(2) want it.
struct SocketName {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

inline SocketName socket_name(const SocketAddress& address) {
  SocketName name;
  const auto bytes = address.ip.bytes();
  if (address.ip.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    std::memcpy(&in.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&name.storage, &in, sizeof in);
    name.size = sizeof in;
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(address.port);
    std::memcpy(&in.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&name.storage, &in, sizeof in);
    name.size = sizeof in;
  }
  return name;
}

}  // namespace innernet::client

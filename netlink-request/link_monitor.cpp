#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "innernet/netlink/route.hpp"

namespace innernet::netlink {

Result<LinkMonitor> LinkMonitor::open() {
  constexpr std::string_view kDoing = "watching for changes of interfaces";
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!fd) return fail_errno(errno, kDoing);
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  local.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) return fail_errno(errno, kDoing);
  return LinkMonitor(std::move(fd));
}

void LinkMonitor::drain() {
  std::array<std::uint8_t, 4096> unread;
  for (;;) {
    const ssize_t received = ::recv(fd_.get(), unread.data(), unread.size(), MSG_TRUNC);
    if (received < 0 && errno != EINTR && errno != ENOBUFS) return;
  }
}

}  // namespace innernet::netlink

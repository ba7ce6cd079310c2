#include "linux/socket.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <ctime>

namespace innernet::server {

std::optional<int> bytes_unacknowledged(int socket) {
  int bytes = 0;
  if (::ioctl(socket, SIOCOUTQ, &bytes) != 0) return std::nullopt;
  return bytes;
}

std::chrono::steady_clock::time_point coarse_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace innernet::server

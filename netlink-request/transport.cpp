#include "innernet/netlink/transport.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "innernet/base/unique_fd.hpp"

namespace innernet::netlink {
namespace {

// The kernel fills up to 32 KiB of a dump at once if the reader has room for it (netlink_recvmsg, max_recvmsg_len), and never less than
// a page, which is 64 KiB on some machines.
constexpr std::size_t kSmallestBuffer = 32U << 10U;

// The kernel answers from within the send call; silence this long means that the answer was lost.
constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};

class KernelTransport final : public Transport {
 public:
  explicit KernelTransport(UniqueFd fd)
      : fd_(std::move(fd)), buffer_(std::max(kSmallestBuffer, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)))) {}

  Outcome<void> send(Bytes datagram) override {
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    ssize_t sent = 0;
    do {
      sent = ::sendto(fd_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) return failure(errno, "sending to the kernel");
    return {};
  }

  Outcome<Bytes> receive() override {
    for (;;) {
      sockaddr_nl from{};
      iovec part{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
      msghdr message{};
      message.msg_name = &from;
      message.msg_namelen = sizeof from;
      message.msg_iov = &part;
      message.msg_iovlen = 1;
      const ssize_t received = ::recvmsg(fd_.get(), &message, 0);
      const int saved = errno;
      if (received < 0) {
        if (saved == EINTR) continue;
        if (saved == EAGAIN) return failure(ETIMEDOUT, "the kernel did not answer");
        return failure(saved, saved == ENOBUFS ? "answers of the kernel were lost" : "receiving from the kernel");
      }
      // Any process may write to a netlink socket's address; only the kernel's own has the id 0.
      if (from.nl_pid != 0) continue;
      if ((message.msg_flags & MSG_TRUNC) != 0) return failure(EMSGSIZE, "an answer of the kernel was cut off");
      return Bytes(buffer_).first(static_cast<std::size_t>(received));
    }
  }

 private:
  UniqueFd fd_;
  WipedBytes buffer_;  // a WireGuard dump has keys in it
};

}  // namespace

Outcome<std::unique_ptr<Transport>> open_kernel_transport(int protocol) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!fd) return failure(errno, "opening a netlink socket");
  const int on = 1;
  // All three are conveniences that old kernels lack: text with errors, errors without a copy of the request, filtered dumps.
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) != 0)
    return failure(errno, "setting up a netlink socket");
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) return failure(errno, "binding a netlink socket");
  return std::make_unique<KernelTransport>(std::move(fd));
}

}  // namespace innernet::netlink

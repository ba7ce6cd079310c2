#pragma once

#include <functional>
#include <memory>

#include "innernet/netlink/failure.hpp"
#include "innernet/netlink/message.hpp"

namespace innernet::netlink {

/// The seam between requests and the kernel: datagrams out, datagrams in.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Outcome<void> send(Bytes datagram) = 0;
  /// Blocks for the next datagram, which is valid until the next call. Fails with ENOBUFS when answers were lost, with
  /// EMSGSIZE when one was larger than the buffer, with ETIMEDOUT when the kernel stays silent.
  virtual Outcome<Bytes> receive() = 0;
};

/// Opens a transport to NETLINK_ROUTE or NETLINK_GENERIC.
using OpenTransport = std::function<Outcome<std::unique_ptr<Transport>>(int protocol)>;

/// The kernel of this network namespace. Close-on-exec; extended acknowledgements and strict checking are on where the
/// kernel knows them.
Outcome<std::unique_ptr<Transport>> open_kernel_transport(int protocol);

}  // namespace innernet::netlink

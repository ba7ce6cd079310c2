#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "innernet/netlink/message.hpp"
#include "innernet/netlink/transport.hpp"

namespace innernet::netlink {

/// Requests over one socket, one after the other. After a failure other than a refusal by the kernel the answers may be out
/// of step: drop the connection.
class Connection {
 public:
  explicit Connection(std::unique_ptr<Transport> transport) : transport_(std::move(transport)) {}
  static Outcome<Connection> open(int protocol, const OpenTransport& open_transport = open_kernel_transport);

  using Take = std::function<Outcome<void>(const MessageView&)>;
  using Forget = std::function<void()>;

  /// Sends and waits until the kernel says that it is done, or why not.
  Outcome<void> acknowledge(Message& request);
  /// As acknowledge(), and hands over the messages that come before the acknowledgement.
  Outcome<void> ask(Message& request, const Take& take);
  /// Asks for all there is. When what is dumped changes meanwhile (NLM_F_DUMP_INTR) or answers are lost (ENOBUFS), `forget` is called and
  /// the dump starts again, up to kDumpAttempts times; then it fails with EINTR or ENOBUFS. A failure of `take` ends it at once.
  Outcome<void> dump(Message& request, const Forget& forget, const Take& take);

  static constexpr int kDumpAttempts = 8;

 private:
  Outcome<bool> dump_once(Message& request, const Take& take);

  std::unique_ptr<Transport> transport_;
  std::uint32_t sequence_ = 0;
  bool gave_up_a_dump_ = false;
};

/// The number of a generic netlink family; ENOENT when the kernel does not have it, also after trying to load its module.
Outcome<std::uint16_t> resolve_family(Connection& generic, std::string_view family);

/// What an NLMSG_ERROR or NLMSG_DONE message says: nothing (an acknowledgement) or a failure with the kernel's own text.
Outcome<void> decode_acknowledgement(const MessageView& message);

}  // namespace innernet::netlink

#include "innernet/netlink/request.hpp"

#include <fmt/format.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <cerrno>
#include <optional>

namespace innernet::netlink {
namespace {

std::unexpected<Failure> malformed(std::string_view what) {
  return failure(EPROTO, fmt::format("the kernel's answer is malformed: {}", what));
}

// Whether the message answers this request. One that answers an earlier request is left over from a dump that was given up, and anything
// else means that we and the kernel are out of step.
Outcome<bool> is_answer(const MessageView& message, std::uint32_t expected, bool gave_up_a_dump) {
  if (message.sequence == expected) return true;
  if (gave_up_a_dump && message.sequence < expected) return false;
  return failure(EPROTO, fmt::format("an answer to request {} came instead of one to {}", message.sequence, expected));
}

}  // namespace

Outcome<void> decode_acknowledgement(const MessageView& message) {
  const auto code = message.header<std::int32_t>();
  if (!code) {
    // Some dumps end with an NLMSG_DONE that has no code in it.
    if (message.type == NLMSG_DONE && message.payload.empty()) return {};
    return malformed("an acknowledgement is too short");
  }
  if (*code == 0) return {};
  if (*code > 0 || *code < -4095) return malformed("an acknowledgement has no error number");

  std::string text;
  if ((message.flags & NLM_F_ACK_TLVS) != 0) {
    // NLMSG_ERROR repeats the request, its header alone when NLM_F_CAPPED is set; NLMSG_DONE does not repeat it at all.
    std::size_t skip = sizeof(std::int32_t);
    if (message.type == NLMSG_ERROR) {
      const auto error = message.header<nlmsgerr>();
      if (!error) return malformed("an acknowledgement is too short");
      skip = sizeof(nlmsgerr);
      if ((message.flags & NLM_F_CAPPED) == 0 && error->msg.nlmsg_len > sizeof(nlmsghdr)) skip += error->msg.nlmsg_len - sizeof(nlmsghdr);
    }
    AttributeReader attributes = message.attributes_after(skip);
    while (const auto attribute = attributes.next())
      if (attribute->type == NLMSGERR_ATTR_MSG) text = attribute->text();
  }
  return failure(-*code, std::move(text));
}

Outcome<Connection> Connection::open(int protocol, const OpenTransport& open_transport) {
  TRY(auto transport, open_transport(protocol));
  return Connection(std::move(transport));
}

Outcome<void> Connection::acknowledge(Message& request) {
  return ask(request, [](const MessageView&) -> Outcome<void> { return {}; });
}

Outcome<void> Connection::ask(Message& request, const Take& take) {
  if (!request.well_formed()) return failure(EMSGSIZE, "an attribute of the request is too long");
  request.add_flags(NLM_F_REQUEST | NLM_F_ACK);
  TRY_VOID(transport_->send(request.finish(++sequence_)));
  for (;;) {
    TRY(const Bytes datagram, transport_->receive());
    MessageReader messages(datagram);
    while (const auto message = messages.next()) {
      TRY(const bool answers, is_answer(*message, sequence_, gave_up_a_dump_));
      if (!answers) continue;
      if (message->type == NLMSG_ERROR) return decode_acknowledgement(*message);
      if (message->type == NLMSG_NOOP) continue;
      TRY_VOID(take(*message));
    }
    if (!messages.well_formed()) return malformed("a message is cut off");
  }
}

// True when the dump is complete, false when it was interrupted and has to be done again.
Outcome<bool> Connection::dump_once(Message& request, const Take& take) {
  TRY_VOID(transport_->send(request.finish(++sequence_)));
  bool interrupted = false;
  for (;;) {
    TRY(const Bytes datagram, transport_->receive());
    MessageReader messages(datagram);
    while (const auto message = messages.next()) {
      TRY(const bool answers, is_answer(*message, sequence_, gave_up_a_dump_));
      if (!answers) continue;
      if ((message->flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
      if (message->type == NLMSG_ERROR || message->type == NLMSG_DONE) {
        TRY_VOID(decode_acknowledgement(*message));
        if (message->type == NLMSG_DONE) return !interrupted;
        continue;
      }
      if (message->type == NLMSG_NOOP || interrupted) continue;
      TRY_VOID(take(*message));
    }
    if (!messages.well_formed()) return malformed("a message is cut off");
  }
}

Outcome<void> Connection::dump(Message& request, const Forget& forget, const Take& take) {
  if (!request.well_formed()) return failure(EMSGSIZE, "an attribute of the request is too long");
  request.add_flags(NLM_F_REQUEST | NLM_F_DUMP);
  Failure last{EINTR, "what was listed kept changing"};
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    forget();
    auto complete = dump_once(request, take);
    if (complete && *complete) return {};
    if (!complete) {
      if (complete.error().code != ENOBUFS) return std::unexpected(std::move(complete).error());
      last = std::move(complete).error();
      gave_up_a_dump_ = true;
    }
  }
  return std::unexpected(std::move(last));
}

Outcome<std::uint16_t> resolve_family(Connection& generic, std::string_view family) {
  Message request(GENL_ID_CTRL);
  request.put_header(genlmsghdr{.cmd = CTRL_CMD_GETFAMILY, .version = 1, .reserved = 0});
  request.put_string(CTRL_ATTR_FAMILY_NAME, family);
  std::optional<std::uint16_t> id;
  TRY_VOID(generic.ask(request, [&id](const MessageView& answer) -> Outcome<void> {
    AttributeReader attributes = answer.attributes_after(sizeof(genlmsghdr));
    while (const auto attribute = attributes.next())
      if (attribute->type == CTRL_ATTR_FAMILY_ID) id = attribute->u16();
    if (!attributes.well_formed()) return malformed("an attribute of a family is cut off");
    return {};
  }));
  if (!id) return failure(EPROTO, "the kernel's answer does not have the number of the family");
  return *id;
}

}  // namespace innernet::netlink

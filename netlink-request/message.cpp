#include "innernet/netlink/message.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>

namespace innernet::netlink {
namespace {

constexpr std::size_t kAlignment = NLMSG_ALIGNTO;
static_assert(kAlignment == NLA_ALIGNTO);

constexpr std::size_t aligned(std::size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

template <class T>
T load(Bytes bytes) {
  T out;
  std::memcpy(&out, bytes.data(), sizeof out);
  return out;
}

}  // namespace

Message::Message(std::uint16_t type, std::uint16_t flags) {
  constexpr std::size_t kMost = 512;  // bytes, of all but lists of peers: locked memory is a mapping of its own each time that it grows
  bytes_.reserve(kMost);
  nlmsghdr header{};
  header.nlmsg_type = type;
  header.nlmsg_flags = flags;
  append(&header, sizeof header);
}

void Message::append(const void* data, std::size_t size) {
  const auto* first = static_cast<const std::uint8_t*>(data);
  bytes_.insert(bytes_.end(), first, first + size);
  bytes_.resize(aligned(bytes_.size()));
}

// nla_len counts the attribute's header and payload, not the padding behind it.
void Message::put_raw(std::uint16_t type, const void* data, std::size_t size) {
  nlattr header{};
  header.nla_type = type;
  if (size > std::numeric_limits<std::uint16_t>::max() - sizeof header) {
    well_formed_ = false;
    return;
  }
  header.nla_len = static_cast<std::uint16_t>(sizeof header + size);
  append(&header, sizeof header);
  if (size > 0) append(data, size);
}

void Message::put_string(std::uint16_t type, std::string_view text) {
  const std::string terminated(text);
  put_raw(type, terminated.c_str(), terminated.size() + 1);
}

std::size_t Message::begin_nested(std::uint16_t type) {
  const std::size_t start = bytes_.size();
  put_raw(static_cast<std::uint16_t>(type | NLA_F_NESTED), nullptr, 0);
  return start;
}

void Message::end_nested(std::size_t start) {
  const std::size_t length = bytes_.size() - start;
  if (length > std::numeric_limits<std::uint16_t>::max()) {
    well_formed_ = false;
    return;
  }
  const auto stamped = static_cast<std::uint16_t>(length);
  std::memcpy(bytes_.data() + start + offsetof(nlattr, nla_len), &stamped, sizeof stamped);
}

void Message::add_flags(std::uint16_t flags) {
  auto header = load<nlmsghdr>(bytes_);
  header.nlmsg_flags = static_cast<std::uint16_t>(header.nlmsg_flags | flags);
  std::memcpy(bytes_.data(), &header, sizeof header);
}

Bytes Message::finish(std::uint32_t sequence) {
  auto header = load<nlmsghdr>(bytes_);
  header.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
  header.nlmsg_seq = sequence;
  std::memcpy(bytes_.data(), &header, sizeof header);
  return bytes_;
}

std::string_view Attribute::text() const {
  const auto end = std::ranges::find(payload, std::uint8_t{0});
  return {reinterpret_cast<const char*>(payload.data()), static_cast<std::size_t>(end - payload.begin())};
}

std::optional<Attribute> AttributeReader::next() {
  if (rest_.empty() || !well_formed_) return std::nullopt;
  const auto header = rest_.size() < sizeof(nlattr) ? nlattr{} : load<nlattr>(rest_);
  if (header.nla_len < sizeof header || header.nla_len > rest_.size()) {
    well_formed_ = false;
    return std::nullopt;
  }
  const Attribute attribute{static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK),
                            rest_.subspan(sizeof header, header.nla_len - sizeof header)};
  rest_ = rest_.subspan(std::min(rest_.size(), aligned(header.nla_len)));
  return attribute;
}

AttributeReader MessageView::attributes_after(std::size_t header_size) const {
  return AttributeReader(payload.subspan(std::min(payload.size(), aligned(header_size))));
}

std::optional<MessageView> MessageReader::next() {
  if (rest_.empty() || !well_formed_) return std::nullopt;
  const auto header = rest_.size() < sizeof(nlmsghdr) ? nlmsghdr{} : load<nlmsghdr>(rest_);
  if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest_.size()) {
    well_formed_ = false;
    return std::nullopt;
  }
  const MessageView message{header.nlmsg_type, header.nlmsg_flags, header.nlmsg_seq,
                            rest_.subspan(sizeof header, header.nlmsg_len - sizeof header)};
  rest_ = rest_.subspan(std::min(rest_.size(), aligned(header.nlmsg_len)));
  return message;
}

}  // namespace innernet::netlink

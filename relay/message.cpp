#include "message.hpp"

namespace innernet::relay {
namespace {

std::uint32_t le32(ByteView bytes, std::size_t at) {
  return bytes[at] | std::uint32_t{bytes[at + 1]} << 8U | std::uint32_t{bytes[at + 2]} << 16U | std::uint32_t{bytes[at + 3]} << 24U;
}

std::uint64_t le64(ByteView bytes, std::size_t at) { return le32(bytes, at) | std::uint64_t{le32(bytes, at + 4)} << 32U; }

Initiation initiation(ByteView bytes) {
  return {.sender = le32(bytes, 4),
          .ephemeral = bytes.subspan<8, 32>(),
          .static_key = bytes.subspan<40, 48>(),
          .timestamp = bytes.subspan<88, 28>(),
          .macs = {.covered_by_mac1 = bytes.first<116>(),
                   .mac1 = bytes.subspan<116, kMacSize>(),
                   .covered_by_mac2 = bytes.first<132>(),
                   .mac2 = bytes.subspan<132, kMacSize>()}};
}

}  // namespace

std::optional<Message> parse_message(ByteView bytes) {
  if (bytes.size() < kLeastDataSize || bytes[1] != 0 || bytes[2] != 0 || bytes[3] != 0) return std::nullopt;
  switch (static_cast<MessageType>(bytes[0])) {
    case MessageType::kInitiation:
      if (bytes.size() != kInitiationSize) return std::nullopt;
      return initiation(bytes);
    case MessageType::kResponse:
      if (bytes.size() != kResponseSize) return std::nullopt;
      return Response{.sender = le32(bytes, 4), .receiver = le32(bytes, 8)};
    case MessageType::kCookieReply:
      if (bytes.size() != kCookieReplySize) return std::nullopt;
      return CookieReply{.receiver = le32(bytes, 4)};
    case MessageType::kData:
      return Data{.receiver = le32(bytes, 4), .counter = le64(bytes, 8), .payload = bytes.subspan(16)};
  }
  return std::nullopt;
}

void put_le32(std::span<std::uint8_t, 4> to, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i) to[i] = static_cast<std::uint8_t>(number >> (8 * i));
}

}  // namespace innernet::relay

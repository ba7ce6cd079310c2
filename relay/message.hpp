#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "blake2s.hpp"

/// WireGuard's four messages (white paper, 5.4; the kernel's drivers/net/wireguard/messages.h): a byte of type, three of zero, numbers in
/// little-endian order.
namespace innernet::relay {

constexpr std::size_t kInitiationSize = 148;
constexpr std::size_t kResponseSize = 92;
constexpr std::size_t kCookieReplySize = 64;
constexpr std::size_t kLeastDataSize = 32;  ///< an empty one, which is a keepalive
constexpr std::size_t kMacSize = 16;

enum class MessageType : std::uint8_t { kInitiation = 1, kResponse = 2, kCookieReply = 3, kData = 4 };

/// Types 1 and 2 end with two MACs.
struct MacedMessage {
  ByteView covered_by_mac1;
  std::span<const std::uint8_t, kMacSize> mac1;
  ByteView covered_by_mac2;
  std::span<const std::uint8_t, kMacSize> mac2;
};

/// Views into the message.
struct Initiation {
  std::uint32_t sender = 0;
  std::span<const std::uint8_t, 32> ephemeral;
  std::span<const std::uint8_t, 48> static_key;  ///< encrypted
  std::span<const std::uint8_t, 28> timestamp;   ///< encrypted
  MacedMessage macs;
};

struct Response {
  std::uint32_t sender = 0;
  std::uint32_t receiver = 0;
};

struct CookieReply {
  std::uint32_t receiver = 0;
};

struct Data {
  std::uint32_t receiver = 0;
  std::uint64_t counter = 0;
  ByteView payload;  ///< encrypted, at least 16 bytes
};

using Message = std::variant<Initiation, Response, CookieReply, Data>;

/// None: no WireGuard message, by type or size.
std::optional<Message> parse_message(ByteView bytes);

void put_le32(std::span<std::uint8_t, 4> to, std::uint32_t number);

}  // namespace innernet::relay

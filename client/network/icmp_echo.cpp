#include "icmp_echo.hpp"

#include <algorithm>

namespace innernet::client {
namespace {

constexpr std::size_t kHeader = 8;  // type, code, checksum, identifier, sequence
constexpr std::uint8_t kRequest4 = 8, kReply4 = 0, kRequest6 = 128, kReply6 = 129;

void put(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8U);
  at[1] = static_cast<std::uint8_t>(value & 0xffU);
}

std::uint16_t get(std::span<const std::uint8_t> from, std::size_t at) { return static_cast<std::uint16_t>(from[at] << 8U | from[at + 1]); }

// RFC 1071; an even number of bytes.
std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += get(bytes, i);
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

// An ICMP reply begins with 0, an IPv4 header with its version.
std::span<const std::uint8_t> without_ip_header(std::span<const std::uint8_t> packet) {
  if (packet.empty() || packet[0] >> 4U != 4) return packet;
  const std::size_t length = static_cast<std::size_t>(packet[0] & 0xfU) * 4;
  return packet.subspan(std::min(length, packet.size()));
}

}  // namespace

std::vector<std::uint8_t> echo_request(IpFamily family, std::uint16_t id, std::uint16_t sequence, const EchoNonce& nonce) {
  std::vector<std::uint8_t> packet(kHeader + nonce.size());
  packet[0] = family == IpFamily::kV4 ? kRequest4 : kRequest6;
  put(&packet[4], id);
  put(&packet[6], sequence);
  std::ranges::copy(nonce, packet.begin() + kHeader);
  if (family == IpFamily::kV4) put(&packet[2], checksum(packet));
  return packet;
}

std::optional<std::uint16_t> sequence_of_reply(IpFamily family, std::span<const std::uint8_t> packet, const EchoNonce& nonce) {
  if (family == IpFamily::kV4) packet = without_ip_header(packet);
  if (packet.size() != kHeader + nonce.size() || packet[0] != (family == IpFamily::kV4 ? kReply4 : kReply6) || packet[1] != 0)
    return std::nullopt;
  if (!std::ranges::equal(packet.subspan(kHeader), nonce)) return std::nullopt;
  return get(packet, 6);
}

}  // namespace innernet::client

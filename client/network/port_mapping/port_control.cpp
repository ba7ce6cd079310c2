#include "port_control.hpp"

#include <algorithm>

namespace innernet::client {
namespace {

constexpr std::uint8_t kPcpVersion = 2;
constexpr std::uint8_t kNatPmpVersion = 0;
constexpr std::uint8_t kAnswer = 0x80;
constexpr std::uint8_t kPcpAnnounce = 0;
constexpr std::uint8_t kPcpMap = 1;
constexpr std::uint8_t kNatPmpAddress = 0;
constexpr std::uint8_t kNatPmpMapUdp = 1;
constexpr std::uint16_t kUnsupportedVersion = 1;  // in both
constexpr std::uint8_t kUdp = 17;
constexpr std::size_t kPcpHeader = 24;
constexpr std::size_t kPcpMapSize = 60;
constexpr std::size_t kLongestPcp = 1100;

void put16(std::span<std::uint8_t> bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8U);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

void put32(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
  put16(bytes, at, static_cast<std::uint16_t>(value >> 16U));
  put16(bytes, at + 2, static_cast<std::uint16_t>(value));
}

std::uint16_t get16(Packet packet, std::size_t at) { return static_cast<std::uint16_t>(packet[at] << 8U | packet[at + 1]); }
std::uint32_t get32(Packet packet, std::size_t at) { return std::uint32_t{get16(packet, at)} << 16U | get16(packet, at + 2); }

// IPv4 as ::ffff:0:0/96.
void put_address(std::span<std::uint8_t> bytes, std::size_t at, const IpAddress& address) {
  const auto from = address.bytes();
  if (address.is_v4()) {
    bytes[at + 10] = bytes[at + 11] = 0xFF;
    at += 12;
  }
  std::ranges::copy(from, bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

IpAddress get_address(Packet packet, std::size_t at) { return IpAddress::v6(packet.subspan(at).first<16>()).unmapped(); }

void put_header(std::span<std::uint8_t> bytes, std::uint8_t opcode, std::uint32_t lifetime, const IpAddress& local) {
  bytes[0] = kPcpVersion;
  bytes[1] = opcode;
  put32(bytes, 4, lifetime);
  put_address(bytes, 8, local);
}

// What a router that knows one of the two protocols answers to the other, cut or not.
bool is_other_version(Packet packet, std::uint8_t version) {
  return packet.size() >= 4 && packet[0] == version && (packet[1] & kAnswer) != 0 && get16(packet, 2) == kUnsupportedVersion;
}

std::uint32_t seconds_of(const MappingRequest& request) { return static_cast<std::uint32_t>(request.lifetime.count()); }

}  // namespace

std::array<std::uint8_t, 60> encode_pcp_map(const IpAddress& local, const MappingRequest& request, const PcpNonce& nonce) {
  std::array<std::uint8_t, kPcpMapSize> bytes{};
  put_header(bytes, kPcpMap, seconds_of(request), local);
  std::ranges::copy(nonce, bytes.begin() + kPcpHeader);
  bytes[36] = kUdp;
  put16(bytes, 40, request.port);
  put16(bytes, 42, request.outside_port);
  // No suggestion for the address, which says its family (11.1).
  if (local.is_v4()) put_address(bytes, 44, IpAddress());
  return bytes;
}

MapAnswer decode_pcp_map(Packet packet, const IpAddress& local, const MappingRequest& request, const PcpNonce& nonce) {
  if (is_other_version(packet, kNatPmpVersion)) return {.kind = RouterAnswer::kOtherVersion};
  if (packet.size() < kPcpHeader || packet.size() > kLongestPcp || packet.size() % 4 != 0 || packet[0] != kPcpVersion ||
      packet[1] != (kAnswer | kPcpMap))
    return {};
  const std::uint8_t result = packet[3];
  if (packet.size() < kPcpMapSize) return {};
  if (!std::ranges::equal(packet.subspan(kPcpHeader, nonce.size()), nonce) || packet[36] != kUdp || get16(packet, 40) != request.port)
    return {};
  if (result != 0) return {.kind = RouterAnswer::kRefused, .result = result};
  const SocketAddress outside{get_address(packet, 44), get16(packet, 42)};
  // A withdrawn mapping has no port any more.
  if (request.lifetime.count() > 0 && (outside.port == 0 || outside.ip.is_v4() != local.is_v4())) return {};
  return {.kind = RouterAnswer::kGranted,
          .grant = {.outside = outside, .lifetime = std::chrono::seconds(get32(packet, 4)), .epoch = get32(packet, 8)}};
}

std::array<std::uint8_t, 24> encode_pcp_announce(const IpAddress& local) {
  std::array<std::uint8_t, kPcpHeader> bytes{};
  put_header(bytes, kPcpAnnounce, 0, local);
  return bytes;
}

bool is_pcp_announce_answer(Packet packet) {
  return packet.size() >= kPcpHeader && packet.size() <= kLongestPcp && packet[0] == kPcpVersion && packet[1] == (kAnswer | kPcpAnnounce) &&
         packet[3] == 0;
}

std::array<std::uint8_t, 12> encode_nat_pmp_map(const MappingRequest& request) {
  std::array<std::uint8_t, 12> bytes{};
  bytes[0] = kNatPmpVersion;
  bytes[1] = kNatPmpMapUdp;
  put16(bytes, 4, request.port);
  put16(bytes, 6, request.lifetime.count() == 0 ? std::uint16_t{0} : request.outside_port);  // 3.4
  put32(bytes, 8, seconds_of(request));
  return bytes;
}

MapAnswer decode_nat_pmp_map(Packet packet, const MappingRequest& request) {
  if (is_other_version(packet, kNatPmpVersion) || is_other_version(packet, kPcpVersion)) return {.kind = RouterAnswer::kOtherVersion};
  if (packet.size() < 8 || packet[0] != kNatPmpVersion || packet[1] != (kAnswer | kNatPmpMapUdp)) return {};
  const std::uint16_t result = get16(packet, 2);
  // Some routers leave out the rest then.
  if (result != 0) return {.kind = RouterAnswer::kRefused, .result = result};
  if (packet.size() < 16 || get16(packet, 8) != request.port) return {};
  const std::uint16_t outside_port = get16(packet, 10);
  if (request.lifetime.count() > 0 && outside_port == 0) return {};
  return {.kind = RouterAnswer::kGranted,
          .grant = {
              .outside = {.ip = {}, .port = outside_port}, .lifetime = std::chrono::seconds(get32(packet, 12)), .epoch = get32(packet, 4)}};
}

std::array<std::uint8_t, 2> encode_nat_pmp_address() { return {kNatPmpVersion, kNatPmpAddress}; }

AddressAnswer decode_nat_pmp_address(Packet packet) {
  if (is_other_version(packet, kNatPmpVersion) || is_other_version(packet, kPcpVersion)) return {.kind = RouterAnswer::kOtherVersion};
  if (packet.size() < 8 || packet[0] != kNatPmpVersion || packet[1] != (kAnswer | kNatPmpAddress)) return {};
  const std::uint16_t result = get16(packet, 2);
  if (result != 0) return {.kind = RouterAnswer::kRefused, .result = result};
  if (packet.size() < 12) return {};
  return {.kind = RouterAnswer::kGranted, .outside = IpAddress::v4(packet.subspan(8).first<4>()), .epoch = get32(packet, 4)};
}

std::optional<RouterAnnouncement> decode_announcement(Packet packet) {
  if (is_pcp_announce_answer(packet)) return RouterAnnouncement{.epoch = get32(packet, 8)};
  const AddressAnswer address = decode_nat_pmp_address(packet);
  if (address.kind == RouterAnswer::kGranted) return RouterAnnouncement{.epoch = address.epoch, .outside = address.outside};
  return std::nullopt;
}

std::string_view pcp_refusal(std::uint16_t result) {
  switch (result) {
    case 2:
      return "it does not allow it";
    case 7:
      return "its own line is down";
    case 8:
      return "it has no port left";
    case 10:
      return "this machine has too many mappings";
    case 12:
      return "there is another router between it and this machine";
    default:
      return "it can't do it";
  }
}

std::string_view nat_pmp_refusal(std::uint16_t result) {
  switch (result) {
    case 2:
      return "it does not allow it";
    case 3:
      return "its own line is down";
    case 4:
      return "it has no port left";
    default:
      return "it can't do it";
  }
}

}  // namespace innernet::client

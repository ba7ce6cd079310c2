#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "mapping.hpp"

namespace innernet::client {

// The Port Control Protocol (RFC 6887) and its predecessor NAT-PMP (RFC 6886), which share a port, as bytes. No I/O.

constexpr std::uint16_t kPortControlPort = 5351;         // of the router
constexpr std::uint16_t kRouterAnnouncementPort = 5350;  // of those who listen to it

using Packet = std::span<const std::uint8_t>;

/// Proves that it is us who renew or withdraw a mapping.
using PcpNonce = std::array<std::uint8_t, 12>;

enum class RouterAnswer {
  kOther,  ///< it answers something else, or makes no sense: the answer may still come
  kGranted,
  kRefused,       ///< see `result`
  kOtherVersion,  ///< the router speaks the other one of the two protocols
};

struct MapAnswer {
  RouterAnswer kind = RouterAnswer::kOther;
  std::uint16_t result = 0;
  MappingGrant grant{};  ///< of NAT-PMP: without the address, for which it has a request of its own
};

/// `local` is the address that the packet leaves from. A lifetime of 0 withdraws.
std::array<std::uint8_t, 60> encode_pcp_map(const IpAddress& local, const MappingRequest& request, const PcpNonce& nonce);
MapAnswer decode_pcp_map(Packet packet, const IpAddress& local, const MappingRequest& request, const PcpNonce& nonce);
/// Asks for nothing but a sign of life.
std::array<std::uint8_t, 24> encode_pcp_announce(const IpAddress& local);
bool is_pcp_announce_answer(Packet packet);

std::array<std::uint8_t, 12> encode_nat_pmp_map(const MappingRequest& request);
MapAnswer decode_nat_pmp_map(Packet packet, const MappingRequest& request);
std::array<std::uint8_t, 2> encode_nat_pmp_address();
struct AddressAnswer {
  RouterAnswer kind = RouterAnswer::kOther;
  std::uint16_t result = 0;
  IpAddress outside{};
  std::uint32_t epoch = 0;
};
AddressAnswer decode_nat_pmp_address(Packet packet);

/// Of either protocol; none when the packet is no announcement.
std::optional<RouterAnnouncement> decode_announcement(Packet packet);

/// Why a router refuses, by its result code.
std::string_view pcp_refusal(std::uint16_t result);
std::string_view nat_pmp_refusal(std::uint16_t result);

}  // namespace innernet::client

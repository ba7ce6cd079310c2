#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/ip.hpp"

namespace innernet::publicip {

enum class Family { kIpv4, kIpv6 };

/// The DNS query (RFC 1035, 4.1) for `whatismyip.on.quad9.net`, type A or AAAA.
std::vector<std::uint8_t> encode_query(std::uint16_t id, Family family);

/// The address in an answer to that query. Fails with kInvalidInput on anything that is not a whole, matching answer.
Result<IpAddress> decode_answer(std::span<const std::uint8_t> message, std::uint16_t id, Family family);

struct Resolvers {
  std::optional<SocketAddress> ipv4;
  std::optional<SocketAddress> ipv6;
};
/// Quad9: 9.9.9.9 and 2620:fe::fe, port 53.
Resolvers quad9();

struct PublicAddresses {
  std::optional<IpAddress> ipv4;
  std::optional<IpAddress> ipv6;

  /// IPv4 before IPv6, none when neither is known.
  std::optional<IpAddress> preferred() const { return ipv4 ? ipv4 : ipv6; }
};

/// Asks both at once and waits for each up to `timeout`. No answer is no address, not an error.
PublicAddresses detect(const Resolvers& resolvers, std::chrono::milliseconds timeout = std::chrono::milliseconds(500));

}  // namespace innernet::publicip

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace innernet::client {

enum class IpFamily : std::uint8_t { kV4, kV6 };

/// What makes an answer ours: anybody in the network can send one.
using EchoNonce = std::array<std::uint8_t, 16>;

/// An ICMP echo request. In IPv6 and on ping sockets the kernel fills in the checksum, on raw ones of IPv4 the sender does.
std::vector<std::uint8_t> echo_request(IpFamily family, std::uint16_t id, std::uint16_t sequence, const EchoNonce& nonce);

/// The sequence number of an answer to a request with this nonce; none: something else. Of IPv4, `packet` may have its IP header, as raw
/// sockets give it.
std::optional<std::uint16_t> sequence_of_reply(IpFamily family, std::span<const std::uint8_t> packet, const EchoNonce& nonce);

}  // namespace innernet::client

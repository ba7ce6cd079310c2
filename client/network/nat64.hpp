#pragma once

#include <optional>
#include <span>

#include "innernet/base/ip.hpp"

namespace innernet::client {

/// Where IPv4 can be reached from a network that has IPv6 alone: an address that stands for an IPv4 address, whose packets a router there
/// translates (RFC 6146).
class Nat64Prefix {
 public:
  /// What a DNS64 makes of the addresses of kNat64Name, 192.0.0.170 and 192.0.0.171, tells the prefix (RFC 7050, 3). The first address
  /// counts that holds one of the two where RFC 6052 (2.2) has it for a prefix of 96, 64, 56, 48, 40 or 32 bits.
  static std::optional<Nat64Prefix> of(std::span<const IpAddress> addresses);

  /// The address that stands for `v4`, which is one of IPv4.
  IpAddress translated(const IpAddress& v4) const;

 private:
  explicit Nat64Prefix(const IpNet& prefix) : prefix_(prefix) {}

  IpNet prefix_;
};

/// RFC 7050, 8.2: has no address of IPv6 but those that a DNS64 makes.
inline constexpr const char* kNat64Name = "ipv4only.arpa";

}  // namespace innernet::client

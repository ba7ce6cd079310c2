#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet {

/// An IPv4 or IPv6 address without a zone. IPv4 sorts before IPv6.
class IpAddress {
 public:
  /// 0.0.0.0
  IpAddress() = default;

  /// Dotted quad without leading zeros, or any form of IPv6 (RFC 4291). Fails with kInvalidInput.
  static Result<IpAddress> parse(std::string_view text);
  static IpAddress v4(std::span<const std::uint8_t, 4> bytes);
  static IpAddress v6(std::span<const std::uint8_t, 16> bytes);

  bool is_v4() const { return !v6_; }
  bool is_v6() const { return v6_; }
  /// In network byte order: 4 or 16 bytes.
  std::span<const std::uint8_t> bytes() const { return std::span(bytes_).first(v6_ ? 16 : 4); }
  /// 32 or 128.
  std::uint8_t bits() const { return v6_ ? 128 : 32; }

  bool is_unspecified() const;
  bool is_loopback() const;
  bool is_multicast() const;
  /// 169.254.0.0/16, fe80::/10
  bool is_link_local() const;
  /// What a peer elsewhere could reach: 2000::/3 and the like, not fc00::/7, fe80::/10, ff00::/8, ::1, ::, IPv4-mapped
  /// ones or the documentation range 2001:db8::/32. IPv6 only; false for IPv4.
  bool is_unicast_global_v6() const;

  /// The IPv4 address that an IPv4-mapped one (::ffff:0:0/96, RFC 4291 2.5.5.2) stands for, any other as it is.
  IpAddress unmapped() const;

  /// The address `n` further on, none beyond the end of the family.
  std::optional<IpAddress> plus(std::uint64_t n) const;

  /// RFC 5952 (IPv4-mapped addresses in their dotted form, as Rust prints them).
  std::string to_string() const;
  void append_to(std::string& out) const;

  friend std::strong_ordering operator<=>(const IpAddress&, const IpAddress&) = default;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  bool v6_ = false;  // first, so that the default order puts IPv4 before IPv6
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address and a prefix length: a network, or an interface's address with its network. Host bits are kept.
class IpNet {
 public:
  /// `ADDRESS/PREFIX`, the prefix without leading zeros. Fails with kInvalidInput and a message that shows `text`.
  static Result<IpNet> parse(std::string_view text);
  /// Fails when `prefix` is longer than the address.
  static Result<IpNet> make(const IpAddress& address, std::uint8_t prefix);
  /// The address alone: /32 or /128.
  static IpNet host(const IpAddress& address) { return IpNet(address, address.bits()); }

  const IpAddress& address() const { return address_; }
  std::uint8_t prefix() const { return prefix_; }

  /// The first address, host bits cleared.
  IpAddress network() const;
  /// The last address (for IPv6, too).
  IpAddress broadcast() const;
  /// The same network without host bits.
  IpNet truncated() const { return IpNet(network(), prefix_); }

  bool contains(const IpAddress& address) const;
  /// Same family, prefix at least as long, inside.
  bool contains(const IpNet& other) const;
  bool overlaps(const IpNet& other) const { return contains(other) || other.contains(*this); }

  /// Whether a peer may have `address`. IPv4: inside, and neither network nor broadcast address unless the prefix is 31
  /// or 32. IPv6: inside, and not the first address (the router's anycast address, RFC 4291 2.6.1) unless it is 127 or 128.
  bool is_assignable(const IpAddress& address) const;
  IpAddress first_assignable() const;
  IpAddress last_assignable() const;

  std::string to_string() const;

  friend auto operator<=>(const IpNet&, const IpNet&) = default;

 private:
  IpNet(const IpAddress& address, std::uint8_t prefix) : address_(address), prefix_(prefix) {}

  IpAddress address_;
  std::uint8_t prefix_ = 0;
};

/// An address and a port, as a socket has it.
struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;

  /// As to_string() has it; a literal address, never a name. Fails with kInvalidInput.
  static Result<SocketAddress> parse(std::string_view text);

  /// `203.0.113.7:51820`, `[2001:db8::1]:51820`
  std::string to_string() const;

  friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

}  // namespace innernet

template <>
struct std::hash<innernet::IpAddress> {
  std::size_t operator()(const innernet::IpAddress& address) const noexcept {
    const auto bytes = address.bytes();
    if (address.is_v4()) return std::size_t{bytes[0]} << 24U | std::size_t{bytes[1]} << 16U | std::size_t{bytes[2]} << 8U | bytes[3];
    return std::hash<std::string_view>()(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
};

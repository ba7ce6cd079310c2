#include "nat64.hpp"

#include <algorithm>
#include <array>

namespace innernet::client {
namespace {

// RFC 6052, 2.2: bits 64 to 71 are zero, whatever the prefix; the four bytes go around them.
constexpr std::size_t kZero = 8;
constexpr std::array<std::uint8_t, 6> kLengths{96, 64, 56, 48, 40, 32};

// Where the n-th byte of the IPv4 address is.
std::size_t place_of(std::size_t n, std::uint8_t length) {
  const std::size_t place = length / 8U + n;
  return length / 8U <= kZero && place >= kZero ? place + 1 : place;
}

bool holds_well_known(const IpAddress& address, std::uint8_t length) {
  const auto bytes = address.bytes();
  if (length != 96 && bytes[kZero] != 0) return false;
  const auto at = [&](std::size_t n) { return bytes[place_of(n, length)]; };
  return at(0) == 192 && at(1) == 0 && at(2) == 0 && (at(3) == 170 || at(3) == 171);
}

}  // namespace

std::optional<Nat64Prefix> Nat64Prefix::of(std::span<const IpAddress> addresses) {
  for (const IpAddress& address : addresses) {
    if (!address.is_v6()) continue;
    const auto length = std::ranges::find_if(kLengths, [&](std::uint8_t bits) { return holds_well_known(address, bits); });
    if (length == kLengths.end()) continue;
    if (const auto prefix = IpNet::make(address, *length)) return Nat64Prefix(*prefix);
  }
  return std::nullopt;
}

IpAddress Nat64Prefix::translated(const IpAddress& v4) const {
  std::array<std::uint8_t, 16> bytes{};
  const IpAddress network = prefix_.network();
  std::ranges::copy(network.bytes(), bytes.begin());
  for (std::size_t n = 0; n < v4.bytes().size(); ++n) bytes[place_of(n, prefix_.prefix())] = v4.bytes()[n];
  return IpAddress::v6(bytes);
}

}  // namespace innernet::client

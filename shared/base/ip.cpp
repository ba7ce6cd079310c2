#include "innernet/base/ip.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace innernet {
namespace {

constexpr std::size_t kLongestText = 45;  // of an IPv6 address that ends in a dotted quad (INET6_ADDRSTRLEN - 1)

// `address` with the bits behind `prefix` all set to `value`.
IpAddress with_host_bits(const IpAddress& address, unsigned prefix, bool value) {
  std::array<std::uint8_t, 16> bytes{};
  const auto from = address.bytes();
  for (unsigned i = 0; i < from.size(); ++i) {
    const unsigned kept = prefix <= i * 8 ? 0U : std::min(prefix - i * 8, 8U);
    const unsigned mask = 0xFFU >> kept;  // the host bits of this byte
    bytes[i] = static_cast<std::uint8_t>(value ? from[i] | mask : from[i] & ~mask);
  }
  return address.is_v4() ? IpAddress::v4(std::span(bytes).first<4>()) : IpAddress::v6(bytes);
}

// The writers return the end of what they wrote. A hosts file has 100,000 of these, so no string grows byte by byte.
char* write_v4(char* out, std::span<const std::uint8_t> bytes) {
  const auto digit = [](unsigned value) { return static_cast<char>('0' + value); };
  for (std::size_t i = 0; i < 4; ++i) {
    const unsigned value = bytes[i];
    if (i > 0) *out++ = '.';
    if (value >= 100) *out++ = digit(value / 100);
    if (value >= 10) *out++ = digit(value / 10 % 10);
    *out++ = digit(value % 10);
  }
  return out;
}

char* write_v6(char* out, std::span<const std::uint8_t> bytes) {
  const auto word = [bytes](std::size_t i) { return static_cast<unsigned>(bytes[2 * i] << 8 | bytes[2 * i + 1]); };
  const bool mapped = std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t b) { return b == 0; }) && word(5) == 0xFFFF;
  if (mapped) {
    constexpr std::string_view kMappedPrefix = "::ffff:";
    return write_v4(std::ranges::copy(kMappedPrefix, out).out, bytes.subspan(12));
  }
  // The longest run of at least two zero words is cut out, the first one of equals (RFC 5952, 4.2).
  std::size_t best = 8, best_length = 1;
  for (std::size_t i = 0; i < 8;) {
    std::size_t end = i;
    while (end < 8 && word(end) == 0) ++end;
    if (end - i > best_length) best = i, best_length = end - i;
    i = std::max(end, i + 1);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      *out++ = ':', *out++ = ':';
      i += best_length - 1;
      continue;
    }
    if (i > 0 && i != best + best_length) *out++ = ':';
    out = std::to_chars(out, out + 4, word(i), 16).ptr;
  }
  return out;
}

// Four decimal numbers without leading zeros, as inet_pton takes them: most addresses are these, and a state holds tens of thousands.
std::optional<IpAddress> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0 && (at == end || *at++ != '.')) return std::nullopt;
    if (at == end) return std::nullopt;
    unsigned value = static_cast<unsigned char>(*at++) - unsigned{'0'};  // anything below '0' becomes very large
    if (value > 9) return std::nullopt;
    if (value != 0) {  // a leading zero stands alone
      for (int more = 0; more < 2 && at != end; ++more) {
        const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
        if (digit > 9) break;
        value = value * 10 + digit;
        ++at;
      }
      if (value > 255) return std::nullopt;
    }
    bytes[i] = static_cast<std::uint8_t>(value);
  }
  if (at != end) return std::nullopt;
  return IpAddress::v4(bytes);
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (const auto address = parse_v4(text)) return *address;
  if (text.size() <= kLongestText && text.find('\0') == std::string_view::npos) {
    std::array<char, kLongestText + 1> terminated{};  // as inet_pton wants it
    std::ranges::copy(text, terminated.begin());
    std::array<std::uint8_t, 16> bytes{};
    if (::inet_pton(AF_INET6, terminated.data(), bytes.data()) == 1) return v6(bytes);
  }
  return invalid_input(fmt::format("{} is not an IP address (like 10.66.1.2 or fd00::2)", quoted(text)));
}

IpAddress IpAddress::v4(std::span<const std::uint8_t, 4> bytes) {
  IpAddress address;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(std::span<const std::uint8_t, 16> bytes) {
  IpAddress address;
  address.v6_ = true;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(bytes_, [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_multicast() const { return is_v4() ? (bytes_[0] & 0xF0U) == 0xE0U : bytes_[0] == 0xFF; }

bool IpAddress::is_link_local() const {
  return is_v4() ? bytes_[0] == 169 && bytes_[1] == 254 : bytes_[0] == 0xFE && (bytes_[1] & 0xC0U) == 0x80U;
}

bool IpAddress::is_unicast_global_v6() const {
  if (is_v4() || is_unspecified() || is_loopback() || is_multicast() || is_link_local()) return false;
  const bool unique_local = (bytes_[0] & 0xFEU) == 0xFCU;
  const bool documentation = bytes_[0] == 0x20 && bytes_[1] == 0x01 && bytes_[2] == 0x0D && bytes_[3] == 0xB8;
  return !unique_local && !documentation && unmapped().is_v6();
}

IpAddress IpAddress::unmapped() const {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (is_v4() || !std::ranges::equal(kMapped, std::span(bytes_).first<12>())) return *this;
  return v4(std::span(bytes_).last<4>());
}

std::optional<IpAddress> IpAddress::plus(std::uint64_t n) const {
  IpAddress sum = *this;
  std::uint64_t carry = n;
  for (std::size_t i = bytes().size(); i-- > 0 && carry > 0;) {
    const std::uint64_t low = (carry & 0xFFU) + sum.bytes_[i];
    sum.bytes_[i] = static_cast<std::uint8_t>(low);
    carry = (carry >> 8) + (low >> 8);
  }
  if (carry > 0) return std::nullopt;
  return sum;
}

void IpAddress::append_to(std::string& out) const {
  char text[kLongestText];
  const char* const end = v6_ ? write_v6(text, bytes()) : write_v4(text, bytes());
  out.append(text, static_cast<std::size_t>(end - text));
}

std::string IpAddress::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

Result<IpNet> IpNet::parse(std::string_view text) {
  const auto refuse = [text] { return invalid_input(fmt::format("{} is not a CIDR (like 10.66.0.0/16 or fd00:1::/64)", quoted(text))); };
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return refuse();
  const auto address = IpAddress::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  std::uint8_t prefix = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  const bool canonical = digits == "0" || !digits.starts_with('0');
  if (!address || failure != std::errc() || end != digits.data() + digits.size() || !canonical || prefix > address->bits()) return refuse();
  return IpNet(*address, prefix);
}

Result<IpNet> IpNet::make(const IpAddress& address, std::uint8_t prefix) {
  if (prefix > address.bits()) return invalid_input(fmt::format("a prefix of {} bits is too long for {}", prefix, address.to_string()));
  return IpNet(address, prefix);
}

IpAddress IpNet::network() const { return with_host_bits(address_, prefix_, false); }
IpAddress IpNet::broadcast() const { return with_host_bits(address_, prefix_, true); }

bool IpNet::contains(const IpAddress& address) const {
  if (address.is_v4() != address_.is_v4()) return false;
  const auto ours = address_.bytes(), theirs = address.bytes();
  const std::size_t whole = prefix_ / 8U;
  if (!std::ranges::equal(ours.first(whole), theirs.first(whole))) return false;
  const unsigned mask = ~(0xFFU >> prefix_ % 8U) & 0xFFU;  // the network bits of the byte that the prefix cuts
  return mask == 0 || ((ours[whole] ^ theirs[whole]) & mask) == 0;
}

bool IpNet::contains(const IpNet& other) const { return other.prefix_ >= prefix_ && contains(other.address_); }

bool IpNet::is_assignable(const IpAddress& address) const {
  if (!contains(address)) return false;
  if (address.bits() - prefix_ <= 1) return true;
  return address != network() && (address.is_v6() || address != broadcast());
}

IpAddress IpNet::first_assignable() const { return address_.bits() - prefix_ <= 1 ? network() : *network().plus(1); }

IpAddress IpNet::last_assignable() const {
  if (address_.bits() - prefix_ <= 1 || address_.is_v6()) return broadcast();
  std::array<std::uint8_t, 4> bytes{};
  std::ranges::copy(broadcast().bytes(), bytes.begin());
  bytes[3] = static_cast<std::uint8_t>(bytes[3] - 1);  // a broadcast address ends in at least two ones
  return IpAddress::v4(bytes);
}

std::string IpNet::to_string() const { return fmt::format("{}/{}", address_.to_string(), prefix_); }

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
  const auto refuse = [text] {
    return invalid_input(fmt::format("{} is not an address with a port (like 203.0.113.7:53 or [2001:db8::1]:53)", quoted(text)));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  SocketAddress address;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (failure != std::errc() || end != digits.data() + digits.size()) return refuse();
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() >= 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto ip = IpAddress::parse(host);
  if (!ip || ip->is_v6() != bracketed) return refuse();
  address.ip = *ip;
  return address;
}

std::string SocketAddress::to_string() const {
  return ip.is_v6() ? fmt::format("[{}]:{}", ip.to_string(), port) : fmt::format("{}:{}", ip.to_string(), port);
}

}  // namespace innernet

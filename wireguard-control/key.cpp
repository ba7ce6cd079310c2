#include "innernet/wireguard/key.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace innernet::wg {
namespace {

using Bytes = std::array<std::uint8_t, kKeySize>;
using View = std::span<const std::uint8_t, kKeySize>;

constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
constexpr std::size_t kBase64Size = 44;
constexpr std::size_t kHexSize = 2 * kKeySize;
static_assert(sodium_base64_ENCODED_LEN(kKeySize, kVariant) == kBase64Size + 1);

// All encodings of the points whose multiples by a clamped scalar are zero, bit 255 apart, which X25519 ignores (RFC 7748, section 5; the
// list is in https://cr.yp.to/ecdh.html#validate and, as here without those that bit 255 gives, in libsodium's x25519_ref10.c).
constexpr Bytes kLowOrderPoints[] = {
    // 0, of order 4
    {},
    // 1, of order 1
    {0x01},
    // of order 8
    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
     0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
     0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
    // p - 1, p and p + 1 of p = 2^255 - 19
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

bool is_low_order(View point) {
  Bytes masked;
  std::ranges::copy(point, masked.begin());
  masked.back() &= 0x7F;
  return std::ranges::find(kLowOrderPoints, masked) != std::end(kLowOrderPoints);
}

// Constant time in the content. sodium_base642bin refuses bits behind the last byte, and 44 characters that give 32 bytes leave room for
// exactly one padding character, so that each key has one spelling.
bool decode_base64(std::string_view text, std::span<std::uint8_t, kKeySize> out) {
  if (text.size() != kBase64Size) return false;
  // libsodium 1.0.18 takes some bytes beyond ASCII for an A.
  if (std::ranges::any_of(text, [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; })) return false;
  std::size_t length = 0;
  const char* end = nullptr;
  return sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &length, &end, kVariant) == 0 && length == kKeySize &&
         end == text.data() + text.size();
}

SecretText encode_base64(View bytes) {
  SecretText out;
  out.edit().resize(kBase64Size + 1);
  sodium_bin2base64(out.edit().data(), kBase64Size + 1, bytes.data(), bytes.size(), kVariant);
  out.edit().resize(kBase64Size);
  return out;
}

// Base64 of public keys by table, as nothing about them needs constant time: with libsodium's functions, writing a state and a data store
// takes 1.75 times as many instructions (`valgrind --tool=callgrind build/bench/bench/json`: 104 instead of 59 million a round).
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return digits;
}();

// 32 bytes are ten groups of three bytes in four characters, then two bytes in three, whose last two bits are zero, and `=`.
bool decode_public(std::string_view text, std::span<std::uint8_t, kKeySize> out) {
  if (text.size() != kBase64Size || text.back() != '=') return false;
  const auto digit = [text](std::size_t i) { return std::uint32_t{kDigits[static_cast<unsigned char>(text[i])]}; };
  std::uint32_t seen = 0;
  std::size_t to = 0;
  for (std::size_t i = 0; i < 40; i += 4) {
    const std::uint32_t a = digit(i), b = digit(i + 1), c = digit(i + 2), d = digit(i + 3);
    seen |= a | b | c | d;
    const std::uint32_t group = a << 18U | b << 12U | c << 6U | d;
    out[to++] = static_cast<std::uint8_t>(group >> 16U);
    out[to++] = static_cast<std::uint8_t>(group >> 8U);
    out[to++] = static_cast<std::uint8_t>(group);
  }
  const std::uint32_t a = digit(40), b = digit(41), c = digit(42);
  seen |= a | b | c;
  out[30] = static_cast<std::uint8_t>(a << 2U | b >> 4U);
  out[31] = static_cast<std::uint8_t>(b << 4U | c >> 2U);
  return seen < 64 && (c & 3U) == 0;  // kNoDigit has bits that no digit has
}

void encode_public(View bytes, char* out) {
  const auto put = [&out](std::uint32_t digit) { *out++ = kAlphabet[digit & 63U]; };
  for (std::size_t i = 0; i < 30; i += 3) {
    const std::uint32_t group = std::uint32_t{bytes[i]} << 16U | std::uint32_t{bytes[i + 1]} << 8U | bytes[i + 2];
    put(group >> 18U), put(group >> 12U), put(group >> 6U), put(group);
  }
  const std::uint32_t group = std::uint32_t{bytes[30]} << 16U | std::uint32_t{bytes[31]} << 8U;
  put(group >> 18U), put(group >> 12U), put(group >> 6U);
  *out = '=';
}

template <class Text>
void put_hex(Text& out, View bytes) {
  out.resize(kHexSize + 1);
  sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
  out.resize(kHexSize);
}

SecretText encode_hex(View bytes) {
  SecretText out;
  put_hex(out.edit(), bytes);
  return out;
}

// Curve25519 uses a private key with these bits set so (RFC 7748, section 5), and a device reports it like that.
SecretBytes<kKeySize> clamped(const PrivateKey& key) {
  SecretBytes<kKeySize> out(key.secret().reveal());
  out.reveal()[0] &= 0xF8;
  out.reveal()[31] = static_cast<std::uint8_t>((out.reveal()[31] & 0x7F) | 0x40);
  return out;
}

// Public keys need no constant time: with libsodium's function, reading a device of 10,000 peers takes 1.4 times as many instructions
// (callgrind of decode_uapi_get(): 67 instead of 47 million).
bool decode_public_hex(std::string_view hex, std::array<std::uint8_t, kKeySize>& out) {
  static constexpr std::array<std::uint8_t, 256> kHexDigits = [] {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(kNoDigit);
    for (std::uint8_t i = 0; i < 10; ++i) digits[std::size_t{'0'} + i] = i;
    for (std::uint8_t i = 0; i < 6; ++i) digits[std::size_t{'a'} + i] = digits[std::size_t{'A'} + i] = static_cast<std::uint8_t>(10 + i);
    return digits;
  }();
  if (hex.size() != kHexSize) return false;
  unsigned seen = 0;
  for (std::size_t i = 0; i < kKeySize; ++i) {
    const unsigned high = kHexDigits[static_cast<unsigned char>(hex[2 * i])], low = kHexDigits[static_cast<unsigned char>(hex[2 * i + 1])];
    seen |= high | low;
    out[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  return seen < 16;  // kNoDigit has bits that no digit has
}

}  // namespace

Result<PublicKey> PublicKey::parse(std::string_view base64) {
  PublicKey key;
  if (!decode_public(base64, key.bytes_))
    return invalid_input(quoted(base64) +
                         " is not a WireGuard public key: it has to be 44 characters of base64, as `wg pubkey` prints them");
  if (is_low_order(key.bytes_))
    return invalid_input(quoted(base64) + " is not a usable WireGuard public key: no handshake is possible with it");
  return key;
}

Result<PublicKey> PublicKey::parse_hex(std::string_view hex) {
  PublicKey key;
  if (!decode_public_hex(hex, key.bytes_))
    return invalid_input(quoted(hex) + " is not a WireGuard public key: it has to be 64 hexadecimal digits");
  return key;
}

PublicKey PublicKey::from_bytes(std::span<const std::uint8_t, kKeySize> bytes) {
  PublicKey key;
  std::ranges::copy(bytes, key.bytes_.begin());
  return key;
}

std::string PublicKey::to_base64() const {
  std::string out;
  append_base64(out);
  return out;
}

void PublicKey::append_base64(std::string& out) const {
  char text[kBase64Size];
  encode_public(bytes_, text);
  out.append(text, sizeof text);
}

std::string PublicKey::to_hex() const {
  std::string out;
  put_hex(out, bytes_);
  return out;
}

std::string PublicKey::abbreviated() const { return to_base64().substr(0, 10) + "…"; }

PrivateKey PrivateKey::generate() {
  // The only library call that needs it: sodium_init() opens the source of randomness for old kernels.
  if (sodium_init() < 0) std::abort();
  PrivateKey key;
  randombytes_buf(key.secret_.reveal().data(), kKeySize);
  key.secret_ = LockedBytes<kKeySize>(clamped(key).reveal());
  return key;
}

Result<PrivateKey> PrivateKey::parse(std::string_view base64) {
  SecretBytes<kKeySize> bytes;
  if (!decode_base64(base64, bytes.reveal()))
    return invalid_input("this is not a WireGuard private key: it has to be 44 characters of base64, as `wg genkey` prints them");
  if (sodium_is_zero(bytes.reveal().data(), kKeySize) == 1)
    return invalid_input("this is not a usable WireGuard private key: it is all zero");
  return from_bytes(bytes.reveal());
}

PrivateKey PrivateKey::from_bytes(std::span<const std::uint8_t, kKeySize> bytes) {
  PrivateKey key;
  std::ranges::copy(bytes, key.secret_.reveal().begin());
  return key;
}

PublicKey PrivateKey::public_key() const {
  Bytes out;
  crypto_scalarmult_base(out.data(), secret_.reveal().data());
  return PublicKey::from_bytes(out);
}

PrivateKey PrivateKey::derived(std::string_view purpose) const {
  PrivateKey key;
  crypto_generichash(key.secret_.reveal().data(), kKeySize, reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(),
                     secret_.reveal().data(), kKeySize);
  key.secret_ = LockedBytes<kKeySize>(clamped(key).reveal());
  return key;
}

SecretText PrivateKey::to_base64() const { return encode_base64(secret_.reveal()); }

SecretText PrivateKey::to_hex() const { return encode_hex(secret_.reveal()); }

PresharedKey PresharedKey::from_bytes(std::span<const std::uint8_t, kKeySize> bytes) {
  PresharedKey key;
  std::ranges::copy(bytes, key.secret_.reveal().begin());
  return key;
}

SecretText PresharedKey::to_hex() const { return encode_hex(secret_.reveal()); }

bool same_key(const PrivateKey& a, const PrivateKey& b) {
  return sodium_memcmp(clamped(a).reveal().data(), clamped(b).reveal().data(), kKeySize) == 0;
}

bool same_text_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace innernet::wg

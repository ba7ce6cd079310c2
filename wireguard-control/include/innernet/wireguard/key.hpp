#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "innernet/base/error.hpp"
#include "innernet/base/secret.hpp"

namespace innernet::wg {

constexpr std::size_t kKeySize = 32;

/// A Curve25519 public key, the name of a peer on the wire.
class PublicKey {
 public:
  /// Canonical base64 of exactly 32 bytes (44 characters), the whole input. Points of low order, the all-zero key among
  /// them, are refused: WireGuard can't do a handshake with one. Fails with kInvalidInput.
  static Result<PublicKey> parse(std::string_view base64);
  /// Lower-case or upper-case hex, 64 characters, as the userspace protocol has it.
  static Result<PublicKey> parse_hex(std::string_view hex);
  /// As a device reports it, unchecked.
  static PublicKey from_bytes(std::span<const std::uint8_t, kKeySize> bytes);

  std::span<const std::uint8_t, kKeySize> bytes() const { return bytes_; }
  std::string to_base64() const;
  void append_base64(std::string& out) const;
  std::string to_hex() const;
  /// The first 10 characters of the base64 form and an ellipsis, as people read it in lists.
  std::string abbreviated() const;

  friend auto operator<=>(const PublicKey&, const PublicKey&) = default;

 private:
  std::array<std::uint8_t, kKeySize> bytes_{};
};

class PrivateKey {
 public:
  /// A new random key.
  static PrivateKey generate();
  /// Canonical base64 of exactly 32 bytes. The error never shows the input.
  static Result<PrivateKey> parse(std::string_view base64);
  static PrivateKey from_bytes(std::span<const std::uint8_t, kKeySize> bytes);

  PublicKey public_key() const;
  /// Another key for another `purpose`, always the same: by BLAKE2b, keyed with this one. Neither tells anything of the other.
  PrivateKey derived(std::string_view purpose) const;
  const LockedBytes<kKeySize>& secret() const { return secret_; }
  SecretText to_base64() const;
  SecretText to_hex() const;

 private:
  LockedBytes<kKeySize> secret_;
};

class PresharedKey {
 public:
  static PresharedKey from_bytes(std::span<const std::uint8_t, kKeySize> bytes);

  const SecretBytes<kKeySize>& secret() const { return secret_; }
  SecretText to_hex() const;

 private:
  SecretBytes<kKeySize> secret_;
};

/// Whether two private keys are the same, in constant time.
bool same_key(const PrivateKey& a, const PrivateKey& b);
/// Whether two texts are the same, in a time that depends on their lengths alone.
bool same_text_constant_time(std::string_view a, std::string_view b);

}  // namespace innernet::wg

template <>
struct std::hash<innernet::wg::PublicKey> {
  std::size_t operator()(const innernet::wg::PublicKey& key) const noexcept {
    // The first words of a key are as good as random, and the others tell apart what somebody has chosen.
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), key.bytes().data(), sizeof words);
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
    return static_cast<std::size_t>(((words[0] * kOdd + words[1]) * kOdd + words[2]) * kOdd + words[3]);
  }
};

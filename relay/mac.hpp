#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "innernet/base/clock.hpp"
#include "innernet/base/ip.hpp"
#include "innernet/wireguard/key.hpp"
#include "message.hpp"

/// mac1, by which a message shows that its sender knows whom it is for, and cookies, by which it shows that it can be answered where it
/// says it comes from (white paper, 5.4.4 and 5.4.7; the kernel's cookie.c).
namespace innernet::relay {

using Mac = std::array<std::uint8_t, kMacSize>;

/// HASH("mac1----" || key).
std::array<std::uint8_t, 32> mac1_key(const wg::PublicKey& key);

/// HASH("cookie--" || key), with which a cookie of this responder's is sealed.
std::array<std::uint8_t, 32> cookie_key(const wg::PublicKey& key);

/// The MAC of the white paper: BLAKE2s with a key and 16 bytes.
Mac mac(ByteView key, ByteView bytes);

/// In constant time.
bool same_mac(std::span<const std::uint8_t, kMacSize> a, std::span<const std::uint8_t, kMacSize> b);

/// Cookies of one who is under load.
class CookieJar {
 public:
  explicit CookieJar(const wg::PublicKey& own_key);

  /// How long a secret, and so a cookie, counts.
  static constexpr std::chrono::seconds kSecretAge{120};

  /// Whether it is time for a new secret.
  bool is_stale(BootTime now) const { return !made_ || now - *made_ >= kSecretAge; }
  void renew(BootTime now, std::span<const std::uint8_t, 32> secret);

  /// Whether `macs` have been made with the cookie that was given to `source`.
  bool has_cookie(const MacedMessage& macs, const SocketAddress& source) const;

  /// The answer to a message with this sender index and these MACs.
  std::array<std::uint8_t, kCookieReplySize> reply(std::uint32_t sender, const MacedMessage& macs, const SocketAddress& source,
                                                   std::span<const std::uint8_t, 24> nonce) const;

 private:
  Mac cookie(const SocketAddress& source) const;

  std::array<std::uint8_t, 32> reply_key_{};  // known to all
  SecretBytes<32> secret_;
  std::optional<BootTime> made_;
};

}  // namespace innernet::relay

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "innernet/wireguard/key.hpp"
#include "kdf.hpp"
#include "message.hpp"

// For tests of this room.
namespace innernet::relay {

/// As much of a WireGuard peer as starts a handshake and keeps a session alive; what is random elsewhere follows from its number.
class TestPeer {
 public:
  explicit TestPeer(std::uint32_t number);

  const wg::PublicKey& key() const { return public_; }

  /// Its next one to `responder`, with a later timestamp than the last.
  std::vector<std::uint8_t> initiate(const wg::PublicKey& responder, std::uint32_t sender);
  /// Whether the response belongs to the last initiation; begins the session.
  bool accept(ByteView response);
  /// The session's next one.
  std::vector<std::uint8_t> keepalive();
  /// With the MAC that shows this cookie.
  static void put_mac2(std::vector<std::uint8_t>& initiation, ByteView cookie);
  /// What a cookie reply to the last initiation holds; empty: it does not decrypt.
  std::vector<std::uint8_t> open_cookie(const wg::PublicKey& responder, ByteView reply) const;

 private:
  wg::PrivateKey private_;
  wg::PublicKey public_;
  std::uint64_t time_ = 1;
  SecretBytes<32> ephemeral_;
  Key chaining_key_;
  std::array<std::uint8_t, 32> hash_{};
  std::array<std::uint8_t, 16> mac1_{};
  Key send_key_;
  std::uint64_t counter_ = 0;
  std::uint32_t remote_ = 0;
};

/// A message of this type and size with these indices, and nothing in it that decrypts.
/// An initiation that only its mac1 makes one for `receiver`.
std::vector<std::uint8_t> hollow_initiation(const wg::PublicKey& receiver, std::uint32_t sender);
std::vector<std::uint8_t> response(std::uint32_t sender, std::uint32_t receiver);
std::vector<std::uint8_t> cookie_reply(std::uint32_t receiver);
std::vector<std::uint8_t> data(std::uint32_t receiver, std::size_t size = 132);

}  // namespace innernet::relay

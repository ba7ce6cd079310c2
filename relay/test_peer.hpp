#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "initiator.hpp"
#include "question.hpp"

// For tests of this room.
namespace innernet::relay {

/// As much of a WireGuard peer as starts a handshake and keeps a session alive; what is random elsewhere follows from its number.
class TestPeer {
 public:
  explicit TestPeer(std::uint32_t number);

  const wg::PublicKey& key() const { return own_.public_key(); }
  const wg::PrivateKey& private_key() const { return own_.private_key(); }

  /// Its next one to `responder`, with a later timestamp than the last.
  std::vector<std::uint8_t> initiate(const wg::PublicKey& responder, std::uint32_t sender);
  /// Whether the response belongs to the last initiation; begins the session.
  bool accept(ByteView response);
  /// The session's next one.
  std::vector<std::uint8_t> keepalive() { return message({}); }
  /// The session's next message, with this in it.
  std::vector<std::uint8_t> message(ByteView text);
  /// A question of this size.
  std::vector<std::uint8_t> question(std::size_t size = kLeastQuestion);
  /// What an answer says, if it is one to the question with this counter.
  std::optional<SocketAddress> open_answer(ByteView answer, std::uint64_t counter) const;
  std::uint64_t counter() const { return counter_; }  ///< of the next message
  /// With the MAC that shows this cookie.
  static void put_mac2(std::vector<std::uint8_t>& initiation, ByteView cookie);
  /// What a cookie reply to the last initiation holds; empty: it does not decrypt.
  std::vector<std::uint8_t> open_cookie(ByteView reply) const;

 private:
  OwnKey own_;
  std::uint64_t time_ = 1;
  std::optional<Initiated> last_;
  std::optional<InitiatedSession> session_;
  std::uint64_t counter_ = 0;
};

/// A message of this type and size with these indices, and nothing in it that decrypts.
/// An initiation that only its mac1 makes one for `receiver`.
std::vector<std::uint8_t> hollow_initiation(const wg::PublicKey& receiver, std::uint32_t sender);
std::vector<std::uint8_t> response(std::uint32_t sender, std::uint32_t receiver);
std::vector<std::uint8_t> cookie_reply(std::uint32_t receiver);
std::vector<std::uint8_t> data(std::uint32_t receiver, std::size_t size = 132);

}  // namespace innernet::relay

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "innernet/base/secret.hpp"
#include "innernet/wireguard/key.hpp"
#include "message.hpp"

/// The responder of WireGuard's handshake, Noise_IKpsk2 without a preshared key (white paper, 5.4.2 to 5.4.5; the kernel's noise.c). Pure:
/// what is random is a parameter.
namespace innernet::relay {

/// TAI64N: big-endian, so that the later one is the larger.
using Timestamp = std::array<std::uint8_t, 12>;

class OwnKey {
 public:
  explicit OwnKey(const wg::PrivateKey& key) : private_(key), public_(key.public_key()) {}

  const wg::PrivateKey& private_key() const { return private_; }
  const wg::PublicKey& public_key() const { return public_; }

 private:
  wg::PrivateKey private_;
  wg::PublicKey public_;
};

/// An initiation that was made by whoever has the private key of `initiator`: now, or when somebody recorded it.
struct OpenedInitiation {
  wg::PublicKey initiator;
  Timestamp timestamp{};
  std::uint32_t sender = 0;
  std::array<std::uint8_t, 32> ephemeral{};
  SecretBytes<32> chaining_key;
  std::array<std::uint8_t, 32> hash{};
};

/// None: it is not for us, or does not decrypt. Two Diffie-Hellman operations; look at mac1 first.
std::optional<OpenedInitiation> open_initiation(const OwnKey& own, const Initiation& initiation);

struct Answered {
  std::array<std::uint8_t, kResponseSize> response{};
  SecretBytes<32> receive_key;  ///< of what the initiator will send
  SecretBytes<32> send_key;
};

/// None if the initiator's keys are points with which nothing can be agreed. `ephemeral` is used once; three Diffie-Hellman operations.
std::optional<Answered> answer(const OpenedInitiation& opened, std::span<const std::uint8_t, 32> ephemeral, std::uint32_t own_index);

}  // namespace innernet::relay

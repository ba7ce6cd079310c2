#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "innernet/base/clock.hpp"
#include "mac.hpp"
#include "noise.hpp"
#include "noise_steps.hpp"

/// The initiator of WireGuard's handshake (white paper, 5.4.2 to 5.4.7), without a preshared key. Pure, as noise.hpp.
namespace innernet::relay {

/// An initiation that waits for its response.
struct Initiated {
  std::array<std::uint8_t, kInitiationSize> message{};
  wg::PublicKey responder;
  SecretBytes<32> ephemeral;
  Key chaining_key;
  Hash hash{};

  std::uint32_t sender() const;
};

/// None if the responder's key is a point with which nothing can be agreed. `ephemeral` is used once.
std::optional<Initiated> initiate(const OwnKey& own, const wg::PublicKey& responder, std::span<const std::uint8_t, 32> ephemeral,
                                  const Timestamp& timestamp, std::uint32_t sender);

/// What the cookie reply to this initiation holds, none if it is for another one, or forged.
std::optional<Mac> open_cookie(const Initiated& initiated, ByteView reply);
/// The same initiation with the MAC that shows this cookie.
void put_cookie(std::span<std::uint8_t, kInitiationSize> initiation, ByteView cookie);

struct InitiatedSession {
  std::uint32_t remote_index = 0;
  SecretBytes<32> send_key, receive_key;
};

/// None: it is no response to this initiation.
std::optional<InitiatedSession> accept(const OwnKey& own, const Initiated& initiated, ByteView response);

/// The time of an initiation beside which the kernel may send another one with the same key. A responder takes those only whose time is
/// later than the last one's, and WireGuard rounds its own down, to 2^24 ns; this is just before, so that at any moment the kernel's
/// counts.
Timestamp timestamp_before_the_kernels(WallTime now);

}  // namespace innernet::relay

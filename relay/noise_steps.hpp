#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "innernet/wireguard/key.hpp"
#include "kdf.hpp"

/// What both sides of WireGuard's handshake do (white paper, 5.4): mixing hashes, agreeing, sealing with a key that is used once.
namespace innernet::relay {

using Hash = std::array<std::uint8_t, 32>;
constexpr std::size_t kTagSize = 16;

Hash hash(ByteView one, ByteView other = {});
inline void mix_hash(Hash& h, ByteView bytes) { h = hash(h, bytes); }

/// Chaining key and hash with which every handshake with `responder` begins.
Key first_chaining_key();
Hash first_hash(const wg::PublicKey& responder);

/// False: the point has low order, so that nothing is agreed.
bool agree(Key& shared, std::span<const std::uint8_t, 32> secret, std::span<const std::uint8_t, 32> point);

/// `sealed` has 16 bytes more than `text`.
void seal_once(std::span<std::uint8_t> sealed, const Key& key, ByteView text, ByteView covered);
/// False, also when the sizes do not fit: it was not sealed with this key.
bool open_once(std::span<std::uint8_t> text, const Key& key, ByteView sealed, ByteView covered);

}  // namespace innernet::relay

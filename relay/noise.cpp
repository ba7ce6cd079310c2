#include "noise.hpp"

#include <sodium.h>

#include <algorithm>
#include <string_view>

#include "kdf.hpp"
#include "mac.hpp"

namespace innernet::relay {
namespace {

using Hash = std::array<std::uint8_t, 32>;
constexpr std::size_t kTagSize = 16;

ByteView view(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

Hash hash(ByteView one, ByteView other = {}) {
  Hash out;
  Blake2s().update(one).update(other).finish(out);
  return out;
}

void mix_hash(Hash& h, ByteView bytes) { h = hash(h, bytes); }

bool agree(Key& shared, std::span<const std::uint8_t, 32> secret, std::span<const std::uint8_t, 32> point) {
  return crypto_scalarmult(shared.reveal().data(), secret.data(), point.data()) == 0;
}

constexpr std::array<std::uint8_t, 12> kFirstNonce{};

// `out` is 16 bytes shorter.
bool decrypt(std::span<std::uint8_t> out, const Key& key, ByteView encrypted, ByteView covered) {
  return out.size() + kTagSize == encrypted.size() &&
         crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, encrypted.data(), encrypted.size(), covered.data(),
                                                   covered.size(), kFirstNonce.data(), key.reveal().data()) == 0;
}

}  // namespace

std::optional<OpenedInitiation> open_initiation(const OwnKey& own, const Initiation& initiation) {
  static const Hash kConstruction = hash(view("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"));
  static const Hash kIdentified = hash(kConstruction, view("WireGuard v1 zx2c4 Jason@zx2c4.com"));

  OpenedInitiation out;
  out.sender = initiation.sender;
  std::ranges::copy(initiation.ephemeral, out.ephemeral.begin());
  out.hash = hash(kIdentified, own.public_key().bytes());
  mix_hash(out.hash, initiation.ephemeral);
  out.chaining_key = derive(Key(kConstruction), initiation.ephemeral).first;

  Key shared;
  if (!agree(shared, own.private_key().secret().reveal(), initiation.ephemeral)) return std::nullopt;
  Derived derived = derive(out.chaining_key, shared.reveal());
  Hash key{};
  if (!decrypt(key, derived.second, initiation.static_key, out.hash)) return std::nullopt;
  out.initiator = wg::PublicKey::from_bytes(key);
  mix_hash(out.hash, initiation.static_key);

  if (!agree(shared, own.private_key().secret().reveal(), key)) return std::nullopt;
  derived = derive(derived.first, shared.reveal());
  if (!decrypt(out.timestamp, derived.second, initiation.timestamp, out.hash)) return std::nullopt;
  mix_hash(out.hash, initiation.timestamp);
  out.chaining_key = derived.first;
  return out;
}

std::optional<Answered> answer(const OpenedInitiation& opened, std::span<const std::uint8_t, 32> ephemeral, std::uint32_t own_index) {
  Answered out;
  const std::span<std::uint8_t, kResponseSize> to(out.response);
  to[0] = static_cast<std::uint8_t>(MessageType::kResponse);
  put_le32(to.subspan<4, 4>(), own_index);
  put_le32(to.subspan<8, 4>(), opened.sender);

  const auto point = to.subspan<12, 32>();
  if (crypto_scalarmult_base(point.data(), ephemeral.data()) != 0) return std::nullopt;
  Hash h = opened.hash;
  mix_hash(h, point);
  Key chaining_key = derive(opened.chaining_key, point).first;

  Key shared;
  if (!agree(shared, ephemeral, opened.ephemeral)) return std::nullopt;
  chaining_key = derive(chaining_key, shared.reveal()).first;
  if (!agree(shared, ephemeral, opened.initiator.bytes())) return std::nullopt;
  chaining_key = derive(chaining_key, shared.reveal()).first;

  constexpr std::array<std::uint8_t, 32> kNoPresharedKey{};
  const Derived derived = derive(chaining_key, kNoPresharedKey);
  mix_hash(h, derived.second.reveal());
  crypto_aead_chacha20poly1305_ietf_encrypt(to.subspan<44, 16>().data(), nullptr, nullptr, 0, h.data(), h.size(), nullptr,
                                            kFirstNonce.data(), derived.third.reveal().data());
  out.receive_key = derive(derived.first, {}).first;

  std::ranges::copy(mac(mac1_key(opened.initiator), to.first<60>()), to.subspan<60, kMacSize>().begin());
  return out;
}

bool is_keepalive(std::span<const std::uint8_t, 32> receive_key, const Data& data) {
  if (data.payload.size() != kTagSize) return false;
  std::array<std::uint8_t, 12> nonce{};  // 32 bits of zero, then the counter
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(data.counter >> (8 * i));
  std::uint8_t nothing = 0;
  return crypto_aead_chacha20poly1305_ietf_decrypt(&nothing, nullptr, nullptr, data.payload.data(), data.payload.size(), nullptr, 0,
                                                   nonce.data(), receive_key.data()) == 0;
}

}  // namespace innernet::relay

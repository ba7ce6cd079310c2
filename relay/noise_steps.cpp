#include "noise_steps.hpp"

#include <sodium.h>

#include <cstdlib>
#include <string_view>

namespace innernet::relay {
namespace {

constexpr std::array<std::uint8_t, 12> kNonce{};

ByteView view(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

const Hash& construction() {
  static const Hash kConstruction = hash(view("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"));
  return kConstruction;
}

}  // namespace

Hash hash(ByteView one, ByteView other) {
  Hash out;
  Blake2s().update(one).update(other).finish(out);
  return out;
}

Key first_chaining_key() { return Key(construction()); }

Hash first_hash(const wg::PublicKey& responder) {
  static const Hash kIdentified = hash(construction(), view("WireGuard v1 zx2c4 Jason@zx2c4.com"));
  return hash(kIdentified, responder.bytes());
}

bool agree(Key& shared, std::span<const std::uint8_t, 32> secret, std::span<const std::uint8_t, 32> point) {
  return crypto_scalarmult(shared.reveal().data(), secret.data(), point.data()) == 0;
}

void seal_once(std::span<std::uint8_t> sealed, const Key& key, ByteView text, ByteView covered) {
  if (sealed.size() != text.size() + kTagSize) std::abort();
  crypto_aead_chacha20poly1305_ietf_encrypt(sealed.data(), nullptr, text.data(), text.size(), covered.data(), covered.size(), nullptr,
                                            kNonce.data(), key.reveal().data());
}

bool open_once(std::span<std::uint8_t> text, const Key& key, ByteView sealed, ByteView covered) {
  std::uint8_t nothing = 0;
  return text.size() + kTagSize == sealed.size() &&
         crypto_aead_chacha20poly1305_ietf_decrypt(text.empty() ? &nothing : text.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                   covered.data(), covered.size(), kNonce.data(), key.reveal().data()) == 0;
}

}  // namespace innernet::relay

#include "kdf.hpp"

#include <algorithm>

namespace innernet::relay {
namespace {

// RFC 2104 with BLAKE2s, whose blocks have 64 bytes.
Key hmac(const Key& key, ByteView one, ByteView other = {}) {
  const auto padded = [&key](std::uint8_t pad) {
    SecretBytes<Blake2s::kBlockSize> block;
    std::ranges::fill(block.reveal(), pad);
    for (std::size_t i = 0; i < 32; ++i) block.reveal()[i] ^= key.reveal()[i];
    return block;
  };
  Key inner, out;
  Blake2s().update(padded(0x36).reveal()).update(one).update(other).finish(inner.reveal());
  Blake2s().update(padded(0x5C).reveal()).update(inner.reveal()).finish(out.reveal());
  return out;
}

}  // namespace

Derived derive(const Key& chaining_key, ByteView input) {
  static constexpr std::uint8_t kOne[]{1}, kTwo[]{2}, kThree[]{3};
  const Key secret = hmac(chaining_key, input);
  Derived out;
  out.first = hmac(secret, kOne);
  out.second = hmac(secret, out.first.reveal(), kTwo);
  out.third = hmac(secret, out.second.reveal(), kThree);
  return out;
}

}  // namespace innernet::relay

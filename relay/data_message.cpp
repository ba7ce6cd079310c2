#include "data_message.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace innernet::relay {
namespace {

using Nonce = std::array<std::uint8_t, 12>;  // 32 bits of zero, then the counter

Nonce nonce_of(std::uint64_t counter) {
  Nonce out{};
  for (std::size_t i = 0; i < 8; ++i) out[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return out;
}

}  // namespace

bool open_data(std::span<const std::uint8_t, 32> key, const Data& data, std::span<std::uint8_t> text) {
  if (data.payload.size() != text.size() + 16) return false;
  std::uint8_t nothing = 0;
  return crypto_aead_chacha20poly1305_ietf_decrypt(text.empty() ? &nothing : text.data(), nullptr, nullptr, data.payload.data(),
                                                   data.payload.size(), nullptr, 0, nonce_of(data.counter).data(), key.data()) == 0;
}

void seal_data(std::span<std::uint8_t> message, std::span<const std::uint8_t, 32> key, std::uint32_t receiver, std::uint64_t counter) {
  const Nonce nonce = nonce_of(counter);
  std::ranges::fill(message.first(4), std::uint8_t{0});
  message[0] = static_cast<std::uint8_t>(MessageType::kData);
  put_le32(message.subspan<4, 4>(), receiver);
  std::ranges::copy(std::span(nonce).last(8), message.begin() + 8);
  const auto text = text_of(message);
  crypto_aead_chacha20poly1305_ietf_encrypt(text.data(), nullptr, text.data(), text.size(), nullptr, 0, nullptr, nonce.data(), key.data());
}

}  // namespace innernet::relay

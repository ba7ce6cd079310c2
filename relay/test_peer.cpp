#include "test_peer.hpp"

#include <sodium.h>

#include <algorithm>

#include "hex.hpp"
#include "mac.hpp"

namespace innernet::relay {
namespace {

using Hash = std::array<std::uint8_t, 32>;
constexpr std::array<std::uint8_t, 12> kNonce{};

Hash hash(ByteView one, ByteView other = {}) {
  Hash out;
  Blake2s().update(one).update(other).finish(out);
  return out;
}

wg::PrivateKey private_key(std::uint32_t number) {
  std::array<std::uint8_t, 32> bytes{};
  for (std::size_t i = 0; i < 4; ++i) bytes[8 + i] = static_cast<std::uint8_t>(number >> (8 * i));
  bytes[0] = 0x10;
  return wg::PrivateKey::from_bytes(bytes);
}

Key agree(std::span<const std::uint8_t, 32> secret, std::span<const std::uint8_t, 32> point) {
  Key out;
  if (crypto_scalarmult(out.reveal().data(), secret.data(), point.data()) != 0) std::abort();
  return out;
}

void put(std::vector<std::uint8_t>& out, std::size_t at, ByteView bytes) {
  std::ranges::copy(bytes, out.begin() + static_cast<std::ptrdiff_t>(at));
}

void seal(std::vector<std::uint8_t>& out, std::size_t at, const Key& key, ByteView text, ByteView covered) {
  crypto_aead_chacha20poly1305_ietf_encrypt(&out[at], nullptr, text.data(), text.size(), covered.data(), covered.size(), nullptr,
                                            kNonce.data(), key.reveal().data());
}

std::vector<std::uint8_t> message(MessageType type, std::size_t size, std::uint32_t first) {
  std::vector<std::uint8_t> out(size);
  out[0] = static_cast<std::uint8_t>(type);
  put_le32(std::span(out).subspan<4, 4>(), first);
  return out;
}

}  // namespace

TestPeer::TestPeer(std::uint32_t number) : private_(private_key(number)), public_(private_.public_key()) {}

std::vector<std::uint8_t> TestPeer::initiate(const wg::PublicKey& responder, std::uint32_t sender) {
  auto out = message(MessageType::kInitiation, kInitiationSize, sender);
  const ByteView view(out);
  ephemeral_ = SecretBytes<32>(hash(public_.bytes(), std::array<std::uint8_t, 1>{static_cast<std::uint8_t>(time_)}));
  crypto_scalarmult_base(&out[8], ephemeral_.reveal().data());
  const Hash construction = hash(bytes_of("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"));
  hash_ = hash(hash(hash(construction, bytes_of("WireGuard v1 zx2c4 Jason@zx2c4.com")), responder.bytes()), view.subspan(8, 32));
  Derived derived = derive(Key(construction), view.subspan(8, 32));
  derived = derive(derived.first, agree(ephemeral_.reveal(), responder.bytes()).reveal());
  seal(out, 40, derived.second, public_.bytes(), hash_);
  hash_ = hash(hash_, view.subspan(40, 48));
  derived = derive(derived.first, agree(private_.secret().reveal(), responder.bytes()).reveal());
  std::array<std::uint8_t, 12> timestamp{0x40};
  for (std::size_t i = 0; i < 8; ++i) timestamp[4 + i] = static_cast<std::uint8_t>(time_ >> (56 - 8 * i));
  ++time_;
  seal(out, 88, derived.second, timestamp, hash_);
  hash_ = hash(hash_, view.subspan(88, 28));
  chaining_key_ = derived.first;
  mac1_ = mac(mac1_key(responder), view.first(116));
  put(out, 116, mac1_);
  return out;
}

bool TestPeer::accept(ByteView response) {
  if (response.size() != kResponseSize || response[0] != 2) return false;
  const auto point = response.subspan<12, 32>();
  hash_ = hash(hash_, point);
  Derived derived = derive(chaining_key_, point);
  derived = derive(derived.first, agree(ephemeral_.reveal(), point).reveal());
  derived = derive(derived.first, agree(private_.secret().reveal(), point).reveal());
  derived = derive(derived.first, Hash{});
  hash_ = hash(hash_, derived.second.reveal());
  std::uint8_t nothing = 0;
  if (crypto_aead_chacha20poly1305_ietf_decrypt(&nothing, nullptr, nullptr, &response[44], 16, hash_.data(), hash_.size(), kNonce.data(),
                                                derived.third.reveal().data()) != 0)
    return false;
  if (!same_mac(mac(mac1_key(public_), response.first(60)), response.subspan<60, 16>())) return false;
  send_key_ = derive(derived.first, {}).first;
  counter_ = 0;
  remote_ = std::get<Response>(*parse_message(response)).sender;
  return true;
}

std::vector<std::uint8_t> TestPeer::keepalive() {
  auto out = message(MessageType::kData, kLeastDataSize, remote_);
  std::array<std::uint8_t, 12> nonce{};
  for (std::size_t i = 0; i < 8; ++i) out[8 + i] = nonce[4 + i] = static_cast<std::uint8_t>(counter_ >> (8 * i));
  ++counter_;
  crypto_aead_chacha20poly1305_ietf_encrypt(&out[16], nullptr, nullptr, 0, nullptr, 0, nullptr, nonce.data(), send_key_.reveal().data());
  return out;
}

void TestPeer::put_mac2(std::vector<std::uint8_t>& initiation, ByteView cookie) {
  put(initiation, 132, mac(cookie, ByteView(initiation).first(132)));
}

std::vector<std::uint8_t> TestPeer::open_cookie(const wg::PublicKey& responder, ByteView reply) const {
  std::vector<std::uint8_t> cookie(16);
  const Hash key = hash(bytes_of("cookie--"), responder.bytes());
  if (reply.size() != kCookieReplySize || reply[0] != 3 ||
      crypto_aead_xchacha20poly1305_ietf_decrypt(cookie.data(), nullptr, nullptr, &reply[32], 32, mac1_.data(), mac1_.size(), &reply[8],
                                                 key.data()) != 0)
    return {};
  return cookie;
}

std::vector<std::uint8_t> hollow_initiation(const wg::PublicKey& receiver, std::uint32_t sender) {
  auto out = message(MessageType::kInitiation, kInitiationSize, sender);
  put(out, 116, mac(mac1_key(receiver), ByteView(out).first(116)));
  return out;
}

std::vector<std::uint8_t> response(std::uint32_t sender, std::uint32_t receiver) {
  auto out = message(MessageType::kResponse, kResponseSize, sender);
  put_le32(std::span(out).subspan<8, 4>(), receiver);
  return out;
}

std::vector<std::uint8_t> cookie_reply(std::uint32_t receiver) { return message(MessageType::kCookieReply, kCookieReplySize, receiver); }

std::vector<std::uint8_t> data(std::uint32_t receiver, std::size_t size) { return message(MessageType::kData, size, receiver); }

}  // namespace innernet::relay

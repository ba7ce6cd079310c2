#include "mac.hpp"

#include <sodium.h>

#include <algorithm>
#include <string_view>

namespace innernet::relay {
namespace {

std::array<std::uint8_t, 32> labelled(std::string_view label, const wg::PublicKey& key) {
  std::array<std::uint8_t, 32> out;
  Blake2s().update({reinterpret_cast<const std::uint8_t*>(label.data()), label.size()}).update(key.bytes()).finish(out);
  return out;
}

}  // namespace

std::array<std::uint8_t, 32> mac1_key(const wg::PublicKey& key) { return labelled("mac1----", key); }

std::array<std::uint8_t, 32> cookie_key(const wg::PublicKey& key) { return labelled("cookie--", key); }

Mac mac(ByteView key, ByteView bytes) {
  Mac out;
  Blake2s(kMacSize, key).update(bytes).finish(out);
  return out;
}

bool same_mac(std::span<const std::uint8_t, kMacSize> a, std::span<const std::uint8_t, kMacSize> b) {
  return sodium_memcmp(a.data(), b.data(), kMacSize) == 0;
}

CookieJar::CookieJar(const wg::PublicKey& own_key) : reply_key_(cookie_key(own_key)) {}

void CookieJar::renew(BootTime now, std::span<const std::uint8_t, 32> secret) {
  secret_ = SecretBytes<32>(secret);
  made_ = now;
}

Mac CookieJar::cookie(const SocketAddress& source) const {
  Mac out;
  const std::array<std::uint8_t, 2> port{static_cast<std::uint8_t>(source.port >> 8U), static_cast<std::uint8_t>(source.port)};
  Blake2s(kMacSize, secret_.reveal()).update(source.ip.bytes()).update(port).finish(out);
  return out;
}

bool CookieJar::has_cookie(const MacedMessage& macs, const SocketAddress& source) const {
  return made_ && same_mac(mac(cookie(source), macs.covered_by_mac2), macs.mac2);
}

std::array<std::uint8_t, kCookieReplySize> CookieJar::reply(std::uint32_t sender, const MacedMessage& macs, const SocketAddress& source,
                                                            std::span<const std::uint8_t, 24> nonce) const {
  std::array<std::uint8_t, kCookieReplySize> out{};
  out[0] = static_cast<std::uint8_t>(MessageType::kCookieReply);
  const std::span<std::uint8_t, kCookieReplySize> to(out);
  put_le32(to.subspan<4, 4>(), sender);
  std::ranges::copy(nonce, out.begin() + 8);
  const Mac given = cookie(source);
  crypto_aead_xchacha20poly1305_ietf_encrypt(to.subspan<32, 32>().data(), nullptr, given.data(), given.size(), macs.mac1.data(), kMacSize,
                                             nullptr, nonce.data(), reply_key_.data());
  return out;
}

}  // namespace innernet::relay

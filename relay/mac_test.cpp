#include "mac.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>

#include "hex.hpp"

namespace innernet::relay {
namespace {

using std::chrono::seconds;

const wg::PublicKey kOwn = wg::PublicKey::from_bytes(std::array<std::uint8_t, 32>{9, 8, 7});
const SocketAddress kSource = *SocketAddress::parse("192.0.2.1:1000");
constexpr std::array<std::uint8_t, 24> kNonce{1, 2, 3};

std::array<std::uint8_t, kInitiationSize> initiation() {
  std::array<std::uint8_t, kInitiationSize> out{1};
  for (std::size_t i = 4; i < 132; ++i) out[i] = static_cast<std::uint8_t>(i);
  return out;
}

MacedMessage macs_of(ByteView bytes) { return std::get<Initiation>(*parse_message(bytes)).macs; }

CookieJar jar(BootTime now, std::uint8_t secret) {
  CookieJar out(kOwn);
  out.renew(now, std::array<std::uint8_t, 32>{secret});
  return out;
}

// As an initiator opens it: white paper, 5.4.7.
Mac opened(const std::array<std::uint8_t, kCookieReplySize>& reply, std::span<const std::uint8_t, kMacSize> mac1) {
  std::array<std::uint8_t, 32> reply_key;
  Blake2s().update(bytes_of("cookie--")).update(kOwn.bytes()).finish(reply_key);
  Mac cookie{};
  EXPECT_EQ(crypto_aead_xchacha20poly1305_ietf_decrypt(cookie.data(), nullptr, nullptr, &reply[32], 32, mac1.data(), mac1.size(), &reply[8],
                                                       reply_key.data()),
            0);
  return cookie;
}

TEST(CookieJar, GivesACookieThatItKnowsAgain) {
  auto message = initiation();
  const CookieJar cookies = jar(BootTime(), 1);
  const auto reply = cookies.reply(0x01020304, macs_of(message), kSource, kNonce);
  EXPECT_EQ(std::get<CookieReply>(*parse_message(reply)).receiver, 0x01020304U);
  EXPECT_FALSE(cookies.has_cookie(macs_of(message), kSource));

  const Mac mac2 = mac(opened(reply, macs_of(message).mac1), macs_of(message).covered_by_mac2);
  std::ranges::copy(mac2, message.begin() + 132);
  EXPECT_TRUE(cookies.has_cookie(macs_of(message), kSource));
  EXPECT_FALSE(cookies.has_cookie(macs_of(message), *SocketAddress::parse("192.0.2.1:1001"))) << "of another port";
  EXPECT_FALSE(cookies.has_cookie(macs_of(message), *SocketAddress::parse("192.0.2.2:1000"))) << "of another address";
  EXPECT_FALSE(jar(BootTime(), 2).has_cookie(macs_of(message), kSource)) << "after the secret was changed";
  message[50] ^= 1;
  EXPECT_FALSE(cookies.has_cookie(macs_of(message), kSource)) << "for another message";
}

TEST(CookieJar, IsStaleAfterTwoMinutes) {
  EXPECT_TRUE(CookieJar(kOwn).is_stale(BootTime()));
  const auto cookies = jar(BootTime(seconds(1000)), 1);
  EXPECT_FALSE(cookies.is_stale(BootTime(seconds(1119))));
  EXPECT_TRUE(cookies.is_stale(BootTime(seconds(1120))));
}

TEST(CookieJar, KnowsNoCookieBeforeItHasASecret) {
  auto message = initiation();
  const Mac cookie = [] {  // that of a secret of zeros, which anyone could make
    Mac out;
    const std::array<std::uint8_t, 32> zeros{};
    Blake2s(kMacSize, zeros).update(kSource.ip.bytes()).update(std::array<std::uint8_t, 2>{1000 >> 8, 1000 & 255}).finish(out);
    return out;
  }();
  std::ranges::copy(mac(cookie, macs_of(message).covered_by_mac2), message.begin() + 132);
  EXPECT_FALSE(CookieJar(kOwn).has_cookie(macs_of(message), kSource));
}

}  // namespace
}  // namespace innernet::relay

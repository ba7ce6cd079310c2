#include "innernet/wireguard/key.hpp"

#include <gtest/gtest.h>
#include <sodium.h>

#include <set>
#include <unordered_set>

namespace innernet::wg {
namespace {

// RFC 7748, section 6.1.
constexpr std::string_view kAlicePrivate = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
constexpr std::string_view kAlicePublic = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";
constexpr std::string_view kAlicePublicHex = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";

TEST(PublicKey, PrintsWhatItRead) {
  const auto key = PublicKey::parse(kAlicePublic);
  ASSERT_TRUE(key) << key.error().message();
  EXPECT_EQ(key->to_base64(), kAlicePublic);
  EXPECT_EQ(key->to_hex(), kAlicePublicHex);
  EXPECT_EQ(key->abbreviated(), "hSDwCYkwp1…");
  std::string text = "key ";
  key->append_base64(text);
  EXPECT_EQ(text, "key " + std::string(kAlicePublic));
  EXPECT_EQ(PublicKey::from_bytes(key->bytes()), *key);
}

TEST(PublicKey, ReadsHexInEitherCase) {
  std::string upper(kAlicePublicHex);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(PublicKey::parse_hex(kAlicePublicHex)->to_base64(), kAlicePublic);
  EXPECT_EQ(PublicKey::parse_hex(upper)->to_base64(), kAlicePublic);
  const std::string hex(kAlicePublicHex);
  for (const std::string& text :
       {std::string(), hex.substr(1), hex + "0", hex + "00", "g" + hex.substr(1), " " + hex.substr(1), hex.substr(0, 62) + ":a"})
    EXPECT_FALSE(PublicKey::parse_hex(text)) << text;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    const bool is_digit = ('0' <= c && c <= '9') || ('a' <= c && c <= 'f') || ('A' <= c && c <= 'F');
    EXPECT_EQ(PublicKey::parse_hex(std::string(1, c) + hex.substr(1)).has_value(), is_digit) << byte;
    EXPECT_EQ(PublicKey::parse_hex(hex.substr(0, 63) + c).has_value(), is_digit) << byte;
  }
}

TEST(PublicKey, HasOneSpelling) {
  const std::string good(kAlicePublic);
  const std::string cases[] = {
      "",
      "AAAA",
      "=",
      good.substr(0, 43),
      good + "=",
      good + "x",
      good + "\n",
      " " + good,
      good.substr(0, 43) + "\n",
      good.substr(0, 42) + "==",  // 31 bytes
      good.substr(0, 43) + "A",   // 33 bytes
      good.substr(0, 42) + "p=",
      good.substr(0, 42) + "r=",  // bits behind the last byte
      good.substr(0, 22) + "-" + good.substr(23),
      good.substr(0, 22) + "_" + good.substr(23),  // the alphabet of URLs
      good.substr(0, 22) + "\n" + good.substr(23),
      good.substr(0, 22) + " " + good.substr(23),
      std::string(44, '\0'),
      good.substr(0, 20) + std::string(1, '\0') + good.substr(21),
      std::string(44, '='),
      std::string(10'000, 'A'),
      "кириллица",
      std::string(kAlicePublicHex),
  };
  for (const std::string& text : cases) {
    const auto key = PublicKey::parse(text);
    ASSERT_FALSE(key) << text;
    EXPECT_EQ(key.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_NE(key.error().message().find(quoted(text)), std::string::npos) << "the message shows the input";
    EXPECT_FALSE(PrivateKey::parse(text)) << text;
  }
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string out(45, '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.resize(44);
  return out;
}

// Public keys have a base64 codec of their own, for speed.
TEST(PublicKey, Base64AgreesWithLibsodiumOnEveryByteAtEveryPlace) {
  for (int round = 0; round < 20; ++round) {
    const PublicKey key = PrivateKey::generate().public_key();
    const std::string text = base64(key.bytes());
    EXPECT_EQ(key.to_base64(), text);
    for (std::size_t place = 0; place < text.size(); ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = text;
        changed[place] = static_cast<char>(byte);
        std::array<std::uint8_t, kKeySize> bytes{};
        std::size_t length = 0;
        const char* end = nullptr;
        const bool ascii = byte < 0x80;  // libsodium takes some bytes beyond for an A
        const bool valid = ascii &&
                           sodium_base642bin(bytes.data(), bytes.size(), changed.data(), changed.size(), nullptr, &length, &end,
                                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
                           length == kKeySize && end == changed.data() + changed.size();
        const auto parsed = PublicKey::parse(changed);
        ASSERT_EQ(parsed.has_value(), valid) << quoted(changed);
        ASSERT_EQ(PrivateKey::parse(changed).has_value(), valid) << quoted(changed);
        if (valid) {
          ASSERT_EQ(*parsed, PublicKey::from_bytes(bytes)) << changed;
        }
      }
    }
  }
}

TEST(PublicKey, OfLowOrderIsRefused) {
  // y = 0 and 1, p - 1, p, p + 1 and the two of order 8, in hex; each with bit 255 clear and set.
  const char* points[] = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  };
  const PrivateKey scalar = *PrivateKey::parse(kAlicePrivate);
  for (const char* hex : points) {
    for (const std::uint8_t top : {std::uint8_t{0x00}, std::uint8_t{0x80}}) {
      auto bytes = std::array<std::uint8_t, kKeySize>();
      std::ranges::copy(PublicKey::parse_hex(hex)->bytes(), bytes.begin());
      bytes.back() |= top;
      std::array<std::uint8_t, kKeySize> shared;
      EXPECT_NE(crypto_scalarmult(shared.data(), scalar.secret().reveal().data(), bytes.data()), 0) << "the library agrees that it is one";
      const auto key = PublicKey::parse(base64(bytes));
      ASSERT_FALSE(key) << hex;
      EXPECT_EQ(key.error().kind(), ErrorKind::kInvalidInput);
    }
  }
}

TEST(PublicKey, NextToALowOrderPointIsFine) {
  auto bytes = std::array<std::uint8_t, kKeySize>();
  bytes.front() = 2;
  EXPECT_TRUE(PublicKey::parse(base64(bytes)));
}

TEST(PrivateKey, GivesItsPublicKey) {
  const auto key = PrivateKey::parse(kAlicePrivate);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->public_key().to_base64(), kAlicePublic);
  EXPECT_EQ(key->to_base64().reveal(), kAlicePrivate);
  EXPECT_EQ(key->to_hex().reveal().size(), 64U);
}

TEST(PrivateKey, IsNeverShownInAnError) {
  for (const std::string text : {"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCp=", "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo",
                                 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
    const auto key = PrivateKey::parse(text);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_EQ(key.error().message().find(text.substr(0, 8)), std::string::npos);
  }
}

TEST(PrivateKey, IsNewAndClampedEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const PrivateKey key = PrivateKey::generate();
    EXPECT_EQ(key.secret().reveal()[0] & 0x07, 0);
    EXPECT_EQ(key.secret().reveal()[31] & 0xC0, 0x40);
    EXPECT_TRUE(PublicKey::parse(key.public_key().to_base64()));
    EXPECT_TRUE(same_key(*PrivateKey::parse(key.to_base64().reveal()), key));
    EXPECT_TRUE(seen.emplace(key.to_base64().reveal()).second);
  }
}

TEST(SameKey, TakesTheBitsThatCurve25519IgnoresForNothing) {
  const PrivateKey key = *PrivateKey::parse(kAlicePrivate);  // not clamped, as RFC 7748 gives it; a device reports it clamped
  std::array<std::uint8_t, kKeySize> bytes;
  std::ranges::copy(key.secret().reveal(), bytes.begin());
  bytes[0] &= 0xF8;
  bytes[31] = static_cast<std::uint8_t>((bytes[31] & 0x7F) | 0x40);
  EXPECT_TRUE(same_key(key, PrivateKey::from_bytes(bytes)));
  bytes[0] ^= 0x08;
  EXPECT_FALSE(same_key(key, PrivateKey::from_bytes(bytes)));
}

TEST(SameText, ComparesWholeTexts) {
  EXPECT_TRUE(same_text_constant_time("", ""));
  EXPECT_TRUE(same_text_constant_time("abc", "abc"));
  EXPECT_FALSE(same_text_constant_time("abc", "abd"));
  EXPECT_FALSE(same_text_constant_time("abc", "abcd"));
  EXPECT_FALSE(same_text_constant_time("", "a"));
}

TEST(PublicKey, IsAKeyOfHashTables) {
  std::unordered_set<PublicKey> keys;
  for (int i = 0; i < 100; ++i) keys.insert(PrivateKey::generate().public_key());
  EXPECT_EQ(keys.size(), 100U);
}

}  // namespace
}  // namespace innernet::wg

#include "blake2s.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "hex.hpp"

namespace innernet::relay {
namespace {

std::vector<std::uint8_t> hash(std::size_t size, ByteView key, ByteView bytes) {
  std::vector<std::uint8_t> out(size);
  Blake2s(size, key).update(bytes).finish(out);
  return out;
}

std::vector<std::uint8_t> counting(std::size_t size) {
  std::vector<std::uint8_t> out(size);
  std::iota(out.begin(), out.end(), std::uint8_t{0});
  return out;
}

// RFC 7693, appendix B.
TEST(Blake2s, HashesAbcAsTheRfcDoes) {
  EXPECT_EQ(hex(hash(32, {}, bytes_of("abc"))), "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
}

// RFC 7693, appendix E: all hashes of a grid of sizes, hashed.
TEST(Blake2s, PassesTheSelfTestOfTheRfc) {
  const auto sequence = [](std::size_t size, std::uint32_t seed) {
    std::vector<std::uint8_t> out(size);
    std::uint32_t a = 0xDEAD4BADU * seed, b = 1;
    for (auto& byte : out) {
      const std::uint32_t t = a + b;
      a = b;
      b = t;
      byte = static_cast<std::uint8_t>(t >> 24U);
    }
    return out;
  };
  Blake2s all(32);
  for (const std::size_t size : {16U, 20U, 28U, 32U}) {
    for (const std::size_t length : {0U, 3U, 64U, 65U, 255U, 1024U}) {
      const auto bytes = sequence(length, static_cast<std::uint32_t>(length));
      all.update(hash(size, {}, bytes));
      all.update(hash(size, sequence(size, static_cast<std::uint32_t>(size)), bytes));
    }
  }
  std::vector<std::uint8_t> out(32);
  all.finish(out);
  EXPECT_EQ(hex(out), "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
}

// The first and last of blake2s-kat.txt that the authors publish.
TEST(Blake2s, IsKeyed) {
  EXPECT_EQ(hex(hash(32, counting(32), {})), "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49");
  EXPECT_EQ(hex(hash(32, counting(32), counting(255))), "3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd");
}

TEST(Blake2s, GoesOnFromAKeyedState) {
  const auto key = counting(32);
  const auto state = Blake2s::keyed_state(16, key);
  for (const std::size_t length : {1U, 63U, 64U, 65U, 116U, 128U}) {
    std::vector<std::uint8_t> out(16);
    Blake2s::resume(state).update(counting(length)).finish(out);
    EXPECT_EQ(hex(out), hex(hash(16, key, counting(length)))) << length;
  }
}

TEST(Blake2s, DoesNotDependOnHowTheBytesCome) {
  const auto bytes = counting(200);
  Blake2s pieces(32);
  for (std::size_t at = 0; at < bytes.size(); at += 7)
    pieces.update(ByteView(bytes).subspan(at, std::min<std::size_t>(7, bytes.size() - at)));
  std::vector<std::uint8_t> out(32);
  pieces.finish(out);
  EXPECT_EQ(out, hash(32, {}, bytes));
}

}  // namespace
}  // namespace innernet::relay

#include "blake2s.hpp"

#include <string.h>  // explicit_bzero is not in <cstring>

#include <algorithm>
#include <bit>

namespace innernet::relay {
namespace {

// RFC 7693, 2.6 (the first 32 bits of the fractional parts of the square roots of the first eight primes, as in SHA-256) and 2.7.
constexpr Blake2s::State kInitial{0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
constexpr std::uint8_t kSigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

std::uint32_t little_endian(const std::uint8_t* bytes) {
  return bytes[0] | std::uint32_t{bytes[1]} << 8U | std::uint32_t{bytes[2]} << 16U | std::uint32_t{bytes[3]} << 24U;
}

// RFC 7693, 3.1.
inline void mix(std::uint32_t& a, std::uint32_t& b, std::uint32_t& c, std::uint32_t& d, std::uint32_t x, std::uint32_t y) {
  a += b + x;
  d = std::rotr(d ^ a, 16);
  c += d;
  b = std::rotr(b ^ c, 12);
  a += b + y;
  d = std::rotr(d ^ a, 8);
  c += d;
  b = std::rotr(b ^ c, 7);
}

}  // namespace

Blake2s::Blake2s(std::size_t hash_size, ByteView key) : state_(kInitial) {
  // The parameter block without salt, personalization and tree: RFC 7693, 2.5.
  state_[0] ^= 0x01010000U ^ static_cast<std::uint32_t>(key.size() << 8U) ^ static_cast<std::uint32_t>(hash_size);
  if (key.empty()) return;
  std::ranges::copy(key, block_.begin());
  filled_ = kBlockSize;
}

Blake2s Blake2s::resume(const State& keyed) {
  Blake2s hash;
  hash.state_ = keyed;
  hash.hashed_ = kBlockSize;
  return hash;
}

Blake2s::~Blake2s() {
  ::explicit_bzero(state_.data(), sizeof state_);
  ::explicit_bzero(block_.data(), sizeof block_);
}

Blake2s::State Blake2s::keyed_state(std::size_t hash_size, ByteView key) {
  Blake2s hash(hash_size, key);
  hash.hashed_ = kBlockSize;
  hash.compress(false);
  return hash.state_;
}

Blake2s& Blake2s::update(ByteView bytes) {
  while (!bytes.empty()) {
    if (filled_ == kBlockSize) {  // not before more follows: the last block is compressed otherwise
      hashed_ += kBlockSize;
      compress(false);
      filled_ = 0;
    }
    const auto part = bytes.first(std::min(bytes.size(), kBlockSize - filled_));
    std::ranges::copy(part, block_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += part.size();
    bytes = bytes.subspan(part.size());
  }
  return *this;
}

void Blake2s::finish(std::span<std::uint8_t> out) {
  hashed_ += filled_;
  std::fill(block_.begin() + static_cast<std::ptrdiff_t>(filled_), block_.end(), std::uint8_t{0});
  compress(true);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(state_[i / 4] >> (8 * (i % 4)));
}

// RFC 7693, 3.2.
void Blake2s::compress(bool last) {
  std::array<std::uint32_t, 16> m, v;
  for (std::size_t i = 0; i < 16; ++i) m[i] = little_endian(block_.data() + 4 * i);
  std::ranges::copy(state_, v.begin());
  std::ranges::copy(kInitial, v.begin() + 8);
  v[12] ^= static_cast<std::uint32_t>(hashed_);
  v[13] ^= static_cast<std::uint32_t>(hashed_ >> 32U);
  if (last) v[14] = ~v[14];
  for (const auto& s : kSigma) {
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (std::size_t i = 0; i < 8; ++i) state_[i] ^= v[i] ^ v[i + 8];
}

}  // namespace innernet::relay

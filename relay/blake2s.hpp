#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace innernet::relay {

using ByteView = std::span<const std::uint8_t>;

/// BLAKE2s (RFC 7693), which libsodium lacks; doc/dependencies.md says why it is our own. Not for secrets of ours that live longer than a
/// handshake: a state wipes itself, but is not in locked memory.
class Blake2s {
 public:
  static constexpr std::size_t kHashSize = 32;
  static constexpr std::size_t kBlockSize = 64;
  using State = std::array<std::uint32_t, 8>;

  /// `hash_size` 1 to 32 bytes, the key at most 32.
  explicit Blake2s(std::size_t hash_size = kHashSize, ByteView key = {});
  /// Goes on where keyed_state() was.
  static Blake2s resume(const State& keyed);
  ~Blake2s();
  Blake2s(const Blake2s&) = default;
  Blake2s& operator=(const Blake2s&) = delete;

  Blake2s& update(ByteView bytes);
  /// Once, as the last call; as many bytes as were asked for.
  void finish(std::span<std::uint8_t> out);

  /// What is left of a key when its block has been compressed: hashing with the same key again begins here. Something has to follow.
  static State keyed_state(std::size_t hash_size, ByteView key);

 private:
  void compress(bool last);

  State state_{};
  std::uint64_t hashed_ = 0;
  std::array<std::uint8_t, kBlockSize> block_{};
  std::size_t filled_ = 0;
};

}  // namespace innernet::relay

#pragma once

#include <string.h>  // explicit_bzero is not in <cstring>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "innernet/base/wiping_allocator.hpp"

namespace innernet {

/// Bytes that are wiped when they go, and that no formatter knows, so that they can't reach a log by accident.
template <std::size_t N>
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::span<const std::uint8_t, N> bytes) { std::copy(bytes.begin(), bytes.end(), bytes_.begin()); }
  SecretBytes(const SecretBytes&) = default;
  SecretBytes& operator=(const SecretBytes&) = default;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      other.wipe();
    }
    return *this;
  }
  ~SecretBytes() { wipe(); }

  std::span<const std::uint8_t, N> reveal() const { return bytes_; }
  std::span<std::uint8_t, N> reveal() { return bytes_; }

 private:
  void wipe() { ::explicit_bzero(bytes_.data(), bytes_.size()); }

  std::array<std::uint8_t, N> bytes_{};
};

/// The same in locked memory, for what is kept. One that was moved away may only be assigned to or destroyed.
template <std::size_t N>
class LockedBytes {
 public:
  LockedBytes() : bytes_(N) {}
  explicit LockedBytes(std::span<const std::uint8_t, N> bytes) : bytes_(bytes.begin(), bytes.end()) {}

  std::span<const std::uint8_t, N> reveal() const { return std::span<const std::uint8_t, N>(bytes_); }
  std::span<std::uint8_t, N> reveal() { return std::span<std::uint8_t, N>(bytes_); }

 private:
  WipedBytes bytes_;
};

/// Text with a key in it (a config, a base64 key): in locked memory, and wiped when it goes.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string_view text) : text_(text) {}
  SecretText(const SecretText&) = default;
  SecretText& operator=(const SecretText& other) {
    if (this != &other) {
      wipe(text_);
      text_ = other.text_;
    }
    return *this;
  }
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
  SecretText& operator=(SecretText&& other) noexcept {
    if (this != &other) {
      wipe(text_);
      text_ = std::move(other.text_);
      wipe(other.text_);
    }
    return *this;
  }
  ~SecretText() { wipe(text_); }

  std::string_view reveal() const { return text_; }
  WipedString& edit() { return text_; }

 private:
  // A short text lives in the string itself. The capacity, not the size: what was moved away or cut stays behind its end.
  static void wipe(WipedString& text) {
    text.resize(text.capacity());  // NOLINT(clang-analyzer-cplusplus.Move): what a move leaves behind is what has to go
    ::explicit_bzero(text.data(), text.size());
    text.clear();
  }

  WipedString text_;
};

}  // namespace innernet

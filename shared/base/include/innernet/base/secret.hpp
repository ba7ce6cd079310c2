#pragma once

#include <string.h>  // explicit_bzero is not in <cstring>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

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

/// Text with a key in it (a config, a base64 key, a UAPI message): wiped when it goes. Reserve what it needs first:
/// memory that a growing string leaves behind is not wiped.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) { wipe(text); }
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

  const std::string& reveal() const { return text_; }
  std::string& reveal() { return text_; }

 private:
  // The capacity, not the size: a short text that was moved away stays in the string's own buffer, and one that was cut
  // behind its end.
  static void wipe(std::string& text) {
    text.resize(text.capacity());  // NOLINT(clang-analyzer-cplusplus.Move): what a move leaves behind is what has to go
    ::explicit_bzero(text.data(), text.size());
    text.clear();
  }

  std::string text_;
};

}  // namespace innernet

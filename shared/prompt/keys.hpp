#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace innernet::prompt {

enum class KeyKind : std::uint8_t {
  kCharacter,
  kEnter,
  kEscape,
  kInterrupt,   ///< Ctrl-C
  kEndOfInput,  ///< Ctrl-D
  kSuspend,     ///< Ctrl-Z
  kRedraw,      ///< Ctrl-L
  kBackspace,
  kDelete,
  kLeft,
  kRight,
  kUp,
  kDown,
  kHome,
  kEnd,
  kPageUp,
  kPageDown,
  kTab,
  kEraseLine,  ///< Ctrl-U
  kEraseRest,  ///< Ctrl-K
  kEraseWord,  ///< Ctrl-W
  kUnknown,    ///< something that means nothing here, swallowed whole
};

struct Key {
  KeyKind kind = KeyKind::kUnknown;
  std::string text{};  ///< of a kCharacter, in UTF-8

  friend bool operator==(const Key&, const Key&) = default;
};

/// Makes keys of the bytes that a terminal in raw mode sends: UTF-8, control characters, and the escape sequences of ECMA-48 as xterm, the
/// Linux console and their kin use them. Any split of the bytes gives the same keys, but for one thing: Esc is a sequence that nothing
/// follows, so whoever reads waits a moment and then calls `nothing_follows()`.
class KeyDecoder {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  /// None when more bytes are needed.
  std::optional<Key> next();

  /// Whether what has been fed may be an Esc or the beginning of something longer.
  bool is_in_escape() const { return buffer_.starts_with('\x1b'); }
  void nothing_follows() { nothing_follows_ = is_in_escape(); }

 private:
  Key take(std::size_t bytes, KeyKind kind);
  std::optional<Key> next_in_escape();
  std::optional<Key> next_in_sequence();

  std::string buffer_;
  bool nothing_follows_ = false;
};

}  // namespace innernet::prompt

#include "keys.hpp"

#include <algorithm>

#include "innernet/base/utf8.hpp"

namespace innernet::prompt {
namespace {

// No terminal sends a longer sequence; without a limit, garbage that looks like the start of one would swallow everything after it.
constexpr std::size_t kLongestSequence = 32;

KeyKind control(char c) {
  switch (c) {
    case '\r':
    case '\n':  // typed before raw mode began, when the terminal still turned CR into NL
      return KeyKind::kEnter;
    case '\t':
      return KeyKind::kTab;
    case 0x7F:
    case '\b':
      return KeyKind::kBackspace;
    case 'A' & 0x1F:
      return KeyKind::kHome;
    case 'B' & 0x1F:
      return KeyKind::kLeft;
    case 'C' & 0x1F:
      return KeyKind::kInterrupt;
    case 'D' & 0x1F:
      return KeyKind::kEndOfInput;
    case 'E' & 0x1F:
      return KeyKind::kEnd;
    case 'F' & 0x1F:
      return KeyKind::kRight;
    case 'K' & 0x1F:
      return KeyKind::kEraseRest;
    case 'L' & 0x1F:
      return KeyKind::kRedraw;
    case 'N' & 0x1F:
      return KeyKind::kDown;
    case 'P' & 0x1F:
      return KeyKind::kUp;
    case 'U' & 0x1F:
      return KeyKind::kEraseLine;
    case 'W' & 0x1F:
      return KeyKind::kEraseWord;
    case 'Z' & 0x1F:
      return KeyKind::kSuspend;
    default:
      return KeyKind::kUnknown;
  }
}

/// Of `ESC [ parameters final` and `ESC O final`.
KeyKind sequence(std::string_view parameters, char final) {
  switch (final) {
    case 'A':
      return KeyKind::kUp;
    case 'B':
      return KeyKind::kDown;
    case 'C':
      return KeyKind::kRight;
    case 'D':
      return KeyKind::kLeft;
    case 'F':
      return KeyKind::kEnd;
    case 'H':
      return KeyKind::kHome;
    case 'M':
      return parameters.empty() ? KeyKind::kEnter : KeyKind::kUnknown;  // ESC O M: Enter of the keypad
    case '~':
      break;
    default:
      return KeyKind::kUnknown;
  }
  const std::string_view number = parameters.substr(0, parameters.find(';'));
  if (number == "1" || number == "7") return KeyKind::kHome;
  if (number == "3") return KeyKind::kDelete;
  if (number == "4" || number == "8") return KeyKind::kEnd;
  if (number == "5") return KeyKind::kPageUp;
  if (number == "6") return KeyKind::kPageDown;
  return KeyKind::kUnknown;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// Whether `text` is the beginning of a character whose rest has not arrived.
bool is_unfinished(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first > 0xF4 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  return text.size() < length && std::ranges::all_of(text.substr(1), continues);
}

}  // namespace

Key KeyDecoder::take(std::size_t bytes, KeyKind kind) {
  Key key{kind};
  if (kind == KeyKind::kCharacter) key.text = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  nothing_follows_ = false;
  return key;
}

std::optional<Key> KeyDecoder::next() {
  if (buffer_.empty()) return std::nullopt;
  if (buffer_.front() == '\x1b') return next_in_escape();
  if (is_control(buffer_.front())) return take(1, control(buffer_.front()));
  const std::size_t length = utf8_length(buffer_);
  if (length > 0) {
    const bool c1 = length == 2 && buffer_[0] == '\xC2' && static_cast<unsigned char>(buffer_[1]) < 0xA0;
    return take(length, c1 ? KeyKind::kUnknown : KeyKind::kCharacter);
  }
  if (is_unfinished(buffer_)) return std::nullopt;
  return take(1, KeyKind::kUnknown);
}

std::optional<Key> KeyDecoder::next_in_escape() {
  if (buffer_.size() == 1) return nothing_follows_ ? std::optional(take(1, KeyKind::kEscape)) : std::nullopt;
  const char second = buffer_[1];
  if (second == '[' || second == 'O') return next_in_sequence();
  if (is_control(second)) return take(1, KeyKind::kEscape);  // two keys in a row, also Esc Esc
  const std::size_t length = utf8_length(std::string_view(buffer_).substr(1));
  return take(1 + std::max<std::size_t>(length, 1), KeyKind::kUnknown);  // Alt with a character
}

std::optional<Key> KeyDecoder::next_in_sequence() {
  // The function keys of the Linux console are ESC [ [ and a letter.
  const std::size_t start = buffer_.starts_with("\x1b[[") ? 3 : 2;
  const auto is_final = [](char c) { return '@' <= c && c <= '~'; };
  const auto found = std::find_if(buffer_.begin() + static_cast<std::ptrdiff_t>(std::min(start, buffer_.size())), buffer_.end(), is_final);
  const auto length = static_cast<std::size_t>(found - buffer_.begin());
  if (found == buffer_.end()) {
    if (nothing_follows_) return take(1, KeyKind::kEscape);
    if (buffer_.size() < kLongestSequence) return std::nullopt;
    return take(1, KeyKind::kUnknown);
  }
  if (start == 3) return take(length + 1, KeyKind::kUnknown);
  return take(length + 1, sequence(std::string_view(buffer_).substr(start, length - start), *found));
}

}  // namespace innernet::prompt

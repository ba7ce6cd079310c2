#include "innernet/base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace innernet {
namespace {

constexpr std::size_t kQuotedLimit = 80;

ErrorKind kind_of(int code) {
  switch (code) {
    case ENOENT:
      return ErrorKind::kNotFound;
    case EEXIST:
      return ErrorKind::kAlreadyExists;
    case EPERM:
    case EACCES:
      return ErrorKind::kPermission;
    default:
      return ErrorKind::kSystem;
  }
}

// Length of the valid UTF-8 sequence at the front of `text`, 0 if there is none. Overlong forms, surrogates and C1
// control characters (which terminals act on) count as none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first >= 0xC2 && first <= 0xDF && continues(1)) return first == 0xC2 && byte(1) < 0xA0 ? 0 : 2;
  if (first >= 0xE0 && first <= 0xEF && continues(1) && continues(2)) {
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0)) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4 && continues(1) && continues(2) && continues(3)) {
    if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90)) return 0;
    return 4;
  }
  return 0;
}

// Characters that print nothing and turn the direction of what follows, or hide it: U+200B to U+200F, U+2028 to U+202E,
// U+2060 to U+206F, U+FEFF. Two names that look alike must not be.
bool is_invisible(std::string_view character) {
  return (character >= "\u200B" && character <= "\u200F") || (character >= "\u2028" && character <= "\u202E") ||
         (character >= "\u2060" && character <= "\u206F") || character == "\uFEFF";
}

}  // namespace

Error Error::system(int saved_errno, std::string_view what) {
  return Error(kind_of(saved_errno), fmt::format("{}: {}", what, std::generic_category().message(saved_errno)));
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  std::size_t used = 0;
  while (used < text.size() && used < kQuotedLimit) {
    const std::string_view rest = text.substr(used);
    const char c = rest.front();
    std::size_t length = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c >= 0x20 && c < 0x7F) {
      out += c;
    } else if (length = utf8_length(rest); length > 0 && !is_invisible(rest.substr(0, length))) {
      out += rest.substr(0, length);
    } else {
      length = 1;
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    used += length;
  }
  out += '"';
  if (used < text.size()) out += "…";
  return out;
}

}  // namespace innernet

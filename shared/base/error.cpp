#include "innernet/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "innernet/base/printable.hpp"
#include "innernet/base/utf8.hpp"

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
    case EBUSY:
      return ErrorKind::kBusy;
    case EROFS:
      return ErrorKind::kReadOnly;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorKind::kUnsupported;
    default:
      return ErrorKind::kSystem;
  }
}

// Characters that print nothing and turn the direction of what follows, or hide it: U+200B to U+200F, U+2028 to U+202E,
// U+2060 to U+206F, U+FEFF. Two names that look alike must not be.
bool is_invisible(std::string_view character) {
  return (character >= "\u200B" && character <= "\u200F") || (character >= "\u2028" && character <= "\u202E") ||
         (character >= "\u2060" && character <= "\u206F") || character == "\uFEFF";
}

// Length of the character at the front of `text` if a terminal only shows it; else 0. C1 control characters are 0xC2 0x80 to 0xC2 0x9F.
std::size_t harmless_length(std::string_view text) {
  const std::size_t length = utf8_length(text);
  if (length == 1) return text.front() >= 0x20 && text.front() < 0x7F ? 1 : 0;
  if (length == 2 && text.front() == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0) return 0;
  return length > 0 && !is_invisible(text.substr(0, length)) ? length : 0;
}

void append_escaped(std::string& out, char byte) { out += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte)); }

}  // namespace

Error Error::system(int saved_errno, std::string_view what) {
  return Error(kind_of(saved_errno), fmt::format("{}: {}", what, std::generic_category().message(saved_errno)));
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = harmless_length(text);
    if (length > 0)
      out += text.substr(0, length);
    else
      append_escaped(out, text.front());
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
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
    } else if (length = harmless_length(rest); length > 0) {
      out += rest.substr(0, length);
    } else {
      length = 1;
      append_escaped(out, c);
    }
    used += length;
  }
  out += '"';
  if (used < text.size()) out += "…";
  return out;
}

}  // namespace innernet

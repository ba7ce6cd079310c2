#include "domain_name.hpp"

#include <algorithm>

#include "idna.hpp"

namespace innernet {
namespace {

constexpr std::size_t kMostBytes = 253;      // RFC 1035 2.3.4, without the final dot
constexpr std::size_t kMostLabelBytes = 63;  // the same
// A letter takes at most four bytes of UTF-8 and becomes at least one of punycode.
constexpr std::size_t kMostTypedBytes = 4 * (kMostBytes + 1);

bool is_digit(char c) { return '0' <= c && c <= '9'; }
bool is_letter(char c) { return 'a' <= c && c <= 'z'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// RFC 1123 labels and the underscore, which DNS-SD names have. A last label that starts with a digit is what the URL
// standard calls a number, and then the Rust programs read the whole name as an IPv4 address, or refuse it.
bool is_domain(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);  // no search list, please
  if (name.empty() || name.size() > kMostBytes || name.ends_with('.')) return false;
  bool last_label_is_number = false;
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    const bool well_formed = !label.empty() && label.size() <= kMostLabelBytes &&
                             std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
    if (!well_formed) return false;
    last_label_is_number = is_digit(label.front());
  }
  return !last_label_is_number;
}

// Each label that begins so is punycode.
bool has_punycode(std::string_view name) { return name.starts_with("xn--") || name.find(".xn--") != std::string_view::npos; }

}  // namespace

std::optional<std::string> parse_domain_name(std::string_view text) {
  if (text.size() > kMostTypedBytes || std::ranges::any_of(text, is_control)) return std::nullopt;
  std::string name(text);
  for (char& c : name)
    if ('A' <= c && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (!std::ranges::all_of(name, is_ascii) || has_punycode(name)) {
    auto converted = to_punycode(name);
    if (!converted) return std::nullopt;
    name = *std::move(converted);
  }
  if (!is_domain(name)) return std::nullopt;
  return name;
}

}  // namespace innernet

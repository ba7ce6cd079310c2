#include "text.hpp"

#include <algorithm>

#include "innernet/base/utf8.hpp"
#include "unicode_width.hpp"

namespace innernet::prompt {
namespace {

char32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first;
  char32_t value = first & (0x7FU >> character.size());
  for (const char c : character.substr(1)) value = value << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  return value;
}

bool is_in(const auto& ranges, char32_t c) {
  const auto after = std::ranges::upper_bound(ranges, c, {}, &CodePoints::first);
  return after != ranges.begin() && c <= std::prev(after)->last;
}

std::string_view first_character(std::string_view text) { return text.substr(0, std::max<std::size_t>(utf8_length(text), 1)); }

std::size_t columns_of_character(std::string_view character) {
  const char32_t c = code_point(character);
  if (c < 0x300) return 1;
  if (is_in(kZeroColumns, c)) return 0;
  return is_in(kTwoColumns, c) ? 2 : 1;
}

/// Bytes of as many clusters from the front as fit; at least one, for a terminal that is narrower than a character.
std::size_t that_fit(std::string_view text, std::size_t width) {
  std::size_t bytes = first_cluster(text);
  std::size_t used = columns(text.substr(0, bytes));
  while (bytes < text.size()) {
    const std::size_t next = first_cluster(text.substr(bytes));
    used += columns(text.substr(bytes, next));
    if (used > width) break;
    bytes += next;
  }
  return bytes;
}

}  // namespace

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  while (!text.empty()) {
    const std::string_view character = first_character(text);
    sum += columns_of_character(character);
    text.remove_prefix(character.size());
  }
  return sum;
}

std::size_t first_cluster(std::string_view text) {
  if (text.empty()) return 0;
  std::size_t bytes = first_character(text).size();
  while (bytes < text.size()) {
    const std::string_view next = first_character(text.substr(bytes));
    if (columns_of_character(next) > 0) break;
    bytes += next.size();
  }
  return bytes;
}

std::size_t last_cluster(std::string_view text) {
  std::size_t start = text.size();
  while (start > 0) {
    --start;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) --start;
    if (columns_of_character(first_character(text.substr(start))) > 0) break;
  }
  return text.size() - start;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent) {
  if (width <= indent + 1) indent = 0;
  std::vector<std::string> lines;
  while (true) {
    const std::size_t margin = lines.empty() ? 0 : indent;
    std::string line(margin, ' ');
    if (text.empty() || columns(text) <= width - margin) {
      lines.push_back(line.append(text));
      return lines;
    }
    const std::size_t fits = that_fit(text, width - margin);
    const std::size_t space = text.substr(0, fits + 1).find_last_of(' ');
    const bool breaks = space != std::string_view::npos && space > 0;
    const std::string_view part = text.substr(0, breaks ? space : fits);
    lines.push_back(line.append(part));
    text.remove_prefix(part.size());
    if (breaks) text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return lines;
  }
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  if (width <= 1) return std::string(width, '.');
  std::string out(text.substr(0, that_fit(text, width - 1)));
  return out += "…";
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if ('A' <= c && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace innernet::prompt

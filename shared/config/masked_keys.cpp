#include "masked_keys.hpp"

#include <algorithm>
#include <charconv>

namespace innernet {
namespace {

constexpr std::string_view kName = "private-key";
constexpr std::string_view kSpace = " \t";
constexpr std::size_t kShortest = 16;  // a key has 44 characters
constexpr std::size_t kMostKeys = 16;  // a config has one, and perhaps old ones in comments; each takes pages of memory

// Behind the name: where the value begins, and how long it is; 0 when it has no such form.
struct Place {
  std::size_t begin = 0;
  std::size_t size = 0;
};

Place value_behind(std::string_view text, std::size_t at) {
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) ++at;  // of a name in quotes
  at = std::min(text.find_first_not_of(kSpace, at), text.size());
  if (at == text.size() || text[at] != '=') return {};
  at = std::min(text.find_first_not_of(kSpace, at + 1), text.size());
  if (at == text.size() || (text[at] != '"' && text[at] != '\'')) return {};
  const char quote = text[at++];
  const std::size_t end = text.find_first_of("\"'\\\r\n", at);
  if (end == std::string_view::npos || text[end] != quote || end - at < kShortest) return {};
  return {at, end - at};
}

}  // namespace

MaskedKeys::MaskedKeys(std::string_view document) : document_(document) {
  WipedString& text = document_.edit();
  for (std::size_t at = 0; keys_.size() < kMostKeys && (at = text.find(kName, at)) != WipedString::npos;) {
    at += kName.size();
    const Place value = value_behind(text, at);
    if (value.size == 0) continue;
    char* const begin = text.data() + value.begin;
    keys_.emplace_back(std::string_view(begin, value.size));
    std::fill_n(begin, value.size, '0');
    // The number's digits at the end, so that it can be read as one.
    for (std::size_t rest = keys_.size() - 1, i = value.size; rest != 0 && i > 0; rest /= 10)
      begin[--i] = static_cast<char>('0' + rest % 10);
    at = value.begin + value.size;
  }
}

std::string_view MaskedKeys::unmasked(std::string_view value) const {
  std::size_t number = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (failure != std::errc() || end != value.data() + value.size() || number >= keys_.size()) return value;
  return keys_[number].reveal().size() == value.size() ? keys_[number].reveal() : value;
}

}  // namespace innernet

#include "idna.hpp"

#include <idn2.h>
#include <unictype.h>
#include <unistr.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

namespace innernet {
namespace {

using Text = std::unique_ptr<std::uint8_t, decltype(&idn2_free)>;

const std::uint8_t* bytes(const std::string& text) { return reinterpret_cast<const std::uint8_t*>(text.c_str()); }

std::optional<std::string> look_up(const std::string& name) {
  std::uint8_t* found = nullptr;
  const int status = idn2_lookup_u8(bytes(name), &found, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const Text owner(found, idn2_free);
  if (status != IDN2_OK) return std::nullopt;
  return reinterpret_cast<const char*>(found);
}

std::optional<std::u32string> to_unicode(const std::string& ascii) {
  std::uint32_t* found = nullptr;
  const int status = idn2_to_unicode_8z4z(ascii.c_str(), &found, IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint32_t, decltype(&idn2_free)> owner(found, idn2_free);
  if (status != IDN2_OK) return std::nullopt;
  return std::u32string(found, found + u32_strlen(found));
}

bool is_right_to_left(char32_t letter) {
  const int category = uc_bidi_category(letter);
  return category == UC_BIDI_R || category == UC_BIDI_AL || category == UC_BIDI_AN;
}

// RFC 5893 2, of a label in a name that has one from right to left. libidn2 looks at that one alone, the Rust programs at all of them.
bool fits_beside_right_to_left(std::u32string_view label) {
  const int first = uc_bidi_category(label.front());
  if (first == UC_BIDI_R || first == UC_BIDI_AL) return true;
  while (!label.empty() && uc_bidi_category(label.back()) == UC_BIDI_NSM) label.remove_suffix(1);
  if (first != UC_BIDI_L || label.empty()) return false;
  const int last = uc_bidi_category(label.back());
  return last == UC_BIDI_L || last == UC_BIDI_EN;
}

bool directions_fit(std::u32string_view name) {
  if (std::ranges::none_of(name, is_right_to_left)) return true;
  while (!name.empty()) {
    const std::u32string_view label = name.substr(0, name.find(U'.'));
    if (label.empty() || !fits_beside_right_to_left(label)) return false;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return true;
}

}  // namespace

std::optional<std::string> to_punycode(const std::string& name) {
  auto ascii = look_up(name);
  // Punycode among it may be of something that is mapped again.
  if (!ascii || look_up(*ascii) != ascii) return std::nullopt;
  const auto unicode = to_unicode(*ascii);
  if (!unicode || !directions_fit(*unicode)) return std::nullopt;
  return ascii;
}

}  // namespace innernet

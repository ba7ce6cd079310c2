#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/utf8.hpp"

namespace innernet::testing {

/// A small terminal: what a person would see after the bytes that a program wrote. Knows CR, LF, BS, CUU, CUD, CUF, CUB, CUP to the
/// beginning, ED to the end, EL, DECTCEM, xterm's other screen (whose content it does not keep apart) and SGR (which it forgets). Anything
/// else that begins with ESC is kept in `unknown()`.
class Screen {
 public:
  Screen(std::size_t rows, std::size_t columns) : columns_(columns), cells_(rows, std::vector<std::string>(columns, " ")) {}

  void write(std::string_view bytes) {
    pending_ += bytes;
    while (!pending_.empty()) {
      const std::size_t used = take(pending_);
      if (used == 0) return;
      pending_.erase(0, used);
    }
  }

  /// Without the blanks at its end.
  std::string row(std::size_t i) const {
    std::string out;
    for (const std::string& cell : cells_[i]) out += cell;
    return out.substr(0, out.find_last_not_of(' ') + 1);
  }
  /// All rows, with the empty ones at the end left out.
  std::vector<std::string> rows() const {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < cells_.size(); ++i) out.push_back(row(i));
    while (!out.empty() && out.back().empty()) out.pop_back();
    return out;
  }
  std::string text() const {
    std::string out;
    for (const std::string& row : rows()) out += row + "\n";
    return out;
  }
  bool shows_cursor() const { return shows_cursor_; }
  /// The one that programs draw on, which what was there before outlives.
  bool is_other() const { return is_other_; }
  std::size_t cursor_row() const { return row_; }
  std::size_t cursor_column() const { return column_; }
  const std::string& unknown() const { return unknown_; }

 private:
  static std::size_t width(std::string_view character) {
    // The first byte and the second are enough for the characters that the tests use.
    if (character.size() == 2 && (character[0] == '\xCC' || character[0] == '\xCD')) return character < "\u0370" ? 0 : 1;
    if (character >= "\u1100" && character <= "\u115F") return 2;
    if (character >= "\u2E80" && character <= "\uA4CF") return 2;
    if (character >= "\uAC00" && character <= "\uD7A3") return 2;
    return character.size() == 4 ? 2 : 1;
  }

  /// Bytes of what stands at the front; 0 when it is not whole.
  std::size_t take(std::string_view text) {
    if (text.front() == '\x1b') return take_escape(text);
    if (text.front() == '\r') column_ = 0;
    if (text.front() == '\n') next_row();
    if (text.front() == '\b' && column_ > 0) --column_;
    if (static_cast<unsigned char>(text.front()) < 0x20) return 1;
    const std::size_t length = utf8_length(text);
    if (length == 0) return text.size() < 4 ? 0 : 1;
    put(text.substr(0, length));
    return length;
  }

  std::size_t take_escape(std::string_view text) {
    if (text.size() < 2) return 0;
    std::size_t end = 2;
    if (text[1] == '[')
      while (end < text.size() && (text[end] < '@' || text[end] > '~')) ++end;
    if (end >= text.size() && text[1] == '[') return 0;
    const std::string parameters(text.substr(2, end - 2));
    const std::size_t n = parameters.empty() || parameters[0] == '?' ? 1 : std::stoul(parameters);
    switch (text[1] == '[' ? text[end] : '\0') {
      case 'A':
        row_ -= std::min(row_, n);
        break;
      case 'B':
        row_ = std::min(row_ + n, cells_.size() - 1);
        break;
      case 'C':
        column_ = std::min(column_ + n, columns_ - 1);
        break;
      case 'D':
        column_ -= std::min(column_, n);
        break;
      case 'J':
        for (std::size_t r = row_; r < cells_.size(); ++r) erase(r, r == row_ ? column_ : 0);
        break;
      case 'K':
        erase(row_, column_);
        break;
      case 'm':
        break;
      case 'H':
        row_ = column_ = 0;
        break;
      case 'h':
      case 'l':
        if (parameters == "?25") shows_cursor_ = text[end] == 'h';
        if (parameters == "?1049") is_other_ = text[end] == 'h';
        break;
      default:
        unknown_ += text.substr(0, end + 1);
    }
    return end + (text[1] == '[' ? 1 : 0);
  }

  void erase(std::size_t row, std::size_t from) {
    std::fill(cells_[row].begin() + static_cast<std::ptrdiff_t>(from), cells_[row].end(), " ");
  }

  void next_row() {
    if (++row_ < cells_.size()) return;
    --row_;
    cells_.erase(cells_.begin());
    cells_.emplace_back(columns_, " ");
  }

  void put(std::string_view character) {
    const std::size_t columns = width(character);
    if (columns == 0) {
      cells_[row_][column_ > 0 ? column_ - 1 : 0] += character;
      return;
    }
    if (column_ + columns > columns_) {
      column_ = 0;
      next_row();
    }
    cells_[row_][column_] = character;
    if (columns == 2) cells_[row_][column_ + 1] = "";
    column_ += columns;
  }

  std::size_t columns_;
  std::vector<std::vector<std::string>> cells_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
  bool shows_cursor_ = true;
  bool is_other_ = false;
  std::string pending_;
  std::string unknown_;
};

}  // namespace innernet::testing

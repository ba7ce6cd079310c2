#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "keys.hpp"

namespace innernet::prompt {

/// A line of text with a cursor that never stands inside of what a person sees as one character.
class LineEditor {
 public:
  LineEditor() = default;
  /// The cursor behind it.
  explicit LineEditor(std::string_view text) : text_(text), cursor_(text.size()) {}

  /// False when the key changes nothing, or is none that edits.
  bool press(const Key& key);

  const std::string& text() const { return text_; }
  std::string_view before_cursor() const { return std::string_view(text_).substr(0, cursor_); }
  std::string_view after_cursor() const { return std::string_view(text_).substr(cursor_); }

 private:
  bool insert(const std::string& text);
  bool move_to(std::size_t cursor);
  /// From `start` to the cursor.
  bool erase_back_to(std::size_t start);
  bool erase_forward(std::size_t bytes);
  std::size_t start_of_word() const;

  std::string text_;
  std::size_t cursor_ = 0;  // in bytes
};

}  // namespace innernet::prompt

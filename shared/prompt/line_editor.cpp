#include "line_editor.hpp"

#include "text.hpp"

namespace innernet::prompt {
namespace {

constexpr std::size_t kLongestAnswer = 1024;  // bytes, far more than any name, path or endpoint needs

}  // namespace

bool LineEditor::press(const Key& key) {
  switch (key.kind) {
    case KeyKind::kCharacter:
      return insert(key.text);
    case KeyKind::kLeft:
      return move_to(cursor_ - last_cluster(before_cursor()));
    case KeyKind::kRight:
      return move_to(cursor_ + first_cluster(after_cursor()));
    case KeyKind::kHome:
      return move_to(0);
    case KeyKind::kEnd:
      return move_to(text_.size());
    case KeyKind::kBackspace:
      return erase_back_to(cursor_ - last_cluster(before_cursor()));
    case KeyKind::kDelete:
    case KeyKind::kEndOfInput:  // Ctrl-D, as in a shell: it only ends an empty line
      return erase_forward(first_cluster(after_cursor()));
    case KeyKind::kEraseWord:
      return erase_back_to(start_of_word());
    case KeyKind::kEraseRest:
      return erase_forward(text_.size() - cursor_);
    case KeyKind::kEraseLine:
      cursor_ = text_.size();
      return erase_back_to(0);
    default:
      return false;
  }
}

bool LineEditor::insert(const std::string& text) {
  if (text_.size() + text.size() > kLongestAnswer) return false;
  text_.insert(cursor_, text);
  cursor_ += text.size();
  return true;
}

bool LineEditor::move_to(std::size_t cursor) {
  const bool moves = cursor != cursor_;
  cursor_ = cursor;
  return moves;
}

bool LineEditor::erase_back_to(std::size_t start) {
  const std::size_t bytes = cursor_ - start;
  cursor_ = start;
  return erase_forward(bytes);
}

bool LineEditor::erase_forward(std::size_t bytes) {
  text_.erase(cursor_, bytes);
  return bytes > 0;
}

std::size_t LineEditor::start_of_word() const {
  std::size_t start = cursor_;
  while (start > 0 && text_[start - 1] == ' ') --start;
  while (start > 0 && text_[start - 1] != ' ') --start;
  return start;
}

}  // namespace innernet::prompt

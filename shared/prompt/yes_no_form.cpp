#include "yes_no_form.hpp"

#include <fmt/format.h>

#include "innernet/base/printable.hpp"
#include "text.hpp"

namespace innernet::prompt {

YesNoForm::YesNoForm(const YesNoQuestion& question)
    : text_(printable(question.text)), by_default_(question.by_default), answer_(question.by_default) {}

Step YesNoForm::press(const Key& key) {
  switch (key.kind) {
    case KeyKind::kEscape:
    case KeyKind::kInterrupt:
    case KeyKind::kEndOfInput:
      return Step::kCancelled;
    case KeyKind::kEnter:
      return Step::kAnswered;
    case KeyKind::kBackspace:
    case KeyKind::kEraseLine:
      answer_ = by_default_;
      return Step::kGoOn;
    case KeyKind::kCharacter:
      break;
    default:
      return Step::kRefused;
  }
  if (key.text == "y" || key.text == "Y")
    answer_ = true;
  else if (key.text == "n" || key.text == "N")
    answer_ = false;
  else
    return Step::kRefused;
  return Step::kGoOn;
}

Frame YesNoForm::frame(const Size& size) const {
  Frame out;
  add_wrapped(out, fmt::format("{} {}", with_colon(text_), word()), size.columns, Style::kPlain);
  out.cursor_row = out.rows.size() - 1;
  out.cursor_column = columns(out.rows.back().text);
  add_wrapped(out, "y or n chooses, Enter confirms, Esc cancels", size.columns, Style::kHint);
  return clipped(std::move(out), size.rows);
}

std::vector<std::string> YesNoForm::introduction(std::size_t columns_of_terminal) const {
  if (columns(text_) + 12 <= columns_of_terminal) return {};
  return wrap(text_, columns_of_terminal);
}

Frame YesNoForm::line(std::size_t columns_of_terminal) const {
  const bool fits = columns(text_) + 12 <= columns_of_terminal;
  Frame out;
  out.rows.push_back({fits ? fmt::format("{} (y/n) {}", with_colon(text_), word()) : fmt::format("(y/n) {}", word())});
  out.cursor_column = columns(out.rows.back().text);
  return out;
}

std::string YesNoForm::left_behind(bool answered) const {
  return answered ? fmt::format("{} {}", with_colon(text_), word()) : with_colon(text_);
}

}  // namespace innernet::prompt

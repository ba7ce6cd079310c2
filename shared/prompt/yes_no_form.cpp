#include "yes_no_form.hpp"

#include <fmt/format.h>

#include <utility>

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
      // Not at the end of a line that was meant for another question.
      return std::exchange(is_astray_, false) ? Step::kRefused : Step::kAnswered;
    case KeyKind::kBackspace:
    case KeyKind::kEraseLine:
      if (!is_chosen_) return Step::kRefused;
      choose(by_default_);
      is_chosen_ = false;
      return Step::kGoOn;
    case KeyKind::kCharacter:
      break;
    default:
      return Step::kRefused;
  }
  if (key.text == "y" || key.text == "Y") {
    choose(true);
    return Step::kGoOn;
  }
  if (key.text == "n" || key.text == "N") {
    choose(false);
    return Step::kGoOn;
  }
  // The rest of "yes" is no mistake.
  if (!is_chosen_) is_astray_ = has_strayed_ = true;
  return Step::kRefused;
}

void YesNoForm::choose(bool answer) {
  answer_ = answer;
  is_chosen_ = true;
  is_astray_ = has_strayed_ = false;
}

std::string_view YesNoForm::remark() const { return has_strayed_ ? "y or n, then Enter" : ""; }

Frame YesNoForm::frame(const Size& size) const {
  Frame out;
  add_wrapped(out, fmt::format("{} {}", with_colon(text_), word()), size.columns, Style::kPlain);
  out.cursor_row = out.rows.size() - 1;
  out.cursor_column = columns(out.rows.back().text);
  if (has_strayed_)
    add_wrapped(out, fmt::format("! {}", remark()), size.columns, Style::kRemark, 2);
  else
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

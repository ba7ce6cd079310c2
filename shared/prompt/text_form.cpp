#include "text_form.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "innernet/base/printable.hpp"
#include "text.hpp"

namespace innernet::prompt {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Adds text that goes on at the end of the last row, and rows for what does not fit.
void add_typed(Frame& frame, std::string_view text, std::size_t width) {
  while (!text.empty()) {
    const std::size_t bytes = first_cluster(text);
    const std::string_view cluster = text.substr(0, bytes);
    if (columns(frame.rows.back().text) + columns(cluster) > width) frame.rows.push_back({});
    frame.rows.back().text += cluster;
    text.remove_prefix(bytes);
  }
}

}  // namespace

TextForm::TextForm(const TextQuestion& question)
    : question_(question),
      text_(printable(question.text)),
      suggestion_(printable(question.suggestion)),
      editor_(printable(question.prefilled)) {}

Step TextForm::press(const Key& key) {
  const bool empty = editor_.text().empty();
  if (key.kind == KeyKind::kEscape || key.kind == KeyKind::kInterrupt || (key.kind == KeyKind::kEndOfInput && empty))
    return Step::kCancelled;
  if (key.kind == KeyKind::kEnter) {
    const std::string typed = trimmed(editor_.text());
    return answer_with(typed.empty() ? question_.suggestion : typed);
  }
  // Right alone: Backspace, held until the line is empty, would bring back what it has just deleted.
  if (key.kind == KeyKind::kRight && empty && !suggestion_.empty())
    editor_ = LineEditor(suggestion_);
  else if (!editor_.press(key))
    return Step::kRefused;
  remark_.clear();
  return Step::kGoOn;
}

Step TextForm::answer_with(std::string text) {
  if (question_.check) {
    if (const auto checked = question_.check(text); !checked)
      return refuse(text.empty() ? "an answer is needed" : checked.error().message());
  } else if (text.empty()) {
    return refuse("an answer is needed");
  }
  answer_ = std::move(text);
  return Step::kAnswered;
}

Step TextForm::refuse(std::string why) {
  remark_ = printable(why);
  return Step::kGoOn;
}

std::string TextForm::label() const {
  const std::string shown = suggestion_.empty() || !editor_.text().empty() ? text_ : fmt::format("{} [{}]", text_, suggestion_);
  return with_colon(shown) + " ";
}

std::string TextForm::hint() const {
  if (!editor_.text().empty()) return {};
  if (!suggestion_.empty()) return "Enter takes what is in brackets, Right edits it, Esc cancels";
  return question_.example.empty() ? "Esc cancels" : fmt::format("{}; Esc cancels", printable(question_.example));
}

Frame TextForm::frame(const Size& size) const {
  Frame out;
  const std::string label = this->label();
  add_wrapped(out, label, size.columns, Style::kPlain);
  add_typed(out, editor_.before_cursor(), size.columns);
  // The cursor stands on the next character, which may be in the next row.
  const std::string_view after = editor_.after_cursor();
  const std::size_t next = std::max<std::size_t>(columns(after.substr(0, first_cluster(after))), 1);
  if (columns(out.rows.back().text) + next > size.columns) out.rows.push_back({});
  out.cursor_row = out.rows.size() - 1;
  out.cursor_column = columns(out.rows.back().text);
  add_typed(out, after, size.columns);
  if (!remark_.empty()) add_wrapped(out, "! " + remark_, size.columns, Style::kRemark, 2);
  if (!hint().empty() && remark_.empty()) add_wrapped(out, hint(), size.columns, Style::kHint);
  return clipped(std::move(out), size.rows);
}

std::vector<std::string> TextForm::introduction(std::size_t columns_of_terminal) const {
  if (columns(label()) * 2 <= columns_of_terminal) return {};
  return wrap(label(), columns_of_terminal);
}

Frame TextForm::line(std::size_t columns_of_terminal) const {
  const std::string label = columns(this->label()) * 2 <= columns_of_terminal ? this->label() : "> ";
  std::string_view before = editor_.before_cursor();
  // The end of what is before the cursor, and of what is behind it as much as there is room for.
  const std::size_t room = columns_of_terminal > columns(label) + 1 ? columns_of_terminal - columns(label) - 1 : 1;
  while (columns(before) > room) before.remove_prefix(first_cluster(before));
  Frame out;
  std::string text = label + std::string(before);
  out.cursor_column = columns(text);
  std::string_view after = editor_.after_cursor();
  while (!after.empty() && columns(text) + columns(after.substr(0, first_cluster(after))) <= columns_of_terminal) {
    text += after.substr(0, first_cluster(after));
    after.remove_prefix(first_cluster(after));
  }
  out.rows.push_back({std::move(text)});
  return out;
}

std::string TextForm::left_behind(bool answered) const {
  return answered ? fmt::format("{} {}", with_colon(text_), printable(answer_)) : with_colon(text_);
}

}  // namespace innernet::prompt

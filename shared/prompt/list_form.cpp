#include "list_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "innernet/base/printable.hpp"
#include "text.hpp"

namespace innernet::prompt {
namespace {

constexpr std::size_t kPage = 10;         // items that PageUp and PageDown move by
constexpr std::size_t kRowsOfAnItem = 3;  // at most, on a narrow terminal
constexpr std::size_t kIntroducedItems = 20;

std::vector<std::string> words_of(const std::string& filter) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < filter.size();) {
    const std::size_t end = std::min(filter.find(' ', at), filter.size());
    if (end > at) words.push_back(lower(std::string_view(filter).substr(at, end - at)));
    at = end + 1;
  }
  return words;
}

bool has_all(const std::string& item, const std::vector<std::string>& words) {
  const std::string text = lower(item);
  return std::ranges::all_of(words, [&text](const std::string& word) { return text.find(word) != std::string::npos; });
}

/// An item in at most kRowsOfAnItem lines.
std::vector<std::string> lines_of(const std::string& item, std::size_t width) {
  std::vector<std::string> lines = wrap(item, width, 1);  // so that an IPv4 network with its name fits into 20 columns
  if (lines.size() <= kRowsOfAnItem) return lines;
  lines.resize(kRowsOfAnItem);
  lines.back() = cut(lines.back() + " …", width);
  return lines;
}

/// How many of the items around `at` fit into `rows`: [first, last). The chosen one stands in the middle where it can.
struct Window {
  std::size_t first;
  std::size_t last;
};
Window window(std::size_t count, std::size_t at, std::size_t rows, const auto& height_of) {
  Window out{at, at + 1};
  std::size_t used = height_of(at);
  const auto take = [&](std::size_t item, std::size_t limit) {
    if (used + height_of(item) > limit) return false;
    used += height_of(item);
    return true;
  };
  while (out.first > 0 && take(out.first - 1, std::max(rows / 2, used))) --out.first;
  while (out.last < count && take(out.last, rows)) ++out.last;
  while (out.first > 0 && take(out.first - 1, rows)) --out.first;
  return out;
}

}  // namespace

ListForm::ListForm(const ListQuestion& question) : text_(printable(question.text)) {
  items_.reserve(question.items.size());
  for (const std::string& item : question.items) items_.push_back(printable(item));
  find_matches();
}

void ListForm::find_matches() {
  const std::vector<std::string> words = words_of(filter_.text());
  matches_.clear();
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (has_all(items_[i], words)) matches_.push_back(i);
  at_ = 0;
}

Step ListForm::move(std::ptrdiff_t by, bool around) {
  if (matches_.empty()) return Step::kRefused;
  const auto count = static_cast<std::ptrdiff_t>(matches_.size());
  const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(at_) + by;
  at_ = static_cast<std::size_t>(around ? (to + count) % count : std::clamp<std::ptrdiff_t>(to, 0, count - 1));
  return Step::kGoOn;
}

Step ListForm::press(const Key& key) {
  switch (key.kind) {
    case KeyKind::kEscape:
    case KeyKind::kInterrupt:
    case KeyKind::kEndOfInput:
      return Step::kCancelled;
    case KeyKind::kEnter:
      return matches_.empty() ? Step::kRefused : Step::kAnswered;
    case KeyKind::kUp:
      return move(-1, true);
    case KeyKind::kDown:
      return move(1, true);
    case KeyKind::kPageUp:
      return move(-static_cast<std::ptrdiff_t>(kPage), false);
    case KeyKind::kPageDown:
      return move(static_cast<std::ptrdiff_t>(kPage), false);
    case KeyKind::kHome:
      return move(-static_cast<std::ptrdiff_t>(matches_.size()), false);
    case KeyKind::kEnd:
      return move(static_cast<std::ptrdiff_t>(matches_.size()), false);
    case KeyKind::kCharacter:
      return press_character(key);
    case KeyKind::kBackspace:
    case KeyKind::kEraseLine:
    case KeyKind::kEraseWord:
      // An empty filter stays one: who erases it and types another does not mean to move.
      if (!filter_.press(key)) return Step::kRefused;
      find_matches();
      return Step::kGoOn;
    default:
      return Step::kRefused;
  }
}

Step ListForm::press_character(const Key& key) {
  const std::string& text = key.text;
  if (!is_filtering_) {
    if (text == "j") return move(1, true);
    if (text == "k") return move(-1, true);
    if (text == " ") return Step::kRefused;
    is_filtering_ = true;
    if (text == "/") return Step::kGoOn;
  }
  if (!filter_.press(key)) return Step::kRefused;
  find_matches();
  return matches_.empty() ? Step::kRefused : Step::kGoOn;
}

std::string ListForm::title() const { return is_filtering_ ? fmt::format("{} /{}", with_colon(text_), filter_.text()) : with_colon(text_); }

std::string ListForm::position() const {
  if (matches_.empty()) return is_filtering_ ? "nothing has that: Backspace widens" : "";
  return fmt::format("{} of {}", at_ + 1, matches_.size());
}

std::string_view ListForm::hint(std::size_t columns_of_terminal) const {
  using Hints = std::array<std::string_view, 3>;  // the first that fits
  constexpr Hints kMoving{"arrows, j, k move; other letters, / filter; Enter chooses; Esc cancels", "j k move, letters filter, Enter, Esc",
                          "j k / Enter Esc"};
  constexpr Hints kFiltering{"arrows move, Backspace widens, Enter chooses, Esc cancels", "arrows move, Enter chooses",
                             "arrows, Enter, Esc"};
  const Hints& hints = is_filtering_ ? kFiltering : kMoving;
  const auto fits = [columns_of_terminal](std::string_view hint) { return columns(hint) <= columns_of_terminal; };
  const auto found = std::ranges::find_if(hints, fits);
  return found != hints.end() ? *found : hints.back();
}

Frame ListForm::frame(const Size& size) const {
  Frame out;
  add_wrapped(out, title(), size.columns, Style::kPlain);
  out.cursor_row = out.rows.size() - 1;
  out.cursor_column = std::min(columns(out.rows.back().text), size.columns - 1);
  out.shows_cursor = is_filtering_;

  std::vector<Row> below;
  if (matches_.empty()) below.push_back({cut("  " + position(), size.columns), Style::kRemark});
  const std::size_t fixed = out.rows.size() + below.size() + 1;  // a row for the hint
  const std::size_t rows = size.rows > fixed ? size.rows - fixed : 1;
  const std::size_t width = size.columns > 3 ? size.columns - 2 : 1;
  const auto lines = [&](std::size_t i) { return lines_of(items_[matches_[i]], width); };
  const auto height = [&](std::size_t i) { return lines(i).size(); };
  const bool all_fit = matches_.size() <= rows && [&] {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < matches_.size() && sum <= rows; ++i) sum += height(i);
    return sum <= rows;
  }();
  if (!matches_.empty()) {
    // One row less for "7 of 40" where not all are seen.
    const Window seen = window(matches_.size(), at_, all_fit || rows < 2 ? rows : rows - 1, height);
    for (std::size_t i = seen.first; i < seen.last; ++i) {
      std::string_view mark = i == at_ ? "> " : "  ";
      if (i == at_ && !is_filtering_) {  // hidden, but a braille display or a tiny terminal follows it
        out.cursor_row = out.rows.size();
        out.cursor_column = 0;
      }
      for (const std::string& line : lines(i)) {
        out.rows.push_back({std::string(mark) + line, i == at_ ? Style::kChosen : Style::kPlain});
        mark = "  ";
      }
    }
  }
  std::ranges::move(below, std::back_inserter(out.rows));
  if (!all_fit) out.rows.push_back({cut("  " + position(), size.columns), Style::kHint});
  out.rows.push_back({cut(hint(size.columns), size.columns), Style::kHint});
  return clipped(std::move(out), size.rows);
}

std::vector<std::string> ListForm::introduction(std::size_t columns_of_terminal) const {
  std::vector<std::string> out = wrap(with_colon(text_), columns_of_terminal);
  const auto add = [&](const std::string& text) { std::ranges::move(wrap(text, columns_of_terminal, 4), std::back_inserter(out)); };
  for (std::size_t i = 0; i < std::min(items_.size(), kIntroducedItems); ++i) add("  " + items_[i]);
  if (items_.size() > kIntroducedItems) add(fmt::format("  and {} more", items_.size() - kIntroducedItems));
  add(fmt::format("({})", hint(columns_of_terminal)));
  return out;
}

Frame ListForm::line(std::size_t columns_of_terminal) const {
  const std::string filter = is_filtering_ ? fmt::format("/{} ", filter_.text()) : "";
  const std::string shown =
      matches_.empty() ? fmt::format("> {}{}", filter, position()) : fmt::format("> {}{} ({})", filter, items_[matches_[at_]], position());
  Frame out;
  out.rows.push_back({cut(shown, columns_of_terminal)});
  out.cursor_column = is_filtering_ ? std::min(columns(filter) + 1, columns_of_terminal) : 0;
  return out;
}

std::string ListForm::left_behind(bool answered) const {
  return answered ? fmt::format("{} {}", with_colon(text_), items_[answer()]) : with_colon(text_);
}

}  // namespace innernet::prompt

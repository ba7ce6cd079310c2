#include "form.hpp"

#include <algorithm>

#include "text.hpp"

namespace innernet::prompt {

std::string with_colon(std::string_view question) {
  std::string out(question);
  if (!out.ends_with('?')) out += ':';
  return out;
}

void add_wrapped(Frame& frame, std::string_view text, std::size_t columns, Style style, std::size_t indent) {
  for (std::string& line : wrap(text, columns, indent)) frame.rows.push_back({std::move(line), style});
}

Frame clipped(Frame frame, std::size_t rows) {
  rows = std::max<std::size_t>(rows, 1);
  if (frame.rows.size() <= rows) return frame;
  // What stands above the cursor (a question) goes before what stands below it (hints).
  const std::size_t first = frame.cursor_row < rows ? 0 : frame.cursor_row - rows + 1;
  const auto begin = frame.rows.begin() + static_cast<std::ptrdiff_t>(first);
  frame.rows = std::vector<Row>(begin, begin + static_cast<std::ptrdiff_t>(rows));
  frame.cursor_row -= first;
  return frame;
}

}  // namespace innernet::prompt

#include "painter.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text.hpp"

namespace innernet::prompt {
namespace {

// CR LF, because a line feed alone need not go to the first column of a terminal in raw mode.
constexpr std::string_view kNextRow = "\r\n";
constexpr std::string_view kEraseBelow = "\x1b[J";
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";

std::string_view colour_of(Style style) {
  switch (style) {
    case Style::kChosen:
      return "\x1b[36m";
    case Style::kHint:
      return "\x1b[2m";
    case Style::kRemark:
      return "\x1b[31m";
    case Style::kPlain:
      return {};
  }
  return {};
}

std::string up(std::size_t rows) { return rows > 0 ? fmt::format("\x1b[{}A", rows) : ""; }

/// A column stays free: a terminal that has written its last one is of two minds about where the cursor is.
Size usable(const Size& size) { return {size.rows, std::max<std::size_t>(size.columns, 5) - 1}; }

}  // namespace

std::string AnsiPainter::to_the_start(std::size_t columns_now) const {
  if (shown_.rows.empty()) return "";
  std::size_t above = shown_.cursor_column / columns_now;
  for (std::size_t i = 0; i < shown_.cursor_row; ++i)
    above += std::max<std::size_t>((columns(shown_.rows[i].text) + columns_now - 1) / columns_now, 1);
  return up(above);
}

std::string AnsiPainter::paint(const Form& form, const Size& size) {
  Frame frame = form.frame(usable(size));
  std::string out = to_the_start(std::max<std::size_t>(size.columns, 1)) + "\r";
  out += kEraseBelow;
  out += kHideCursor;
  for (std::size_t i = 0; i < frame.rows.size(); ++i) {
    const std::string_view colour = colour_ ? colour_of(frame.rows[i].style) : "";
    if (i > 0) out += kNextRow;
    out += colour;
    out += frame.rows[i].text;
    if (!colour.empty()) out += "\x1b[0m";
  }
  out += up(frame.rows.size() - 1 - frame.cursor_row) + "\r";
  if (frame.cursor_column > 0) out += fmt::format("\x1b[{}C", frame.cursor_column);
  if (frame.shows_cursor) out += kShowCursor;
  shown_ = std::move(frame);
  size_ = size;
  return out;
}

std::string AnsiPainter::leave(std::string_view text) {
  std::string out = to_the_start(std::max<std::size_t>(size_.columns, 1)) + "\r";
  out += kEraseBelow;
  out += text;
  out += kShowCursor;
  out += kNextRow;
  shown_ = {};
  return out;
}

std::string PlainPainter::over(std::string_view text) {
  const std::size_t width = columns(text);
  std::string out = "\r";
  out += text;
  if (width < shown_) out.append(shown_ - width, ' ');
  shown_ = width;
  return out;
}

std::string PlainPainter::paint(const Form& form, const Size& size) {
  std::string out;
  const std::size_t width = usable(size).columns;
  const auto print = [&out](const std::vector<std::string>& lines) {
    for (const std::string& line : lines) out.append(line).append(kNextRow);
  };
  if (!introduced_) print(form.introduction(width));
  introduced_ = true;
  if (form.remark() != remark_) {
    remark_ = form.remark();
    if (!remark_.empty()) {
      out += kNextRow;
      shown_ = 0;
      print(wrap("! " + remark_, width, 2));
    }
  }
  const Frame frame = form.line(width);
  const std::string& text = frame.rows.front().text;
  out += over(text);
  // Back to the cursor's place by writing once more what is before it.
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < frame.cursor_column && bytes < text.size();) {
    const std::size_t cluster = first_cluster(std::string_view(text).substr(bytes));
    at += columns(std::string_view(text).substr(bytes, cluster));
    bytes += cluster;
  }
  return out.append("\r").append(text, 0, bytes);
}

std::string PlainPainter::leave(std::string_view text) {
  std::string out = over(text);
  out += kNextRow;
  forget();
  return out;
}

void PlainPainter::forget() {
  introduced_ = false;
  remark_.clear();
  shown_ = 0;
}

std::unique_ptr<Painter> make_painter(const TerminalEnvironment& environment) {
  const std::string_view term = environment.term != nullptr ? environment.term : "";
  if (term.empty() || term == "dumb" || term == "unknown") return std::make_unique<PlainPainter>();
  const bool forbidden = environment.no_color != nullptr && *environment.no_color != '\0';
  const bool turned_off = environment.clicolor != nullptr && std::string_view(environment.clicolor) == "0";
  return std::make_unique<AnsiPainter>(!forbidden && !turned_off);
}

}  // namespace innernet::prompt

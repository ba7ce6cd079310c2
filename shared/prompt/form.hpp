#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/prompt/screen_size.hpp"
#include "keys.hpp"

namespace innernet::prompt {

enum class Style : std::uint8_t { kPlain, kChosen, kHint, kRemark };

struct Row {
  std::string text;
  Style style = Style::kPlain;

  friend bool operator==(const Row&, const Row&) = default;
};

/// What is to be seen: rows that fit, from the column at the left, and where the cursor stands in them.
struct Frame {
  std::vector<Row> rows;
  std::size_t cursor_row = 0;
  std::size_t cursor_column = 0;
  bool shows_cursor = true;

  friend bool operator==(const Frame&, const Frame&) = default;
};

enum class Step : std::uint8_t {
  kGoOn,
  kRefused,  ///< the key does nothing here: the bell
  kAnswered,
  kCancelled,
};

/// A question while it is being answered. No terminal, no time: keys in, frames out.
class Form {
 public:
  virtual ~Form() = default;

  /// Escape, Ctrl-C, and Ctrl-D where there is nothing to delete, cancel.
  virtual Step press(const Key& key) = 0;

  /// For a terminal whose cursor moves.
  virtual Frame frame(const Size& size) const = 0;

  /// For one that only goes on, or back to the beginning of its line: what is printed first, and then the one row that is written over.
  virtual std::vector<std::string> introduction(std::size_t columns) const = 0;
  virtual Frame line(std::size_t columns) const = 0;

  /// Why the last answer won't do; empty: it was not refused.
  virtual std::string_view remark() const { return {}; }

  /// What stays on the screen: `Question: answer`, or the question alone while there is no answer.
  virtual std::string left_behind(bool answered) const = 0;
};

/// `Name:`; a question that ends in `?` stays as it is.
std::string with_colon(std::string_view question);

/// Adds `text` in as many rows as it takes.
void add_wrapped(Frame& frame, std::string_view text, std::size_t columns, Style style, std::size_t indent = 0);

/// Leaves those of `frame`'s rows that fit into `rows`, with the one of the cursor.
Frame clipped(Frame frame, std::size_t rows);

}  // namespace innernet::prompt

#pragma once

#include <cstddef>

#include "form.hpp"
#include "innernet/prompt/asker.hpp"
#include "line_editor.hpp"

namespace innernet::prompt {

/// A ListQuestion. j and k move as the arrows do until a filter is typed; `/` begins one, as does any other character, and from then on
/// every character belongs to it. A filter is words, each of which an item must have somewhere, in any case.
class ListForm final : public Form {
 public:
  explicit ListForm(const ListQuestion& question);

  Step press(const Key& key) override;
  Frame frame(const Size& size) const override;
  std::vector<std::string> introduction(std::size_t columns) const override;
  Frame line(std::size_t columns) const override;
  std::string left_behind(bool answered) const override;

  /// After kAnswered: its index in the question.
  std::size_t answer() const { return matches_[at_]; }

 private:
  Step move(std::ptrdiff_t by, bool around);
  Step press_character(const Key& key);
  void find_matches();
  std::string title() const;
  std::string position() const;
  std::string_view hint(std::size_t columns) const;

  std::string text_;
  std::vector<std::string> items_;  // as they are shown
  std::vector<std::size_t> matches_;
  std::size_t at_ = 0;  // in matches_
  bool is_filtering_ = false;
  LineEditor filter_;
};

}  // namespace innernet::prompt

#pragma once

#include "form.hpp"
#include "innernet/prompt/asker.hpp"
#include "line_editor.hpp"

namespace innernet::prompt {

/// A TextQuestion. The suggestion stands in brackets; Right takes it into an empty line.
class TextForm final : public Form {
 public:
  /// `question` must live as long as this.
  explicit TextForm(const TextQuestion& question);
  explicit TextForm(const TextQuestion&&) = delete;

  Step press(const Key& key) override;
  Frame frame(const Size& size) const override;
  std::vector<std::string> introduction(std::size_t columns) const override;
  Frame line(std::size_t columns) const override;
  std::string_view remark() const override { return remark_; }
  std::string left_behind(bool answered) const override;

  /// After kAnswered.
  const std::string& answer() const { return answer_; }

 private:
  Step answer_with(std::string text);
  Step refuse(std::string why);
  std::string label() const;
  std::string hint() const;

  const TextQuestion& question_;
  std::string text_;
  std::string suggestion_;  // as it is shown
  LineEditor editor_;
  std::string answer_;
  std::string remark_;
};

}  // namespace innernet::prompt

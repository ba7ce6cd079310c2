#pragma once

#include "form.hpp"
#include "innernet/prompt/asker.hpp"

namespace innernet::prompt {

/// A YesNoQuestion: y and n change what is shown, Enter answers it, so that no stray key agrees to anything. After a stray
/// key the first Enter does not count.
class YesNoForm final : public Form {
 public:
  explicit YesNoForm(const YesNoQuestion& question);

  Step press(const Key& key) override;
  Frame frame(const Size& size) const override;
  std::vector<std::string> introduction(std::size_t columns) const override;
  Frame line(std::size_t columns) const override;
  std::string_view remark() const override;
  std::string left_behind(bool answered) const override;

  bool answer() const { return answer_; }

 private:
  void choose(bool answer);
  std::string_view word() const { return answer_ ? "yes" : "no"; }

  std::string text_;
  bool by_default_;
  bool answer_;
  bool is_chosen_ = false;
  bool is_astray_ = false;    // the next Enter is the end of something else
  bool has_strayed_ = false;  // and this is said until y or n
};

}  // namespace innernet::prompt

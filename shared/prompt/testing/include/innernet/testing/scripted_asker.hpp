#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "innernet/prompt/asker.hpp"

namespace innernet::testing {

/// A person whose answers are prepared: text as it would be typed ("" takes the suggestion), the beginning of an item, `yes`, `no` or ""
/// for the default. Without answers nobody is there.
class ScriptedAsker final : public prompt::Asker {
 public:
  std::deque<std::string> answers;
  std::function<void()> meanwhile;     ///< what somebody else does while the next question is open
  bool is_there = false;               ///< although no answer is left: then a question is cancelled
  std::vector<std::string> asked{};    ///< `Question`, with ` [suggestion]`, ` <prefilled>` or ` {item, item}`
  std::vector<std::string> refused{};  ///< why an answer did not do

  bool can_ask() const override { return is_there || !answers.empty(); }

  Result<std::string> text(const prompt::TextQuestion& question) override {
    note(question.text, question.suggestion.empty() ? "" : " [" + question.suggestion + "]",
         question.prefilled.empty() ? "" : " <" + question.prefilled + ">");
    while (true) {
      TRY(std::string answer, next(question.text, question.option));
      if (answer.empty()) answer = question.suggestion + question.prefilled;
      if (!question.check) return answer;
      const auto checked = question.check(answer);
      if (checked) return answer;
      refused.push_back(checked.error().message());
    }
  }

  Result<std::size_t> choose(const prompt::ListQuestion& question) override {
    std::string items;
    for (const std::string& item : question.items) items += (items.empty() ? "" : ", ") + item;
    note(question.text, " {" + items + "}");
    TRY(const std::string answer, next(question.text, question.option));
    for (std::size_t i = 0; i < question.items.size(); ++i)
      if (question.items[i].starts_with(answer)) return i;
    return fail(ErrorKind::kSystem, "no item begins with " + quoted(answer));
  }

  Result<bool> yes_or_no(const prompt::YesNoQuestion& question) override {
    note(question.text);
    TRY(const std::string answer, next(question.text, question.option));
    return answer.empty() ? question.by_default : answer == "yes";
  }

 private:
  void note(const std::string& question, const std::string& more = "", const std::string& still_more = "") {
    if (can_ask()) asked.push_back(question + more + still_more);
  }

  Result<std::string> next(const std::string& question, const std::string& option) {
    if (answers.empty() && is_there) return fail(ErrorKind::kInterrupted, "cancelled at the question " + quoted(question));
    if (answers.empty()) return prompt::nobody_to_ask(question, option);
    is_there = true;
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    std::string answer = answers.front();
    answers.pop_front();
    return answer;
  }
};

}  // namespace innernet::testing

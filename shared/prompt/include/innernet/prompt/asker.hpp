#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "innernet/base/error.hpp"

namespace innernet::prompt {

// Questions as the wizards put them. Everything in them may come from somebody else: an Asker escapes what a terminal would act on.

/// One line of text.
struct TextQuestion {
  std::string text;        ///< `Network name`, without a colon
  std::string option;      ///< what would have answered it, `--network-name`
  std::string suggestion;  ///< what Enter alone answers; empty: nothing does
  std::string prefilled;   ///< stands in the line and can be edited
  std::string example{};   ///< what an answer looks like, `HOST:PORT`; shown while there is none
  /// Why an answer won't do; the question is then asked again, with the reason. Null: anything but nothing will do.
  std::function<Result<void>(const std::string& answer)> check;
};

/// One of several. There must be an item: a list with nothing to choose from is an error of its own, which says what to do.
struct ListQuestion {
  std::string text;
  std::string option;
  std::vector<std::string> items;
};

struct YesNoQuestion {
  std::string text;  ///< `Delete it?`
  std::string option;
  bool by_default = false;
};

/// Whoever answers questions: a person at a terminal, or a test. Where nobody can be asked, a question fails with kInvalidInput, its text
/// and the option; one that is cancelled, or interrupted, fails with kInterrupted.
class Asker {
 public:
  virtual ~Asker() = default;

  /// Whether there is somebody.
  virtual bool can_ask() const = 0;
  /// Without blanks around it, checked, and never empty unless `check` accepts that.
  virtual Result<std::string> text(const TextQuestion& question) = 0;
  /// The index of the chosen item.
  virtual Result<std::size_t> choose(const ListQuestion& question) = 0;
  virtual Result<bool> yes_or_no(const YesNoQuestion& question) = 0;
};

/// The value that `parse` makes of an answer; its errors are why the question is asked again.
template <class Parse>
auto ask(Asker& asker, TextQuestion question, const Parse& parse) -> std::invoke_result_t<Parse, const std::string&> {
  question.check = [&parse](const std::string& answer) -> Result<void> {
    if (auto value = parse(answer); !value) return std::unexpected(std::move(value).error());
    return {};
  };
  TRY(const std::string answer, asker.text(question));
  return parse(answer);
}

/// The error for a question that nobody can be asked.
std::unexpected<Error> nobody_to_ask(const std::string& question, const std::string& option);

}  // namespace innernet::prompt

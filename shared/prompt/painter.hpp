#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "form.hpp"

namespace innernet::prompt {

/// Turns what is to be seen into what is to be written. It remembers what it has put on the screen, and where the cursor is.
class Painter {
 public:
  virtual ~Painter() = default;

  /// From what is on the screen to `form` as it is now.
  virtual std::string paint(const Form& form, const Size& size) = 0;
  /// From what is on the screen to `text` alone, the cursor shown and in the row below.
  virtual std::string leave(std::string_view text) = 0;
  /// The screen is no longer ours: the next paint begins in a new place.
  virtual void forget() = 0;
};

/// ECMA-48 as every terminal of the last decades understands it: CUU, CUF, ED, and DECTCEM for the cursor; SGR with `colour`.
/// A terminal that breaks lines anew when it becomes narrower (most do) is followed, so that no rows are left over.
class AnsiPainter final : public Painter {
 public:
  explicit AnsiPainter(bool colour) : colour_(colour) {}

  std::string paint(const Form& form, const Size& size) override;
  std::string leave(std::string_view text) override;
  void forget() override { shown_ = {}; }

 private:
  std::string to_the_start(std::size_t columns) const;

  bool colour_;
  Frame shown_;
  Size size_;
};

/// For a terminal that knows no more than CR and LF (TERM=dumb): one row is written over.
class PlainPainter final : public Painter {
 public:
  std::string paint(const Form& form, const Size& size) override;
  std::string leave(std::string_view text) override;
  void forget() override;

 private:
  std::string over(std::string_view text);

  bool introduced_ = false;
  std::string remark_;     // the last one that was printed
  std::size_t shown_ = 0;  // columns of the row that is on the screen
};

/// What the environment says; null where a variable is not set.
struct TerminalEnvironment {
  const char* term = nullptr;
  const char* no_color = nullptr;
  const char* clicolor = nullptr;
};
/// Colour as https://no-color.org and https://bixense.com/clicolors have it.
std::unique_ptr<Painter> make_painter(const TerminalEnvironment& environment);

}  // namespace innernet::prompt

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/prompt/screen_size.hpp"

namespace innernet::prompt {

enum class LineStyle : std::uint8_t { kPlain, kTitle, kFaint };

/// A line of a picture. Text without control characters; what is too long for the terminal is cut.
struct Line {
  std::string text;
  LineStyle style = LineStyle::kPlain;

  friend bool operator==(const Line&, const Line&) = default;
};

/// A terminal that shows one picture, drawn anew when it changes, until somebody presses q or Ctrl-C. Afterwards it is as it was, with what
/// had been on it.
class LiveScreen {
 public:
  /// Whether standard input and output are a terminal whose cursor moves.
  static bool is_possible();

  /// `stop_fd` becomes readable when it has to end.
  explicit LiveScreen(int stop_fd);
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;
  ~LiveScreen();

  Result<void> enter();
  Size size() const;
  /// As many lines as there are rows. False when the terminal has gone.
  bool draw(const std::vector<Line>& lines);

  enum class Woken : std::uint8_t {
    kTime,
    kRedraw,  ///< another size, perhaps
    kEnd,
  };
  Woken wait(std::chrono::milliseconds patience);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace innernet::prompt

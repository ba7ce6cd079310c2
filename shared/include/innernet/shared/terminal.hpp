#pragma once

#include <string_view>

#include "innernet/base/error.hpp"

namespace innernet {

/// Standard output, for data. A reader that has gone (EPIPE) and a full disk never stop work in progress: what is written after that is
/// dropped, and main() asks for the failure at the end.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}

  void write(std::string_view text);
  /// The errno of the first write that failed for another reason than a reader that has gone; 0 without one.
  int failure() const { return failure_; }

 private:
  int fd_;
  bool closed_ = false;
  int failure_ = 0;
};

/// Opens /dev/null for each of the descriptors 0 to 2 that is closed: else the next file that is opened gets its number, and what was meant
/// for a terminal ends up in a config.
void open_missing_standard_streams();

/// Yes or no from the person at the terminal. Only y or yes agrees to something; Enter alone is `by_default`.
/// Without a terminal on standard input, at its end, and when `stop_fd` (-1: none) becomes readable, it fails with a message that names
/// the question and `instead`, the option that answers it.
Result<bool> confirm(std::string_view question, bool by_default, std::string_view instead, int stop_fd = -1);

/// The answer that a line stands for: y and yes agree, an empty line is `by_default`, all else is no.
bool agrees(std::string_view line, bool by_default);

}  // namespace innernet

#pragma once

#include <string_view>

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

}  // namespace innernet

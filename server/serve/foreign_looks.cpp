#include "foreign_looks.hpp"

#include <array>

namespace innernet::server {

namespace {

using namespace std::chrono_literals;

/// Each from the one before, the first from the notification.
constexpr std::array<std::chrono::milliseconds, 3> kSeries{5ms, 15ms, 80ms};

}  // namespace

void ForeignLooks::notice(BootTime now) {
  is_file_in_doubt_ = true;
  if (deadline_.is_set()) {
    again_ = true;
    return;
  }
  step_ = 0;
  deadline_.set(now + kSeries[step_]);
}

void ForeignLooks::look(BootTime now) {
  is_file_in_doubt_ = true;
  ++step_;
  if (step_ == kSeries.size()) {
    if (!std::exchange(again_, false)) return deadline_.clear();
    step_ = 0;
  }
  deadline_.set(now + kSeries[step_]);
}

}  // namespace innernet::server

#include "deadline.hpp"

#include <gtest/gtest.h>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;

constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }

TEST(Deadline, KeepsTheEarliestOfWhatMustNotComeLater) {
  Deadline deadline;
  EXPECT_FALSE(deadline.is_set());
  deadline.set_no_later_than(at(20ms));
  EXPECT_EQ(deadline.due(), at(20ms));
  deadline.set_no_later_than(at(30ms));
  EXPECT_EQ(deadline.due(), at(20ms));
  deadline.set_no_later_than(at(10ms));
  EXPECT_EQ(deadline.due(), at(10ms));
}

TEST(Deadline, IsPutOffOrCleared) {
  Deadline deadline;
  deadline.set(at(10ms));
  deadline.set(at(30ms));
  EXPECT_EQ(deadline.due(), at(30ms));
  deadline.clear();
  EXPECT_EQ(deadline.due(), std::nullopt);
}

}  // namespace
}  // namespace innernet::server

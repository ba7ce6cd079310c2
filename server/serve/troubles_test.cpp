#include "troubles.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace innernet::server {
namespace {

TEST(Troubles, AreNewsWhenTheyBeginChangeOrEnd) {
  struct Step {
    std::string task;
    std::string failure;  // empty: none
    std::optional<Troubles::News> news;
  };
  const std::vector<Step> steps{
      {"listening", "", {}},
      {"listening", "taken", Troubles::News{true, "listening: taken"}},
      {"listening", "taken", {}},
      {"hosts", "taken", Troubles::News{true, "hosts: taken"}},
      {"listening", "gone", Troubles::News{true, "listening: gone"}},
      {"hosts", "", Troubles::News{false, "hosts: works again"}},
      {"hosts", "", {}},
      {"listening", "gone", {}},
      {"listening", "", Troubles::News{false, "listening: works again"}},
      {"listening", "gone", Troubles::News{true, "listening: gone"}},
  };
  Troubles troubles;
  for (const Step& step : steps) {
    SCOPED_TRACE(step.task + ": " + step.failure);
    const Result<void> outcome = step.failure.empty() ? Result<void>() : fail(ErrorKind::kSystem, step.failure);
    EXPECT_EQ(troubles.news(step.task, outcome), step.news);
  }
}

TEST(Troubles, ALockIsNone) {
  EXPECT_FALSE(is_locked({}));
  EXPECT_TRUE(is_locked(fail(ErrorKind::kBusy, "locked")));
  EXPECT_FALSE(is_locked(fail(ErrorKind::kSystem, "no room")));
}

}  // namespace
}  // namespace innernet::server

#include "missing_files.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using Verdict = MissingFiles::Verdict;

constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }

TEST(MissingFiles, AreGoneWhenTheyAreMissingATenthOfASecondLater) {
  struct Look {
    std::chrono::milliseconds time;
    bool is_missing;
    Verdict verdict;
    std::optional<BootTime> due;
  };
  struct Case {
    const char* name;
    std::vector<Look> looks;
  };
  using enum Verdict;
  const std::vector<Case> cases{
      {"there", {{0ms, false, kThere, {}}, {50ms, false, kThere, {}}}},
      {"gone", {{0ms, true, kInDoubt, at(100ms)}, {100ms, true, kGone, {}}}},
      {"late is as good", {{0ms, true, kInDoubt, at(100ms)}, {700ms, true, kGone, {}}}},
      {"replaced", {{0ms, true, kInDoubt, at(100ms)}, {100ms, false, kBack, {}}, {200ms, false, kThere, {}}}},
      {"looks in between decide nothing and put nothing off",
       {{0ms, true, kInDoubt, at(100ms)}, {40ms, true, kInDoubt, at(100ms)}, {99ms, false, kInDoubt, at(100ms)}, {100ms, true, kGone, {}}}},
      {"replaced twice",
       {{0ms, true, kInDoubt, at(100ms)}, {100ms, false, kBack, {}}, {110ms, true, kInDoubt, at(210ms)}, {210ms, false, kBack, {}}}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    MissingFiles files;
    for (const Look& look : c.looks) {
      SCOPED_TRACE(look.time.count());
      EXPECT_EQ(files.see(look.is_missing, at(look.time)), look.verdict);
      EXPECT_EQ(files.due(), look.due);
      EXPECT_EQ(files.are_in_doubt(), look.due.has_value());
    }
  }
}

}  // namespace
}  // namespace innernet::server

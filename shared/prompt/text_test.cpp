#include "text.hpp"

#include <gmock/gmock.h>

namespace innernet::prompt {
namespace {

using ::testing::ElementsAre;

TEST(Text, ColumnsAreThoseOfATerminal) {
  const struct {
    const char* text;
    std::size_t columns;
  } cases[] = {
      {"", 0},  {"alice", 5}, {"Büro", 4},     {"日本語", 6}, {"e\u0301", 1}, {"한국", 4}, {"\u1112\u1161\u11ab", 2},
      {"☂", 1}, {"👩", 2},    {"👩\u200d", 2}, {"ｆ", 2},     {"─", 1},       {"𠀋", 2},   {"é", 1},
  };
  for (const auto& c : cases) EXPECT_EQ(columns(c.text), c.columns) << c.text;
}

TEST(Text, ClustersKeepAccentsWithTheirLetter) {
  EXPECT_EQ(first_cluster("e\u0301x"), 3U);
  EXPECT_EQ(first_cluster("xe\u0301"), 1U);
  EXPECT_EQ(first_cluster(""), 0U);
  EXPECT_EQ(last_cluster("xe\u0301"), 3U);
  EXPECT_EQ(last_cluster("日本"), 3U);
  EXPECT_EQ(last_cluster("\u0301"), 2U) << "an accent with nothing before it";
  EXPECT_EQ(last_cluster(""), 0U);
}

TEST(Text, WrapsAtSpacesAndElseWhereItMust) {
  EXPECT_THAT(wrap("humans (10.66.1.0/24)", 18, 2), ElementsAre("humans", "  (10.66.1.0/24)"));
  EXPECT_THAT(wrap("a b c", 80), ElementsAre("a b c"));
  EXPECT_THAT(wrap("", 10), ElementsAre(""));
  EXPECT_THAT(wrap("abcdefgh", 3), ElementsAre("abc", "def", "gh"));
  EXPECT_THAT(wrap("日本語", 5), ElementsAre("日本", "語")) << "a wide character is not torn";
  EXPECT_THAT(wrap("日本", 1), ElementsAre("日", "本")) << "and makes progress where it can't fit";
  EXPECT_THAT(wrap("one  two", 5), ElementsAre("one ", "two"));
  EXPECT_THAT(wrap("ab cd", 2, 8), ElementsAre("ab", "cd")) << "an indent as wide as the terminal is none";
}

TEST(Text, CutsWithAnEllipsis) {
  EXPECT_EQ(cut("humans", 6), "humans");
  EXPECT_EQ(cut("humans", 5), "huma…");
  EXPECT_EQ(cut("日本語", 4), "日…");
  EXPECT_EQ(cut("日本語", 0), "");
}

}  // namespace
}  // namespace innernet::prompt

#include "innernet/values/timestring.hpp"

#include <gtest/gtest.h>

namespace innernet {
namespace {

TEST(Timestring, ReadsANumberAndAUnit) {
  const struct {
    const char* text;
    std::int64_t seconds;
  } cases[] = {
      {"0s", 0},        {"1s", 1},       {"90m", 5400}, {"2h", 7200},
      {"14d", 1209600}, {"3w", 1814400}, {"007s", 7},   {"9223372036854775807s", 9223372036854775807},
  };
  for (const auto& c : cases) {
    const auto time = parse_timestring(c.text);
    ASSERT_TRUE(time) << time.error().message();
    EXPECT_EQ(time->count(), c.seconds) << c.text;
  }
}

TEST(Timestring, RefusesAnythingElseAndShowsAnExample) {
  const struct {
    const char* text;
    const char* reason;
  } cases[] = {
      {"", "does not end with a unit"},     {"14", "does not end with a unit"},  {"14D", "does not end with a unit"},
      {"14 ", "does not end with a unit"},  {"14y", "does not end with a unit"}, {"d", "must be a number"},
      {"-1d", "must be a number"},          {"+1d", "must be a number"},         {" 1d", "must be a number"},
      {"1 d", "must be a number"},          {"1.5d", "must be a number"},        {"1d2h", "must be a number"},
      {"9223372036854775808s", "too long"}, {"15250284452472w", "too long"},     {"99999999999999999999999999s", "too long"},
  };
  for (const auto& c : cases) {
    const auto time = parse_timestring(c.text);
    ASSERT_FALSE(time) << c.text;
    EXPECT_EQ(time.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_NE(time.error().message().find(c.reason), std::string::npos) << time.error().message();
    EXPECT_NE(time.error().message().find("14d"), std::string::npos);
    EXPECT_NE(time.error().message().find(quoted(c.text)), std::string::npos);
  }
}

}  // namespace
}  // namespace innernet

#include "innernet/values/hostname.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace innernet {
namespace {

TEST(Hostname, AcceptsWhatTheRustProgramsAccept) {
  for (const std::string& text : {std::string("a"), std::string("0"), std::string("a-b"), std::string("db-server-2"),
                                  std::string("a1-b2-c3"), std::string(63, 'a')}) {
    const auto name = Hostname::parse(text);
    ASSERT_TRUE(name) << name.error().message();
    EXPECT_EQ(name->str(), text);
  }
}

TEST(Hostname, RefusesEverythingElseAndShowsIt) {
  using namespace std::string_literals;
  const struct {
    std::string text;
    const char* why;
  } cases[] = {
      {"", "empty"},
      {"-", "a dash alone"},
      {"-a", "a dash in front"},
      {"a-", "a dash at the end"},
      {"a--b", "two dashes"},
      {"A", "upper case"},
      {"a.b", "a dot would be another domain"},
      {"a_b", "an underscore"},
      {"a b", "white space"},
      {"a\n", "a line break would be another line of the hosts file"},
      {"a\0b"s, "a NUL"},
      {"é", "not ASCII"},
      {std::string(64, 'a'), "longer than a DNS label"},
  };
  for (const auto& c : cases) {
    const auto name = Hostname::parse(c.text);
    ASSERT_FALSE(name) << c.why;
    EXPECT_EQ(name.error().kind(), ErrorKind::kInvalidInput);
    EXPECT_NE(name.error().message().find(quoted(c.text)), std::string::npos) << c.why;
  }
}

// The rule as a regular expression takes exponential time on this in a naive engine.
TEST(Hostname, IsNotSlowOnLongNames) { EXPECT_FALSE(Hostname::parse(std::string(1 << 20, 'a') + "!")); }

}  // namespace
}  // namespace innernet

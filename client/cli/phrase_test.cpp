#include "phrase.hpp"

#include <gtest/gtest.h>

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

TEST(Phrase, AgesReadAsThoseOfTheRustClient) {
  const struct {
    std::chrono::nanoseconds age;
    const char* text;
  } cases[] = {
      {-5s, "just now"},
      {0s, "just now"},
      {999ms, "just now"},
      {1s, "1 seconds ago"},
      {59s, "59 seconds ago"},
      {60s, "1 minute, 0 seconds ago"},
      {61s, "1 minute, 1 second ago"},
      {65s, "1 minute, 5 seconds ago"},
      {120s, "2 minutes, 0 seconds ago"},
      {3599s, "59 minutes, 59 seconds ago"},
      {3600s, "1 hour, 0 minutes ago"},
      {3660s, "1 hour, 1 minute ago"},
      {100h, "100 hours, 0 minutes ago"},
  };
  for (const auto& c : cases) EXPECT_EQ(ago(c.age), c.text) << c.age.count();
}

TEST(Phrase, EachUnitIsUsedFromTwoOfItOn) {
  constexpr std::uint64_t kKi = 1024;
  const struct {
    std::uint64_t bytes;
    const char* text;
  } cases[] = {
      {0, "0 B"},
      {2 * kKi - 1, "2047 B"},
      {2 * kKi, "2.00 KiB"},
      {3492, "3.41 KiB"},
      {2 * kKi * kKi - 1, "2048.00 KiB"},
      {2 * kKi * kKi, "2.00 MiB"},
      {2 * kKi * kKi * kKi, "2.00 GiB"},
      {2 * kKi * kKi * kKi * kKi, "2.00 TiB"},
      {5000 * kKi * kKi * kKi * kKi, "5000.00 TiB"},
      {UINT64_MAX, "16777216.00 TiB"},
  };
  for (const auto& c : cases) EXPECT_EQ(size(c.bytes), c.text);
}

}  // namespace
}  // namespace innernet::client

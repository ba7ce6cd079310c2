#include "network_changes.hpp"

#include <gtest/gtest.h>

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }

TEST(NetworkChanges, AreTakenOnceAndAtOnce) {
  NetworkChanges changes;
  EXPECT_FALSE(changes.take(at(1h)));
  EXPECT_EQ(changes.due(at(1h)), BootTime::max());
  changes.note();
  changes.note();
  EXPECT_EQ(changes.due(at(1h)), at(1h));
  EXPECT_TRUE(changes.take(at(1h)));
  EXPECT_FALSE(changes.take(at(2h)));
}

TEST(NetworkChanges, OfInterfacesThatComeAndGoAllDayAreTakenTwiceAMinute) {
  NetworkChanges changes;
  int taken = 0;
  for (auto time = 1h + 0s; time < 2h; time += 1s) {
    changes.note();
    if (changes.take(at(time))) ++taken;
  }
  EXPECT_GE(taken, 120);
  EXPECT_LE(taken, 125);
}

TEST(NetworkChanges, TheLastOneIsNotForgotten) {
  NetworkChanges changes;
  for (int i = 0; i < 5; ++i) {
    changes.note();
    EXPECT_TRUE(changes.take(at(1h)));
  }
  changes.note();
  EXPECT_FALSE(changes.take(at(1h)));
  const BootTime due = changes.due(at(1h));
  EXPECT_EQ(due, at(1h + 30s));
  EXPECT_FALSE(changes.take(due - 1s));
  EXPECT_TRUE(changes.take(due));
}

}  // namespace
}  // namespace innernet::client

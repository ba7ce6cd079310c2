#include "missed_interfaces.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

constexpr BootTime at(std::chrono::milliseconds time) { return BootTime(time); }

TEST(MissedInterfaces, AreToldOnceAndNotInACircle) {
  struct Look {
    std::chrono::milliseconds when;
    bool is_there;
    bool tell;
    BootTime due;
  };
  constexpr BootTime kNever = BootTime::max();
  const std::vector<Look> looks{
      {100s, false, false, kNever},    // not made yet
      {101s, true, false, kNever},     //
      {102s, false, true, kNever},     // gone
      {103s, false, false, kNever},    // its worker knows
      {104s, true, false, kNever},     //
      {105s, false, false, at(107s)},  // gone again, too soon
      {106'999ms, false, false, at(107s)}, {107s, false, true, kNever}, {108s, true, false, kNever},
      {109s, false, false, at(112s)},      {110s, true, false, kNever},  // somebody else has brought it back
      {120s, true, false, kNever},         {121s, false, true, kNever},
  };
  MissedInterfaces missed;
  for (const auto& [when, is_there, tell, due] : looks) {
    SCOPED_TRACE(when.count());
    EXPECT_EQ(missed.see(InterfaceName::parse("wg0").value(), is_there, at(when)), tell);
    EXPECT_EQ(missed.due(), due);
  }
}

TEST(MissedInterfaces, AreEachForItself) {
  const InterfaceName a = InterfaceName::parse("a").value();
  const InterfaceName b = InterfaceName::parse("b").value();
  MissedInterfaces missed;
  for (const InterfaceName& name : {a, b}) EXPECT_FALSE(missed.see(name, true, at(1s)));
  EXPECT_TRUE(missed.see(a, false, at(2s)));
  EXPECT_FALSE(missed.see(b, true, at(2s)));
  EXPECT_TRUE(missed.see(b, false, at(3s)));
  EXPECT_FALSE(missed.see(a, false, at(3s)));
}

TEST(MissedInterfaces, AreNotWaitedForWhenNobodyLooksAfterThem) {
  const InterfaceName name = InterfaceName::parse("a").value();
  MissedInterfaces missed;
  for (const auto& [is_there, when] :
       std::vector<std::pair<bool, BootTime>>{{true, at(1s)}, {false, at(1s)}, {true, at(2s)}, {false, at(2s)}})
    (void)missed.see(name, is_there, when);
  EXPECT_NE(missed.due(), BootTime::max());
  missed.forget(name);
  EXPECT_EQ(missed.due(), BootTime::max());
}

}  // namespace
}  // namespace innernet::client

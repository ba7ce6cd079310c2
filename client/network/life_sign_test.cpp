#include "life_sign.hpp"

#include <gtest/gtest.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace std::chrono_literals;

TEST(LifeSign, IsLateWhenTheThreadIsNotHeardOfInTime) {
  LifeSign sign;
  EXPECT_FALSE(sign.is_late(BootTime(24h * 365))) << "it has not begun";
  sign.expect_by(BootTime(60s));
  EXPECT_FALSE(sign.is_late(BootTime(60s)));
  EXPECT_TRUE(sign.is_late(BootTime(61s)));
  sign.expect_by(BootTime(90s));
  EXPECT_FALSE(sign.is_late(BootTime(61s)));
}

TEST(LateThreads, AreStuckWhenAMomentDoesNotHelp) {
  LateThreads threads;
  const InterfaceName& name = testing::evilcorp();
  EXPECT_FALSE(threads.see(name, true, BootTime(100s))) << "after a night's sleep, perhaps";
  EXPECT_TRUE(threads.any_late());
  EXPECT_FALSE(threads.any_stuck());
  EXPECT_FALSE(threads.see(name, false, BootTime(101s)));
  EXPECT_FALSE(threads.any_late());
  EXPECT_FALSE(threads.see(name, true, BootTime(200s)));
  EXPECT_TRUE(threads.see(name, true, BootTime(201s)));
  EXPECT_TRUE(threads.any_stuck());
  EXPECT_FALSE(threads.see(name, true, BootTime(202s))) << "said once";
  EXPECT_TRUE(threads.any_stuck());
  threads.forget(name);
  EXPECT_FALSE(threads.any_stuck());
}

}  // namespace
}  // namespace innernet::client

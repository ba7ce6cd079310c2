#include "write_allowance.hpp"

#include <gtest/gtest.h>

namespace innernet::server {
namespace {

using namespace std::chrono_literals;

constexpr BootTime kStart{1h};
constexpr PeerId kOne{1}, kOther{2};

TEST(WriteAllowance, IsABurstAndThenOnePerPeriodForEachPeer) {
  WriteAllowance allowance(3, 10s);
  for (int n = 0; n < 3; ++n) {
    EXPECT_EQ(allowance.wait(kOne, kStart), std::nullopt) << n;
    allowance.note_write(kOne, kStart);
  }
  EXPECT_EQ(allowance.wait(kOne, kStart), 10s);
  EXPECT_EQ(allowance.wait(kOther, kStart), std::nullopt);
  EXPECT_EQ(allowance.wait(kOne, kStart + 4s), 6s);
  EXPECT_EQ(allowance.wait(kOne, kStart + 10s), std::nullopt);
  allowance.note_write(kOne, kStart + 10s);
  EXPECT_EQ(allowance.wait(kOne, kStart + 10s), 10s);
  EXPECT_EQ(allowance.wait(kOne, kStart + 24h), std::nullopt) << "an account that lies long back";
  // Who was quiet has all of it again, and no more.
  for (int n = 0; n < 3; ++n) allowance.note_write(kOne, kStart + 1h);
  EXPECT_EQ(allowance.wait(kOne, kStart + 1h), 10s);
}

TEST(WriteAllowance, WithoutAPeriodIsUnlimited) {
  WriteAllowance allowance(1, 0s);
  for (int n = 0; n < 1'000; ++n) {
    ASSERT_EQ(allowance.wait(kOne, kStart), std::nullopt);
    allowance.note_write(kOne, kStart);
  }
}

TEST(WriteAllowance, ForgetsWhoHasBeenQuiet) {
  WriteAllowance allowance(3, 1s);
  for (std::int64_t n = 0; n < 10'000; ++n) allowance.note_write(PeerId{n}, kStart + std::chrono::milliseconds(10 * n));
  EXPECT_LE(allowance.size(), 1'024U);
}

}  // namespace
}  // namespace innernet::server

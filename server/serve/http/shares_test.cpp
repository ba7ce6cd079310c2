#include "http/shares.hpp"

#include <gmock/gmock.h>

#include <array>
#include <string>

namespace innernet::server {
namespace {

IpAddress address(std::uint8_t last) { return IpAddress::v4(std::array<std::uint8_t, 4>{10, 0, 0, last}); }

class SharesTest : public ::testing::Test {
 protected:
  void move(std::uint8_t source, std::size_t bytes, const std::string& what) {
    shares_.go_on(address(source), bytes, [this, what] { done_ += what; });
  }
  /// Ends the pass; what has been done since the last call.
  std::string pass() {
    if (!next_) return std::exchange(done_, "");
    std::exchange(next_, nullptr)();
    return std::exchange(done_, "");
  }
  std::string done() { return std::exchange(done_, ""); }

  std::string done_;
  Shares::Step next_;
  Shares shares_{100, [this](Shares::Step step) {
                   EXPECT_FALSE(next_) << "asked for once";
                   next_ = std::move(step);
                 }};
};

TEST_F(SharesTest, WhoMovesLittleIsNotHeldUp) {
  move(1, 60, "a");
  move(1, 39, "b");
  EXPECT_EQ(done(), "ab");
}

TEST_F(SharesTest, ASourceThatHasHadItsShareGoesOnInTheNextPass) {
  move(1, 60, "a");
  move(1, 60, "b");
  move(1, 60, "c");
  move(1, 1, "d");
  EXPECT_EQ(done(), "ab") << "the last one may be larger than what is left";
  EXPECT_EQ(pass(), "cd");
}

TEST_F(SharesTest, AnotherSourceHasAShareOfItsOwn) {
  for (int n = 0; n < 10; ++n) move(1, 100, "a");
  move(2, 100, "b");
  EXPECT_EQ(done(), "ab");
  move(2, 100, "b");
  EXPECT_THAT(pass(), ::testing::AnyOf("ab", "ba")) << "one step of each";
}

TEST_F(SharesTest, StepsOfOneSourceKeepTheirOrder) {
  move(1, 100, "a");
  move(1, 100, "b");
  move(1, 100, "c");
  EXPECT_EQ(done(), "a");
  EXPECT_EQ(pass(), "b");
  move(1, 1, "d");
  EXPECT_EQ(done(), "") << "behind the others";
  EXPECT_EQ(pass(), "c");
  EXPECT_EQ(pass(), "d");
}

TEST_F(SharesTest, AStepMayComeBackWithTheNextOne) {
  move(1, 100, "a");
  shares_.go_on(address(1), 100, [this] {
    done_ += "b";
    move(1, 100, "c");
  });
  EXPECT_EQ(done(), "a");
  EXPECT_EQ(pass(), "b");
  EXPECT_EQ(pass(), "c");
}

TEST_F(SharesTest, OneThatIsLargerThanAShareIsMovedAllTheSame) {
  move(1, 1'000, "a");
  move(1, 1'000, "b");
  EXPECT_EQ(done(), "a");
  EXPECT_EQ(pass(), "b");
}

TEST_F(SharesTest, ForgetsWhoMovesNothing) {
  move(1, 100, "a");
  EXPECT_TRUE(next_);
  pass();
  EXPECT_FALSE(next_) << "no pass is asked for without anybody who moves something";
  move(1, 100, "b");
  EXPECT_EQ(done(), "b");
}

}  // namespace
}  // namespace innernet::server

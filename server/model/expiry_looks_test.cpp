#include "expiry_looks.hpp"

#include <gmock/gmock.h>

#include "innernet/testing/fake_clock.hpp"

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct ExpiryLooksTest : ::testing::Test {
  innernet::testing::FakeClock clock;
  ExpiryLooks looks;

  std::vector<PeerId> look(const std::vector<PeerId>& expired) {
    clock.advance(4s);
    return looks.due(expired, clock.wall(), clock.boot());
  }
};

TEST_F(ExpiryLooksTest, TwoThatSayExpiredDelete) {
  EXPECT_THAT(look({}), IsEmpty());
  EXPECT_THAT(look({PeerId{7}}), IsEmpty());
  EXPECT_THAT(look({PeerId{7}, PeerId{8}}), ElementsAre(PeerId{7}));
  EXPECT_THAT(look({PeerId{8}}), ElementsAre(PeerId{8}));
  EXPECT_THAT(look({}), IsEmpty());
  EXPECT_THAT(look({PeerId{8}}), IsEmpty()) << "another one by then";
}

TEST_F(ExpiryLooksTest, WhatIsExpiredWhenWeBeginIsInDoubtForSomeMinutes) {
  EXPECT_THAT(look({PeerId{7}}), IsEmpty());
  EXPECT_THAT(look({PeerId{7}}), IsEmpty());
  EXPECT_THAT(look({PeerId{7}, PeerId{8}}), IsEmpty());
  EXPECT_THAT(look({PeerId{7}, PeerId{8}}), ElementsAre(PeerId{8})) << "which was seen to expire";
  clock.advance(ExpiryLooks::kDoubt);
  EXPECT_THAT(look({PeerId{7}}), ElementsAre(PeerId{7}));
}

TEST_F(ExpiryLooksTest, SoIsWhatExpiresByAClockThatIsSetForward) {
  EXPECT_THAT(look({}), IsEmpty());
  clock.set_wall(clock.wall() + 24h);
  EXPECT_THAT(look({PeerId{7}}), IsEmpty());
  EXPECT_THAT(look({PeerId{7}}), IsEmpty());
  clock.set_wall(clock.wall() - 24h);
  EXPECT_THAT(look({}), IsEmpty()) << "it was put right";
  EXPECT_THAT(look({PeerId{7}}), IsEmpty());
  EXPECT_THAT(look({PeerId{7}}), ElementsAre(PeerId{7}));
}

}  // namespace
}  // namespace innernet::server

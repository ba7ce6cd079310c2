#include "listen_port.hpp"

#include <gtest/gtest.h>

namespace innernet::server {
namespace {

TEST(ListenPort, StaysUntilAnotherOneIsTaken) {
  ListenPort port(1);
  EXPECT_EQ(port.begin_move(), std::nullopt);
  port.want(2);
  EXPECT_EQ(port.now(), 1);
  EXPECT_EQ(port.begin_move(), 2);
  EXPECT_TRUE(port.is_moving());
  EXPECT_EQ(port.now(), 1);
  port.end_move(true);
  EXPECT_FALSE(port.is_moving());
  EXPECT_EQ(port.now(), 2);
  EXPECT_EQ(port.begin_move(), std::nullopt) << "once is enough";
}

TEST(ListenPort, StaysWhenTheOtherOneCanNotBeTaken) {
  ListenPort port(1);
  port.want(2);
  EXPECT_EQ(port.begin_move(), 2);
  port.end_move(false);
  EXPECT_EQ(port.now(), 1);
  EXPECT_EQ(port.begin_move(), std::nullopt);
  port.want(2);
  EXPECT_EQ(port.begin_move(), 2) << "the config was read again";
}

TEST(ListenPort, IsTheLastThatTheConfigNamed) {
  ListenPort port(1);
  port.want(2);
  port.want(3);
  EXPECT_EQ(port.begin_move(), 3);
  port.want(4);
  port.want(1);
  EXPECT_EQ(port.begin_move(), std::nullopt) << "one at a time";
  port.end_move(true);
  EXPECT_EQ(port.now(), 3);
  EXPECT_EQ(port.begin_move(), 1) << "the wish that came meanwhile";
  port.end_move(true);
  EXPECT_EQ(port.now(), 1);
}

TEST(ListenPort, ThatIsThereAlreadyIsNoMove) {
  ListenPort port(1);
  port.want(1);
  EXPECT_EQ(port.begin_move(), std::nullopt);
  EXPECT_FALSE(port.is_moving());
  port.want(2);
  port.want(1);
  EXPECT_EQ(port.begin_move(), std::nullopt) << "corrected in time";
}

}  // namespace
}  // namespace innernet::server

#include "innernet/server/relay_port.hpp"

#include <gtest/gtest.h>

namespace innernet::server {
namespace {

TEST(RelayPort, IsTheFirstBehindTheNetworksThatNoOtherNetworkHas) {
  EXPECT_EQ(choose_relay_port(51820, {}), 51821);
  EXPECT_EQ(choose_relay_port(51820, {51821, 51822, 51824}), 51823);
  EXPECT_EQ(choose_relay_port(65534, {65535}), std::nullopt);
  EXPECT_EQ(choose_relay_port(65535, {}), std::nullopt);
}

}  // namespace
}  // namespace innernet::server

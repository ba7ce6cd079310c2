#include "server_search.hpp"

#include <gtest/gtest.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;

const SocketAddress kA = address("192.0.2.1:1");
const SocketAddress kB = address("192.0.2.2:1");
const SocketAddress kC = address("[2001:db8::3]:1");

TEST(ServerSearch, TellsWhatWasTried) {
  EXPECT_EQ(text_of(std::vector{kA}), "192.0.2.1:1");
  EXPECT_EQ(text_of(std::vector{kA, kB, kC}), "192.0.2.1:1, 192.0.2.2:1 and [2001:db8::3]:1");
}

}  // namespace
}  // namespace innernet::client

#include "server_search.hpp"

#include <gmock/gmock.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const SocketAddress kA = address("192.0.2.1:1");
const SocketAddress kB = address("192.0.2.2:1");
const SocketAddress kC = address("[2001:db8::3]:1");

TEST(SearchOrder, BeginsWithWhatTheDeviceHasAndTriesEachOnce) {
  EXPECT_THAT(search_order({}, {}), IsEmpty());
  EXPECT_THAT(search_order({}, std::vector{kA, kB}), ElementsAre(kA, kB));
  EXPECT_THAT(search_order(kB, std::vector{kA, kB, kC, kA}), ElementsAre(kB, kA, kC));
  EXPECT_THAT(search_order(kC, std::vector{kA}), ElementsAre(kC, kA)) << "where it was heard last";
  EXPECT_THAT(search_order(kA, std::vector{kA}), ElementsAre(kA));
}

TEST(SearchOrder, IsTold) {
  EXPECT_EQ(text_of(std::vector{kA}), "192.0.2.1:1");
  EXPECT_EQ(text_of(std::vector{kA, kB, kC}), "192.0.2.1:1, 192.0.2.2:1 and [2001:db8::3]:1");
}

}  // namespace
}  // namespace innernet::client

#include "relay_order.hpp"

#include <gmock/gmock.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::ElementsAre;

using Distances = std::vector<RelayDistance>;
constexpr RelayDistance at(std::int64_t relay, std::uint16_t milliseconds) {
  return {.relay = PeerId{relay}, .milliseconds = milliseconds};
}
Peer with(Distances distances) {
  Peer one = peer(9, "one", "10.66.1.9", new_key());
  one.relay_distances = std::move(distances);
  return one;
}

TEST(RelayOrder, TheShortestWayBetweenBothComesFirst) {
  const std::vector<PeerId> relays{PeerId{1}, PeerId{4}, PeerId{7}};
  const struct {
    const char* what;
    Distances one, other;
    std::vector<std::size_t> expected;
  } cases[] = {
      {"nothing is known", {}, {}, {0, 1, 2}},
      {"only one side has measured", {at(1, 90), at(4, 1), at(7, 5)}, {}, {0, 1, 2}},
      {"the sum counts", {at(1, 40), at(4, 1), at(7, 20)}, {at(1, 40), at(4, 99), at(7, 20)}, {2, 0, 1}},
      {"ties by their order", {at(7, 10), at(4, 20)}, {at(7, 20), at(4, 10)}, {1, 2, 0}},
      {"one that not both know is behind those that they do", {at(4, 1), at(7, 300)}, {at(7, 300), at(1, 1)}, {2, 0, 1}},
      {"distances from relays that there are not", {at(5, 1)}, {at(5, 1)}, {0, 1, 2}},
      {"the longest there are", {at(1, 65535), at(4, 65535)}, {at(1, 65535), at(4, 65534)}, {1, 0, 2}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(relay_order(relays, with(c.one), with(c.other)), c.expected) << c.what;
    EXPECT_EQ(relay_order(relays, with(c.other), with(c.one)), c.expected) << "the other side: " << c.what;
  }
}

TEST(DistancesToSay, AreAnotherOnesOnlyWhenMuchHasChanged) {
  const Distances said{at(1, 40), at(4, 8)};
  const struct {
    const char* what;
    Distances now;
    bool is_news;
  } cases[] = {
      {"the same", {at(1, 40), at(4, 8)}, false},
      {"a quarter more", {at(1, 50), at(4, 8)}, false},
      {"a bit more than that", {at(1, 51), at(4, 8)}, true},
      {"a few milliseconds", {at(1, 40), at(4, 13)}, false},
      {"less", {at(1, 40), at(4, 2)}, true},
      {"one is gone", {at(1, 40)}, true},
      {"another one", {at(1, 40), at(5, 8)}, true},
      {"none answers any more", {}, true},
  };
  for (const auto& c : cases) EXPECT_EQ(distances_to_say(said, c.now), c.is_news ? c.now : said) << c.what;
}

}  // namespace
}  // namespace innernet::client

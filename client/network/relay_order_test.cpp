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
    const auto places = [&](const Distances& one, const Distances& other) {
      std::vector<std::size_t> found;
      const auto order = relay_order(relays, with(one), with(other));
      for (const RelayPlace& relay : order) found.push_back(relay.place);
      return found;
    };
    EXPECT_EQ(places(c.one, c.other), c.expected) << c.what;
    EXPECT_EQ(places(c.other, c.one), c.expected) << "the other side: " << c.what;
  }
}

TEST(RelayOrder, SaysHowLongTheWayIs) {
  const std::vector<PeerId> relays{PeerId{1}, PeerId{4}};
  EXPECT_THAT(relay_order(relays, with({at(1, 40), at(4, 3)}), with({at(4, 9)})),
              ElementsAre(RelayPlace{.place = 1, .milliseconds = 12}, RelayPlace{.place = 0, .milliseconds = std::nullopt}));
}

TEST(ClearlyNearer, IsAQuarterAndTenMilliseconds) {
  const struct {
    unsigned one, other;
    bool expected;
  } cases[] = {{30, 40, true},  {31, 40, false}, {75, 100, true},    {76, 100, false},         {0, 10, true}, {0, 9, false}, {5, 14, false},
               {40, 40, false}, {50, 40, false}, {0, 131'070, true}, {131'070, 131'070, false}};
  for (const auto& c : cases) EXPECT_EQ(is_clearly_nearer(c.one, c.other), c.expected) << c.one << " for " << c.other;
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

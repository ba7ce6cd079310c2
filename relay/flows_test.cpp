#include "flows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace innernet::relay {
namespace {

TEST(Flows, CountsThoseToAPartyWhateverHappens) {
  constexpr PartyId kParties = 5;
  Ticks now = 0;
  std::size_t most = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Flows flows({});
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    const auto pick = [&] { return FlowKey{.from = below(kParties), .receiver = below(8)}; };
    for (int step = 0; step < 500; ++step) {
      now += below(30);
      switch (below(8)) {
        case 0:
          flows.erase(pick());
          break;
        case 1:
          flows.find(pick(), now);
          break;
        case 2:
          flows.purge(now, [gone = below(40)](PartyId from, PartyId to) { return from == gone || to == gone; });
          break;
        case 3:
          if (const PartyId from = below(kParties), to = below(kParties); from != to && below(4) == 0) flows.hand_over(from, to);
          break;
        default:
          flows.put(pick(), {.to = below(kParties), .used = now, .answered = below(2) == 0}, now);
      }
      if (step % 10 != 0) continue;
      std::map<PartyId, std::size_t> counted;
      flows.purge(now, [&](PartyId, PartyId to) {
        ++counted[to];
        return false;
      });
      for (PartyId party = 0; party < kParties; ++party)
        ASSERT_EQ(flows.count_to(party), counted[party]) << "seed " << seed << ", step " << step << ", party " << party;
      most = std::max(most, flows.size());
    }
  }
  EXPECT_GT(most, 10U) << "too little for this to say anything";
}

}  // namespace
}  // namespace innernet::relay

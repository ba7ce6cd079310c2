#include <gtest/gtest.h>

#include "grid.hpp"

namespace innernet::simulation {
namespace {

using namespace std::chrono_literals;

World::Summary expect_no_violation(std::uint64_t seed, const PlanOptions& options) {
  World world(make_plan(seed, options));
  world.run();
  EXPECT_FALSE(world.violation()) << world.violation()->to_string() << "\nthe story: ./dev simulate --no-grid --from " << seed
                                  << " --seeds 1 --peers " << options.peers << " --minutes " << options.lasts.count() << " --loss "
                                  << options.loss * 100 << (options.only_moves ? " --only-moves" : "");
  const auto summary = world.summary();
  EXPECT_GT(summary.direct, 0U);
  EXPECT_GT(summary.relayed, 0U);
  return summary;
}

class Seeds : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, ::testing::Values(2, 3, 5));

TEST_P(Seeds, HoldWhatIsPromised) { expect_no_violation(GetParam(), {.peers = 12, .lasts = 12min, .loss = 0.01}); }

// Nobody says a word in most of these pairs.
TEST_P(Seeds, WhoMovesIsBackWithinFiveSeconds) {
  const auto summary = expect_no_violation(GetParam(), {.peers = 10, .lasts = 12min, .only_moves = true, .loss = 0});
  EXPECT_GT(summary.moves, 10U);
  EXPECT_GT(summary.longest_moved, 0s) << "or nothing was looked at";
}

TEST_P(Seeds, HoldItWithRelaysOnPeersToo) { expect_no_violation(GetParam(), {.peers = 12, .lasts = 12min, .loss = 0.01, .relays = 3}); }

TEST(Simulation, HoldsItWithoutARelayOfTheServers) {
  World world(make_plan(2, {.peers = 12, .lasts = 12min, .loss = 0.01, .relays = 2, .has_server_relay = false}));
  world.run();
  EXPECT_FALSE(world.violation()) << world.violation()->to_string();
  EXPECT_GT(world.summary().relayed, 0U);
}

/// Two that only a relay connects, a relay that is far away, and one that is near.
Plan make_relays(std::chrono::milliseconds first_away, std::chrono::milliseconds second_away) {
  Plan plan{.seed = 1, .lasts = 10min};
  plan.sites = {{.kind = Kind::kOpen}, {.kind = Kind::kSymmetric, .private_network = 2}, {.kind = Kind::kSymmetric, .private_network = 3}};
  plan.peers = {{.site = 0, .delay = first_away}, {.site = 0, .delay = second_away}, {.site = 1, .joins = 30s}, {.site = 2, .joins = 40s}};
  plan.talking = {{2, 3}};
  plan.relays = {0, 1};
  plan.has_server_relay = false;
  return plan;
}

TEST(Simulation, ARelayThatDiesIsLeftWithinTenSeconds) {
  Plan plan = make_relays(3ms, 3ms);
  plan.disturbances = {{.what = Disturbance::What::kDaemonDies, .at = 200s, .lasts = 100s, .subject = 0},
                       {.what = Disturbance::What::kSleeps, .at = 400s, .lasts = 100s, .subject = 1}};
  World world(plan);
  world.run();
  EXPECT_FALSE(world.violation()) << world.violation()->to_string();
  EXPECT_GT(world.summary().longest_relay_lost, 2s) << "nobody has missed it";
  EXPECT_EQ(world.summary().apart, 0U);
}

TEST(Simulation, ANearerRelayIsTakenOnceItIsThere) {
  Plan plan = make_relays(80ms, 3ms);
  plan.relays = {0};
  plan.disturbances = {{.what = Disturbance::What::kRelayChanges, .at = 200s, .lasts = 100h, .subject = 1}};
  World world(plan, {.farther = 4min});
  world.run();
  EXPECT_FALSE(world.violation()) << world.violation()->to_string();
  EXPECT_GT(world.summary().longest_farther, 60s) << "they were at the near one from the start";
  EXPECT_EQ(world.summary().most_relay_changes, 1);
}

TEST(Simulation, ASeedIsAlwaysTheSame) {
  const auto run = [] {
    World world(make_plan(4, {.peers = 6, .lasts = 4min}));
    world.run();
    return world.summary().events;
  };
  EXPECT_EQ(run(), run());
}

struct Cell {
  Kind one, other;
  World::Way way;
};
class Grid : public ::testing::TestWithParam<Cell> {};
INSTANTIATE_TEST_SUITE_P(Simulation, Grid,
                         ::testing::Values(Cell{Kind::kOpen, Kind::kSymmetric, World::Way::kDirect},
                                           Cell{Kind::kFullCone, Kind::kDouble, World::Way::kDirect},
                                           Cell{Kind::kAddressRestricted, Kind::kSymmetric, World::Way::kDirect},
                                           Cell{Kind::kPortRestricted, Kind::kPortRestricted, World::Way::kDirect},
                                           Cell{Kind::kFirewall, Kind::kPortRestricted, World::Way::kDirect},
                                           Cell{Kind::kPortRestricted, Kind::kSymmetric, World::Way::kRelayed},
                                           Cell{Kind::kSymmetric, Kind::kSymmetric, World::Way::kRelayed},
                                           Cell{Kind::kIpv6, Kind::kIpv6, World::Way::kDirect}));

TEST_P(Grid, ConnectsWithinThreeSeconds) {
  const auto& [one, other, way] = GetParam();
  Plan plan = make_pair(one, other);
  plan.lasts = 2min;
  World world(plan);
  world.run();
  const auto& times = world.times(0, 1);
  EXPECT_EQ(times.first, way);
  ASSERT_TRUE(times.first_packet);
  EXPECT_LE(*times.first_packet, 3s);
}

// Relayed at first, of whom both have to send at the same time: the third try is fifteen minutes after that at the latest, and a round and
// a half of the grid of moments.
class KeptApart : public ::testing::TestWithParam<std::pair<Kind, Kind>> {};
INSTANTIATE_TEST_SUITE_P(Simulation, KeptApart,
                         ::testing::Values(std::pair(Kind::kIpv6, Kind::kIpv6), std::pair(Kind::kFirewall, Kind::kFirewall),
                                           std::pair(Kind::kPortRestricted, Kind::kPortRestricted),
                                           std::pair(Kind::kFirewall, Kind::kDouble)));

TEST_P(KeptApart, AreDirectByTheThirdTry) {
  for (std::uint64_t seed = 1; seed < 40; seed += 9) {
    World world(make_kept_apart(GetParam().first, GetParam().second, seed));
    world.run();
    const auto& times = world.times(0, 1);
    EXPECT_FALSE(world.violation()) << world.violation()->to_string();
    ASSERT_TRUE(times.direct) << seed;
    EXPECT_EQ(times.last, World::Way::kDirect);
    EXPECT_GT(*times.direct, 3s) << "they were never relayed";
    EXPECT_LE(*times.direct, 17min) << seed;
  }
}

}  // namespace
}  // namespace innernet::simulation

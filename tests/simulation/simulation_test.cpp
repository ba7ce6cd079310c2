#include <gtest/gtest.h>

#include "grid.hpp"

namespace innernet::simulation {
namespace {

using namespace std::chrono_literals;

void expect_no_violation(std::uint64_t seed, const PlanOptions& options) {
  World world(make_plan(seed, options));
  world.run();
  EXPECT_FALSE(world.violation()) << world.violation()->to_string() << "\nthe story: ./dev simulate --no-grid --from " << seed
                                  << " --seeds 1 --peers " << options.peers << " --minutes " << options.lasts.count() << " --loss "
                                  << options.loss * 100;
  const auto summary = world.summary();
  EXPECT_GT(summary.direct, 0U);
  EXPECT_GT(summary.relayed, 0U);
}

class Seeds : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, ::testing::Values(2, 3, 5));

TEST_P(Seeds, HoldWhatIsPromised) { expect_no_violation(GetParam(), {.peers = 12, .lasts = 12min, .loss = 0.01}); }

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

}  // namespace
}  // namespace innernet::simulation

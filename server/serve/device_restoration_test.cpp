#include "device_restoration.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace innernet::server {
namespace {

using Look = DeviceRestoration::Look;
using Todo = DeviceRestoration::Todo;

constexpr Look kAsGiven{.has_key = true, .has_port = true, .has_peers = true};
constexpr Look kOtherKey{.has_key = false, .has_port = true, .has_peers = true};
constexpr Look kOtherPort{.has_key = true, .has_port = false, .has_peers = true};
constexpr Look kOtherPeers{.has_key = true, .has_port = true, .has_peers = false};
constexpr Look kAllOther{.has_key = false, .has_port = false, .has_peers = false};

TEST(DeviceRestoration, PutsKeyAndPortBackEachTimeAndSaysSoOnce) {
  struct Step {
    Look look;
    bool is_link_ours;
    Todo todo;
  };
  const std::vector<Step> steps{
      {kAsGiven, true, {}},
      {kOtherKey, true, {.key = true, .is_news = true}},
      {kOtherKey, true, {.key = true}},
      {kOtherPort, true, {.port = true}},
      {kAsGiven, true, {}},
      {kAllOther, false, {}},
      {kAllOther, true, {.key = true, .port = true, .is_news = true}},
      {kOtherPeers, true, {}},
      {kOtherPort, true, {.port = true, .is_news = true}},
  };
  DeviceRestoration restoration;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(restoration.see(steps[i].look, steps[i].is_link_ours), steps[i].todo);
  }
}

TEST(DeviceRestoration, ComparesPeersAfterALookOrOnDemand) {
  DeviceRestoration restoration;
  (void)restoration.see(kAsGiven, true);
  (void)restoration.see(kOtherPeers, false);
  EXPECT_FALSE(restoration.are_peers_in_doubt()) << "of a link that is not ours";
  (void)restoration.see(kOtherPeers, true);
  EXPECT_TRUE(restoration.are_peers_in_doubt());
  restoration.begin_peers();
  EXPECT_FALSE(restoration.are_peers_in_doubt());
  restoration.doubt_peers();
  EXPECT_TRUE(restoration.are_peers_in_doubt());
}

TEST(DeviceRestoration, SaysOnceThatPeersWerePutRight) {
  DeviceRestoration restoration;
  EXPECT_FALSE(restoration.end_peers(0)) << "a command of ours had changed them";
  EXPECT_TRUE(restoration.end_peers(3));
  (void)restoration.see(kOtherPeers, true);
  EXPECT_FALSE(restoration.end_peers(3));
  (void)restoration.see(kAsGiven, true);
  EXPECT_TRUE(restoration.end_peers(1));
}

}  // namespace
}  // namespace innernet::server

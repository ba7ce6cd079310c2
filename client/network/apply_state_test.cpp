#include "apply_state.hpp"

#include <gmock/gmock.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DeviceReading, IsUsedWhileItIsFresh) {
  const wg::Device device{.name = evilcorp(), .private_key = {}, .public_key = {}, .listen_port = 0, .peers = {}};
  const BootTime read_at(1h);
  const DeviceReading reading{.device = device, .read_at = read_at};
  EXPECT_TRUE(reading.is_fresh(read_at));
  EXPECT_TRUE(reading.is_fresh(read_at + 999ms));
  EXPECT_FALSE(reading.is_fresh(read_at + 1s));
  EXPECT_FALSE(DeviceReading{}.is_fresh(BootTime{})) << "there is none";
}

TEST(NamesToLookUp, AreThoseOfEnabledPeersAndTheServer) {
  State state;
  state.peers = {peer(1, "named", "10.66.1.3", new_key()), peer(2, "literal", "10.66.1.4", new_key()),
                 peer(3, "none", "10.66.1.5", new_key()), peer(4, "disabled", "10.66.1.6", new_key())};
  state.peers[0].endpoint = endpoint("peer.example:1");
  state.peers[1].endpoint = endpoint("192.0.2.1:1");
  state.peers[3].endpoint = endpoint("disabled.example:1");
  state.peers[3].is_disabled = true;
  EXPECT_THAT(names_to_look_up(state, endpoint("203.0.113.1:7")), ElementsAre(endpoint("peer.example:1")));
  EXPECT_THAT(names_to_look_up(State{}, endpoint("server.example:7")), ElementsAre(endpoint("server.example:7")));
}

TEST(HostsEntries, AreThoseOfEnabledPeers) {
  State state;
  state.peers = {peer(1, "alice", "10.66.1.3", new_key()), peer(2, "bob", "10.66.1.4", new_key())};
  EXPECT_EQ(entries_of_enabled(state, {}, evilcorp()).size(), 2U);
  state.peers[1].is_disabled = true;
  const auto entries = entries_of_enabled(state, {}, evilcorp());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].ip, ip("10.66.1.3"));
}

TEST(LinesAboutPeers, AreJoinedByLevel) {
  const PeerChange added{.kind = PeerChangeKind::kAdded, .name = "alice", .public_key = new_key(), .endpoint = "Endpoint: x", .others = {}};
  const PeerChange changed{
      .kind = PeerChangeKind::kModified, .name = "bob", .public_key = new_key(), .endpoint = {}, .others = {"a: 1 => 2", "b: 3 => 4"}};
  const std::string alice = "  " + added.to_string() + "\n    Endpoint: x";
  const std::string bob = "  " + changed.to_string();
  EXPECT_THAT(lines_about({}, Details::kShown), IsEmpty());
  EXPECT_THAT(lines_about({changed, added}, Details::kHidden), ElementsAre(LogLines{log::Level::kInfo, bob + '\n' + alice}));
  EXPECT_THAT(lines_about({added, changed, added}, Details::kShown),
              ElementsAre(LogLines{log::Level::kInfo, alice + '\n' + bob}, LogLines{log::Level::kDebug, "    a: 1 => 2\n    b: 3 => 4"},
                          LogLines{log::Level::kInfo, alice}));
}

}  // namespace
}  // namespace innernet::client

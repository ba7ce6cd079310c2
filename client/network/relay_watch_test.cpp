#include "relay_watch.hpp"

#include <gmock/gmock.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const BootTime kStart{1h};

struct RelayWatchTest : ::testing::Test {
  SocketAddress first = address("192.0.2.1:51821"), second = address("192.0.2.2:51821");
  wg::PublicKey bob = new_key();
  std::vector<TraversalPeer> relayed{
      {.public_key = bob, .reported = {}, .candidates = {}, .inside = ip("10.66.1.3"), .relays = {first, second}}};
  wg::Device device{
      .name = evilcorp(),
      .private_key = {},
      .public_key = {},
      .listen_port = 0,
      .peers = {
          {.public_key = bob, .endpoint = first, .allowed_ips = {net("10.66.1.3/32")}},
          {.public_key = new_key(), .endpoint = first, .persistent_keepalive = 25, .allowed_ips = {}, .last_handshake = WallTime(1s)},
          {.public_key = new_key(), .endpoint = second, .persistent_keepalive = 25, .allowed_ips = {}, .last_handshake = WallTime(1s)}}};
  RelayWatch watch;

  void send(std::uint64_t bytes) { device.peers[0].sent_bytes += bytes; }
  void receive(std::uint64_t bytes) { device.peers[0].received_bytes += bytes; }
  std::vector<SocketAddress> see(std::chrono::milliseconds at) { return watch.see(device, relayed, kStart + at); }
  /// Bob is sent to from the first second on, and nothing comes.
  void become_silent() {
    see(0s);
    send(100);
    see(1s);
    ASSERT_THAT(see(4s), ElementsAre(first));
    watch.note(first, false, kStart + 5s);
  }
};

TEST_F(RelayWatchTest, ARelayIsAskedWhenNothingComesBack) {
  see(0s);
  send(100);
  EXPECT_THAT(see(1s), IsEmpty());
  send(100);
  EXPECT_THAT(see(3s), IsEmpty());
  EXPECT_THAT(see(4s), ElementsAre(first));
}

TEST_F(RelayWatchTest, WhoIsAnsweredOrSendsNothingMissesNothing) {
  see(0s);
  for (int time = 1; time < 20; ++time) {
    send(100);
    if (time % 2 == 0) receive(100);
    EXPECT_THAT(see(time * 1s), IsEmpty());
  }
  receive(1);
  EXPECT_THAT(see(20s), IsEmpty());
  EXPECT_THAT(see(1h), IsEmpty());
}

TEST_F(RelayWatchTest, APeerThatIsReachedDirectlyIsNoneOfItsBusiness) {
  device.peers[0].endpoint = address("198.51.100.3:51820");
  see(0s);
  send(100);
  see(1s);
  EXPECT_THAT(see(30s), IsEmpty());
}

TEST_F(RelayWatchTest, OneThatAnswersIsAskedAgainOnlyAfterAWhile) {
  see(0s);
  send(100);
  see(1s);
  ASSERT_THAT(see(4s), SizeIs(1));
  watch.note(first, true, kStart + 5s);
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 6s).empty()) << "it is the peer that is gone";
  EXPECT_THAT(see(34s), IsEmpty());
  EXPECT_THAT(see(35s), ElementsAre(first));
}

TEST_F(RelayWatchTest, OfOneThatIsSilentPeersGoToTheNext) {
  become_silent();
  const auto update = watch.moves(device, relayed, kStart + 5s);
  ASSERT_THAT(update.peers, SizeIs(2)) << "removed and added, so that its handshake begins at once";
  EXPECT_TRUE(update.peers[0].remove);
  EXPECT_EQ(update.peers[1].endpoint, second);
  EXPECT_THAT(update.peers[1].allowed_ips, ElementsAre(net("10.66.1.3/32")));
  device.peers[0].endpoint = second;
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 6s).empty());
}

TEST_F(RelayWatchTest, AHandshakeThatWasLostOnTheNewWayIsBegunAnew) {
  become_silent();
  ASSERT_FALSE(watch.moves(device, relayed, kStart + 5s).empty());
  device.peers[0].endpoint = second;
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 6'499ms).empty());
  EXPECT_EQ(watch.moves(device, relayed, kStart + 6'500ms).peers.back().endpoint, second);
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 7'999ms).empty());
  EXPECT_FALSE(watch.moves(device, relayed, kStart + 8'000ms).empty());
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 1h).empty()) << "not for ever";
}

TEST_F(RelayWatchTest, OneThatHasArrivedIsLeftAlone) {
  become_silent();
  ASSERT_FALSE(watch.moves(device, relayed, kStart + 5s).empty());
  device.peers[0].endpoint = second;
  device.peers[0].last_handshake = WallTime(1s);
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 7s).empty());
  device.peers[0].last_handshake.reset();
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 9s).empty());
}

TEST_F(RelayWatchTest, OneOfTheTwoWaitsForTheOther) {
  relayed[0].other_side_first = true;
  become_silent();
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 5s).empty());
  EXPECT_FALSE(watch.moves(device, relayed, kStart + 5'700ms).empty());
}

TEST_F(RelayWatchTest, WithoutAnotherRelayPeersStay) {
  become_silent();
  watch.note(second, false, kStart + 5s);
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 6s).empty());
}

TEST_F(RelayWatchTest, ASilentOneGetsAnotherChance) {
  become_silent();
  EXPECT_THAT(see(10s), IsEmpty());
  send(1);
  EXPECT_THAT(see(64s), IsEmpty());
  EXPECT_THAT(see(65s), ElementsAre(first)) << "somebody has been taken back there, or was never taken away";
  device.peers[0].endpoint = second;
  watch.note(first, true, kStart + 66s);
  watch.note(second, false, kStart + 66s);
  EXPECT_EQ(watch.moves(device, relayed, kStart + 67s).peers.back().endpoint, first);
}

// The router may have given the port that a relay is said to have to bob himself.
TEST_F(RelayWatchTest, NobodyIsBehindARelayThatHasNeverAnswered) {
  device.peers[1].last_handshake.reset();
  see(0s);
  send(100);
  see(1s);
  EXPECT_THAT(see(30s), IsEmpty());
  watch.note(first, false, kStart + 30s);
  EXPECT_TRUE(watch.moves(device, relayed, kStart + 31s).empty());
}

TEST_F(RelayWatchTest, OneThatAnswersButPassesNothingOnMayHaveForgottenUs) {
  see(0s);
  send(100);
  see(1s);
  ASSERT_THAT(see(4s), ElementsAre(first));
  watch.note(first, true, kStart + 5s);
  watch.note(second, true, kStart + 5s);
  ASSERT_TRUE(watch.wants_registration());
  const auto update = watch.registrations(device);
  ASSERT_THAT(update.peers, SizeIs(2)) << "of the one that is suspected alone";
  EXPECT_EQ(update.peers[0].public_key, device.peers[1].public_key);
  EXPECT_TRUE(update.peers[0].remove);
  EXPECT_EQ(update.peers[1].endpoint, first);
  EXPECT_EQ(update.peers[1].persistent_keepalive, 25);
  EXPECT_THAT(update.peers[1].allowed_ips, IsEmpty());
  EXPECT_FALSE(watch.wants_registration()) << "once";
}

TEST_F(RelayWatchTest, OneThatIsBackAgainMayHaveForgottenUs) {
  EXPECT_FALSE(watch.note_measured(second, true)) << "was never away";
  EXPECT_FALSE(watch.note_measured(second, false));
  EXPECT_FALSE(watch.wants_registration());
  EXPECT_TRUE(watch.note_measured(second, true));
  EXPECT_EQ(watch.registrations(device).peers.at(0).public_key, device.peers[2].public_key);
  EXPECT_FALSE(watch.note_measured(second, true));
}

}  // namespace
}  // namespace innernet::client

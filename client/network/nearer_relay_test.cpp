#include "nearer_relay.hpp"

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

struct NearerRelayTest : ::testing::Test {
  SocketAddress near = address("192.0.2.1:51821"), far = address("192.0.2.2:51821");
  wg::PublicKey bob = new_key();
  std::vector<TraversalPeer> relayed{
      {.public_key = bob, .reported = {}, .candidates = {}, .inside = ip("10.66.1.3"), .relays = {near, far}, .relay_times = {20U, 80U}}};
  std::vector<SocketAddress> answering{near, far};
  wg::Device device{.name = evilcorp(),
                    .private_key = {},
                    .public_key = {},
                    .listen_port = 0,
                    .peers = {{.public_key = bob,
                               .endpoint = far,
                               .persistent_keepalive = 25,
                               .allowed_ips = {net("10.66.1.3/32")},
                               .last_handshake = WallTime(1s)},
                              {.public_key = new_key(), .endpoint = near, .allowed_ips = {}, .last_handshake = WallTime(1s)},
                              {.public_key = new_key(), .endpoint = far, .allowed_ips = {}, .last_handshake = WallTime(1s)}}};
  NearerRelay nearer;
  bool may_begin = true;

  wg::Peer& there() { return device.peers.front(); }
  wg::DeviceUpdate moves(std::chrono::milliseconds at) { return nearer.moves(device, relayed, answering, may_begin, kStart + at); }
  /// As WireGuard would.
  void apply(const wg::DeviceUpdate& update) {
    for (const auto& peer : update.peers) {
      if (peer.endpoint) there().endpoint = peer.endpoint;
      if (peer.remove) there().last_handshake.reset();
    }
  }
  /// A look; where bob is afterwards.
  SocketAddress look(std::chrono::milliseconds at) {
    nearer.see(device, relayed, kStart + at);
    apply(moves(at));
    return *there().endpoint;
  }
  void answer() { there().last_handshake = WallTime(2s); }
  /// Bob is at the near one after that, at one minute.
  void move() {
    look(0s);
    ASSERT_EQ(look(60s), near);
    answer();
    look(60'100ms);
    look(61'100ms);
  }
};

TEST_F(NearerRelayTest, APairMovesWhenAnotherOneHasBeenClearlyNearerForAMinute) {
  EXPECT_EQ(look(0s), far);
  EXPECT_EQ(look(59'999ms), far);
  nearer.see(device, relayed, kStart + 60s);
  const auto update = moves(60s);
  ASSERT_THAT(update.peers, SizeIs(2)) << "removed and added, so that its handshake begins at once";
  EXPECT_TRUE(update.peers[0].remove);
  EXPECT_EQ(update.peers[1].endpoint, near);
  EXPECT_EQ(update.peers[1].persistent_keepalive, 25);
  EXPECT_THAT(update.peers[1].allowed_ips, ElementsAre(net("10.66.1.3/32")));
}

TEST_F(NearerRelayTest, WhoStays) {
  const struct {
    const char* what;
    std::function<void(NearerRelayTest&)> is_so;
  } cases[] = {
      {"it is not much nearer", [](auto& test) { test.relayed[0].relay_times = {70U, 80U}; }},
      {"both have not measured the one that they have", [](auto& test) { test.relayed[0].relay_times = {20U, std::nullopt}; }},
      {"nor the other one", [](auto& test) { test.relayed[0].relay_times = {std::nullopt, std::nullopt}; }},
      {"nothing is known of times", [](auto& test) { test.relayed[0].relay_times.clear(); }},
      {"it is the other side's turn", [](auto& test) { test.relayed[0].other_side_first = true; }},
      {"its endpoint was set by hand", [](auto& test) { test.relayed[0].is_overridden = true; }},
      {"it is reached directly", [](auto& test) { test.there().endpoint = address("198.51.100.3:51820"); }},
      {"it has no session", [](auto& test) { test.there().last_handshake.reset(); }},
      {"nothing would be sent", [](auto& test) { test.there().persistent_keepalive = 0; }},
      {"ways are looked for", [](auto& test) { test.may_begin = false; }},
      {"the nearer one did not answer last", [](auto& test) { test.answering = {test.far}; }},
      {"the nearer one does not know us", [](auto& test) { test.device.peers[1].last_handshake.reset(); }},
      {"the nearer one has left the list", [](auto& test) { test.relayed[0].relays = {test.far}, test.relayed[0].relay_times = {80U}; }},
      {"the peer has left the list", [](auto& test) { test.relayed.clear(); }},
  };
  for (const auto& c : cases) {
    const auto before = std::tuple(relayed, answering, device, may_begin);
    nearer = NearerRelay();
    c.is_so(*this);
    const auto at = there().endpoint;
    for (int time = 0; time < 200; ++time) EXPECT_EQ(look(time * 1s), at) << c.what;
    std::tie(relayed, answering, device, may_begin) = before;
  }
}

TEST_F(NearerRelayTest, ItIsMeasuredAgainWhenAnotherOneHasJustBecomeNearer) {
  EXPECT_TRUE(nearer.see(device, relayed, kStart));
  EXPECT_FALSE(nearer.see(device, relayed, kStart + 1s));
  relayed[0].relay_times = {79U, 80U};
  EXPECT_FALSE(nearer.see(device, relayed, kStart + 2s));
  relayed[0].relay_times = {20U, 80U};
  EXPECT_TRUE(nearer.see(device, relayed, kStart + 3s));
  EXPECT_EQ(look(62s), far) << "the minute has begun anew";
  EXPECT_EQ(look(63s), near);
}

TEST_F(NearerRelayTest, ATryOfAnotherWayBeginsTheMinuteAnew) {
  look(0s);
  there().endpoint = address("198.51.100.3:51820");
  look(30s);
  there().endpoint = far;
  EXPECT_EQ(look(60s), far);
  EXPECT_EQ(look(119s), far);
  EXPECT_EQ(look(120s), near);
}

// Seen with pings: the answers that were on the way through the far relay took the other side back there, for 14 s.
TEST_F(NearerRelayTest, OneThatHasMovedIsSentSomethingUntilNothingIsOnTheOldWayAnyMore) {
  look(0s);
  ASSERT_EQ(look(60s), near);
  EXPECT_THAT(nearer.take_pokes(), IsEmpty());
  answer();
  for (const auto at : {60'100ms, 60'200ms, 61'000ms, 61'100ms}) {
    EXPECT_TRUE(nearer.is_moving());
    look(at);
    EXPECT_THAT(nearer.take_pokes(), ElementsAre(ip("10.66.1.3"))) << at.count();
  }
  EXPECT_FALSE(nearer.is_moving());
  look(61'200ms);
  EXPECT_THAT(nearer.take_pokes(), IsEmpty());
}

TEST_F(NearerRelayTest, APairMovesOnceInAQuarterOfAnHour) {
  move();
  relayed[0].relays = {far, near};
  relayed[0].relay_times = {20U, 80U};
  for (int time = 62; time < 960; ++time) ASSERT_EQ(look(time * 1s), near) << time;
  EXPECT_EQ(look(960s), far);
}

TEST_F(NearerRelayTest, WhoeverHasChangedItCounts) {
  look(0s);
  there().endpoint = near;  // the other side, or because the far one was silent
  look(10s);
  there().endpoint = far;
  look(20s);
  for (int time = 21; time < 920; ++time) ASSERT_EQ(look(time * 1s), far) << time;
  EXPECT_EQ(look(920s), near);
}

TEST_F(NearerRelayTest, AHandshakeThatIsNotAnsweredIsBegunAnewOnceThenThePairGoesBack) {
  look(0s);
  ASSERT_EQ(look(60s), near);
  EXPECT_TRUE(nearer.is_moving());
  EXPECT_TRUE(moves(61'499ms).empty());
  EXPECT_EQ(moves(61'500ms).peers.back().endpoint, near);
  EXPECT_TRUE(moves(62'999ms).empty());
  may_begin = false;  // what has begun is finished
  EXPECT_EQ(look(63s), far);
  EXPECT_FALSE(nearer.is_moving());
  answer();
  may_begin = true;
  for (int time = 64; time < 63 + 1'800; ++time) ASSERT_EQ(look(time * 1s), far) << "twice as long as after one that has arrived: " << time;
  EXPECT_EQ(look(1'863s), near);
}

TEST_F(NearerRelayTest, OneThatHasArrivedIsLeftAlone) {
  move();
  there().last_handshake.reset();
  for (int time = 62; time < 70; ++time) EXPECT_TRUE(moves(time * 1s).empty());
}

TEST_F(NearerRelayTest, WhoIsTakenElsewhereMeanwhileIsLeftAlone) {
  look(0s);
  ASSERT_EQ(look(60s), near);
  there().endpoint = address("198.51.100.3:51820");
  look(61s);
  EXPECT_TRUE(moves(64s).empty());
}

TEST_F(NearerRelayTest, ManyGoOneAfterTheOther) {
  const wg::Peer first = there();
  for (int i = 0; i < 11; ++i) {
    relayed.push_back(relayed.front());
    relayed.back().public_key = new_key();
    device.peers.push_back(first);
    device.peers.back().public_key = relayed.back().public_key;
  }
  nearer.see(device, relayed, kStart);
  std::vector<std::size_t> moved;
  for (const auto at : {60s, 61s, 62s, 63s}) {
    const auto update = moves(at);
    moved.push_back(update.peers.size() / 2);
    for (auto& peer : device.peers)
      for (const auto& change : update.peers)
        if (change.public_key == peer.public_key && change.endpoint) peer.endpoint = change.endpoint;
  }
  EXPECT_THAT(moved, ElementsAre(5, 5, 2, 0));
}

// Both have measured, and each has heard of the other's time: whoever moves first, they don't move against each other.
TEST_F(NearerRelayTest, TimesThatVaryAroundEachOtherMoveNobody) {
  for (unsigned time = 0; time < 7'200; ++time) {
    const unsigned varies = time / 40 % 2 == 0 ? 50U : 100U;
    relayed[0].relay_times = {varies, 80U};
    if (varies == 100U)
      relayed[0].relays = {far, near}, relayed[0].relay_times = {80U, varies};
    else
      relayed[0].relays = {near, far};
    ASSERT_EQ(look(time * 1s), far) << time;
  }
}

}  // namespace
}  // namespace innernet::client

#include "direct_turn.hpp"

#include <gmock/gmock.h>

#include "fake_machine.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TraversalPeer relayed_peer(const wg::PublicKey& key, std::string reported = "198.51.100.7:1") {
  return {.public_key = key, .reported = endpoint(reported), .candidates = {}, .inside = ip("10.66.1.7")};
}

struct TryDirectly : ::testing::Test {
  FakeMachine fake;
  wg::PublicKey key = new_key();
  std::vector<SocketAddress> relays{address("203.0.113.1:51821")};
  std::vector<std::string> endpoints;  // set one after the other
  int pokes = 0;
  std::function<void()> on_poke = [] {};
  BootTime start = fake.wait.clock_.boot();

  TryDirectly() {
    static_cast<void>(fake.backend.create(evilcorp()));
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
      device.peers.push_back(
          {.public_key = key, .preshared_key = {}, .endpoint = relays.front(), .allowed_ips = {}, .last_handshake = WallTime(1h)});
    });
    fake.backend.on_apply = [this] {
      for (const auto& peer : fake.backend.updates.back().peers) {
        EXPECT_TRUE(peer.update_only) << "its session goes on";
        endpoints.push_back(peer.endpoint->to_string());
      }
    };
  }
  void change(const std::function<void(wg::Peer&)>& change_peer) {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) { change_peer(device.peers.at(0)); });
  }
  std::vector<wg::PublicKey> run(const std::vector<TraversalPeer>& peers) {
    const auto resolved = [](const Endpoint& tried) -> std::optional<SocketAddress> {
      return SocketAddress{std::get<IpAddress>(tried.host()), tried.port()};
    };
    auto direct = try_directly(
        peers, net("10.66.0.0/16"), relays, fake.backend, evilcorp(), fake.wait,
        [&](const IpAddress& to) {
          EXPECT_EQ(to, ip("10.66.1.7"));
          ++pokes;
          on_poke();
        },
        resolved);
    return *std::move(direct);
  }
};

TEST_F(TryDirectly, AnAnswerFromThereStays) {
  on_poke = [&] { change([](wg::Peer& peer) { peer.received_bytes += 92; }); };
  EXPECT_THAT(run({relayed_peer(key)}), ElementsAre(key));
  EXPECT_THAT(endpoints, ElementsAre("198.51.100.7:1"));
}

TEST_F(TryDirectly, WithoutOneTheRelayIsPutBackAndTheOtherSideHearsOfIt) {
  EXPECT_THAT(run({relayed_peer(key)}), IsEmpty());
  EXPECT_THAT(endpoints, ElementsAre("198.51.100.7:1", "203.0.113.1:51821"));
  EXPECT_EQ(pokes, 5) << "each 60 ms, and the one through the relay";
  EXPECT_LE(fake.wait.clock_.boot() - start, 200ms);
}

// Traffic that goes on through the relay takes the endpoint back to it, until the other side has heard from us directly.
TEST_F(TryDirectly, WhatComesThroughTheRelayIsNoAnswerAndNoEnd) {
  on_poke = [&] {
    change([&](wg::Peer& peer) {
      peer.received_bytes += 92;
      if (pokes < 3) peer.endpoint = relays.front();
    });
  };
  EXPECT_THAT(run({relayed_peer(key)}), ElementsAre(key));
  EXPECT_THAT(endpoints, ElementsAre("198.51.100.7:1", "198.51.100.7:1", "198.51.100.7:1"));
  on_poke = [&] {
    change([&](wg::Peer& peer) {
      peer.received_bytes += 92;
      peer.endpoint = relays.front();
    });
  };
  change([&](wg::Peer& peer) { peer.endpoint = relays.front(); });
  EXPECT_THAT(run({relayed_peer(key)}), IsEmpty());
}

TEST_F(TryDirectly, NothingIsAimedAtThisMachineOrIntoTheTunnel) {
  auto peer = relayed_peer(key, "127.0.0.1:1");
  peer.candidates = {endpoint("10.66.3.3:1"), endpoint("224.0.0.5:1")};
  peer.likely = {endpoint("10.66.3.3:1")};
  EXPECT_THAT(run({peer}), IsEmpty());
  EXPECT_THAT(endpoints, IsEmpty());
}

TEST_F(TryDirectly, OneThatIsNotRelayedIsLeftAlone) {
  change([](wg::Peer& peer) { peer.endpoint = address("198.51.100.9:9"); });
  EXPECT_THAT(run({relayed_peer(key)}), IsEmpty());
  EXPECT_THAT(run({relayed_peer(new_key())}), IsEmpty());
  EXPECT_THAT(endpoints, IsEmpty());
}

TEST_F(TryDirectly, PrivateAddressesAreTriedWhereSomethingSpeaksForThemAlone) {
  auto peer = relayed_peer(key);
  peer.candidates = {endpoint("192.168.7.7:1"), endpoint("10.9.9.9:1"), endpoint("192.0.2.9:1"), endpoint("100.64.3.3:1")};
  EXPECT_THAT(run({peer}), IsEmpty());
  EXPECT_THAT(endpoints, ElementsAre("198.51.100.7:1", "203.0.113.1:51821", "192.0.2.9:1", "203.0.113.1:51821"));
  endpoints.clear();
  peer.likely = {endpoint("192.168.7.7:1")};
  EXPECT_THAT(run({peer}), IsEmpty());
  EXPECT_THAT(endpoints, ::testing::Contains("192.168.7.7:1"));
}

// Another thread has made it anew, at another relay perhaps: it has seen that the one that it had does not answer.
TEST_F(TryDirectly, OneThatWasMadeAnewMeanwhileIsLeftWhereItIs) {
  const SocketAddress other = address("203.0.113.2:51821");
  relays.push_back(other);
  const auto way = address("198.51.100.7:1");
  const struct {
    SocketAddress at;
    std::uint64_t received;
    bool is_stopped;
    const char* what;
  } cases[] = {{other, 0, false, "at another relay"},
               {other, 0, true, "at another relay, and stopped"},
               {other, 900, false, "it was taken to another relay, by the other side"},
               {relays.front(), 0, false, "at the same relay"},
               {relays.front(), 0, true, "at the same relay, and stopped"},
               {way, 0, false, "before the way was set"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    endpoints.clear();
    change([&](wg::Peer& peer) {
      peer.endpoint = relays.front();
      peer.received_bytes = 500;
    });
    on_poke = [&] {
      change([&](wg::Peer& peer) {
        peer.endpoint = c.at;
        peer.received_bytes = c.received;
      });
      fake.wait.is_stopped = c.is_stopped;
    };
    auto peer = relayed_peer(key);
    peer.candidates = {endpoint("192.0.2.9:1")};
    EXPECT_THAT(run({peer}), IsEmpty());
    EXPECT_THAT(endpoints, ElementsAre("198.51.100.7:1")) << "nor is another way tried";
    fake.wait.is_stopped = false;
  }
}

TEST_F(TryDirectly, OneWhoseHandshakeIsOnTheWayIsLeftAlone) {
  change([](wg::Peer& peer) { peer.last_handshake.reset(); });
  EXPECT_THAT(run({relayed_peer(key)}), IsEmpty());
  EXPECT_THAT(endpoints, IsEmpty());
}

TEST_F(TryDirectly, AStopPutsTheRelayBack) {
  on_poke = [&] { fake.wait.is_stopped = true; };
  EXPECT_THAT(run({relayed_peer(key)}), IsEmpty());
  EXPECT_THAT(endpoints, ElementsAre("198.51.100.7:1", "203.0.113.1:51821"));
}

}  // namespace
}  // namespace innernet::client

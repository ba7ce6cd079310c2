#include <gmock/gmock.h>

#include "fetch_test.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::ElementsAre;

// Bob's endpoint is a name of two addresses. The first is IPv6, and goes nowhere.
struct NamedPeersTest : FetchTest {
  const SocketAddress first = address("[2001:db8::3]:7");
  const SocketAddress second = address("192.0.2.3:7");
  std::optional<SocketAddress> bob_is_at;
  std::vector<SocketAddress> tried;

  NamedPeersTest() {
    fake.names["bob.example.com"] = {first.ip, second.ip};
    fake.backend.on_apply = [&] {
      fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
        for (wg::Peer& peer : device.peers) {
          if (peer.public_key != state.peers[2].public_key || !peer.endpoint) continue;
          if (tried.empty() || tried.back() != peer.endpoint) tried.push_back(*peer.endpoint);
          if (peer.endpoint == bob_is_at) peer.last_handshake = fake.wait.clock_.wall();
        }
      });
    };
  }
  void fetch() {
    tried.clear();
    Machine machine = fake.machine();
    const auto fetched = fetch_once(options, evilcorp(), machine, Caller::kUp);
    ASSERT_TRUE(fetched) << fetched.error().message();
  }
};

TEST_F(NamedPeersTest, EachAddressIsTried) {
  state.peers[2].endpoint = endpoint("bob.example.com:7");
  bob_is_at = second;
  fetch();
  EXPECT_THAT(tried, ElementsAre(first, second));
  fetch();
  EXPECT_THAT(tried, ElementsAre()) << "what works is left alone";
}

TEST_F(NamedPeersTest, WhereNoneAnswersTheFirstStays) {
  state.peers[2].endpoint = endpoint("bob.example.com:7");
  fetch();
  EXPECT_THAT(tried, ElementsAre(first, second, first));
}

TEST_F(NamedPeersTest, OfAnOverriddenPeerNothingElseIsTried) {
  state.peers[2].candidates = {endpoint("192.0.2.33:7")};
  auto overridden = config();
  overridden.peer_endpoint_overrides.emplace(state.peers[2].ip, endpoint("bob.example.com:7"));
  write(overridden);
  fetch();
  EXPECT_THAT(tried, ElementsAre(first, second, first));
}

TEST_F(NamedPeersTest, AnAddressInsideOfTheNetworkIsNone) {
  fake.names["bob.example.com"] = {first.ip, ip("10.66.1.9")};
  state.peers[2].endpoint = endpoint("bob.example.com:7");
  fetch();
  EXPECT_THAT(tried, ElementsAre(first));
}

}  // namespace
}  // namespace innernet::client

// What `fetch --wait` says and how it ends.
#include "reached.hpp"

#include <gmock/gmock.h>

#include "commands_test.hpp"
#include "innernet/client/fetch_wait.hpp"

namespace innernet::client {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Three peers: one direct, one relayed, one of whom nobody knows anything.
struct ReachedTest : ::testing::Test {
  const WallTime now{1'795'363'000s};
  State state;
  wg::Device device{.name = *InterfaceName::parse("evilcorp"), .public_key = new_key(), .peers = {}};
  std::vector<Relay> relays{{.id = kServerPeer, .public_key = new_key(), .endpoint = *Endpoint::parse("192.0.2.1:51821")}};
  std::map<IpAddress, Endpoint> overrides;

  static wg::PublicKey new_key() { return wg::PrivateKey::generate().public_key(); }
  static SocketAddress at(const char* text) { return *SocketAddress::parse(text); }

  ReachedTest() {
    add("server", "10.66.0.1", at("192.0.2.1:51820"), now);
    add("zoe", "10.66.1.1", std::nullopt, std::nullopt);
    add("bob", "10.66.1.2", at("198.51.100.7:4711"), std::nullopt);
    add("carol", "10.66.1.3", at("192.0.2.1:51821"), now);
    state.peers[0].id = kServerPeer;
    device.peers.push_back({.public_key = relays[0].public_key, .endpoint = at("192.0.2.1:51821"), .last_handshake = now});
  }
  void add(const char* name, const char* ip, std::optional<SocketAddress> endpoint, std::optional<WallTime> handshake) {
    const auto key = new_key();
    const IpAddress address = *IpAddress::parse(ip);
    state.peers.push_back({PeerContents{{.name = *Hostname::parse(name), .ip = address, .public_key = key}, {}},
                           PeerId{static_cast<std::int64_t>(state.peers.size()) + 2}});
    device.peers.push_back({.public_key = key, .endpoint = endpoint, .allowed_ips = {IpNet::host(address)}, .last_handshake = handshake});
  }
  NetworkView view() const {
    return {.device = device, .state = state, .own_address = {}, .overrides = overrides, .now = now, .relays = relays};
  }
};

TEST_F(ReachedTest, SaysHowEachIsReachedAndWhoIsNot) {
  const std::vector missing{state.peers[2].public_key};
  EXPECT_EQ(render_reached(view(), missing),
            "  server: directly\n"
            "  carol: relayed by server\n"
            "  zoe: not connected, nor waited for: nobody knows where it is\n"
            "  bob: not connected\n"
            "evilcorp: 2 of 4 peers connected");
  const std::string json = describe_reached(view(), missing).str();
  EXPECT_THAT(json, AllOf(StartsWith(R"({"name":"evilcorp","all_reached":false,"peers":[{"name":"server",)"),
                          HasSubstr(R"("way":"relayed")"), HasSubstr(R"("way":"none")")));
  EXPECT_THAT(describe_reached(view(), {}).str(), HasSubstr(R"("all_reached":true)"));
}

class FetchWait : public Commands {};

TEST_F(FetchWait, IsAskedForBeforeItsTime) {
  EXPECT_EQ(run_line("fetch evilcorp --timeout 5").code, 2);
  for (const char* time : {"0", "3601", "soon", "-1", ""})
    EXPECT_EQ(run_line(fmt::format("fetch evilcorp --wait --timeout={}", time)).code, 2) << time;
}

}  // namespace
}  // namespace innernet::client

#include "live_table.hpp"

#include <gmock/gmock.h>

namespace innernet::client {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const WallTime kNow{std::chrono::seconds(1'795'363'000)};

wg::PublicKey new_key() { return wg::PrivateKey::generate().public_key(); }

std::vector<std::string> texts(const std::vector<prompt::Line>& lines) {
  std::vector<std::string> out;
  for (const prompt::Line& line : lines) out.push_back(line.text);
  return out;
}

LiveNetwork network(std::size_t peers) {
  LiveNetwork out{.name = "evilcorp", .rows = {}};
  for (std::size_t i = 0; i < peers; ++i)
    out.rows.push_back({.peer = "peer" + std::to_string(i),
                        .address = "10.66.1." + std::to_string(i),
                        .way = "relay innernet-server",
                        .endpoint = "198.51.100.1:51821",
                        .handshake = "41s",
                        .received = "1.20 KiB",
                        .sent = "0 B",
                        .round_trip = "24.1 ms",
                        .is_connected = i < 2});
  return out;
}

TEST(Rates, AreFromOneLookToTheNext) {
  const auto bob = new_key(), carol = new_key();
  wg::Device device{.name = *InterfaceName::parse("evilcorp"), .peers = {{.public_key = bob, .received_bytes = 1000, .sent_bytes = 50}}};
  Rates rates;
  const BootTime start{1h};
  rates.look(device, start);
  EXPECT_FALSE(rates.of(bob)) << "one look is none";
  device.peers[0].received_bytes = 5000;
  device.peers.push_back({.public_key = carol, .received_bytes = 7});
  rates.look(device, start + 2s);
  ASSERT_TRUE(rates.of(bob));
  EXPECT_EQ(rates.of(bob)->received, 2000);
  EXPECT_EQ(rates.of(bob)->sent, 0);
  EXPECT_FALSE(rates.of(carol)) << "it has just come";
  device.peers[0].received_bytes = 10;
  rates.look(device, start + 3s);
  EXPECT_FALSE(rates.of(bob)) << "its counters began anew";
  rates.look(device, start + 3s);
  EXPECT_FALSE(rates.of(bob)) << "no time has passed";
  device.peers.clear();
  rates.look(device, start + 4s);
  EXPECT_FALSE(rates.of(bob));
}

TEST(LiveTable, IsAsWideAsItHasToBe) {
  EXPECT_THAT(
      texts(live_picture({network(1)}, {.rows = 10, .columns = 200})),
      ElementsAre("evilcorp: 1 of 1 peers connected",
                  "PEER   ADDRESS    WAY                    ENDPOINT            HANDSHAKE  RECEIVED/s  SENT/s  ROUND TRIP",
                  "peer0  10.66.1.0  relay innernet-server  198.51.100.1:51821        41s    1.20 KiB     0 B     24.1 ms", "q ends"));
}

TEST(LiveTable, LeavesOutWhatMattersLessWhereTheTerminalIsNarrow) {
  std::size_t columns_before = 9;
  for (std::size_t columns = 130; columns > 0; --columns) {
    const auto lines = live_picture({network(2)}, {.rows = 10, .columns = columns});
    const std::string& titles = lines[1].text;
    std::size_t shown = 0;
    for (const char* title : {"PEER", "ADDRESS", "WAY", "ENDPOINT", "HANDSHAKE", "RECEIVED/s", "SENT/s", "ROUND TRIP"})
      shown += titles.find(title) != std::string::npos ? 1U : 0U;
    EXPECT_LE(shown, columns_before);
    columns_before = shown;
    // Below this there is nothing left to leave out, and the terminal cuts.
    if (columns >= 28) {
      for (const auto& line : lines) EXPECT_LE(line.text.size(), std::max<std::size_t>(columns, 32)) << line.text;
    }
    EXPECT_THAT(titles, HasSubstr("WAY"));
  }
  EXPECT_EQ(columns_before, 2U);
  EXPECT_THAT(live_picture({network(1)}, {.rows = 10, .columns = 90})[1].text, Not(HasSubstr("ENDPOINT")));
}

TEST(LiveTable, LeavesOutPeersWhereTheTerminalIsLow) {
  for (std::size_t rows = 0; rows < 20; ++rows) {
    const auto lines = live_picture({network(5), network(3)}, {.rows = rows, .columns = 200});
    EXPECT_LE(lines.size(), rows);
    if (rows == 0) continue;
    EXPECT_THAT(lines.back().text, HasSubstr("q ends"));
  }
  EXPECT_EQ(live_picture({network(5)}, {.rows = 5, .columns = 200}).back().text, "3 more; q ends");
  EXPECT_EQ(live_picture({network(5), network(3)}, {.rows = 14, .columns = 200}).size(), 14U);
  EXPECT_EQ(live_picture({network(5), network(3)}, {.rows = 14, .columns = 200}).back().text, "q ends");
}

TEST(LiveTable, CutsLongNames) {
  LiveNetwork one = network(1);
  one.rows[0].peer = std::string(253, 'x');
  EXPECT_THAT(live_text({one}), HasSubstr("\n" + std::string(23, 'x') + "~  10.66.1.0"));
}

TEST(LiveTable, HasWhoIsConnectedFirst) {
  const auto at = [](int n) { return *IpAddress::parse("10.66.1." + std::to_string(n)); };
  State state;
  wg::Device device{.name = *InterfaceName::parse("evilcorp"), .public_key = new_key(), .peers = {}};
  for (int n = 1; n <= 4; ++n) {
    wg::Peer peer{.public_key = new_key(), .allowed_ips = {IpNet::host(at(n))}};
    if (n == 2 || n == 4) peer.last_handshake = kNow - 3700s;
    if (n == 3) peer.last_handshake = kNow - 41s;
    device.peers.push_back(peer);
  }
  device.peers[2].endpoint = SocketAddress{at(9), 51820};
  const std::map<IpAddress, Endpoint> overrides;
  const std::vector<Relay> relays;
  const RoundTrips round_trips{{at(3), 3'200'000ns}};
  const NetworkView view{device, state, at(200), overrides, kNow, relays, nullptr, &round_trips};
  const LiveNetwork live = live_network(view, {});
  ASSERT_EQ(live.rows.size(), 4U) << "without ourselves";
  EXPECT_EQ(live.rows[0].address, "10.66.1.3");
  EXPECT_EQ(live.rows[0].way, "direct");
  EXPECT_EQ(live.rows[0].handshake, "41s");
  EXPECT_EQ(live.rows[0].round_trip, "3.20 ms");
  EXPECT_EQ(live.rows[1].address, "10.66.1.1");
  EXPECT_EQ(live.rows[1].handshake, "-");
  EXPECT_EQ(live.rows[2].handshake, "1h01m");
  EXPECT_EQ(live.rows[2].way, "-");
}

}  // namespace
}  // namespace innernet::client

#include "innernet/client/pair_record.hpp"

#include <gmock/gmock.h>

#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNull;

const WallTime kStart{std::chrono::seconds(1'795'363'000)};

struct PairRecordTest : ::testing::Test {
  wg::PublicKey bob = new_key();
  std::vector<SocketAddress> relays{address("203.0.113.1:51821")};
  PairRecords pairs;

  static wg::Device device_with(std::vector<wg::Peer> peers) {
    return {.name = evilcorp(), .private_key = {}, .public_key = {}, .listen_port = 0, .peers = std::move(peers)};
  }
  wg::Peer bob_at(const std::string& at, std::optional<WallTime> handshake) const {
    return {.public_key = bob, .endpoint = address(at), .allowed_ips = {net("10.66.1.3/32")}, .last_handshake = handshake};
  }
  void see(const std::string& at, std::optional<WallTime> handshake, WallTime now) {
    pairs.see(device_with({bob_at(at, handshake)}), relays, now);
  }
  PairRecord record() const { return pairs.find(bob) == nullptr ? PairRecord() : *pairs.find(bob); }
  std::vector<SocketAddress> tried() const {
    std::vector<SocketAddress> out;
    for (const WayTried& way : record().tries) out.push_back(way.to);
    return out;
  }
};

TEST_F(PairRecordTest, WaysAreByEndpointAndHandshake) {
  EXPECT_EQ(way_of(bob_at("198.51.100.7:1", kStart), relays, kStart + 180s), Way::kDirect);
  EXPECT_EQ(way_of(bob_at("203.0.113.1:51821", kStart), relays, kStart), Way::kRelayed);
  EXPECT_EQ(way_of(bob_at("203.0.113.1:51820", kStart), relays, kStart), Way::kDirect) << "the server is not its relay";
  EXPECT_EQ(way_of(bob_at("203.0.113.1:51821", kStart), relays, kStart + 181s), Way::kNone);
  EXPECT_EQ(way_of(bob_at("198.51.100.7:1", std::nullopt), relays, kStart), Way::kNone);
}

TEST_F(PairRecordTest, APeerThatWasNeverThereHasNone) {
  see("198.51.100.7:1", std::nullopt, kStart);
  EXPECT_THAT(pairs.find(bob), IsNull());
}

TEST_F(PairRecordTest, TellsSinceWhen) {
  struct Look {
    const char* endpoint;
    std::optional<std::chrono::seconds> handshake;  // after the start
    std::chrono::seconds now;
    Way way;
    std::chrono::seconds since;
  };
  const Look looks[] = {
      {"203.0.113.1:51821", 10s, 40s, Way::kRelayed, 10s},    // the look is later than the handshake
      {"203.0.113.1:51821", 130s, 160s, Way::kRelayed, 10s},  // the next handshake is no news
      {"198.51.100.7:1", 130s, 170s, Way::kDirect, 170s},     // the session goes on elsewhere
      {"198.51.100.8:1", 250s, 300s, Way::kDirect, 170s},     // roamed
      {"198.51.100.8:1", 250s, 600s, Way::kNone, 430s},       // as long as a session lasts
      {"198.51.100.8:1", 250s, 700s, Way::kNone, 430s},
      {"198.51.100.8:1", std::nullopt, 710s, Way::kNone, 430s},  // the interface was made anew
      {"198.51.100.8:1", 720s, 750s, Way::kDirect, 720s},
      {"198.51.100.8:1", 720s, 700s, Way::kDirect, 700s},  // the clock was set back: it can't be since later
  };
  for (const Look& look : looks) {
    const auto handshake = look.handshake ? std::optional(kStart + *look.handshake) : std::nullopt;
    see(look.endpoint, handshake, kStart + look.now);
    EXPECT_EQ(record().way, look.way) << look.now;
    EXPECT_EQ(record().since, kStart + look.since) << look.now;
  }
}

TEST_F(PairRecordTest, KeepsWhatWasTriedInVain) {
  pairs.note(bob, true, {.to = address("198.51.100.7:1"), .at = kStart});
  pairs.note(bob, true, {.to = address("192.168.1.3:1"), .at = kStart + 1s});
  pairs.note(bob, true, {.to = address("203.0.113.1:51821"), .is_relay = true, .at = kStart + 2s});
  pairs.note(bob, true, {.to = address("198.51.100.7:1"), .at = kStart + 3s});
  EXPECT_TRUE(record().is_registered);
  EXPECT_EQ(record().way, Way::kNone);
  EXPECT_THAT(tried(), ElementsAre(address("192.168.1.3:1"), address("203.0.113.1:51821"), address("198.51.100.7:1"))) << "each once";
  EXPECT_EQ(record().tries.back().at, kStart + 3s);
  see("203.0.113.1:51821", kStart + 3s, kStart + 4s);
  EXPECT_THAT(tried(), ElementsAre(address("192.168.1.3:1"), address("198.51.100.7:1"))) << "the relay has answered";
  see("192.168.1.3:1", kStart + 3s, kStart + 5s);
  EXPECT_THAT(tried(), IsEmpty());
}

TEST_F(PairRecordTest, IsBounded) {
  for (int i = 0; i < 100; ++i)
    pairs.note(bob, false, {.to = {ip("198.51.100.7"), static_cast<std::uint16_t>(1000 + i)}, .at = kStart + std::chrono::seconds(i)});
  EXPECT_EQ(record().tries.size(), PairRecords::kMostTries);
  EXPECT_EQ(record().tries.back().to.port, 1099);
  for (std::size_t i = 0; i < PairRecords::kMostPairs; ++i)
    pairs.note(new_key(), false, {.to = address("198.51.100.9:1"), .at = kStart + std::chrono::hours(1)});
  EXPECT_EQ(pairs.size(), PairRecords::kMostPairs);
  EXPECT_THAT(pairs.find(bob), IsNull()) << "the one of which nothing was heard for longest";
}

TEST_F(PairRecordTest, OfALargeNetworkStayTheSameFromLookToLook) {
  std::vector<wg::Peer> peers;
  for (std::size_t i = 0; i < PairRecords::kMostPairs + 10; ++i)
    peers.push_back(
        {.public_key = new_key(), .endpoint = address("198.51.100.7:1"), .allowed_ips = {net("10.66.1.3/32")}, .last_handshake = kStart});
  const wg::Device device = device_with(peers);
  pairs.see(device, relays, kStart);
  EXPECT_EQ(pairs.size(), PairRecords::kMostPairs);
  const PairRecords before = pairs;
  pairs.see(device, relays, kStart + 60s);
  EXPECT_EQ(pairs, before);
}

TEST_F(PairRecordTest, AreForgottenAfterAWeekOfNothing) {
  pairs.note(bob, false, {.to = address("198.51.100.7:1"), .at = kStart});
  see("198.51.100.7:1", std::nullopt, kStart + std::chrono::days(7));
  EXPECT_NE(pairs.find(bob), nullptr);
  see("198.51.100.7:1", std::nullopt, kStart + std::chrono::days(7) + 1s);
  EXPECT_THAT(pairs.find(bob), IsNull());
}

TEST_F(PairRecordTest, AreTheSameBehindAFile) {
  pairs.note(bob, true, {.to = address("198.51.100.7:1"), .at = kStart});
  pairs.note(bob, true, {.to = address("[2001:db8::7]:51820"), .is_relay = true, .at = kStart + 2s});
  pairs.note(new_key(), false, {.to = address("198.51.100.8:1"), .at = kStart});
  pairs.see(device_with({{.public_key = new_key(),
                          .endpoint = address("203.0.113.1:51821"),
                          .allowed_ips = {net("10.66.1.4/32")},
                          .last_handshake = kStart}}),
            relays, kStart);
  EXPECT_EQ(pairs.size(), 3U);
  EXPECT_EQ(PairRecords::parse(pairs.to_text()), pairs);
}

TEST_F(PairRecordTest, WhatCantBeUnderstoodIsLeftOut) {
  pairs.note(bob, true, {.to = address("198.51.100.7:1"), .at = kStart});
  const std::string text = pairs.to_text();
  const std::string key = new_key().to_base64();
  const std::vector<std::string> lines{"nonsense",
                                       std::string("pair"),
                                       std::string("tried"),
                                       "pair " + key,
                                       "pair " + key + " sideways 5 registered",
                                       "pair " + key + " direct -5 registered",
                                       "pair " + key + " direct 99999999999999999999 registered",
                                       "pair " + key + " direct 9223372036854775807 registered",
                                       "pair " + key + " direct 5 perhaps",
                                       "pair x direct 5 registered",
                                       std::string("tried 198.51.100.7 peer 5"),
                                       std::string("tried 198.51.100.7:1 friend 5"),
                                       std::string("tried 198.51.100.7:1 peer 5 6"),
                                       std::string("tried \x1b[2J:1 peer 5"),
                                       std::string(1'000'000, 'x')};
  for (const std::string& line : lines) {
    SCOPED_TRACE(line.substr(0, 80));
    EXPECT_EQ(PairRecords::parse(text + line + "\n"), pairs);
    EXPECT_EQ(PairRecords::parse(text + line), pairs) << "cut";
  }
  EXPECT_EQ(PairRecords::parse("").size(), 0U);
  EXPECT_EQ(PairRecords::parse("innernet pairs 2\n" + text).size(), 0U);
  std::string many = "innernet pairs 1\n";
  for (int i = 0; i < 2000; ++i) many += "pair " + new_key().to_base64() + " direct 5 registered\n";
  for (int i = 0; i < 100; ++i) many += "tried 198.51.100.7:" + std::to_string(i + 1) + " peer 5\n";
  EXPECT_EQ(PairRecords::parse(many).size(), PairRecords::kMostPairs);
}

}  // namespace
}  // namespace innernet::client

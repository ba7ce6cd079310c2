#include "asking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "engine_world.hpp"

namespace innernet::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Optional;

const SocketAddress kUs = address(9, 40'000), kRelay1 = address(101, 51821), kRelay2 = address(102, 51821);

/// Relays at addresses, each some way off, and a line between that may lose packets.
class Line {
 public:
  struct There {
    SocketAddress address;
    World* world;
    milliseconds away;    // one way
    bool is_old = false;  // our last version, which knows no questions
  };

  std::vector<There> relays;
  std::vector<int> lost;  // of all packets, counted from 0
  SocketAddress seen_at = kUs;
  int packets = 0;
  std::size_t mtu = 0;  // of the way there; 0: it is not measured

  std::vector<ProbeTarget> targets() const {
    std::vector<ProbeTarget> out;
    for (const There& there : relays) out.push_back({.key = there.world->engine.public_key(), .address = there.address});
    return out;
  }

  ProbeAnswers ask(const wg::PrivateKey& own, milliseconds within = seconds(3)) {
    std::mt19937 random(1);
    BootTime now = kStart;
    const auto path = mtu == 0 ? Prober::Path::kIgnored : Prober::Path::kMeasured;
    const auto asked = targets();
    Asking asking(
        own, asked, within, path,
        [&](std::span<std::uint8_t> out) {
          for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
        },
        now);
    while (!asking.is_over(now)) {
      for (auto& out : asking.due(now, WallTime(seconds(1'700'000'000)) + (now - kStart))) send(now, std::move(out));
      BootTime next = asking.next();
      for (const auto& packet : under_way_) next = std::min(next, packet.at);
      if (next <= now) {  // something has come
        const auto first = std::ranges::min_element(under_way_, {}, &UnderWay::at);
        if (first == under_way_.end()) break;
        UnderWay packet = std::move(*first);
        under_way_.erase(first);
        if (packet.to == nullptr) {
          for (auto& out : asking.on_packet(now, packet.bytes)) send(now, std::move(out));
        } else {
          arrive(now, packet);
        }
        continue;
      }
      now = next;
    }
    took = std::chrono::duration_cast<milliseconds>(now - kStart);
    return asking.answers();
  }

  milliseconds took{};

 private:
  static constexpr BootTime kStart{std::chrono::hours(5)};
  struct UnderWay {
    BootTime at;
    const There* to;  // null: us
    Bytes bytes;
  };

  bool is_lost() { return std::ranges::find(lost, packets++) != lost.end(); }

  void send(BootTime now, Asking::Outgoing out) {
    const auto there = std::ranges::find(relays, out.to, &There::address);
    if (there == relays.end() || is_lost() || (mtu != 0 && out.bytes.size() + 28 > mtu)) return;
    under_way_.push_back({.at = now + there->away, .to = &*there, .bytes = std::move(out.bytes)});
  }

  void arrive(BootTime now, const UnderWay& packet) {
    if (packet.to->is_old && packet.bytes[0] == 4) return;
    packet.to->world->now = now;
    const auto answer = packet.to->world->send(seen_at, packet.bytes);
    if (!answer || answer->to != seen_at || is_lost()) return;
    under_way_.push_back({.at = now + packet.to->away, .to = nullptr, .bytes = answer->bytes});
  }

  std::vector<UnderWay> under_way_;
};

TEST(Asking, TellsRoundTripAndAddress) {
  World one, other({}, 4, 2);
  Line line;
  line.relays = {{.address = kRelay1, .world = &one, .away = milliseconds(20)},
                 {.address = kRelay2, .world = &other, .away = milliseconds(35)}};
  line.seen_at = address(77, 1234);
  const auto answers = line.ask(one.peers[0].private_key());
  ASSERT_EQ(answers.size(), 2U);
  ASSERT_TRUE(answers[0] && answers[1]);
  EXPECT_EQ(answers[0]->round_trip, milliseconds(40)) << "of the question alone";
  EXPECT_EQ(answers[1]->round_trip, milliseconds(70));
  EXPECT_EQ(answers[0]->seen_at, address(77, 1234));
  EXPECT_GE(line.took, milliseconds(140));
  EXPECT_LT(line.took, milliseconds(300)) << "it ends when all have answered";
  EXPECT_EQ(one.where_is(0), std::nullopt);
}

TEST(Asking, AsksARelayAtTwoAddresses) {
  World one;
  Line line;
  line.relays = {{.address = kRelay1, .world = &one, .away = milliseconds(10)},
                 {.address = kRelay2, .world = &one, .away = milliseconds(15)}};
  const auto answers = line.ask(one.peers[0].private_key());
  ASSERT_TRUE(answers[0] && answers[1]);
  EXPECT_EQ(line.packets, 8) << "each once";
}

TEST(Asking, AsksAgainWhatWasLost) {
  for (const int lost : {0, 1, 2, 3}) {
    World one;
    Line line;
    line.relays = {{.address = kRelay1, .world = &one, .away = milliseconds(20)}};
    line.lost = {lost};
    const auto answers = line.ask(one.peers[0].private_key());
    ASSERT_TRUE(answers[0]) << lost;
    EXPECT_EQ(answers[0]->round_trip, milliseconds(40)) << lost;
    EXPECT_EQ(line.took, milliseconds(1080)) << "after a third of the time";
  }
}

TEST(Asking, TakesWhatComesLate) {
  World one;
  Line line;
  line.relays = {{.address = kRelay1, .world = &one, .away = milliseconds(600)}};
  const auto answers = line.ask(one.peers[0].private_key());
  ASSERT_TRUE(answers[0]);
  EXPECT_EQ(answers[0]->round_trip, milliseconds(1200));
}

TEST(Asking, EndsWhenItsTimeIsUp) {
  World one, other({}, 4, 2);
  Line line;
  line.relays = {{.address = kRelay1, .world = &one, .away = milliseconds(5)},
                 {.address = kRelay2, .world = &other, .away = milliseconds(5), .is_old = true}};
  const auto answers = line.ask(one.peers[0].private_key());
  EXPECT_TRUE(answers[0]);
  EXPECT_FALSE(answers[1]);
  EXPECT_EQ(line.took, seconds(3));
  EXPECT_EQ(line.packets, 4 + 3 * 3) << "three handshakes, each with a question";
  World stranger;
  line.relays = {{.address = kRelay1, .world = &stranger, .away = milliseconds(5)}};
  stranger.set_membership({1}, {});
  EXPECT_FALSE(line.ask(stranger.peers[0].private_key())[0]);
}

TEST(Asking, ShowsACookieToARelayUnderLoad) {
  Limits limits;
  limits.own_handshakes_per_second = 4;
  World one(limits);
  for (std::uint8_t i = 1; i < 4; ++i) ASSERT_TRUE(one.enlist(i, address(i)));
  Line line;
  line.relays = {{.address = kRelay1, .world = &one, .away = milliseconds(1)}};
  const auto answers = line.ask(one.peers[0].private_key());
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(one.counters().cookie_replies, 1U);
}

TEST(Asking, MeasuresThePath) {
  struct Case {
    std::size_t mtu, measured;
  };
  for (const Case& one : {Case{1500, 1500}, Case{9000, 1500}, Case{1499, 1492}, Case{1420, 1420}, Case{1279, 1200}, Case{600, 576}}) {
    World world;
    Line line;
    line.relays = {{.address = kRelay1, .world = &world, .away = milliseconds(20)}};
    line.mtu = one.mtu;
    const auto answers = line.ask(world.peers[0].private_key());
    ASSERT_TRUE(answers[0]) << one.mtu;
    EXPECT_EQ(answers[0]->path_mtu, one.measured) << one.mtu;
    EXPECT_LT(line.took, milliseconds(500));
  }
  World world;
  Line line;
  line.relays = {{.address = kRelay1, .world = &world, .away = milliseconds(20)}};
  line.mtu = 400;
  EXPECT_EQ(line.ask(world.peers[0].private_key())[0]->path_mtu, std::nullopt) << "it has not let the smallest one through";
  line.mtu = 1500;
  line.lost = {line.packets + 4};
  EXPECT_EQ(line.ask(world.peers[0].private_key())[0]->path_mtu, 1500U) << "a lost packet is no narrow path";
}

TEST(Asking, BelievesNoForgery) {
  World one;
  std::mt19937 random(1);
  BootTime now = one.now;
  const std::vector<ProbeTarget> targets{{.key = one.engine.public_key(), .address = kRelay1}};
  Asking asking(
      one.peers[0].private_key(), targets, seconds(3), Prober::Path::kIgnored,
      [&](std::span<std::uint8_t> out) {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(random());
      },
      now);
  const auto forged_all_over = [&](const Bytes& bytes, std::size_t covered) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      if (at >= covered) continue;
      Bytes forged = bytes;
      forged[at] ^= 1;
      if (!asking.on_packet(now, forged).empty()) return false;
      if (!asking.on_packet(now, Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at))).empty()) return false;
    }
    return !asking.answers()[0];
  };
  const auto initiations = asking.due(now, WallTime(seconds(1'700'000'000)));
  ASSERT_EQ(initiations.size(), 1U);
  const auto response = one.send(kUs, initiations[0].bytes);
  ASSERT_TRUE(response);
  EXPECT_TRUE(forged_all_over(response->bytes, 4));
  EXPECT_TRUE(asking.on_packet(now, initiations[0].bytes).empty()) << "its own";
  const auto questions = asking.on_packet(now, response->bytes);
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_TRUE(asking.on_packet(now, response->bytes).empty()) << "again";
  const auto answer = one.send(kUs, questions[0].bytes);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(forged_all_over(answer->bytes, answer->bytes.size()));
  EXPECT_TRUE(asking.on_packet(now, questions[0].bytes).empty()) << "its own";
  EXPECT_FALSE(asking.answers()[0]);
  asking.on_packet(now, answer->bytes);
  EXPECT_TRUE(asking.answers()[0]);
}

}  // namespace
}  // namespace innernet::relay

#include "session_check.hpp"

#include <gmock/gmock.h>

#include "fake_machine.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct SessionCheckTest : ::testing::Test {
  FakeMachine fake;
  wg::PublicKey relay = new_key();
  std::vector<wg::PublicKey> peers;
  Handshakes handshakes;
  BootTime start = fake.wait.clock_.boot();
  std::vector<std::pair<std::chrono::milliseconds, IpAddress>> pokes;
  std::vector<std::chrono::milliseconds> relay_begun;
  std::function<void(const IpAddress&)> on_poke = [](const IpAddress&) {};
  bool relay_answers = true;
  SessionCheck::Purpose purpose = SessionCheck::Purpose::kNetworkChanged;
  AnsweringPeers known;

  SessionCheckTest() {
    static_cast<void>(fake.backend.create(evilcorp()));
    add({.public_key = relay, .endpoint = address("203.0.113.1:51821"), .persistent_keepalive = 25, .last_handshake = now_there()});
    fake.backend.on_apply = [this] {
      for (const auto& update : fake.backend.updates.back().peers) {
        EXPECT_TRUE(update.public_key == relay || update.update_only) << "sessions of peers are left alone";
        if (update.remove) relay_begun.push_back(elapsed());
      }
      if (relay_answers) change(relay, [this](wg::Peer& there) { there.last_handshake = now_there(); });
    };
  }
  std::optional<WallTime> now_there() const { return fake.wait.clock_.wall(); }
  std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(fake.wait.clock_.boot() - start);
  }
  void add(wg::Peer peer) {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) { device.peers.push_back(std::move(peer)); });
  }
  void change(const wg::PublicKey& key, const std::function<void(wg::Peer&)>& change_peer) {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
      for (wg::Peer& there : device.peers)
        if (there.public_key == key) change_peer(there);
    });
  }
  IpAddress inside(std::size_t peer) const { return *ip("10.66.1.0").plus(peer + 1); }
  void add_peer(std::optional<std::chrono::seconds> handshake_age = 10s) {
    peers.push_back(new_key());
    wg::Peer peer{.public_key = peers.back(),
                  .endpoint = address("198.51.100.7:1"),
                  .allowed_ips = {IpNet::host(inside(peers.size() - 1))},
                  .received_bytes = 500};
    if (handshake_age) peer.last_handshake = *now_there() - *handshake_age;
    add(std::move(peer));
    known.note(peers.back(), true);
  }
  void answer(std::size_t peer) {
    change(peers[peer], [](wg::Peer& there) { there.received_bytes += 92; });
  }
  std::vector<wg::PublicKey> silent() {
    auto found = check_sessions(purpose, fake.backend, evilcorp(), handshakes, known, fake.wait, [&](const IpAddress& to) {
      pokes.emplace_back(elapsed(), to);
      on_poke(to);
    });
    known = std::move(found->known);
    std::vector<wg::PublicKey> keys;
    for (const SilentPeer& peer : found->silent) {
      EXPECT_EQ(peer.received_bytes, 500U);
      keys.push_back(peer.key);
    }
    return keys;
  }
};

TEST_F(SessionCheckTest, WhoAnswersIsLeftAloneAndWhoDoesNotHasNoSession) {
  add_peer();
  add_peer();
  on_poke = [&](const IpAddress& to) {
    if (to == inside(0)) answer(0);
  };
  EXPECT_THAT(silent(), ElementsAre(peers[1]));
  EXPECT_THAT(pokes,
              ElementsAre(std::pair(0ms, inside(0)), std::pair(0ms, inside(1)), std::pair(400ms, inside(1)), std::pair(800ms, inside(1))));
  EXPECT_EQ(elapsed(), 1200ms);
}

// A firewall that drops without a word is no sign of anything.
TEST_F(SessionCheckTest, WhoHasNeverAnsweredKeepsItsSession) {
  add_peer();
  add_peer();
  known = {};
  on_poke = [&](const IpAddress& to) {
    if (to == inside(0)) answer(0);
  };
  EXPECT_THAT(silent(), IsEmpty());
  EXPECT_TRUE(known.answer(peers[0]));
  EXPECT_FALSE(known.answer(peers[1]));
  EXPECT_FALSE(known.were_asked(peers[1])) << "it may be the new network that lets nothing through";
}

TEST_F(SessionCheckTest, WhoAnswersIsFoundOutBeforeAndNobodyIsAskedTwice) {
  add_peer();
  add_peer();
  known = {};
  purpose = SessionCheck::Purpose::kWhoAnswers;
  on_poke = [&](const IpAddress& to) {
    if (to == inside(0)) answer(0);
  };
  EXPECT_THAT(silent(), IsEmpty());
  EXPECT_THAT(relay_begun, IsEmpty()) << "nothing has changed";
  EXPECT_TRUE(fake.backend.updates.empty());
  EXPECT_EQ(pokes.size(), 4U);
  pokes.clear();
  EXPECT_TRUE(known.answer(peers[0]));
  EXPECT_TRUE(known.were_asked(peers[1]));
  EXPECT_FALSE(known.answer(peers[1]));
  EXPECT_THAT(silent(), IsEmpty());
  EXPECT_THAT(pokes, IsEmpty());
  known.note(peers[1], true);
  known.note(peers[1], false);
  EXPECT_TRUE(known.answer(peers[1])) << "who has answered once is one who does";
}

TEST_F(SessionCheckTest, RelaysHaveTheirHandshakesAnewOnceUnlessOneIsLost) {
  EXPECT_THAT(silent(), IsEmpty());
  EXPECT_THAT(relay_begun, ElementsAre(0ms));
  relay_begun.clear();
  start = fake.wait.clock_.boot();
  relay_answers = false;
  EXPECT_THAT(silent(), IsEmpty());
  EXPECT_EQ(relay_begun.size(), 2U);
}

TEST_F(SessionCheckTest, WhoHasNoSessionIsSentNothing) {
  add_peer(std::nullopt);
  add_peer(200s);
  EXPECT_THAT(silent(), IsEmpty());
  EXPECT_THAT(pokes, IsEmpty());
}

TEST_F(SessionCheckTest, WhereNobodyAnswersItIsThisMachine) {
  add_peer();
  relay_answers = false;
  EXPECT_THAT(silent(), IsEmpty());
  EXPECT_EQ(pokes.size(), 3U);
}

TEST_F(SessionCheckTest, EndsWhenAllHaveAnswered) {
  fake.backend.change_device(evilcorp(), [](wg::Device& device) { device.peers.clear(); });
  add_peer();
  on_poke = [&](const IpAddress&) { answer(0); };
  EXPECT_THAT(silent(), IsEmpty());
  EXPECT_EQ(pokes.size(), 1U);
  EXPECT_LT(elapsed(), 500ms);
}

// wireguard-go forgets from where it has sent.
TEST_F(SessionCheckTest, EachPeersEndpointIsSetOnceAsItIs) {
  add_peer();
  EXPECT_THAT(silent(), ElementsAre(peers[0]));
  int set = 0;
  for (const auto& update : fake.backend.updates)
    for (const auto& peer : update.peers)
      if (peer.public_key == peers[0]) {
        ++set;
        EXPECT_EQ(peer.endpoint, address("198.51.100.7:1"));
      }
  EXPECT_EQ(set, 1);
}

TEST_F(SessionCheckTest, OfManyIsPaced) {
  for (int i = 0; i < 200; ++i) add_peer();
  on_poke = [&](const IpAddress&) { EXPECT_LE(std::ranges::count(pokes, elapsed(), [](const auto& poke) { return poke.first; }), 64); };
  EXPECT_EQ(silent().size(), 200U);
  EXPECT_EQ(pokes.size(), 600U);
}

TEST_F(SessionCheckTest, WhoIsMadeAnewMeanwhileIsSomebodyElsesBusiness) {
  add_peer();
  on_poke = [&](const IpAddress&) { change(peers[0], [](wg::Peer& there) { there.received_bytes = 0; }); };
  EXPECT_THAT(silent(), IsEmpty());
}

TEST_F(SessionCheckTest, AStopEndsItWithoutAVerdict) {
  add_peer();
  on_poke = [&](const IpAddress&) { fake.wait.is_stopped = true; };
  EXPECT_THAT(silent(), IsEmpty());
}

}  // namespace
}  // namespace innernet::client

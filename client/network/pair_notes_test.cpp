// What rounds and traversals leave of the pairs in the network's file.
#include "pair_notes.hpp"

#include <sys/stat.h>

#include <gmock/gmock.h>

#include "fetch_test.hpp"
#include "innernet/client/network_lock.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNull;

struct PairNotesTest : FetchTest {
  wg::PublicKey bob = state.peers[2].public_key;
  wg::PublicKey relay = new_key();
  SocketAddress relay_at = address("203.0.113.1:51821");
  RoundResult last;  // of the rounds

  PairNotesTest() {
    state.relays = {{.id = PeerId{1}, .public_key = relay, .endpoint = endpoint("203.0.113.1:51821")}};
    state.peers[2].endpoint = endpoint("192.0.2.3:7");
    state.peers[2].candidates = {endpoint("198.51.100.8:8"), endpoint("203.0.113.1:51821")};  // the relay: it is registered
  }
  void fetch_state() {
    auto result = round();
    ASSERT_TRUE(result);
    last = *std::move(result);
  }
  void traverse() {
    Machine machine = fake.machine();
    traverse_due(options, evilcorp(), net("10.66.0.0/16"), machine, std::exchange(last, {}), {});
  }
  void change(const wg::PublicKey& key, const std::function<void(wg::Peer&)>& change_peer) {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
      for (wg::Peer& there : device.peers)
        if (there.public_key == key) change_peer(there);
    });
  }
  void shake_hands(const wg::PublicKey& key) {
    change(key, [&](wg::Peer& there) { there.last_handshake = fake.wait.clock_.wall(); });
  }
  PairRecords saved() const { return SavedPairs(options.folders, evilcorp()).read(); }
  std::vector<std::string> tried() const {
    std::vector<std::string> out;
    if (const PairRecords pairs = saved(); const PairRecord* record = pairs.find(bob))
      for (const WayTried& way : record->tries) out.push_back((way.is_relay ? "relay " : "") + way.to.to_string());
    return out;
  }
};

TEST_F(PairNotesTest, ATraversalInVainLeavesWhatWasTried) {
  fetch_state();
  EXPECT_THAT(saved().find(bob), IsNull()) << "nothing has been tried";
  shake_hands(relay);
  traverse();
  EXPECT_THAT(tried(), ElementsAre("relay 203.0.113.1:51821", "198.51.100.8:8", "192.0.2.3:7"));
  const PairRecords pairs = saved();
  ASSERT_NE(pairs.find(bob), nullptr);
  EXPECT_EQ(pairs.find(bob)->way, Way::kNone);
  EXPECT_TRUE(pairs.find(bob)->is_registered);
}

TEST_F(PairNotesTest, ATraversalThatEndsAtTheRelayLeavesWhyNotDirectly) {
  fetch_state();
  shake_hands(relay);
  fake.backend.on_apply = [&] {
    change(bob, [&](wg::Peer& there) {
      if (there.endpoint == relay_at) there.last_handshake = fake.wait.clock_.wall();
    });
  };
  traverse();
  EXPECT_THAT(tried(), ElementsAre("192.0.2.3:7")) << "where the round has looked for it";
  EXPECT_EQ(saved().find(bob)->way, Way::kRelayed);
  EXPECT_EQ(saved().find(bob)->since, std::chrono::floor<std::chrono::seconds>(fake.wait.clock_.wall()));
}

// The other side was quicker, before anything was set here.
TEST_F(PairNotesTest, AnAnswerByTheRelayAloneLeavesWhereThePeerWasLookedFor) {
  fetch_state();
  shake_hands(relay);
  fake.wait.on_wait = [&] {
    change(bob, [&](wg::Peer& there) { there.endpoint = relay_at; });
    shake_hands(bob);
  };
  traverse();
  EXPECT_THAT(tried(), ElementsAre("192.0.2.3:7"));
  EXPECT_EQ(saved().find(bob)->way, Way::kRelayed);
}

TEST_F(PairNotesTest, DirectTriesLeaveWhatDidNotAnswer) {
  fetch_state();
  shake_hands(relay);
  shake_hands(bob);
  change(bob, [&](wg::Peer& there) { there.endpoint = relay_at; });
  fetch_state();
  ASSERT_EQ(last.relayed.size(), 1U);
  EXPECT_EQ(saved().find(bob)->way, Way::kRelayed);
  EXPECT_THAT(tried(), IsEmpty());
  Machine machine = fake.machine();
  try_relayed(options, evilcorp(), net("10.66.0.0/16"), machine, last);
  EXPECT_THAT(tried(), ElementsAre("192.0.2.3:7", "198.51.100.8:8"));
  // Heard from there after all.
  change(bob, [&](wg::Peer& there) { there.endpoint = address("192.0.2.3:7"); });
  fetch_state();
  EXPECT_EQ(saved().find(bob)->way, Way::kDirect);
  EXPECT_THAT(tried(), IsEmpty());
}

TEST_F(PairNotesTest, RoundsWriteOnlyWhatHasChanged) {
  fetch_state();
  const auto path = pairs_file(options.folders, evilcorp());
  EXPECT_FALSE(std::filesystem::exists(path)) << "there is nothing to tell";
  shake_hands(bob);
  fetch_state();
  const auto inode = [&] {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_ino;
  };
  const auto before = inode();
  fake.wait.clock_.advance(60s);
  fetch_state();
  EXPECT_EQ(inode(), before);
  state.peers.erase(state.peers.begin() + 2);
  fetch_state();
  EXPECT_THAT(saved().find(bob), IsNull()) << "who is gone is forgotten";
}

TEST_F(PairNotesTest, AFileThatCantBeReadOrWrittenCostsNothing) {
  const auto path = pairs_file(options.folders, evilcorp());
  std::filesystem::create_directory(path);
  fetch_state();
  shake_hands(bob);
  fetch_state();
  traverse();
  EXPECT_EQ(saved().size(), 0U);
  std::filesystem::remove(path);
  ASSERT_TRUE(replace_file(path, std::string(3U << 20U, 'x')));
  EXPECT_EQ(saved().size(), 0U) << "too large";
  fetch_state();
  EXPECT_EQ(saved().size(), 1U) << "written anew";
}

TEST_F(PairNotesTest, ANetworkThatWasUninstalledMeanwhileGetsNoFile) {
  fetch_state();
  shake_hands(relay);
  bool is_removed = false;
  fake.backend.on_apply = [&] {
    if (std::exchange(is_removed, true)) return;
    for (const auto& file : network_files(options.folders, evilcorp())) std::filesystem::remove(file);
  };
  traverse();
  for (const auto& file : network_files(options.folders, evilcorp())) EXPECT_FALSE(std::filesystem::exists(file)) << file;
  EXPECT_FALSE(std::filesystem::exists(options.folders.lock_file(evilcorp())));
}

}  // namespace
}  // namespace innernet::client

#include "relay_care.hpp"

#include <gmock/gmock.h>

#include <condition_variable>

#include "fake_machine.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr RelayDistance at(std::int64_t relay, std::uint16_t milliseconds) {
  return {.relay = PeerId{relay}, .milliseconds = milliseconds};
}

/// A device of one peer that is sent to between each two looks and sends nothing, and of relays that know us.
class OnePeer final : public wg::Backend {
 public:
  OnePeer(std::mutex& mutex, std::condition_variable& changed, wg::Peer& peer, std::vector<wg::Peer> relays, int& looks)
      : mutex_(mutex), changed_(changed), peer_(peer), relays_(std::move(relays)), looks_(looks) {}

  wg::BackendKind kind() const override { return wg::BackendKind::kKernel; }
  Result<wg::Device> get(const InterfaceName& name) override {
    const std::lock_guard lock(mutex_);
    peer_.sent_bytes += 100;
    ++looks_;
    changed_.notify_all();
    wg::Device device{.name = name, .private_key = {}, .public_key = {}, .listen_port = 0, .peers = relays_};
    device.peers.push_back(peer_);
    return device;
  }
  Result<void> apply(const InterfaceName&, const wg::DeviceUpdate& update) override {
    const std::lock_guard lock(mutex_);
    for (const auto& change : update.peers)
      if (change.endpoint) peer_.endpoint = change.endpoint;
    changed_.notify_all();
    return {};
  }
  Result<void> create(const InterfaceName&) override { return {}; }
  Result<void> remove(const InterfaceName&) override { return {}; }
  Result<std::vector<InterfaceName>> list() override { return std::vector<InterfaceName>(); }

 private:
  std::mutex& mutex_;
  std::condition_variable& changed_;
  wg::Peer& peer_;
  std::vector<wg::Peer> relays_;
  int& looks_;
};

struct RelayCareTest : ::testing::Test {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<std::chrono::milliseconds>> took{40ms, 7ms};
  int asked = 0, news = 0, looks = 0;
  bool is_traversing = false;
  std::vector<UsedRelay> relays{{.id = PeerId{1}, .public_key = new_key(), .at = address("192.0.2.1:51821")},
                                {.id = PeerId{4}, .public_key = new_key(), .at = address("192.0.2.4:51821")}};
  wg::Peer bob{.public_key = new_key(), .endpoint = relays[0].at, .allowed_ips = {net("10.66.1.3/32")}};
  std::vector<TraversalPeer> relayed{
      {.public_key = bob.public_key, .reported = {}, .candidates = {}, .inside = ip("10.66.1.3"), .relays = {relays[0].at, relays[1].at}}};
  std::optional<RelayCare> care;

  void begin(const RelayCare::Times& times) {
    care.emplace(
        evilcorp(),
        RelayCare::Parts{.ask =
                             [this](std::span<const UsedRelay> all, const Stop&) {
                               const std::lock_guard lock(mutex);
                               ++asked;
                               changed.notify_all();
                               return std::vector(took.begin(), took.begin() + static_cast<std::ptrdiff_t>(all.size()));
                             },
                         .open_backend = [this]() -> Result<std::unique_ptr<wg::Backend>> {
                           std::vector<wg::Peer> there;
                           for (const UsedRelay& relay : relays)
                             there.push_back({.public_key = relay.public_key, .endpoint = relay.at, .last_handshake = WallTime(1s)});
                           return std::make_unique<OnePeer>(mutex, changed, bob, std::move(there), looks);
                         },
                         .try_lock = [] { return std::make_shared<const int>(0); },
                         .try_traversal = [this]() -> std::shared_ptr<const void> {
                           const std::lock_guard lock(mutex);
                           if (is_traversing) return nullptr;
                           return std::make_shared<const int>(0);
                         },
                         .on_news =
                             [this] {
                               const std::lock_guard lock(mutex);
                               ++news;
                               changed.notify_all();
                             }},
        times);
  }
  template <class Holds>
  bool eventually(Holds holds) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 20s, holds);
  }
  ~RelayCareTest() override { care.reset(); }
};

TEST_F(RelayCareTest, MeasuresHowFarTheyAre) {
  begin({});
  EXPECT_FALSE(care->distances());
  care->see(relays, {});
  ASSERT_TRUE(eventually([this] { return news == 1; }));
  EXPECT_THAT(*care->distances(), ElementsAre(at(1, 40), at(4, 7)));
}

TEST_F(RelayCareTest, OneThatDoesNotAnswerIsLeftOutAndAskedAgain) {
  took[0].reset();
  begin({.measure = 1h, .measure_again = 1ms});
  care->see(relays, {});
  ASSERT_TRUE(eventually([this] { return news == 1; }));
  EXPECT_THAT(*care->distances(), ElementsAre(at(4, 7)));
  {
    const std::lock_guard lock(mutex);
    took[0] = 70'000ms;
  }
  ASSERT_TRUE(eventually([this] { return news == 2; }));
  EXPECT_THAT(*care->distances(), ElementsAre(at(1, 65535), at(4, 7)));
}

TEST_F(RelayCareTest, AnotherListIsMeasuredAtOnce) {
  begin({.measure = 1h, .measure_again = 1h});
  care->see(relays, {});
  ASSERT_TRUE(eventually([this] { return news == 1; }));
  relays[1].id = PeerId{5};
  care->see(relays, {});
  ASSERT_TRUE(eventually([this] { return news == 2; }));
  EXPECT_THAT(*care->distances(), ElementsAre(at(1, 40), at(5, 7)));
}

TEST_F(RelayCareTest, ASingleOneIsNotAsked) {
  begin({});
  relays.pop_back();
  care->see(relays, {});
  EXPECT_EQ(asked, 0);
  EXPECT_FALSE(care->distances());
}

struct NearerRelayCareTest : RelayCareTest {
  NearerRelayCareTest() {
    bob.persistent_keepalive = 25;
    bob.last_handshake = WallTime(1s);
    relayed[0].relays = {relays[1].at, relays[0].at};
    relayed[0].relay_times = {11U, 80U};
  }
};

TEST_F(NearerRelayCareTest, WhoWouldBeBetterOffElsewhereIsMeasuredAgainAndMoves) {
  begin({.look = 1ms, .glance = 1ms, .measure = 1h, .measure_again = 1h, .measure_for_move = 0ms, .nearer = {.settled = 3ms}});
  care->see(relays, relayed);
  EXPECT_TRUE(eventually([this] { return bob.endpoint == relays[1].at; }));
  EXPECT_GE(asked, 2);
}

TEST_F(NearerRelayCareTest, NobodyMovesWhileWaysAreLookedFor) {
  is_traversing = true;
  begin({.look = 1ms, .glance = 1ms, .measure = 1h, .measure_again = 1h, .measure_for_move = 0ms, .nearer = {.settled = 0ms}});
  care->see(relays, relayed);
  ASSERT_TRUE(eventually([this] { return looks > 20; }));
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(bob.endpoint, relays[0].at);
    is_traversing = false;
  }
  EXPECT_TRUE(eventually([this] { return bob.endpoint == relays[1].at; }));
}

// Nobody else could say that it has forgotten us.
TEST_F(RelayCareTest, ASingleOneOfAPeersIsLookedAfter) {
  relays.erase(relays.begin());
  took = {7ms};
  begin({});
  care->see(relays, {});
  EXPECT_TRUE(eventually([this] { return news == 1; }));
}

TEST_F(RelayCareTest, OneThatAnswersAgainIsAWayToThoseWhoWereTriedInVain) {
  took[1].reset();
  begin({.measure = 1ms, .measure_again = 1ms});
  care->see(relays, {});
  ASSERT_TRUE(eventually([this] { return news == 1; }));
  EXPECT_FALSE(care->take_one_back());
  {
    const std::lock_guard lock(mutex);
    took[1] = 7ms;
  }
  ASSERT_TRUE(eventually([this] { return news == 2; }));
  EXPECT_TRUE(care->take_one_back());
  EXPECT_FALSE(care->take_one_back()) << "once";
}

TEST_F(RelayCareTest, PeersBehindOneThatHasEndedAreTakenToAnother) {
  took[0].reset();
  begin({.look = 1ms, .glance = 1ms, .measure = 1h, .measure_again = 1h, .watch = {.quiet = 3ms}});
  care->see(relays, relayed);
  EXPECT_TRUE(eventually([this] { return bob.endpoint == relays[1].at; }));
}

}  // namespace
}  // namespace innernet::client

#include "own_relay.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "innernet/base/file.hpp"
#include "innernet/testing/loopback_server.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "network_files.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using ::testing::StartsWith;

/// What the relays of a test did, and where to wait for it. Only a test that fails waits for long.
struct Seen {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::uint16_t> busy;  // with other programs
  std::vector<std::uint16_t> tried;
  std::vector<std::size_t> members;  // of each membership that was set
  std::vector<wg::PublicKey> registered;
  int running = 0;

  template <class Holds>
  bool eventually(Holds holds) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 20s, holds);
  }
};

class FakeRelay final : public relay::Relay {
 public:
  FakeRelay(Seen& seen, const wg::PrivateKey& key, std::uint16_t port) : seen_(seen), key_(key.public_key()), port_(port) {
    ++seen_.running;
  }
  ~FakeRelay() override { stop(); }

  std::uint16_t port() const override { return port_; }
  wg::PublicKey public_key() const override { return key_; }
  void set_membership(std::shared_ptr<const relay::Membership> membership) override {
    const std::lock_guard lock(seen_.mutex);
    seen_.members.push_back(membership->size());
    seen_.changed.notify_all();
  }
  std::optional<relay::Snapshot> snapshot() const override {
    const std::lock_guard lock(seen_.mutex);
    relay::Snapshot now;
    for (const wg::PublicKey& key : seen_.registered) now.members.push_back({.key = key, .address = {}, .last_handshake = {}});
    return now;
  }
  void stop() override {
    if (std::exchange(has_stopped_, true)) return;
    const std::lock_guard lock(seen_.mutex);
    --seen_.running;
    seen_.changed.notify_all();
  }

 private:
  Seen& seen_;
  wg::PublicKey key_;
  std::uint16_t port_;
  bool has_stopped_ = false;
};

class OwnRelayTest : public ::testing::Test {
 protected:
  OwnRelayTest() {
    std::filesystem::create_directories(folders_.config);
    std::filesystem::create_directories(folders_.data);
    groups_.groups = {{new_key(), new_key()}, {new_key()}};
  }
  ~OwnRelayTest() override { relay_.reset(); }

  void want(bool is_relay, std::uint16_t listen_port = 51820) {
    if (!relay_) {
      const auto start = [this](const wg::PrivateKey& key, const relay::Options& options) -> Result<std::unique_ptr<relay::Relay>> {
        const std::lock_guard lock(seen_.mutex);
        seen_.tried.push_back(options.port);
        if (seen_.busy.contains(options.port)) return fail(ErrorKind::kBusy, "taken");
        return std::make_unique<FakeRelay>(seen_, key, options.port);
      };
      relay_.emplace(folders_, evilcorp(), std::nullopt, start,
                     OwnRelay::Times{.wait = 300s, .wait_naming = 301s, .between = 1ms, .again = 1ms, .longest_again = 1ms});
    }
    relay_->want(is_relay, config_of(key_, new_key(), server_.address()), listen_port);
  }
  bool is_told() {
    return seen_.eventually([this] { return !told_.empty(); });
  }

  // As a server that knows relays; what follows the first groups is held back.
  Reply answer_to(const Request& request) {
    const std::lock_guard lock(seen_.mutex);
    seen_.changed.notify_all();
    if (refuses_ > 0) return answer(refuses_);
    if (request.target == "/v1/user/capabilities") return answer(200, wants_names_ ? R"({"relay_registrations":true})" : "{}");
    if (request.target == "/v1/user/relay-registrations") {
      if (refuses_names_ > 0) {
        --refuses_names_;
        return answer(429);
      }
      named_.push_back(*parse_relay_registrations(request.body));
      return answer(204);
    }
    if (request.method == "PUT") {
      told_.push_back(*parse_relay_of_peer(request.body));
      return answer(204);
    }
    const std::string etag = fmt::format("\"{}\"", version_);
    if (request.has("If-None-Match: " + etag))
      return answers_at_once_ ? answer(304, "", "ETag: " + etag + "\r\n") : Reply{.bytes = "", .then = Reply::Then::kHang};
    return answer(200, to_json(groups_), "ETag: " + etag + "\r\n");
  }

  innernet::testing::TempDir folder_;
  Folders folders_{folder_ / "etc", folder_ / "var"};
  wg::PrivateKey key_ = wg::PrivateKey::generate();
  Seen seen_;
  RelayGroups groups_;
  std::vector<RelayOfPeer> told_;
  std::vector<std::vector<wg::PublicKey>> named_;
  int refuses_ = 0, refuses_names_ = 0;
  bool wants_names_ = true, answers_at_once_ = false;
  int version_ = 1;
  LoopbackServer server_{[this](const Request& request) { return answer_to(request); }};
  std::optional<OwnRelay> relay_;
};

TEST_F(OwnRelayTest, IsToldOfAndHearsWhoMayBeRelayed) {
  want(true);
  ASSERT_TRUE(seen_.eventually([this] { return !seen_.members.empty(); }));
  const RelayOfPeer expected{.public_key = key_.derived("innernet relay").public_key(), .port = 51821};
  EXPECT_THAT(told_, ElementsAre(expected));
  EXPECT_THAT(seen_.members, ElementsAre(3U));
  EXPECT_EQ(*read_file(relay_port_file(folders_, evilcorp()), 16), "51821\n");
}

TEST_F(OwnRelayTest, IsNotThereWhenNobodyWantsOne) {
  want(false);
  want(true);
  ASSERT_TRUE(is_told());
  want(false);
  EXPECT_EQ(seen_.running, 0);
  const auto before = server_.requests().size();
  want(false);
  EXPECT_EQ(server_.requests().size(), before);
}

TEST_F(OwnRelayTest, TakesTheFirstPortThatIsFree) {
  seen_.busy = {51821, 51822};
  want(true);
  ASSERT_TRUE(is_told());
  EXPECT_THAT(seen_.tried, ElementsAre(51821, 51822, 51823));
}

TEST_F(OwnRelayTest, KeepsThePortOfLastTime) {
  ASSERT_TRUE(replace_file(relay_port_file(folders_, evilcorp()), "4711\n"));
  want(true);
  ASSERT_TRUE(is_told());
  EXPECT_EQ(told_.front().port, 4711);
}

TEST_F(OwnRelayTest, APortThatIsTheNetworksOwnByNowIsNot) {
  ASSERT_TRUE(replace_file(relay_port_file(folders_, evilcorp()), "4711\n"));
  want(true, 4711);
  ASSERT_TRUE(is_told());
  EXPECT_EQ(told_.front().port, 4712);
}

TEST_F(OwnRelayTest, AnyTextIsNoPort) {
  ASSERT_TRUE(replace_file(relay_port_file(folders_, evilcorp()), "port\n"));
  want(true);
  ASSERT_TRUE(is_told());
  EXPECT_EQ(told_.front().port, 51821);
}

TEST_F(OwnRelayTest, RelaysNobodyWhenTheServerSaysThatItIsNone) {
  refuses_ = 404;
  want(true);
  ASSERT_TRUE(seen_.eventually([this] { return !seen_.members.empty(); }));
  EXPECT_EQ(seen_.members.front(), 0U);
}

TEST_F(OwnRelayTest, GoesOnWhileTheServerHasFailedAndTellsItAnew) {
  refuses_ = 500;
  want(true);
  ASSERT_TRUE(seen_.eventually([this] { return server_.requests().size() > 2; }));
  {
    const std::lock_guard lock(seen_.mutex);
    EXPECT_TRUE(seen_.members.empty());
    refuses_ = 0;
  }
  ASSERT_TRUE(seen_.eventually([this] { return !seen_.members.empty(); }));
  EXPECT_EQ(seen_.running, 1);
}

TEST_F(OwnRelayTest, NamesWhoIsRegisteredAndWhoHasCome) {
  answers_at_once_ = true;
  const wg::PublicKey one = new_key(), other = new_key();
  seen_.registered = {one};
  want(true);
  ASSERT_TRUE(seen_.eventually([this] { return !named_.empty(); }));
  {
    const std::lock_guard lock(seen_.mutex);
    EXPECT_THAT(named_.back(), ElementsAre(one));
    seen_.registered = {one, other};
  }
  EXPECT_TRUE(seen_.eventually([&] { return named_.back() == std::vector{one, other}; }));
}

TEST_F(OwnRelayTest, NamesNobodyTwiceButToAServerThatMayHaveForgotten) {
  answers_at_once_ = true;
  seen_.registered = {new_key()};
  want(true);
  ASSERT_TRUE(seen_.eventually([this] { return server_.requests().size() > 20; }));
  std::size_t before = 0;
  {
    const std::lock_guard lock(seen_.mutex);
    before = named_.size();
    EXPECT_LE(before, 2U) << "at first, and after the first groups";
    ++version_;
  }
  EXPECT_TRUE(seen_.eventually([&] { return named_.size() > before; }));
}

TEST_F(OwnRelayTest, ThatItHasSaidTooMuchIsNoReasonToBeginAnew) {
  answers_at_once_ = true;
  refuses_names_ = 3;
  seen_.registered = {new_key()};
  want(true);
  ASSERT_TRUE(seen_.eventually([this] { return !named_.empty(); }));
  EXPECT_THAT(told_, SizeIs(1));
}

TEST_F(OwnRelayTest, NamesNobodyToAServerThatDoesNotAskForIt) {
  wants_names_ = false;
  answers_at_once_ = true;
  seen_.registered = {new_key()};
  want(true);
  ASSERT_TRUE(seen_.eventually([this] { return server_.requests().size() > 10; }));
  EXPECT_THAT(named_, ::testing::IsEmpty());
}

TEST_F(OwnRelayTest, NamesAsManyAsARequestTakes) {
  for (std::size_t i = 0; i < kMostRelayRegistrations + 5; ++i) seen_.registered.push_back(new_key());
  want(true);
  ASSERT_TRUE(seen_.eventually([this] { return !named_.empty(); }));
  EXPECT_THAT(named_.front(), SizeIs(kMostRelayRegistrations));
  EXPECT_LE(relay_registrations_to_json(named_.front()).size(), 16U * 1024U);
}

}  // namespace
}  // namespace innernet::client

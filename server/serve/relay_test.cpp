// What `serve` does with a relay: where it runs, what states tell of it, and whom it is told of.
#include "innernet/relay/relay.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "serve_fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr PeerId kAlice{2};
using Ports = std::set<std::uint16_t>;

/// The machine's UDP ports, as far as relays have them or can't have them.
struct FakeMachine {
  std::mutex mutex;
  Ports busy;                        // with other programs
  Ports open;                        // with relays
  std::vector<std::uint16_t> tried;  // in this order
  bool has_had_two = false;
  int snapshots = 0;
  std::vector<relay::Registered> registered;
  std::shared_ptr<const relay::Membership> membership;
};

class FakeRelay final : public relay::Relay {
 public:
  FakeRelay(FakeMachine& machine, const wg::PrivateKey& key, std::uint16_t port) : machine_(machine), key_(key.public_key()), port_(port) {}
  ~FakeRelay() override { stop(); }

  std::uint16_t port() const override { return port_; }
  wg::PublicKey public_key() const override { return key_; }
  void set_membership(std::shared_ptr<const relay::Membership> membership) override {
    const std::lock_guard lock(machine_.mutex);
    machine_.membership = std::move(membership);
  }
  std::optional<relay::Snapshot> snapshot() const override {
    const std::lock_guard lock(machine_.mutex);
    ++machine_.snapshots;
    return relay::Snapshot{.counters = {}, .members = machine_.registered};
  }
  void stop() override {
    if (std::exchange(has_stopped_, true)) return;
    const std::lock_guard lock(machine_.mutex);
    machine_.open.erase(port_);
  }

 private:
  FakeMachine& machine_;
  wg::PublicKey key_;
  std::uint16_t port_;
  bool has_stopped_ = false;
};

class RelayTest : public ServeTest {
 protected:
  RelayTest() {
    options_.periods.relay = 10ms;
    options_.periods.relay_members = 1ms;
    start_relay_ = [this](const wg::PrivateKey& key, const relay::Options& options) -> Result<std::unique_ptr<relay::Relay>> {
      const std::lock_guard lock(machine_.mutex);
      machine_.tried.push_back(options.port);
      if (machine_.busy.contains(options.port) || machine_.open.contains(options.port))
        return fail(ErrorKind::kBusy, "another program has it");
      machine_.open.insert(options.port);
      machine_.has_had_two |= machine_.open.size() == 2;
      return std::make_unique<FakeRelay>(machine_, key, options.port);
    };
    probe_ = [this](std::uint16_t port) -> Result<void> {
      const std::lock_guard lock(machine_.mutex);
      if (machine_.open.contains(port)) return fail(ErrorKind::kAlreadyExists, "another program has it");
      return {};
    };
  }
  ~RelayTest() override { stop(); }

  /// A member of the machine's, as it is now.
  template <class T>
  T now(T FakeMachine::* what) {
    const std::lock_guard lock(machine_.mutex);
    return machine_.*what;
  }
  bool looks_again() {
    const int before = now(&FakeMachine::snapshots);
    return eventually([&] { return now(&FakeMachine::snapshots) >= before + 2; });
  }
  bool runs_at(std::uint16_t port) {
    return eventually([&] { return now(&FakeMachine::open) == Ports{port}; });
  }
  std::string state() { return ask(kAliceIp, "GET", "/v1/user/state"); }
  bool state_has(std::string_view text) {
    return eventually([&] { return state().find(text) != std::string::npos; });
  }
  Peer alice_as_shown() {
    const auto peers = must(parse_peers(body_of(ask(kAliceIp, "GET", "/v1/admin/peers")), [](std::string_view) {}));
    return *std::ranges::find(peers, kAlice, &Peer::id);
  }
  std::vector<Endpoint> stored_candidates() {
    return must(Registry::open(options_.folders.database(name_))).network().find_peer(kAlice)->peer.candidates;
  }

  FakeMachine machine_;
};

TEST_F(RelayTest, IsToldOfInStates) {
  start();
  EXPECT_TRUE(state_has(fmt::format(R"("relays":[{{"id":1,"public_key":"{}","endpoint":"192.0.2.1:51821","answers_questions":true)",
                                    server_key_.derived("innernet relay").public_key().to_base64())));
}

TEST_F(RelayTest, IsTheFirstCandidateOfWhoIsRegisteredAndIsNotStored) {
  const auto reported = must(Endpoint::parse("198.51.100.7:7")), relay = must(Endpoint::parse("192.0.2.1:51821"));
  start();
  EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/user/candidates", R"(["198.51.100.7:7"])"), StartsWith("HTTP/1.1 204 "));
  {
    const std::lock_guard lock(machine_.mutex);
    machine_.registered = {{.key = alice_key_, .address = must(SocketAddress::parse("198.51.100.8:8")), .last_handshake = clock_.wall()}};
  }
  ASSERT_TRUE(eventually([&] { return alice_as_shown().candidates == std::vector{relay, reported}; }));
  EXPECT_THAT(ask(kAliceIp, "GET", "/v1/user/seen-at"), HasSubstr(R"("by_relay":"198.51.100.8:8"})")) << "alice is told";
  const auto shown = alice_as_shown();
  {
    const std::lock_guard lock(machine_.mutex);
    machine_.registered.clear();
  }
  ASSERT_TRUE(eventually([&] { return alice_as_shown().candidates == std::vector{reported}; }));
  auto wanted = PeerContents(shown);
  wanted.name = must(Hostname::parse("alicia"));
  EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/admin/peers/2", to_json(wanted)), StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(stored_candidates(), ElementsAre(reported));
}

TEST_F(RelayTest, AfterAStartWithoutIsNoCandidateAnyMore) {
  start();
  {
    const std::lock_guard lock(machine_.mutex);
    machine_.registered = {{.key = alice_key_, .address = must(SocketAddress::parse("198.51.100.8:8")), .last_handshake = clock_.wall()}};
  }
  ASSERT_TRUE(eventually([&] { return !alice_as_shown().candidates.empty(); }));
  stop();
  options_.relays = false;
  start();
  EXPECT_THAT(alice_as_shown().candidates, IsEmpty());
}

TEST_F(RelayTest, SaysWhenNobodyOfThisVersionHasReachedIt) {
  options_.periods.relay_clients = 1ms;
  const auto log_after = [this](std::string_view fields) {
    ::testing::internal::CaptureStderr();
    start();
    for (int i = 0; i < 3; ++i) {
      RawClient client(port_, kAliceIp);
      client.send(request("GET", "/v1/user/state", fields, {}));
      client.read_answer();
      EXPECT_TRUE(looks_again());
    }
    stop();
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(log_after("A-IM: innernet\r\n"), HasSubstr("the relay's port: no peer has reached UDP port 51821 yet"));
  EXPECT_THAT(log_after(""), Not(HasSubstr("no peer has reached"))) << "an older one does not register";
}

TEST_F(RelayTest, KnowsWhoIsVisibleAndWhoIsNoMore) {
  start();
  const auto members_are = [this](const std::vector<wg::PublicKey>& keys) {
    return eventually([&] {
      const auto membership = now(&FakeMachine::membership);
      return membership && membership->size() == keys.size() &&
             std::ranges::all_of(keys, [&](const auto& key) { return membership->find(key).has_value(); });
    });
  };
  EXPECT_TRUE(members_are({alice_key_})) << "neither the server nor who is only invited";
  EXPECT_THAT(ask(kInvitedIp, "POST", "/v1/user/redeem", redeem_to_json(permanent_key_)), StartsWith("HTTP/1.1 204 "));
  EXPECT_TRUE(members_are({alice_key_, permanent_key_}));
  auto disabled = contents("invited", kInvitedIp, permanent_key_, true);
  disabled.is_disabled = true;
  EXPECT_THAT(ask(kAliceIp, "PUT", "/v1/admin/peers/3", to_json(disabled)), StartsWith("HTTP/1.1 204 "));
  EXPECT_TRUE(members_are({alice_key_}));
}

TEST_F(RelayTest, WithAGivenPortWaitsForItWhileTheServerServes) {
  options_.relay_port = 4000;
  machine_.busy = {4000};
  start();
  EXPECT_TRUE(eventually([&] { return now(&FakeMachine::tried).size() >= 3; }));
  EXPECT_THAT(state(), AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr("relays"))));
  {
    const std::lock_guard lock(machine_.mutex);
    machine_.busy.clear();
  }
  EXPECT_TRUE(runs_at(4000));
  EXPECT_TRUE(state_has(":4000"));
  EXPECT_THAT(now(&FakeMachine::tried), Each(4000));
}

TEST_F(RelayTest, PassesPortsOverThatOtherProgramsHaveAndStaysWhereItIs) {
  machine_.busy = {51821, 51822};
  start();
  EXPECT_TRUE(runs_at(51823));
  {
    const std::lock_guard lock(machine_.mutex);
    machine_.busy.clear();
  }
  EXPECT_TRUE(looks_again());
  EXPECT_THAT(now(&FakeMachine::tried), ElementsAre(51821, 51822, 51823));
  EXPECT_TRUE(state_has("192.0.2.1:51823"));
}

TEST_F(RelayTest, TriesNotAllPortsAtOneLook) {
  options_.periods.relay = 1h;
  for (std::uint16_t port = 51821; port < 51900; ++port) machine_.busy.insert(port);
  start();
  EXPECT_TRUE(eventually([&] { return now(&FakeMachine::tried).size() == 16; }));
  EXPECT_THAT(state(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(now(&FakeMachine::tried).size(), 16U);
}

TEST_F(RelayTest, LeavesThePortOfAnotherNetworkWhenItHasANewOne) {
  start();
  EXPECT_TRUE(runs_at(51821));
  const ServerConfig other{.private_key = wg::PrivateKey::generate(),
                           .listen_port = 51821,
                           .address = must(IpAddress::parse("127.67.0.1")),
                           .network_cidr_prefix = 16};
  must(create_file(options_.folders.config_file(must(InterfaceName::parse("other"))), other.to_toml().reveal()));
  EXPECT_TRUE(runs_at(51822));
  EXPECT_TRUE(now(&FakeMachine::has_had_two)) << "the new one first";
}

TEST_F(RelayTest, GivesItsPortToTheNetworkWhoseConfigNamesItAndGoesOnBehindIt) {
  options_.periods.relay = 1h;
  start();
  EXPECT_TRUE(runs_at(51821));
  configure_port(51821);
  port_ = next_port();
  EXPECT_EQ(backend_.get_quietly(name_)->listen_port, 51821);
  EXPECT_TRUE(runs_at(51822)) << "at once, not after an hour";
  EXPECT_TRUE(state_has("192.0.2.1:51822"));
}

// It is the other network's relay that has it, until its next look at the configs.
TEST_F(RelayTest, OfAnotherNetworkIsWaitedForWhereItHasOurPort) {
  ServerConfig other;
  other.private_key = wg::PrivateKey::generate();
  other.listen_port = 47000;
  other.address = must(IpAddress::parse("10.77.0.1"));
  other.network_cidr_prefix = 16;
  ASSERT_TRUE(create_file(options_.folders.config / "other.conf", other.to_toml().reveal()));
  std::atomic<int> probes = 0;
  probe_ = [&probes](std::uint16_t) -> Result<void> {
    if (++probes < 3) return fail(ErrorKind::kAlreadyExists, "taken");
    return {};
  };
  start();
  EXPECT_EQ(probes, 3);
}

TEST_F(RelayTest, ComesBackWhenThePortThatItGaveCouldNotBeTaken) {
  options_.periods.relay = 1h;
  backend_.set_taken_port(51821);
  start();
  EXPECT_TRUE(runs_at(51821));
  configure_port(51821);
  EXPECT_TRUE(runs_at(51822)) << "the config still names the other one";
  EXPECT_EQ(backend_.get_quietly(name_)->listen_port, 51820);
}

}  // namespace
}  // namespace innernet::server

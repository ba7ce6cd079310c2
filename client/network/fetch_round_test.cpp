#include "fetch_round.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>

#include "fetch_test.hpp"
#include "innernet/client/data_store.hpp"
#include "network_files.hpp"
#include "pending_install.hpp"

namespace innernet::client {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(FetchTest, AnUnknownNetworkLeavesNotEvenALock) {
  ASSERT_TRUE(remove_file(options.folders.config_file(evilcorp())));
  Machine machine = fake.machine();
  const auto fetched = fetch_once(options, evilcorp(), machine, Caller::kUp);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind(), ErrorKind::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(options.folders.data));
}

TEST_F(FetchTest, UpBringsTheInterfaceUpWithAllPeersHostsAndStore) {
  const auto result = round();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_TRUE(result->server_answered);
  EXPECT_EQ(device().public_key, own_key.public_key());
  EXPECT_EQ(device().peers.size(), 2U);
  EXPECT_THAT(hosts(), HasSubstr("10.66.1.3 bob.evilcorp.wg"));
  EXPECT_THAT(hosts(), HasSubstr("10.66.1.2 me.evilcorp.wg"));
  EXPECT_EQ((*DataStore::load(options.folders.data_store(evilcorp())))->state(), state);
}

TEST_F(FetchTest, ASecondFetchSendsNoSetMessageAndReportsNothing) {
  state.peers[1].candidates = {endpoint("192.0.2.50:40000")};
  fake.addresses = {ip("192.0.2.50")};
  ASSERT_TRUE(round());
  const auto sets = fake.backend.updates.size();
  ASSERT_TRUE(round(Caller::kFetch));
  EXPECT_EQ(fake.backend.updates.size(), sets);
  EXPECT_EQ(server.count("PUT", "/v1/user/candidates"), 0U);
}

TEST_F(FetchTest, FetchRefusesWhatIsDownForeignOrHalfConfigured) {
  EXPECT_THAT(round(Caller::kFetch).error().message(), HasSubstr("innernet up evilcorp"));
  fake.stack.foreign = {"evilcorp"};
  EXPECT_EQ(round(Caller::kFetch).error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(round().error().kind(), ErrorKind::kAlreadyExists) << "nor does up touch it";
  fake.stack.foreign.clear();
  ASSERT_TRUE(round());
  fake.stack.take_address_from(evilcorp());
  EXPECT_THAT(round(Caller::kFetch).error().message(), HasSubstr("half configured"));
  EXPECT_TRUE(round()) << "up repairs it";
  EXPECT_TRUE(round(Caller::kFetch));
}

TEST_F(FetchTest, SomebodyElsesKeyIsRefused) {
  ASSERT_TRUE(fake.backend.create(evilcorp()));
  fake.backend.change_device(evilcorp(), [](wg::Device& device) { device.private_key = wg::PrivateKey::generate(); });
  EXPECT_FALSE(round());
  EXPECT_TRUE(fake.backend.updates.empty());
}

TEST_F(FetchTest, ADaemonPutsBackWhatSomebodyElseHasDoneToItsDevice) {
  auto fixed = config();
  fixed.listen_port = std::uint16_t{51820};
  write(fixed);
  FetchMemory memory;
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  fake.backend.change_device(evilcorp(), [](wg::Device& device) {
    device.private_key = wg::PrivateKey::generate();
    device.public_key = device.private_key->public_key();
    device.listen_port = 4711;
    device.peers.clear();
  });
  const auto another = round(Caller::kDaemon);
  EXPECT_FALSE(another) << "one that has just started does not know whose it is";
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(device().public_key, own_key.public_key());
  EXPECT_EQ(device().listen_port, 51820);
  EXPECT_EQ(device().peers.size(), 2U);
}

TEST_F(FetchTest, AConfigWithTheServersKeyTakesNoPeersAway) {
  ASSERT_TRUE(round());
  auto of_server = config();
  of_server.server_public_key = own_key.public_key();
  write(of_server);
  const auto before = fake.backend.updates.size();
  const auto refused = round();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("private key of the network's server"));
  EXPECT_EQ(fake.backend.updates.size(), before);
}

TEST_F(FetchTest, AFailedUpRemovesWhatItMade) {
  fake.stack.refuses = true;
  EXPECT_FALSE(round());
  EXPECT_FALSE(fake.backend.has(evilcorp()));
}

TEST_F(FetchTest, WithoutServerTheCacheIsUsedAndDisabledPeersStayAway) {
  ASSERT_TRUE(round());
  state.peers.erase(state.peers.begin() + 2);
  ASSERT_TRUE(round());
  EXPECT_THAT(hosts(), Not(HasSubstr("bob")));
  special = [](const Request&) { return Reply{.bytes = "", .then = Reply::Then::kClose}; };
  ASSERT_TRUE(fake.backend.remove(evilcorp()));
  const auto result = round();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_FALSE(result->server_answered);
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(round());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("the peers of the last fetch already"), Not(HasSubstr("up to date"))));
  EXPECT_EQ(device().peers.size(), 1U) << "the server";
  EXPECT_THAT(hosts(), Not(HasSubstr("bob")));
}

TEST_F(FetchTest, WithoutServerAndCacheTheInterfaceStaysAndNoStoreIsWritten) {
  special = [](const Request&) { return Reply{.bytes = "", .then = Reply::Then::kClose}; };
  const auto result = round();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kUnreachable);
  EXPECT_TRUE(fake.backend.has(evilcorp()));
  EXPECT_FALSE(std::filesystem::exists(options.folders.data_store(evilcorp())));
}

TEST_F(FetchTest, AnHttpErrorIsAnErrorInSpiteOfACache) {
  ASSERT_TRUE(round());
  for (const int status : {401, 404, 500}) {
    special = [status](const Request&) { return answer(status); };
    EXPECT_FALSE(round()) << status;
  }
}

TEST_F(FetchTest, AnUnresolvableServerNameComesUpFromTheCache) {
  ASSERT_TRUE(round());
  ASSERT_TRUE(fake.backend.remove(evilcorp()));
  auto changed = config();
  changed.server_external_endpoint = endpoint("dead.example:51820");
  write(changed);
  special = [](const Request&) { return Reply{.bytes = "", .then = Reply::Then::kClose}; };
  ASSERT_TRUE(round());
  EXPECT_EQ(device().peers.size(), 2U);
  EXPECT_FALSE(device().peers[0].endpoint);
}

TEST_F(FetchTest, AServerNameThatResolvesLaterIsTakenInTheNextRound) {
  auto named = config();
  named.server_external_endpoint = endpoint("late.example:51820");
  write(named);
  std::atomic<bool> is_known = false;
  Resolver resolver([&](const std::string&) { return is_known ? std::vector{ip("203.0.113.7")} : std::vector<IpAddress>(); });
  FetchMemory memory;
  const auto next_round = [&] {
    Machine machine{
        fake.backend, fake.stack, resolver, fake.wait, nullptr, [] { return Result<std::vector<IpAddress>>(); }, [](const IpAddress&) {},
        nullptr,      true};
    return fetch_round(options, evilcorp(), machine, memory, Caller::kDaemon);
  };
  const auto server_is_at = [&] {
    const wg::Device now = device();
    return std::ranges::find(now.peers, server_key, &wg::Peer::public_key)->endpoint;
  };
  // Nothing was ever fetched, so that each round fails until the server is asked.
  special = [&](const Request&) -> std::optional<Reply> {
    if (server_is_at()) return std::nullopt;
    return Reply{.bytes = "", .then = Reply::Then::kClose};
  };
  for (int minute = 0; minute < 6; ++minute) {
    EXPECT_FALSE(next_round());
    EXPECT_FALSE(server_is_at());
    fake.wait.clock_.advance(std::chrono::minutes(1));
  }
  is_known = true;
  EXPECT_TRUE(next_round());
  EXPECT_EQ(server_is_at(), address("203.0.113.7:51820"));
}

TEST_F(FetchTest, PeersOutsideOfTheNetworkAreSkippedWithAWarning) {
  const State good = state;
  for (const char* outside : {"8.8.8.8", "127.0.0.1", "10.67.1.1", "fd66::9"}) {
    const auto id = static_cast<std::int64_t>(state.peers.size() + 1);
    state.peers.push_back(peer(id, fmt::format("outsider-{}", id), outside, new_key()));
  }
  for (const Caller caller : {Caller::kUp, Caller::kFetch, Caller::kDaemon}) {
    ::testing::internal::CaptureStderr();
    const auto result = round(caller);
    const std::string log = ::testing::internal::GetCapturedStderr();
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(log.find("outside of 10.66.0.0/16") != std::string::npos, caller != Caller::kFetch) << "the store has none of them";
    for (const wg::Peer& there : device().peers)
      for (const IpNet& allowed : there.allowed_ips)
        EXPECT_TRUE(net("10.66.0.0/16").contains(allowed) || allowed.address() == server_ip()) << allowed.to_string();
    EXPECT_THAT(hosts(), Not(HasSubstr("outsider")));
    EXPECT_EQ((*DataStore::load(options.folders.data_store(evilcorp())))->state(), good);
  }
}

TEST_F(FetchTest, EachAddressOfTheServersNameIsTriedAndTheFirstStays) {
  auto named = config();
  named.server_external_endpoint = endpoint("vpn.example.com:51820");
  write(named);
  fake.names["vpn.example.com"] = {ip("2001:db8::1"), ip("192.0.2.1")};
  std::atomic<bool> is_away = true;
  special = [&](const Request&) -> std::optional<Reply> {
    if (is_away) return Reply{.bytes = "", .then = Reply::Then::kClose};
    return std::nullopt;
  };
  const auto failed = round();
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("no handshake with it at [2001:db8::1]:51820 and 192.0.2.1:51820"));
  EXPECT_EQ(device().peers.at(0).endpoint, address("[2001:db8::1]:51820"));
  is_away = false;
  fake.backend.on_apply = [&] {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
      if (device.peers.at(0).endpoint == address("192.0.2.1:51820")) device.peers[0].last_handshake = fake.wait.clock_.wall();
    });
  };
  ASSERT_TRUE(round());
  EXPECT_EQ(device().peers.at(0).endpoint, address("192.0.2.1:51820"));
  const BootTime now = fake.wait.clock_.boot();
  ASSERT_TRUE(round());
  EXPECT_EQ(fake.wait.clock_.boot(), now) << "a live tunnel is not looked for";
  EXPECT_EQ(device().peers.at(0).endpoint, address("192.0.2.1:51820"));
}

TEST_F(FetchTest, OfOneThatHasMovedItselfTheServersSessionIsBelievedWhileItAnswers) {
  auto named = config();
  named.server_external_endpoint = endpoint("vpn.example.com:51820");
  write(named);
  fake.names["vpn.example.com"] = {ip("2001:db8::1"), ip("192.0.2.1")};
  FetchMemory memory;
  std::optional<IpAddress> there = ip("2001:db8::1");
  const auto change_server_peer = [&](const std::function<void(wg::Peer&)>& change) {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) { change(device.peers.at(0)); });
  };
  fake.backend.on_apply = [&] {
    change_server_peer([&](wg::Peer& peer) {
      if (peer.endpoint && peer.endpoint->ip == there) peer.last_handshake = fake.wait.clock_.wall();
    });
  };
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(device().peers.at(0).endpoint, address("[2001:db8::1]:51820"));

  fake.on_poke = [&](const IpAddress& to) {
    EXPECT_EQ(to, server_ip());
    change_server_peer([](wg::Peer& peer) { peer.received_bytes += 92; });
  };
  const BootTime before = fake.wait.clock_.boot();
  memory.has_moved = true;
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(device().peers.at(0).endpoint, address("[2001:db8::1]:51820"));
  EXPECT_LE(fake.wait.clock_.boot() - before, 100ms);

  // In a network without IPv6.
  fake.on_poke = [](const IpAddress&) {};
  there = ip("192.0.2.1");
  memory.has_moved = true;
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(device().peers.at(0).endpoint, address("192.0.2.1:51820"));
  EXPECT_LE(fake.wait.clock_.boot() - before, 3s);
  EXPECT_FALSE(memory.has_moved) << "once";
}

TEST_F(FetchTest, WhetherTheServerStillAnswersIsForTheRoundAfterTheNewsToAsk) {
  FetchMemory memory;
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  memory.has_moved = true;
  memory.news = StateAnswer{.news = state, .etag = memory.etag};
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_TRUE(memory.has_moved) << "they may have come before";
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_FALSE(memory.has_moved);
}

TEST_F(FetchTest, AServerThatHasMovedIsFoundWhereTheConfigSaysAndWhereTheStateSays) {
  state.peers[0].endpoint = endpoint("192.0.2.1:51820");
  ASSERT_TRUE(round());
  const SocketAddress of_config = address("203.0.113.1:51820");
  const SocketAddress of_state = address("192.0.2.1:51820");
  std::optional<SocketAddress> server_is_at;
  const auto change_server_peer = [&](const std::function<void(wg::Peer&)>& change) {
    fake.backend.change_device(evilcorp(),
                               [&](wg::Device& device) { change(*std::ranges::find(device.peers, server_key, &wg::Peer::public_key)); });
  };
  const auto server_peer = [&] {
    const wg::Device now = device();
    return *std::ranges::find(now.peers, server_key, &wg::Peer::public_key);
  };
  fake.backend.on_apply = [&] {
    change_server_peer([&](wg::Peer& peer) {
      if (peer.endpoint == server_is_at) peer.last_handshake = fake.wait.clock_.wall();
    });
  };
  special = [&](const Request&) -> std::optional<Reply> {
    if (server_peer().last_handshake) return std::nullopt;
    return Reply{.bytes = "", .then = Reply::Then::kClose};
  };
  for (const auto& place : {of_config, of_state}) {
    server_is_at.reset();
    change_server_peer([](wg::Peer& peer) { peer.last_handshake.reset(); });
    for (int i = 0; i < 2; ++i) {
      const auto without = round();
      ASSERT_TRUE(without) << without.error().message();
      EXPECT_FALSE(without->server_answered);
      EXPECT_EQ(server_peer().endpoint, of_config) << "which stays";
    }
    server_is_at = place;
    const auto with = round();
    ASSERT_TRUE(with) << with.error().message();
    EXPECT_TRUE(with->server_answered);
    EXPECT_EQ(server_peer().endpoint, place);
  }
}

TEST_F(FetchTest, AnotherKeyForAKnownPeerLeavesEverythingAlone) {
  ASSERT_TRUE(round());
  const auto sets = fake.backend.updates.size();
  const std::string before = hosts();
  state.peers[2].public_key = new_key();
  state.peers[2].name = *Hostname::parse("mallory");
  EXPECT_EQ(round().error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(fake.backend.updates.size(), sets);
  EXPECT_EQ(hosts(), before);
}

TEST_F(FetchTest, AStateWithoutTheServersPeerOrWithBadPeersDoesNoHarm) {
  ASSERT_TRUE(round());
  const auto sets = fake.backend.updates.size();
  special = [&](const Request& request) -> std::optional<Reply> {
    if (request.target != "/v1/user/state") return std::nullopt;
    std::string bad_name = to_json(peer(8, "bad", "10.66.1.8", new_key()));
    bad_name.replace(bad_name.find("\"bad\""), 5, "\"../x y\"");
    std::string bad_key = to_json(peer(9, "bad", "10.66.1.9", new_key()));
    bad_key.replace(bad_key.find("\"public_key\":\"") + 14, 44, "");
    return answer(
        200, fmt::format(R"({{"peers":[{},{},{},{}],"cidrs":[]}})", to_json(state.peers[1]), to_json(state.peers[2]), bad_name, bad_key));
  };
  const auto result = round();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(fake.backend.updates.size(), sets);
  EXPECT_EQ(device().peers.size(), 2U);
  EXPECT_THAT(hosts(), Not(HasSubstr("x y")));
}

TEST_F(FetchTest, ARenamedPeerAndALostHostsSectionAreBroughtInLine) {
  ASSERT_TRUE(round());
  const auto sets = fake.backend.updates.size();
  state.peers[2].name = *Hostname::parse("robert");
  ASSERT_TRUE(round());
  EXPECT_THAT(hosts(), HasSubstr("robert"));
  std::filesystem::remove(options.hosts.path);
  ASSERT_TRUE(round());
  EXPECT_THAT(hosts(), HasSubstr("robert"));
  EXPECT_EQ(fake.backend.updates.size(), sets);
}

// Nothing changes on the device, and the names are brought in line all the same.
TEST_F(FetchTest, AnotherSuffixOrHostsFileIsTakenAtTheNextFetch) {
  state.peers.pop_back();
  ASSERT_TRUE(round());
  EXPECT_THAT(hosts(), HasSubstr("10.66.0.1 innernet-server.evilcorp.wg")) << "although nobody else is visible";
  const auto sets = fake.backend.updates.size();
  options.hosts.suffix = "corp";
  ASSERT_TRUE(round(Caller::kFetch));
  EXPECT_THAT(hosts(), AllOf(HasSubstr("10.66.1.2 me.corp\n"), Not(HasSubstr(".wg"))));
  options.hosts.path = folder / "other-hosts";
  ASSERT_TRUE(round(Caller::kFetch));
  EXPECT_THAT(hosts(), HasSubstr("10.66.1.2 me.corp\n"));
  options.hosts.write = false;
  options.hosts.path = folder / "not-asked-for";
  ASSERT_TRUE(round(Caller::kFetch));
  EXPECT_FALSE(std::filesystem::exists(options.hosts.path));
  EXPECT_EQ(fake.backend.updates.size(), sets);
}

TEST_F(FetchTest, OverridesGoToDeviceAndStore) {
  auto changed = config();
  changed.peer_endpoint_overrides = {{ip("10.66.1.3"), endpoint("192.0.2.99:9")}};
  write(changed);
  ASSERT_TRUE(round());
  EXPECT_EQ(device().peers[1].endpoint, address("192.0.2.99:9"));
  EXPECT_EQ((*DataStore::load(options.folders.data_store(evilcorp())))->state().peers[2].endpoint, endpoint("192.0.2.99:9"));
}

TEST_F(FetchTest, AChangedListenPortIsAppliedToTheDevice) {
  ASSERT_TRUE(round());
  auto changed = config();
  changed.listen_port = 51999;
  write(changed);
  ASSERT_TRUE(round());
  EXPECT_EQ(device().listen_port, 51999);
}

TEST_F(FetchTest, AListenPortThatIsTakenCostsNeitherPeersNorTheOldOne) {
  ASSERT_TRUE(round());
  fake.backend.change_device(evilcorp(), [](wg::Device& device) { device.peers.clear(); });
  fake.backend.taken_port = 51999;
  auto changed = config();
  changed.listen_port = std::uint16_t{51999};
  write(changed);
  EXPECT_TRUE(round());
  EXPECT_EQ(device().listen_port, 40000);
  EXPECT_EQ(device().peers.size(), 2U);
}

TEST_F(FetchTest, UpFinishesAnInstallThatWasKilledBeforeItChangedTheKey) {
  const auto invitation = wg::PrivateKey::generate();
  const PendingInstall killed{.invitation = invitation.public_key(), .config = config()};
  ASSERT_TRUE(replace_file(options.folders.config_file(evilcorp()), killed.to_text().reveal()));
  ASSERT_TRUE(fake.backend.create(evilcorp()));
  ASSERT_TRUE(fake.backend.apply(evilcorp(), {.private_key = invitation, .listen_port = {}, .fwmark = {}, .peers = {}}));
  const auto result = round();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(device().public_key, own_key.public_key());
}

TEST_F(FetchTest, UpFinishesAnInstallThatWasKilledWhileTheServerChangedItsKey) {
  ASSERT_TRUE(round());
  const PendingInstall killed{.invitation = new_key(), .config = config()};
  ASSERT_TRUE(replace_file(options.folders.config_file(evilcorp()), killed.to_text().reveal()));
  const auto handshakes_started = [this] {
    return std::ranges::count_if(fake.backend.updates, [this](const wg::DeviceUpdate& update) {
      return !update.peers.empty() && update.peers.front().remove && update.peers.front().public_key == server_key;
    });
  };
  ASSERT_TRUE(round());
  EXPECT_EQ(handshakes_started(), 1) << "a handshake that was lost is not waited for";
  EXPECT_FALSE(invitation_of_config(options.folders.config_file(evilcorp()))) << "it has ended";
  ASSERT_TRUE(round());
  EXPECT_EQ(handshakes_started(), 1);
}

}  // namespace
}  // namespace innernet::client

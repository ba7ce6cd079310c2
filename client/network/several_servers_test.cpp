#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <set>

#include "fetch_test.hpp"
#include "innernet/client/saved_relays.hpp"
#include "network_files.hpp"
#include "saved_servers.hpp"
#include "tunnel_socket.hpp"

namespace innernet::client {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A network of two servers, of which the config knows one.
struct SeveralServersTest : FetchTest {
  struct Server {
    bool has_handshake = false;
    bool answers = false;
    std::optional<State> older{};  ///< what it says instead of `state`
  };

  const SocketAddress first = address("203.0.113.1:51820"), second = address("198.51.100.2:51820");
  std::map<SocketAddress, Server> servers{{first, {.has_handshake = true, .answers = true}}, {second, {}}};
  std::set<SocketAddress> asked;
  FetchMemory memory;

  SeveralServersTest() {
    state.servers = {endpoint("203.0.113.1:51820"), endpoint("standby.example.com:51820")};
    state.term = 7;
    fake.names["standby.example.com"] = {ip("198.51.100.2")};
    fake.backend.on_apply = [this] {
      fake.backend.change_device(evilcorp(), [this](wg::Device& device) {
        for (wg::Peer& peer : device.peers)
          if (peer.public_key == server_key && peer.endpoint && has_handshake_with(*peer.endpoint) && !peer.last_handshake)
            peer.last_handshake = fake.wait.clock_.wall();
      });
    };
    special = [this](const Request& request) -> std::optional<Reply> {
      const SocketAddress place = where();
      asked.insert(place);
      const auto found = servers.find(place);
      const Server here = found == servers.end() ? Server{} : found->second;
      if (!here.has_handshake || !here.answers) return Reply{.bytes = "", .then = Reply::Then::kClose};
      if (here.older && request.target == "/v1/user/state") return answer(200, to_json(*here.older));
      return std::nullopt;
    };
  }
  // The base's server, which asks it, ends after our members.
  ~SeveralServersTest() override {
    change([this] { special = nullptr; });
  }
  /// In the thread that changes them.
  bool has_handshake_with(const SocketAddress& place) const {
    const auto found = servers.find(place);
    return found != servers.end() && found->second.has_handshake;
  }
  SocketAddress where() {
    const wg::Device now = device();
    const auto there = std::ranges::find(now.peers, server_key, &wg::Peer::public_key);
    return there == now.peers.end() ? SocketAddress{} : there->endpoint.value_or(SocketAddress{});
  }
  KnownServers saved() const { return SavedServers(options.folders, evilcorp(), server_key).read(); }
  /// What the servers' threads read is changed only here.
  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(mutex);
    change();
  }
  /// The second one has taken over.
  void take_over() {
    change([&] {
      servers[first] = {};
      servers[second] = {.has_handshake = true, .answers = true};
      state.term = *state.term + 1;
    });
  }
  std::pair<Result<RoundResult>, std::string> logged_round(Caller caller) {
    ::testing::internal::CaptureStderr();
    auto result = round(memory, caller);
    return {std::move(result), ::testing::internal::GetCapturedStderr()};
  }
};

TEST_F(SeveralServersTest, WhatAStateSaysOfThemIsKeptAndOnlyWhatCanBeUsed) {
  change([&] { state.servers.push_back(endpoint("10.66.1.9:51820")); });
  change([&] { state.servers.push_back(endpoint("127.0.0.1:51820")); });
  const auto [result, log] = logged_round(Caller::kUp);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(log, HasSubstr("10.66.1.9:51820"));
  EXPECT_EQ(saved(), (KnownServers{.servers = {state.servers[0], state.servers[1]}, .term = 7}));
  state.servers.erase(state.servers.begin() + 1, state.servers.end());
  ASSERT_TRUE(round());
  EXPECT_THAT(saved().servers, ElementsAre(state.servers[0])) << "a whole state says all";
  change([&] { state.servers.clear(); });
  state.term.reset();
  fake.wait.clock_.advance(11min);
  ASSERT_TRUE(round());
  EXPECT_FALSE(std::filesystem::exists(servers_file(options.folders, evilcorp())));
}

TEST_F(SeveralServersTest, AnEtagCountsOnlyWithThem) {
  ASSERT_TRUE(round());
  ASSERT_TRUE(round());
  EXPECT_TRUE(server.requests().back().has("If-None-Match"));
  fake.wait.clock_.advance(2min);
  ASSERT_TRUE(round());
  ASSERT_TRUE(round());
  EXPECT_TRUE(server.requests().back().has("If-None-Match")) << "also when the file's time was set";
  EXPECT_EQ(saved().term, 7U);
  ASSERT_TRUE(remove_file(servers_file(options.folders, evilcorp())));
  ASSERT_TRUE(round());
  EXPECT_FALSE(server.requests().back().has("If-None-Match"));
  EXPECT_EQ(saved().term, 7U);
}

TEST_F(SeveralServersTest, ADeltaChangesWhatItNames) {
  capabilities = R"({"state_etag":true,"state_delta":true})";
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  std::string delta = R"({"peers":[],"gone":[]})";
  const auto usual = special;
  special = [&](const Request& request) -> std::optional<Reply> {
    if (request.has("A-IM: innernet")) return answer(226, delta, "IM: innernet\r\nETag: \"2\"\r\n");
    return usual(request);
  };
  const KnownServers before = saved();
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(saved(), before);
  delta = R"({"peers":[],"gone":[],"servers":[{"endpoint":"198.51.100.3:5"}],"term":9})";
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(saved(), (KnownServers{.servers = {endpoint("198.51.100.3:5")}, .term = 9}));
}

TEST_F(SeveralServersTest, ADaemonWhoseServerIsGoneGoesToTheNextAndStaysThere) {
  state.peers[0].endpoint = endpoint("203.0.113.1:51820");
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(where(), first);
  take_over();
  const BootTime before = fake.wait.clock_.boot();
  const auto [result, log] = logged_round(Caller::kDaemon);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_TRUE(result->server_answered);
  EXPECT_EQ(where(), second);
  EXPECT_LE(fake.wait.clock_.boot() - before, 100ms);
  EXPECT_THAT(log, HasSubstr("trying another server of evilcorp"));
  EXPECT_EQ(saved().term, 8U);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(round(memory, Caller::kDaemon));
    EXPECT_EQ(where(), second) << "whatever config and state say";
  }
  fake.wait.clock_.advance(10min);
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(where(), second) << "it is tried first";
}

TEST_F(SeveralServersTest, ADoubtedServerIsTriedLast) {
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  change([&] { asked.clear(); });
  // As when its machine has died while a request waited: the handshake is still a recent one.
  memory.is_server_doubted = true;
  take_over();
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(where(), second);
  EXPECT_THAT(asked, ElementsAre(second)) << "the other one might have let us wait";
  EXPECT_FALSE(memory.is_server_doubted);
  // The same for nothing: the other one has no handshake, and it is back at this one a second later.
  memory.is_server_doubted = true;
  const BootTime before = fake.wait.clock_.boot();
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(where(), second);
  EXPECT_LE(fake.wait.clock_.boot() - before, 1100ms);
}

TEST_F(SeveralServersTest, OneThatIsBackBeforeAnybodyHasTakenOverIsFoundAgain) {
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  // Its program was killed: the kernel goes on to make handshakes.
  change([&] { servers[first].answers = false; });
  for (int i = 0; i < 3; ++i) {
    const auto without = round(memory, Caller::kDaemon);
    ASSERT_TRUE(without) << without.error().message();
    EXPECT_FALSE(without->server_answered);
    EXPECT_TRUE(memory.is_server_doubted);
    EXPECT_EQ(where(), first);
  }
  change([&] { servers[first].answers = true; });
  ASSERT_TRUE(round(memory, Caller::kDaemon)->server_answered);
  EXPECT_EQ(where(), first);
  change([&] { servers[first].answers = false; });
  ASSERT_FALSE(round(memory, Caller::kDaemon)->server_answered);
  change([&] { servers[second] = {.has_handshake = true, .answers = true}; });
  ASSERT_TRUE(round(memory, Caller::kDaemon)->server_answered);
  EXPECT_EQ(where(), second);
}

TEST_F(SeveralServersTest, ACommandTriesThemAsWellAlsoAfterARestartOfTheMachine) {
  ASSERT_TRUE(round());
  take_over();
  ASSERT_TRUE(round(Caller::kFetch)->server_answered);
  EXPECT_EQ(where(), second);
  ASSERT_TRUE(fake.backend.remove(evilcorp()));
  const BootTime before = fake.wait.clock_.boot();
  ASSERT_TRUE(round(Caller::kUp)->server_answered);
  EXPECT_EQ(where(), second);
  EXPECT_LE(fake.wait.clock_.boot() - before, 1100ms);
}

TEST_F(SeveralServersTest, WithoutAnyThePeersOfTheLastFetchStay) {
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  change([&] { servers[first] = {}; });
  fake.wait.clock_.advance(10min);
  const BootTime before = fake.wait.clock_.boot();
  const auto [result, log] = logged_round(Caller::kDaemon);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_FALSE(result->server_answered);
  EXPECT_THAT(log, HasSubstr("no handshake with it at 203.0.113.1:51820 and 198.51.100.2:51820"));
  EXPECT_EQ(where(), first) << "what the config says";
  EXPECT_LE(fake.wait.clock_.boot() - before, 2100ms);
  EXPECT_EQ(device().peers.size(), 2U);
}

TEST_F(SeveralServersTest, AnOverrideOfTheServersEndpointIsTheLastWord) {
  auto fixed = config();
  fixed.peer_endpoint_overrides.emplace(server_ip(), endpoint("203.0.113.1:51820"));
  write(fixed);
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  take_over();
  EXPECT_FALSE(round(memory, Caller::kDaemon)->server_answered);
  EXPECT_EQ(where(), first);
}

TEST_F(SeveralServersTest, WhatAServerThatWasReplacedSaysChangesNothing) {
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  const State old = state;
  take_over();
  state.peers.pop_back();  // bob's key was revoked
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  ASSERT_EQ(where(), second);
  // It is back from the dead, and nobody else is there.
  change([&] { servers[first] = {.has_handshake = true, .answers = true, .older = old}; });
  change([&] { servers[second] = {}; });
  for (const Caller caller : {Caller::kDaemon, Caller::kFetch, Caller::kDaemon, Caller::kUp}) {
    fake.wait.clock_.advance(1h);
    const auto [result, log] = logged_round(caller);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_FALSE(result->server_answered);
    EXPECT_THAT(log,
                HasSubstr("the server that answered was replaced by another one (its term is 7, 8 was seen): what it says is not used"));
    EXPECT_EQ(device().peers.size(), 1U);
    EXPECT_THAT(hosts(), Not(HasSubstr("bob")));
    EXPECT_EQ(saved().term, 8U);
  }
  change([&] { servers[second] = {.has_handshake = true, .answers = true}; });
  const auto [result, log] = logged_round(Caller::kDaemon);
  EXPECT_TRUE(result->server_answered);
  EXPECT_EQ(where(), second);
}

TEST_F(SeveralServersTest, NewsOfAServerThatWasReplacedAreNotUsedEither) {
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  State old = state;
  old.term = 6;
  old.peers.push_back(peer(9, "mallory", "10.66.1.9", new_key()));
  memory.news = StateAnswer{.news = old, .etag = "\"6\""};
  change([&] { servers[second] = {.has_handshake = true, .answers = true}; });
  ASSERT_TRUE(round(memory, Caller::kDaemon)->server_answered);
  EXPECT_EQ(where(), second);
  EXPECT_THAT(hosts(), Not(HasSubstr("mallory")));
}

TEST_F(SeveralServersTest, AStateWithoutATermIsUsedWhenNobodyHasNamedOneForTenMinutes) {
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  State without = state;
  without.term.reset();
  without.servers.clear();
  change([&] { servers[first].older = without; });
  fake.wait.clock_.advance(9min);
  EXPECT_FALSE(round(memory, Caller::kDaemon)->server_answered);
  EXPECT_FALSE(round(Caller::kFetch)->server_answered) << "by the time of the file";
  {
    FetchMemory of_a_new_daemon;
    fake.wait.clock_.advance(50s);
    EXPECT_FALSE(round(of_a_new_daemon, Caller::kDaemon)->server_answered);
    fake.wait.clock_.advance(5min);
    EXPECT_FALSE(round(of_a_new_daemon, Caller::kDaemon)->server_answered) << "it has to hear for itself";
  }
  const auto [result, log] = logged_round(Caller::kDaemon);
  EXPECT_TRUE(result->server_answered);
  EXPECT_TRUE(saved().is_empty());
  servers[first].older.reset();
  change([&] { state.term = 1; });
  EXPECT_TRUE(round(memory, Caller::kDaemon)->server_answered) << "another database";
  EXPECT_EQ(saved().term, 1U);
}

TEST(NoticeDeath, IsForTheSystemToDo) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto option = [&](int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(socket.get(), level, name, &value, &size);
    return value;
  };
  notice_death(socket.get(), 13s);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 13'000);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE) + option(IPPROTO_TCP, TCP_KEEPCNT) * option(IPPROTO_TCP, TCP_KEEPINTVL), 13);
  notice_death(socket.get(), 0s);
  EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
}

}  // namespace
}  // namespace innernet::client

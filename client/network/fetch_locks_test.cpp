#include "fetch_round.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "fetch_test.hpp"
#include "innernet/client/data_store.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/testing/opened.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using innernet::testing::Opened;

struct UnlockedFetchTest : FetchTest {
  std::function<void()> meanwhile;  ///< while the server is first asked for the state
  int states = 0;

  UnlockedFetchTest() {
    special = [this](const Request& request) -> std::optional<Reply> {
      if (request.target == "/v1/user/state" && ++states == 1 && meanwhile) meanwhile();
      return std::nullopt;
    };
  }
  Result<void> up() {
    Machine machine = fake.machine();
    return fetch_once(options, evilcorp(), machine, Caller::kUp);
  }
  bool is_free() const {
    return lock_network(options.folders, evilcorp(), nullptr, ReadOnly::kRefused, std::chrono::milliseconds(0)).has_value();
  }
};

TEST_F(UnlockedFetchTest, NobodyWaitsForTheServerWithUs) {
  bool was_free_at_state = false, was_free_at_report = false;
  meanwhile = [&] { was_free_at_state = is_free(); };
  fake.addresses = {ip("192.0.2.50")};
  const auto next = special;
  special = [&, next](const Request& request) {
    if (request.method == "PUT") was_free_at_report = is_free();
    return next(request);
  };
  ASSERT_TRUE(up());
  EXPECT_TRUE(was_free_at_state);
  EXPECT_TRUE(was_free_at_report);
  EXPECT_EQ(states, 1);
}

// Only the daemon writes these, and there may be none any more.
TEST_F(UnlockedFetchTest, WhatAKilledDaemonWasWritingIsRemoved) {
  const std::filesystem::path left[] = {options.folders.data / ".evilcorp.mapping.0123456789abcdef.new",
                                        options.folders.data / ".evilcorp.relay-port.0123456789abcdef.new"};
  for (const auto& file : left) ASSERT_TRUE(replace_file(file, "half"));
  ASSERT_TRUE(up());
  for (const auto& file : left) EXPECT_FALSE(std::filesystem::exists(file)) << file;
}

TEST_F(UnlockedFetchTest, WhatTheConfigSaysByThenIsApplied) {
  meanwhile = [&] {
    auto changed = config();
    changed.listen_port = 51999;
    changed.peer_endpoint_overrides = {{ip("10.66.1.3"), endpoint("192.0.2.99:9")}};
    write(changed);
  };
  ASSERT_TRUE(up());
  EXPECT_EQ(device().listen_port, 51999);
  EXPECT_EQ(device().peers[1].endpoint, address("192.0.2.99:9"));
}

TEST_F(UnlockedFetchTest, AnAnswerThatIsOlderThanTheDataStoreIsAskedForAgain) {
  ASSERT_TRUE(up());
  states = 0;
  const State before = state;
  special = [&](const Request& request) -> std::optional<Reply> {
    if (request.target != "/v1/user/state" || ++states > 1) return std::nullopt;
    auto store = *DataStore::load(options.folders.data_store(evilcorp()));
    state.peers.push_back(peer(4, "carol", "10.66.1.4", new_key()));
    EXPECT_TRUE(store->update(state));
    EXPECT_TRUE(store->save());
    return answer(200, to_json(before));
  };
  ASSERT_TRUE(up());
  EXPECT_EQ(states, 2);
  EXPECT_EQ(device().peers.size(), 3U) << "carol, of whom somebody else was told meanwhile";
}

TEST_F(UnlockedFetchTest, AnUninstallMeanwhileIsTheEnd) {
  meanwhile = [&] {
    EXPECT_TRUE(fake.backend.remove(evilcorp()));
    EXPECT_TRUE(remove_file(options.folders.config_file(evilcorp())));
  };
  const auto fetched = up();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind(), ErrorKind::kNotFound);
  EXPECT_FALSE(fake.backend.has(evilcorp()));
  EXPECT_TRUE(std::filesystem::is_empty(options.folders.data));
}

TEST_F(UnlockedFetchTest, AnInterfaceThatIsAnothersByThenIsLeftAlone) {
  meanwhile = [&] {
    fake.wait.clock_.advance(std::chrono::seconds(5));
    fake.backend.change_device(evilcorp(), [](wg::Device& device) { device.public_key = new_key(); });
  };
  EXPECT_EQ(up().error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(device().peers.size(), 1U);
}

// A daemon and a command, or two commands.
struct TraversalOfTwoTest : FetchTest {
  const SocketAddress tried = address("192.0.2.77:7");

  TraversalOfTwoTest() { state.peers[2].candidates = {endpoint("192.0.2.33:7")}; }
  void fetch() {
    Machine machine = fake.machine();
    const auto fetched = fetch_once(options, evilcorp(), machine, Caller::kUp);
    ASSERT_TRUE(fetched) << fetched.error().message();
  }
  void another_tries_bob() {
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) { device.peers.at(1).endpoint = tried; });
  }
};

TEST_F(TraversalOfTwoTest, OneOfThemLeavesThePeersToTheOther) {
  options.nat.no_traversal = true;
  fetch();
  options.nat.no_traversal = false;
  {
    const auto other = FileLock::acquire_while_locked(traversal_file(options.folders, evilcorp()), std::chrono::milliseconds(0));
    ASSERT_TRUE(other);
    another_tries_bob();
    const auto sets = fake.backend.updates.size();
    const BootTime began = fake.wait.clock_.boot();
    fetch();
    EXPECT_EQ(device().peers.at(1).endpoint, tried);
    EXPECT_EQ(fake.backend.updates.size(), sets);
    EXPECT_LT(fake.wait.clock_.boot() - began, std::chrono::seconds(5)) << "nor waits for it";
    state.peers.push_back(peer(4, "carol", "10.66.1.4", new_key()));
    fetch();
    EXPECT_EQ(device().peers.size(), 3U) << "all else is applied";
    EXPECT_EQ(device().peers.at(1).endpoint, tried);
  }
  fetch();
  EXPECT_EQ(device().peers.at(1).endpoint, address("192.0.2.3:7")) << "which is what is left when nothing works";
}

// RelayCare, which takes a pair to a nearer relay.
TEST_F(TraversalOfTwoTest, OneThatHoldsTheOtherUpForAMomentCostsItNoTurn) {
  const RoundResult result = *round();
  ASSERT_FALSE(result.due.empty());
  const auto file = traversal_file(options.folders, evilcorp());
  // Once, it might find the lock free after it has opened the file.
  for (int i = 0; i < 100; ++i) {
    std::optional<FileLock> other(FileLock::acquire_while_locked(file, std::chrono::milliseconds(0)).value());
    const auto sets = fake.backend.updates.size();
    Opened opened(file);
    std::thread waiter([&] {
      Machine machine = fake.machine();
      traverse_due(options, evilcorp(), net("10.66.0.0/16"), machine, result, {}, {.patience = std::chrono::hours(1)});
    });
    opened.wait();
    other.reset();
    waiter.join();
    ASSERT_GT(fake.backend.updates.size(), sets);
  }
}

TEST_F(TraversalOfTwoTest, OthersSeeItWhileItLasts) {
  const auto file = traversal_file(options.folders, evilcorp());
  bool was_locked = false;
  fake.wait.on_wait = [&] {
    if (device().peers.size() > 1 && device().peers.at(1).endpoint == address("192.0.2.33:7")) was_locked = FileLock::is_locked(file);
  };
  fetch();
  EXPECT_TRUE(was_locked);
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(TraversalOfTwoTest, ADaemonsRoundsGoOnBesideItsOwn) {
  FetchMemory memory;
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  const auto own = FileLock::acquire_while_locked(traversal_file(options.folders, evilcorp()), std::chrono::milliseconds(0));
  ASSERT_TRUE(own);
  memory.in_traversal = {new_key()};
  another_tries_bob();
  ASSERT_TRUE(round(memory, Caller::kDaemon));
  EXPECT_EQ(device().peers.at(1).endpoint, address("192.0.2.3:7")) << "bob is not of those that it tries";
}

}  // namespace
}  // namespace innernet::client

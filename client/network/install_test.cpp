#include <gmock/gmock.h>

#include <algorithm>

#include "fake_machine.hpp"
#include "fetch_round.hpp"
#include "innernet/base/file.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/testing/loopback_server.hpp"
#include "innernet/testing/planted_key.hpp"
#include "innernet/testing/temp_dir.hpp"
#include "install_steps.hpp"
#include "network_files.hpp"
#include "pending_install.hpp"
#include "sample_network.hpp"

namespace innernet::client {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

struct Killed {
  std::string step;
};

// A server that knows one peer by one key at a time, hears only who has that key on the interface, and redeems once.
struct InstallTest : ::testing::Test {
  innernet::testing::TempDir folder;
  FakeMachine fake;
  wg::PrivateKey invitation_key = wg::PrivateKey::generate();
  wg::PublicKey server_key = new_key();
  ClientOptions options;

  std::mutex mutex;
  wg::PublicKey known = invitation_key.public_key();
  std::optional<wg::PublicKey> waiting;  ///< the new key, until the server changes its side
  bool redeemed = false;
  bool is_ours = true;            ///< answers a repeated redeem with the same key 204
  bool swaps_at_once = true;      ///< else in swap()
  bool loses_the_answer = false;  ///< redeems, but the client does not hear of it
  bool goes_away = false;         ///< after that
  int refuses = 0;
  bool is_deaf = false;
  bool drips = false;  ///< the state, for ever
  std::optional<std::string> server_name;
  std::optional<SocketAddress> only_at;  ///< the server; none: wherever the device has it
  std::vector<Peer> other_peers;         ///< in the state
  int renewals_with_new_key = 0;
  LoopbackServer server{[this](const Request& request) { return reply(request); }};

  InstallTest() {
    options.folders = {folder / "etc", folder / "var"};
    options.hosts.path = folder / "hosts";
  }

  void swap() {
    const std::lock_guard lock(mutex);
    if (waiting) known = *std::exchange(waiting, std::nullopt);
  }
  Reply reply(const Request& request) {
    const std::lock_guard lock(mutex);
    const auto device = fake.backend.get(evilcorp());
    const Reply silence{.bytes = "", .then = Reply::Then::kClose};
    if (is_deaf || !device || device->public_key != known || !is_heard_at(*device)) return silence;
    if (request.target == "/v1/user/redeem") {
      if (refuses != 0) return answer(refuses, R"({"error":"no"})");
      const auto key = parse_redeem(request.body);
      if (redeemed) return answer(is_ours && waiting == *key ? 204 : 401);
      redeemed = true;
      waiting = *key;
      if (swaps_at_once) known = *std::exchange(waiting, std::nullopt);
      if (loses_the_answer) {
        is_deaf = goes_away;
        return silence;
      }
      return answer(204);
    }
    if (!redeemed) return answer(401);
    if (request.target == "/v1/user/capabilities") return answer(200, "{}");
    if (request.method == "PUT") return answer(204);
    if (drips) return {.bytes = "", .then = Reply::Then::kDrip};
    State state{.peers = {peer(1, "innernet-server", "10.66.0.1", server_key), peer(2, "me", "10.66.1.2", known)}, .cidrs = {}};
    state.peers.insert(state.peers.end(), other_peers.begin(), other_peers.end());
    return answer(200, to_json(state));
  }

  bool is_heard_at(const wg::Device& device) const {
    return !only_at || std::ranges::any_of(device.peers, [&](const wg::Peer& peer) { return peer.endpoint == only_at; });
  }
  void shake_hands_where_it_is() {
    fake.backend.on_apply = [&] {
      fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
        for (auto& peer : device.peers)
          if (peer.endpoint == only_at) peer.last_handshake = fake.wait.clock_.wall();
      });
    };
  }

  InterfaceConfig invitation() const {
    InterfaceConfig config = config_of(invitation_key, server_key, server.address());
    if (server_name) config.server_external_endpoint = endpoint(*server_name);
    return config;
  }
  Result<Installed> install(const std::string& kill_at = {}) {
    Machine machine = fake.machine();
    return install_on(options, evilcorp(), invitation(), machine, {}, [&](std::string_view step) {
      if (step == kill_at) throw Killed{kill_at};
    });
  }
  // The server redeems, and nothing is heard of it until the install has ended.
  Result<Installed> install_and_lose_the_server() {
    const auto lose = [this](bool is_lost) {
      const std::lock_guard lock(mutex);
      loses_the_answer = goes_away = is_lost;
      is_deaf = false;
    };
    lose(true);
    auto installed = install();
    lose(false);
    return installed;
  }
  void expect_installed(const std::string& how = {}) {
    const auto config = read_config(options.folders, evilcorp());
    ASSERT_TRUE(config) << how;
    EXPECT_EQ(config->private_key.public_key(), known) << how;
    EXPECT_NE(known, invitation_key.public_key()) << how;
    EXPECT_EQ(fake.backend.get(evilcorp())->public_key, known) << how;
    EXPECT_FALSE(std::filesystem::exists(pending_file(options.folders, evilcorp()))) << how;
    EXPECT_FALSE(invitation_of_config(options.folders.config_file(evilcorp()))) << how;
  }
};

TEST_F(InstallTest, GetsThePeerInAndWritesThePlainConfig) {
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_EQ(*installed, Installed::kFetched);
  expect_installed();
  EXPECT_EQ(*read_file(options.folders.config_file(evilcorp())), read_config(options.folders, evilcorp())->to_toml().reveal());
  EXPECT_THAT(*read_file(options.hosts.path), HasSubstr("10.66.1.2 me.evilcorp.wg"));
}

TEST_F(InstallTest, LeavesTheNewKeyNowhereInMemory) {
  if (!innernet::testing::kMemoryCanBeSearched) GTEST_SKIP() << "!!!! NOT RUN: the search for keys in memory, under a sanitizer !!!!";
  ASSERT_TRUE(install());
  ASSERT_TRUE(fake.backend.remove(evilcorp()));  // a device has it
  fake.backend.updates.clear();
  const innernet::testing::PlantedKey made(options.folders.config_file(evilcorp()), "private-key = \"");
  EXPECT_THAT(made.places(), ::testing::IsEmpty());
}

TEST_F(InstallTest, KilledAnywhereTheSameCommandAgainGetsThePeerIn) {
  for (const char* step : {"pending file written", "interface made", "redeemed", "config in place", "key changed", "fetched"}) {
    for (const bool link_survives : {true, false}) {
      for (const bool swapped : {true, false}) {
        const std::string how =
            fmt::format("{}, link {}, {}", step, link_survives ? "there" : "gone", swapped ? "swapped" : "not swapped yet");
        known = invitation_key.public_key();
        waiting.reset();
        redeemed = false;
        swaps_at_once = swapped;
        std::filesystem::remove_all(options.folders.config);
        std::filesystem::remove_all(options.folders.data);
        static_cast<void>(fake.backend.remove(evilcorp()));
        // The Rust server's five seconds, on the clock of the test.
        const BootTime start = fake.wait.clock_.boot();
        fake.wait.on_wait = [&, start] {
          if (fake.wait.clock_.boot() - start > 5s) swap();
        };
        bool killed = false;
        try {
          static_cast<void>(install(step));
        } catch (const Killed&) {
          killed = true;
        }
        EXPECT_TRUE(killed) << how;
        if (!link_survives) static_cast<void>(fake.backend.remove(evilcorp()));
        const auto installed = install();
        ASSERT_TRUE(installed) << how << ": " << installed.error().message();
        expect_installed(how);
      }
    }
  }
}

TEST_F(InstallTest, ARustServerThatSwapsFiveSecondsLaterIsWaitedFor) {
  swaps_at_once = is_ours = false;
  const BootTime start = fake.wait.clock_.boot();
  fake.wait.on_wait = [&] {
    if (fake.wait.clock_.boot() - start > 5s) swap();
  };
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_EQ(*installed, Installed::kFetched);
  expect_installed();
  std::size_t renewals = 0;
  for (const auto& update : fake.backend.updates)
    if (update.peers.size() == 2 && update.peers[0].remove && !update.peers[1].remove) ++renewals;
  EXPECT_GE(renewals, 10U) << "the server's peer is renewed while there is no handshake";
}

TEST_F(InstallTest, ASessionThatDoesNotWorkIsRenewed) {
  // There is a handshake with each key at once, but the server hears nothing until the peer is added anew.
  swaps_at_once = false;
  fake.backend.on_apply = [&] {
    const std::lock_guard lock(mutex);
    const auto device = fake.backend.get(evilcorp());
    if (waiting && device->public_key == *waiting && ++renewals_with_new_key == 2) known = *std::exchange(waiting, std::nullopt);
    fake.backend.change_device(evilcorp(), [&](wg::Device& changed) {
      for (auto& peer : changed.peers) peer.last_handshake = fake.wait.clock_.wall();
    });
  };
  const BootTime start = fake.wait.clock_.boot();
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_EQ(*installed, Installed::kFetched);
  EXPECT_LT(fake.wait.clock_.boot() - start, 1s) << "on the clock of the test";
  expect_installed();
}

TEST_F(InstallTest, AnAnswerThatWasLostIsFoundOutAtOnce) {
  for (const bool ours : {true, false}) {
    is_ours = ours;
    for (const bool at_once : {true, false}) {
      swaps_at_once = at_once;
      loses_the_answer = true;
      known = invitation_key.public_key();
      waiting.reset();
      redeemed = false;
      const BootTime start = fake.wait.clock_.boot();
      fake.wait.on_wait = [&, start] {
        if (fake.wait.clock_.boot() - start > 5s) swap();
      };
      const auto installed = install();
      ASSERT_TRUE(installed) << installed.error().message();
      expect_installed();
      std::filesystem::remove_all(options.folders.config);
      static_cast<void>(fake.backend.remove(evilcorp()));
    }
  }
}

TEST_F(InstallTest, AnAnswerThatWasLostIsFoundOutNextTime) {
  for (const bool ours : {true, false}) {
    is_ours = ours;
    const auto lost = install_and_lose_the_server();
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().message(), HasSubstr(pending_file(options.folders, evilcorp()).string()));
    EXPECT_FALSE(fake.backend.has(evilcorp()));
    const auto installed = install();
    ASSERT_TRUE(installed) << installed.error().message();
    expect_installed();
    std::filesystem::remove_all(options.folders.config);
    static_cast<void>(fake.backend.remove(evilcorp()));
    known = invitation_key.public_key();
    redeemed = false;
  }
}

TEST_F(InstallTest, A401OfARustServerThatHasNotSwappedYetDoesNotBurnTheKey) {
  swaps_at_once = is_ours = false;
  ASSERT_FALSE(install_and_lose_the_server());
  int waits = 0;
  fake.wait.on_wait = [&] {
    if (++waits > 20) swap();
  };
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  expect_installed();
}

// The server says "used", and means by us: the key of the pending file is the one that it knows.
TEST_F(InstallTest, A401ToOneThatGoesOnDoesNotBurnTheKeyEvenIfItIsInterruptedThen) {
  for (const char* way : {"interrupted", "its link vanishes"}) {
    fake.wait.on_wait = {};
    fake.wait.is_stopped = false;
    static_cast<void>(fake.backend.remove(evilcorp()));
    std::filesystem::remove_all(options.folders.config);
    known = invitation_key.public_key();
    waiting.reset();
    redeemed = swaps_at_once = is_ours = false;
    ASSERT_FALSE(install_and_lose_the_server()) << way;
    const std::string kept = *read_file(pending_file(options.folders, evilcorp()));

    fake.wait.on_wait = [&] {
      if (server.count("POST", "/v1/user/redeem") % 2 != 0) return;  // until the 401
      if (way == std::string_view("interrupted"))
        fake.wait.is_stopped = true;
      else
        static_cast<void>(fake.backend.remove(evilcorp()));
    };
    const auto resumed = install();
    ASSERT_FALSE(resumed) << way;
    EXPECT_THAT(resumed.error().message(), HasSubstr(pending_file(options.folders, evilcorp()).string())) << way;
    EXPECT_EQ(read_file(pending_file(options.folders, evilcorp())).value_or("gone"), kept) << way;

    fake.wait.on_wait = {};
    fake.wait.is_stopped = false;
    swap();
    const auto installed = install();
    ASSERT_TRUE(installed) << way << ": " << installed.error().message();
    expect_installed(way);
  }
}

TEST_F(InstallTest, ARefusalSaysWhyAndLeavesNothing) {
  for (const int status : {400, 401}) {
    refuses = status;
    const auto installed = install();
    ASSERT_FALSE(installed);
    EXPECT_THAT(installed.error().message(), HasSubstr(status == 401 ? "used, or it has expired" : "no"));
    EXPECT_FALSE(fake.backend.has(evilcorp()));
    EXPECT_TRUE(std::filesystem::is_empty(options.folders.config));
  }
}

TEST_F(InstallTest, AnInternalErrorOfTheServerKeepsThePendingKey) {
  refuses = 500;
  ASSERT_FALSE(install());
  EXPECT_TRUE(std::filesystem::exists(pending_file(options.folders, evilcorp())));
  refuses = 0;
  ASSERT_TRUE(install());
  expect_installed();
}

TEST_F(InstallTest, NoAnswerNamesAUsedInvitationAsAPossibleCause) {
  is_deaf = true;
  const auto installed = install();
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().kind(), ErrorKind::kUnreachable);
  EXPECT_THAT(installed.error().message(), HasSubstr("Is the server running"));
  EXPECT_THAT(installed.error().message(), HasSubstr("used or has expired"));
  EXPECT_FALSE(fake.backend.has(evilcorp()));
}

TEST_F(InstallTest, TheNameInAnInvitationDoesNotActOnTheTerminal) {
  is_deaf = true;
  InterfaceConfig hostile = invitation();
  hostile.network_name = "\x1b]0;owned\x07";
  Machine machine = fake.machine();
  const auto installed = install_on(options, evilcorp(), hostile, machine);
  ASSERT_FALSE(installed);
  EXPECT_THAT(installed.error().message(),
              ::testing::AllOf(HasSubstr("\\x1b]0;owned\\x07"), ::testing::Not(HasSubstr("\x1b")), ::testing::Not(HasSubstr("\x07"))));
}

TEST_F(InstallTest, TriesEachAddressOfTheServersNameForASecond) {
  server_name = "vpn.example.com:51820";
  fake.names["vpn.example.com"] = {ip("2001:db8::1"), ip("2001:db8::2"), ip("192.0.2.1")};
  only_at = address("192.0.2.1:51820");
  shake_hands_where_it_is();
  const BootTime start = fake.wait.clock_.boot();
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_EQ(*installed, Installed::kFetched);
  expect_installed();
  EXPECT_LT(fake.wait.clock_.boot() - start, 3s);
  EXPECT_EQ(fake.backend.get(evilcorp())->peers.at(0).endpoint, only_at) << "nor is it lost by what follows";
}

TEST_F(InstallTest, NamesTheAddressesThatWereTried) {
  server_name = "vpn.example.com:51820";
  fake.names["vpn.example.com"] = {ip("2001:db8::1"), ip("192.0.2.1")};
  is_deaf = true;
  const auto installed = install();
  ASSERT_FALSE(installed);
  EXPECT_THAT(installed.error().message(), HasSubstr("vpn.example.com:51820 (tried: [2001:db8::1]:51820 and 192.0.2.1:51820)"));
}

TEST_F(InstallTest, WaitsForAHandshakeThatIsRepeatedAndNotMuchLonger) {
  EXPECT_GE(InstallTimes{}.redeem.connect, 6s) << "REKEY_TIMEOUT, and what it is spread by";
  EXPECT_LE(InstallTimes{}.redeem.connect, 10s);
  EXPECT_LE(InstallTimes{}.redeem.whole, 30s);
  EXPECT_LE(RequestTimes{}.connect, 5s) << "for a fetch has its cache to go on with";
}

// As with a server that learns of the invitation only now: WireGuard itself would wait for 5 s.
TEST_F(InstallTest, AFirstHandshakeThatIsLostIsRepeatedAfterASecond) {
  int tries = 0;
  fake.backend.on_apply = [&] {
    if (++tries < 3) return;
    fake.backend.change_device(evilcorp(), [&](wg::Device& device) {
      for (auto& peer : device.peers) peer.last_handshake = fake.wait.clock_.wall();
    });
  };
  const BootTime start = fake.wait.clock_.boot();
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_LE(fake.wait.clock_.boot() - start, 3s);
  expect_installed();
}

TEST_F(InstallTest, ACtrlCBeforeTheAnswerRemovesTheLink) {
  auto stop = Stop::create();
  ASSERT_TRUE(stop);
  Machine machine = fake.machine();
  machine.stop = &*stop;
  const auto installed = install_on(options, evilcorp(), invitation(), machine, {}, [&](std::string_view step) {
    if (step == "interface made") stop->request();
  });
  ASSERT_FALSE(installed);
  EXPECT_FALSE(fake.backend.has(evilcorp()));
  ASSERT_TRUE(install());
  expect_installed();
}

TEST_F(InstallTest, AnInterfaceThatCanNotBeRemovedAgainIsTakenOverByTheSameCommand) {
  fake.backend.fails = fake.backend.stays = true;
  const auto failed = install();
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("The interface evilcorp stays"));
  EXPECT_TRUE(fake.backend.has(evilcorp()));
  fake.backend.fails = fake.backend.stays = false;
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  expect_installed();
}

TEST_F(InstallTest, AnInterfaceThatDidNotTakeTheNewKeyIsPutRightByTheNextUp) {
  Machine machine = fake.machine();
  const auto installed = install_on(options, evilcorp(), invitation(), machine, {}, [&](std::string_view step) {
    if (step == "config in place") fake.backend.fails = true;
  });
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_EQ(fake.backend.get(evilcorp())->public_key, invitation_key.public_key());
  fake.backend.fails = false;
  const auto up = fetch_once(options, evilcorp(), machine, Caller::kUp);
  ASSERT_TRUE(up) << up.error().message();
  expect_installed();
}

TEST_F(InstallTest, RefusesWhatIsInTheWayAndChangesNothing) {
  fake.stack.foreign = {"evilcorp"};
  EXPECT_EQ(install().error().kind(), ErrorKind::kAlreadyExists);
  fake.stack.foreign.clear();
  EXPECT_TRUE(std::filesystem::is_empty(options.folders.config));
  ASSERT_TRUE(replace_file(options.folders.config_file(evilcorp()), "anything"));
  EXPECT_EQ(install().error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(*read_file(options.folders.config_file(evilcorp())), "anything");
  EXPECT_FALSE(fake.backend.has(evilcorp()));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(InstallTest, ASecondInstallOfTheSameInvitationIsRefused) {
  ASSERT_TRUE(install());
  EXPECT_EQ(install().error().kind(), ErrorKind::kAlreadyExists);
}

TEST_F(InstallTest, AnotherInvitationsPendingFileIsKeptAside) {
  try {
    static_cast<void>(install("interface made"));
  } catch (const Killed&) {
  }
  const std::string kept = *read_file(pending_file(options.folders, evilcorp()));
  invitation_key = wg::PrivateKey::generate();
  known = invitation_key.public_key();
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_EQ(*read_file(set_aside_pending_file(options.folders, evilcorp())), kept);
  expect_installed();
}

// Each may hold the only copy of a redeemed key.
TEST_F(InstallTest, NoPendingFileThatWasSetAsideIsReplacedAndItsInvitationTakesItBack) {
  const wg::PrivateKey first = invitation_key;
  is_ours = false;
  ASSERT_FALSE(install_and_lose_the_server());
  const auto pending = PendingInstall::read(pending_file(options.folders, evilcorp()));
  ASSERT_TRUE(pending && *pending);
  const wg::PublicKey redeemed_with = (*pending)->config.private_key.public_key();
  std::vector<std::string> kept{*read_file(pending_file(options.folders, evilcorp()))};
  for (int others = 0; others < 2; ++others) {
    invitation_key = wg::PrivateKey::generate();
    ASSERT_FALSE(install()) << "the server does not know it";
    kept.push_back(*read_file(pending_file(options.folders, evilcorp())));
  }
  EXPECT_EQ(read_file(set_aside_pending_file(options.folders, evilcorp(), 1)).value_or("gone"), kept[0]);
  EXPECT_EQ(read_file(set_aside_pending_file(options.folders, evilcorp(), 2)).value_or("gone"), kept[1]);

  invitation_key = first;
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  expect_installed();
  EXPECT_EQ(known, redeemed_with);
  EXPECT_FALSE(std::filesystem::exists(set_aside_pending_file(options.folders, evilcorp(), 1)));
  EXPECT_EQ(read_file(set_aside_pending_file(options.folders, evilcorp(), 2)).value_or("gone"), kept[1]);
  EXPECT_EQ(read_file(set_aside_pending_file(options.folders, evilcorp(), 3)).value_or("gone"), kept[2]);
}

TEST_F(InstallTest, WhatAnInstallThatWasKilledWhileItWroteHasLeftIsRemoved) {
  ASSERT_TRUE(make_private_folder(options.folders.config));
  for (const char* left : {".evilcorp.pending.0123456789abcdef.new", ".evilcorp.conf.0123456789abcdef.new"})
    ASSERT_TRUE(replace_file(options.folders.config / left, "a key"));
  ASSERT_TRUE(install());
  std::vector<std::string> there;
  for (const auto& entry : std::filesystem::directory_iterator(options.folders.config)) there.push_back(entry.path().filename());
  EXPECT_THAT(there, ::testing::ElementsAre("evilcorp.conf"));
}

TEST_F(InstallTest, AFirstFetchThatNeverEndsIsGivenUp) {
  drips = true;
  Machine machine = fake.machine();
  const auto installed = install_on(options, evilcorp(), invitation(), machine, {.fetch = 200ms});
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_EQ(*installed, Installed::kNotFetched);
  EXPECT_TRUE(read_config(options.folders, evilcorp()));
}

TEST_F(InstallTest, AFailedFetchIsStillASuccess) {
  swaps_at_once = is_ours = false;  // and it never swaps
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_EQ(*installed, Installed::kNotFetched);
  EXPECT_TRUE(read_config(options.folders, evilcorp()));
}

TEST_F(InstallTest, NobodyWaitsForAPeerThatDoesNotAnswer) {
  Peer bob = peer(3, "bob", "10.66.1.3", new_key());
  bob.endpoint = endpoint("198.51.100.7:4711");
  bob.candidates = {endpoint("192.168.1.3:51820"), endpoint("192.0.2.33:51820")};
  other_peers = {bob};
  const BootTime began = fake.wait.clock_.boot();
  const auto installed = install();
  ASSERT_TRUE(installed) << installed.error().message();
  EXPECT_EQ(*installed, Installed::kFetched);
  const auto device = fake.backend.get(evilcorp());
  ASSERT_TRUE(device);
  const auto there = std::ranges::find(device->peers, bob.public_key, &wg::Peer::public_key);
  ASSERT_NE(there, device->peers.end());
  EXPECT_EQ(there->endpoint, address("198.51.100.7:4711")) << "nothing else was tried";
  EXPECT_LT(fake.wait.clock_.boot() - began, std::chrono::seconds(5)) << "the first candidate alone would get five";
}

}  // namespace
}  // namespace innernet::client

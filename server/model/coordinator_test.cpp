#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "db/sqlite/connection.hpp"
#include "innernet/base/file.hpp"
#include "testing/fixture.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const PeerRecord& record(Server& server, PeerId id) { return *server.coordinator->network().find_peer(id); }

Registry reopened(Server& server) { return must(Registry::open(server.path)); }

Request waiting(Server& server, const IpAddress& from, std::string etag) {
  auto request = server.request(from, "GET", "/v1/user/state");
  request.if_none_match = std::move(etag);
  request.wait = 60s;
  return request;
}

TEST(Golden, AnswersToTheByteAsRecorded) {
  for (const std::string family : {"ipv4", "ipv6"}) {
    const std::string folder = INNERNET_TEST_DATA "/" + family;
    TempDir temp;
    const auto path = temp / "golden.db";
    std::ofstream(path).close();
    foreign(path, must(read_file(folder + "/server-v2.sql")));
    FakeClock clock(WallTime(std::chrono::seconds(1'795'363'200)));
    const auto recorded = nlohmann::json::parse(must(read_file(folder + "/http.json")));
    Coordinator::Options options;
    options.clock = &clock;
    auto network = must(Registry::open(path));
    options.server_key = network.network().find_peer(kServerPeer)->peer.public_key;
    auto coordinator = must(Coordinator::open(path, options));
    // What the original's server had seen: the endpoints of those without an override.
    const std::string peers = recorded.at(4).at("answer");
    std::vector<std::pair<wg::PublicKey, SocketAddress>> seen;
    for (const Peer& peer : must(parse_peers(peers, [](std::string_view) {})))
      if (peer.id != kServerPeer && peer.endpoint)
        seen.emplace_back(peer.public_key, SocketAddress{std::get<IpAddress>(peer.endpoint->host()), peer.endpoint->port()});
    coordinator.set_seen_endpoints(seen);

    for (const auto& exchange : recorded) {
      SCOPED_TRACE(family + exchange.at("method").get<std::string>() + exchange.at("path").get<std::string>());
      Request request;
      request.method = exchange.at("method");
      request.target = exchange.at("path");
      request.source = network.network().find_peer(std::string_view(exchange.at("from") == "peer1" ? "admin" : "peer2"))->peer.ip;
      if (exchange.at("with_key").get<bool>()) request.server_key = options.server_key.to_base64();
      if (!exchange.at("body").is_null()) {
        request.body = exchange.at("body").dump();
        request.body_kind = Request::Body::kWhole;
      }
      must(coordinator.begin_turn());
      const auto outcome = coordinator.answer(request);
      must(coordinator.end_turn());
      const auto& response = std::get<Response>(outcome);
      EXPECT_EQ(response.status, exchange.at("status").get<unsigned>());
      const std::string expected = exchange.at("answer");
      if (request.target.ends_with("capabilities")) {
        EXPECT_TRUE(body_of(response).starts_with(expected.substr(0, expected.size() - 1))) << "and keys of our own";
      } else if (response.status < 400) {
        EXPECT_EQ(body_of(response), expected);
      }
    }
  }
}

TEST(Turn, WritesTogetherAndKeepsTheModelInLineWithTheDatabase) {
  Server server;
  must(server.coordinator->begin_turn());
  const auto put = [&](const IpAddress& from, std::string body) {
    return std::get<Response>(server.coordinator->answer(server.request(from, "PUT", "/v1/user/candidates", std::move(body)))).status;
  };
  EXPECT_EQ(put(server.user(), R"(["1.2.3.4:1"])"), 204);
  EXPECT_EQ(put(server.user(), R"(["x"])"), 400) << "one that fails takes nothing else with it";
  EXPECT_EQ(put(server.admin(), R"(["1.2.3.4:2"])"), 204);
  EXPECT_THAT(reopened(server).network().find_peer(kUser)->peer.candidates, IsEmpty()) << "nothing is visible before the commit";
  must(server.coordinator->end_turn());
  EXPECT_TRUE(server.coordinator->take_effects().committed);
  EXPECT_TRUE(same_rows(reopened(server).network(), server.coordinator->network()));
}

TEST(Turn, IsBusyWhileAnotherProcessHoldsTheLockAndStillAnswersReaders) {
  Server server;
  auto other = must(db::Connection::open(server.path, 0ms));
  must(other.execute("BEGIN IMMEDIATE"));
  const auto put = server.request(server.user(), "PUT", "/v1/user/candidates", R"(["1.2.3.4:1"])");
  EXPECT_TRUE(std::holds_alternative<Coordinator::Busy>(server.outcome(put)));
  EXPECT_EQ(server.ask(server.user(), "GET", "/v1/user/state").status, 200);
  must(server.coordinator->delete_expired_invitations());
  server.clock.advance(WallTime(3'000'000'000s) - server.clock.wall());
  must(server.coordinator->delete_expired_invitations());
  const auto expiry = server.coordinator->delete_expired_invitations();
  ASSERT_FALSE(expiry);
  EXPECT_EQ(expiry.error().kind(), ErrorKind::kBusy);
  must(other.execute("ROLLBACK"));
  EXPECT_EQ(server.ask(put).status, 204);
  must(server.coordinator->delete_expired_invitations());
  EXPECT_EQ(server.coordinator->network().find_peer(kPending), nullptr);
}

// A deferred constraint fails at COMMIT, like a disk that is full then.
TEST(Turn, LeavesTheModelAsBeforeWhenTheCommitFails) {
  Server server;
  server.coordinator->set_seen_endpoints({{key_of(3), server.family.seen(3, 1)}});
  foreign(server.path,
          "CREATE TABLE strict (id INTEGER REFERENCES cidrs(id) DEFERRABLE INITIALLY DEFERRED);"
          "CREATE TRIGGER break AFTER UPDATE ON peers BEGIN INSERT INTO strict VALUES (4711); END;");
  const std::string before = body_of(server.ask(server.user(), "GET", "/v1/user/state"));
  must(server.coordinator->begin_turn());
  static_cast<void>(server.coordinator->answer(server.request(server.admin(), "DELETE", "/v1/admin/peers/3")));
  EXPECT_TRUE(record(server, kUser).peer.is_disabled);
  EXPECT_FALSE(server.coordinator->end_turn());
  EXPECT_FALSE(record(server, kUser).peer.is_disabled);
  EXPECT_TRUE(record(server, kUser).seen);
  const auto effects = server.coordinator->take_effects();
  EXPECT_THAT(effects.device, IsEmpty()) << "nobody is cut off by what did not happen";
  EXPECT_FALSE(effects.committed);
  EXPECT_EQ(body_of(server.ask(server.user(), "GET", "/v1/user/state")), before);
  EXPECT_EQ(Coordinator::failure_response().status, 500);
  EXPECT_NE(body_of(Coordinator::failure_response()).find("could not read or write its database"), std::string::npos)
      << "it answers a GET, too, when the database can't be read";
}

TEST(ForeignChanges, AreSeenBeforeTheNextAnswerAndReachTheDevice) {
  Server server;
  const std::string etag = server.ask(server.admin(), "GET", "/v1/user/state").etag;
  EXPECT_TRUE(std::holds_alternative<Coordinator::Waiting>(server.outcome(waiting(server, server.admin(), etag))));
  foreign(server.path, "UPDATE peers SET is_disabled = 1 WHERE id = 3; UPDATE peers SET is_disabled = 0 WHERE id = 4;");
  EXPECT_EQ(server.ask(server.user(), "GET", "/v1/user/state").status, 401);
  const auto effects = server.coordinator->take_effects();
  ASSERT_EQ(effects.device.size(), 2U);
  EXPECT_TRUE(effects.device[0].remove);
  EXPECT_EQ(effects.device[0].public_key, key_of(3));
  EXPECT_FALSE(effects.device[1].remove);
  EXPECT_EQ(effects.device[1].public_key, key_of(4));
  EXPECT_TRUE(effects.hosts);
  EXPECT_THAT(effects.news, ElementsAre(kHumans));
  EXPECT_THAT(ids(state_of(server.ask(server.admin(), "GET", "/v1/user/state")).peers), ElementsAre(1, 2, 4));
}

TEST(ForeignChanges, OfTheTreeNeverLeaveAnOldAnswerCurrent) {
  Server server;
  const std::string etag = server.ask(server.admin(), "GET", "/v1/user/state").etag;
  for (const char* sql : {"UPDATE cidrs SET name = 'people' WHERE id = 3", "DELETE FROM associations",
                          "INSERT INTO associations (cidr_id_1, cidr_id_2) VALUES (3, 4)"}) {
    foreign(server.path, sql);
    auto request = server.request(server.admin(), "GET", "/v1/user/state");
    request.if_none_match = etag;
    EXPECT_EQ(server.ask(request).status, 200) << sql;
  }
}

TEST(Database, ReplacedIsOpenedAnewUnderAnotherEpoch) {
  Server server;
  const std::string etag = server.ask(server.admin(), "GET", "/v1/user/state").etag;
  make_database(server.folder / "other.db", server.family);
  foreign(server.folder / "other.db", "UPDATE peers SET name = 'other' WHERE id = 3");
  std::filesystem::rename(server.folder / "other.db", server.path);
  auto request = server.request(server.admin(), "GET", "/v1/user/state");
  request.if_none_match = etag;
  const Response response = server.ask(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(state_of(response).peers.back().name.str(), "other");
  EXPECT_NE(response.etag.substr(0, 17), etag.substr(0, 17));
  EXPECT_TRUE(server.coordinator->take_effects().device_resync);
}

// Whoever is removed last must not be whoever was added first.
TEST(Effects, OfKeysThatPeersHaveExchangedLeaveBothOnTheDevice) {
  Server server;
  const auto key = [](std::uint32_t n) { return "'" + key_of(n).to_base64() + "'"; };
  foreign(server.path, "BEGIN; UPDATE peers SET public_key = " + key(77) + " WHERE id = 2; UPDATE peers SET public_key = " + key(2) +
                           " WHERE id = 3; UPDATE peers SET public_key = " + key(3) + " WHERE id = 2; COMMIT");
  must(server.coordinator->begin_turn());
  must(server.coordinator->end_turn());
  const auto effects = server.coordinator->take_effects();
  ASSERT_EQ(effects.device.size(), 2U);
  for (const auto& update : effects.device) {
    EXPECT_FALSE(update.remove);
    EXPECT_TRUE(update.replace_allowed_ips);
    EXPECT_THAT(update.allowed_ips, ElementsAre(IpNet::host(update.public_key == key_of(3) ? server.admin() : server.user())));
  }
}

TEST(Effects, OfOneTurnSayHowItEnded) {
  Server server;
  auto disabled = peer_contents("user", server.user(), kRobots, 3);
  disabled.is_disabled = true;
  auto enabled = peer_contents("gone", server.family.ip(2, 2), kRobots, 4);
  const auto put = [&](const char* id, const PeerContents& contents) {
    const auto outcome =
        server.coordinator->answer(server.request(server.admin(), "PUT", std::string("/v1/admin/peers/") + id, to_json(contents)));
    EXPECT_EQ(std::get<Response>(outcome).status, 204U);
  };
  must(server.coordinator->begin_turn());
  put("4", enabled);
  put("3", disabled);
  disabled.is_disabled = false;
  put("3", disabled);
  enabled.is_disabled = true;
  put("4", enabled);
  must(server.coordinator->end_turn());
  const auto effects = server.coordinator->take_effects();
  ASSERT_EQ(effects.device.size(), 2U);
  EXPECT_TRUE(effects.device[0].remove) << "removals first";
  EXPECT_EQ(effects.device[0].public_key, key_of(4));
  EXPECT_FALSE(effects.device[1].remove);
  EXPECT_EQ(effects.device[1].public_key, key_of(3));
}

// `uninstall` and `new` under a server that runs: nothing of the new network is told to anybody, and nothing written into it.
TEST(Database, OfAnotherNetworkIsNotServed) {
  Server server;
  make_database(server.folder / "other.db", server.family);
  foreign(server.folder / "other.db", "UPDATE peers SET public_key = '" + key_of(99).to_base64() + "' WHERE id = 1");
  EXPECT_TRUE(server.coordinator->is_same_network());
  std::filesystem::rename(server.folder / "other.db", server.path);
  const auto begun = server.coordinator->begin_turn();
  ASSERT_FALSE(begun);
  EXPECT_NE(begun.error().message().find(server.path.string()), std::string::npos);
  EXPECT_FALSE(server.coordinator->is_same_network());
  EXPECT_FALSE(server.coordinator->set_server_candidates({*Endpoint::parse("192.0.2.7:1")}));
  EXPECT_FALSE(server.coordinator->begin_turn()) << "nor in any later turn";
  EXPECT_TRUE(must(Registry::open(server.path)).network().find_peer(kServerPeer)->peer.candidates.empty());
}

TEST(Database, WhoseServerHasAlwaysHadAnotherKeyThanTheConfigIsServed) {
  TempDir folder;
  const auto path = folder / "old.db";
  make_database(path, {});
  foreign(path, "UPDATE peers SET public_key = '" + key_of(99).to_base64() + "' WHERE id = 1");
  Server server({}, path);
  EXPECT_EQ(server.ask(server.admin(), "GET", "/v1/user/state").status, 200);
}

// SQLite would replay the log that the old database has left beside the new one.
TEST(Database, ReplacedRightAfterAWriteTakesNothingFromTheOldOnesLog) {
  Server server;
  make_database(server.folder / "other.db", server.family);
  foreign(server.folder / "other.db", "UPDATE peers SET name = 'other' WHERE id = 3");
  EXPECT_EQ(server.ask(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"9.8.7.6:5"})").status, 204);
  std::filesystem::rename(server.folder / "other.db", server.path);
  const State state = state_of(server.ask(server.admin(), "GET", "/v1/user/state"));
  EXPECT_EQ(state.peers.back().name.str(), "other");
  EXPECT_EQ(state.peers.back().endpoint, std::nullopt);
  EXPECT_EQ(server.ask(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"9.8.7.6:7"})").status, 204);
  must(server.coordinator->close());
  const auto stored = must(Registry::open(server.path));
  EXPECT_EQ(stored.network().find_peer(kUser)->peer.name.str(), "other");
  EXPECT_EQ(stored.network().find_peer(kUser)->peer.endpoint, *Endpoint::parse("9.8.7.6:7"));
}

/// As if a moment had gone by since the last write: a test takes less than a tick of the clock that times of files are from.
void touch(const std::filesystem::path& path) { std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + 1s); }

/// Writes into the file that is there, as cp does: no lock, no log, the same inode.
void copy_over(const std::filesystem::path& from, const std::filesystem::path& to, std::optional<std::size_t> bytes = std::nullopt) {
  const std::string whole = must(read_file(from));
  std::ofstream(to, std::ios::trunc | std::ios::binary) << whole.substr(0, bytes.value_or(whole.size()));
  touch(to);
}

/// Turns of `request` until the database is no longer busy.
Response patient(Server& server, const Request& request) {
  for (int tries = 0; tries < 3; ++tries) {
    auto outcome = server.outcome(request);
    if (auto* response = std::get_if<Response>(&outcome)) return std::move(*response);
  }
  throw std::runtime_error("always busy");
}

struct CopiedOver : ::testing::TestWithParam<bool> {
  CopiedOver() {
    make_database(server.folder / "other.db", server.family);
    foreign(server.folder / "other.db", "UPDATE peers SET name = 'other' WHERE id = 3; PRAGMA wal_checkpoint(TRUNCATE)");
    EXPECT_EQ(put("9.8.7.6:5").status, 204);
    if (is_at_rest()) must(server.coordinator->checkpoint());
    etag = server.ask(server.admin(), "GET", "/v1/user/state").etag;
  }
  static bool is_at_rest() { return GetParam(); }
  Response put(const std::string& endpoint) {
    return patient(
        server, server.request(server.user(), "PUT", "/v1/user/endpoint", fmt::format(R"({{"option":"Set","content":"{}"}})", endpoint)));
  }
  /// What is in the file is the other network, whole, and one write into it.
  void expect_the_other_with(const std::string& endpoint) {
    must(server.coordinator->close());
    {
      auto connection = must(db::Connection::open(server.path, 5s));
      EXPECT_EQ(must(connection.query_integer("SELECT integrity_check = 'ok' FROM pragma_integrity_check")), 1);
    }
    const auto stored = must(Registry::open(server.path));
    EXPECT_EQ(stored.network().find_peer(kUser)->peer.name.str(), "other");
    EXPECT_EQ(stored.network().find_peer(kUser)->peer.endpoint, *Endpoint::parse(endpoint));
    EXPECT_EQ(stored.network().peers().size(), 5U);
  }

  Server server;
  std::string etag;
};
INSTANTIATE_TEST_SUITE_P(AtRestAndRightAfterAWrite, CopiedOver, ::testing::Bool());

TEST_P(CopiedOver, IsServedAsItIsNow) {
  copy_over(server.folder / "other.db", server.path);
  auto request = server.request(server.admin(), "GET", "/v1/user/state");
  request.if_none_match = etag;
  const Response response = patient(server, request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(state_of(response).peers.back().name.str(), "other");
  EXPECT_EQ(state_of(response).peers.back().endpoint, std::nullopt);
  EXPECT_NE(response.etag.substr(0, 17), etag.substr(0, 17));
  EXPECT_TRUE(server.coordinator->take_effects().device_resync);
  EXPECT_EQ(put("9.8.7.6:7").status, 204);
  expect_the_other_with("9.8.7.6:7");
}

// The request is read before the notification.
TEST_P(CopiedOver, IsNotMixedByTheWriteThatFollowsAtOnce) {
  must(server.coordinator->begin_turn());
  copy_over(server.folder / "other.db", server.path);
  const auto set = server.request(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"9.8.7.6:8"})");
  must(server.coordinator->begin_turn(false));
  EXPECT_TRUE(std::holds_alternative<Coordinator::Busy>(server.coordinator->answer(set)));
  must(server.coordinator->end_turn());
  EXPECT_FALSE(server.coordinator->checkpoint());
  EXPECT_EQ(patient(server, set).status, 204);
  expect_the_other_with("9.8.7.6:8");
}

TEST_P(CopiedOver, IsNotReadBeforeItIsWhole) {
  copy_over(server.folder / "other.db", server.path, 4096 * 3);
  EXPECT_TRUE(server.coordinator->begin_turn()) << "whoever asks waits a moment";
  EXPECT_FALSE(server.coordinator->is_up_to_date());
  EXPECT_FALSE(server.coordinator->begin_turn()) << "this is no database";
  copy_over(server.folder / "other.db", server.path);
  EXPECT_EQ(put("9.8.7.6:9").status, 204);
  expect_the_other_with("9.8.7.6:9");
}

TEST_P(CopiedOver, IsNotSeenInWhatSqliteWritesItself) {
  const std::string epoch = etag.substr(0, 17);
  for (int n = 0; n < 50; ++n) {
    auto other = must(db::Connection::open(server.path, 5s));
    must(other.execute(fmt::format("UPDATE peers SET name = 'n{}' WHERE id = 4", n)));
    if (n % 3 == 0) must(other.execute("PRAGMA wal_checkpoint"));
    if (n % 5 == 0) must(other.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    if (n % 7 == 0) must(server.coordinator->checkpoint());
    if (n % 2 == 0) {
      EXPECT_EQ(put(fmt::format("9.8.7.6:{}", n + 10)).status, 204);
    }
    ASSERT_EQ(server.ask(server.admin(), "GET", "/v1/user/state").etag.substr(0, 17), epoch) << n;
  }
}

TEST_P(CopiedOver, AndClosedAtOnceHasNothingOfTheOldOne) {
  copy_over(server.folder / "other.db", server.path);
  must(server.coordinator->close());
  EXPECT_FALSE(std::filesystem::exists(server.path.string() + "-wal"));
  server.open();
  EXPECT_EQ(put("9.8.7.6:7").status, 204);
  expect_the_other_with("9.8.7.6:7");
}

// What was committed a moment ago is in the log alone. The file is kept as it is without it, by a name that SQLite does not look at.
struct LeftAsItWas : ::testing::Test {
  LeftAsItWas() {
    std::filesystem::copy_file(server.path, same());
    EXPECT_EQ(server.ask(server.user(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"9.8.7.6:5"})").status, 204);
  }
  std::filesystem::path same() const { return server.folder / "same"; }
  std::optional<Endpoint> served() {
    const auto put = server.request(server.admin(), "PUT", "/v1/user/endpoint", R"({"option":"Set","content":"9.8.7.6:6"})");
    EXPECT_EQ(patient(server, put).status, 204);
    return record(server, kUser).peer.endpoint;
  }
  std::optional<Endpoint> stored() {
    must(server.coordinator->close());
    auto connection = must(db::Connection::open(server.path, 5s));
    EXPECT_EQ(must(connection.query_integer("SELECT integrity_check = 'ok' FROM pragma_integrity_check")), 1);
    return must(Registry::open(server.path)).network().find_peer(kUser)->peer.endpoint;
  }

  const Endpoint committed = *Endpoint::parse("9.8.7.6:5");
  Server server;
};

TEST_F(LeftAsItWas, ATouchLosesNothing) {
  touch(server.path);
  EXPECT_EQ(served(), committed);
  EXPECT_EQ(stored(), committed);
}

TEST_F(LeftAsItWas, ATouchBeforeTheEndLosesNothing) {
  touch(server.path);
  EXPECT_EQ(stored(), committed);
}

TEST_F(LeftAsItWas, AnotherModeAndOwnerLoseNothing) {
  ASSERT_EQ(::chmod(server.path.c_str(), 0640), 0);
  ASSERT_EQ(::chown(server.path.c_str(), ::geteuid(), ::getegid()), 0);
  EXPECT_EQ(served(), committed);
  EXPECT_EQ(stored(), committed);
}

TEST_F(LeftAsItWas, TheSameBytesWrittenOverItLoseNothing) {
  copy_over(same(), server.path);
  EXPECT_EQ(served(), committed);
  EXPECT_EQ(stored(), committed);
}

TEST_F(LeftAsItWas, TheSameBytesSeenWhenHalfWrittenLoseNothing) {
  for (const std::size_t bytes : {0U, 4096U * 3}) {
    copy_over(same(), server.path, bytes);
    EXPECT_TRUE(server.coordinator->begin_turn()) << "whoever asks waits a moment";
    EXPECT_FALSE(server.coordinator->is_up_to_date());
    EXPECT_FALSE(server.coordinator->begin_turn()) << "this is no database";
    EXPECT_FALSE(server.coordinator->set_server_candidates({*Endpoint::parse("192.0.2.7:1")}));
    EXPECT_FALSE(server.coordinator->checkpoint());
  }
  copy_over(same(), server.path);
  EXPECT_EQ(served(), committed);
  EXPECT_EQ(stored(), committed);
}

TEST_F(LeftAsItWas, WhoEndsWhileItIsHalfWrittenKeepsTheLogBesideIt) {
  copy_over(same(), server.path, 4096 * 3);
  must(server.coordinator->close());
  const auto log = server.path.string() + "-wal";
  EXPECT_FALSE(std::filesystem::exists(log)) << "it may become another database's";
  copy_over(same(), server.path);
  std::filesystem::rename(log + ".aside", log);
  EXPECT_EQ(must(Registry::open(server.path)).network().find_peer(kUser)->peer.endpoint, committed);
}

TEST_F(LeftAsItWas, ALogThatWasSetAsideBeforeStays) {
  const auto log = server.path.string() + "-wal";
  std::ofstream(log + ".aside") << "an older one";
  std::ofstream(server.folder / "evilcorp2.db-wal.aside") << "another network's";
  copy_over(same(), server.path, 4096 * 3);
  must(server.coordinator->close());
  EXPECT_EQ(read_file(log + ".aside").value_or(""), "an older one");
  EXPECT_THAT(Registry::logs_set_aside(server.path),
              ElementsAre(std::filesystem::path(log + ".aside"), std::filesystem::path(log + ".aside.2")));
  copy_over(same(), server.path);
  std::filesystem::rename(log + ".aside.2", log);
  EXPECT_EQ(must(Registry::open(server.path)).network().find_peer(kUser)->peer.endpoint, committed);
}

TEST_F(LeftAsItWas, WhatACheckpointHasWrittenSinceIsKnown) {
  must(server.coordinator->checkpoint());
  touch(server.path);
  EXPECT_EQ(served(), committed);
  foreign(server.path, "PRAGMA wal_checkpoint(TRUNCATE)");
  touch(server.path);
  EXPECT_EQ(record(server, kAdmin).peer.endpoint, *Endpoint::parse("9.8.7.6:6"));
  EXPECT_EQ(served(), committed);
  EXPECT_EQ(stored(), committed);
}

// A look at the file that opened and closed it would take SQLite's locks from us: then another process that closes it takes itself for the
// last one, empties the log and removes it. The other one is forked before SQLite has anything open here, for it can't bear that.
TEST(Database, ALookAtItsFileLeavesSqlitesLocksAlone) {
  const TempDir folder;
  const auto path = folder / "evilcorp.db";
  make_database(path, {});
  std::array<int, 2> go{};
  ASSERT_EQ(::pipe(go.data()), 0);
  const pid_t other = ::fork();
  if (other == 0) {
    ::close(go[1]);
    char byte = 0;
    if (::read(go[0], &byte, 1) != 1) ::_exit(1);
    {
      auto connection = db::Connection::open(path, 5s);
      if (!connection || !connection->execute("UPDATE peers SET name = 'renamed' WHERE id = 4")) ::_exit(2);
    }
    ::_exit(0);
  }
  ::close(go[0]);
  Server server({}, path);
  const std::string epoch = server.ask(server.admin(), "GET", "/v1/user/state").etag.substr(0, 17);
  ASSERT_EQ(::write(go[1], "!", 1), 1);
  ::close(go[1]);
  int status = -1;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(std::filesystem::exists(path.string() + "-wal")) << "we have it open";
  const Response state = server.ask(server.admin(), "GET", "/v1/user/state");
  EXPECT_EQ(state.etag.substr(0, 17), epoch) << "nobody has written over it";
  EXPECT_NE(server.coordinator->network().find_peer(std::string_view("renamed")), nullptr);
}

TEST(Database, IsLookedUpUntilATurnHasSeenThatItIsTheSame) {
  Server server;
  must(server.coordinator->begin_turn());
  std::filesystem::rename(server.path, server.folder / "away.db");
  EXPECT_TRUE(server.coordinator->begin_turn(false)) << "the caller says that it is there";
  EXPECT_FALSE(server.coordinator->begin_turn(true));
  EXPECT_FALSE(server.coordinator->begin_turn(false)) << "it was not there at the last look";
  std::filesystem::rename(server.folder / "away.db", server.path);
  EXPECT_TRUE(server.coordinator->begin_turn(false));
  foreign(server.path, "UPDATE peers SET is_disabled = 1 WHERE id = 3");
  must(server.coordinator->begin_turn(false));
  EXPECT_TRUE(record(server, PeerId{3}).peer.is_disabled) << "what others write is always seen";
}

TEST(Database, GoneIsAnError) {
  Server server;
  std::filesystem::remove(server.path);
  EXPECT_FALSE(server.coordinator->begin_turn());
}

TEST(Effects, FollowEnablingAndDisabling) {
  Server server;
  EXPECT_EQ(server.ask(server.admin(), "DELETE", "/v1/admin/peers/3").status, 204);
  auto effects = server.coordinator->take_effects();
  ASSERT_EQ(effects.device.size(), 1U);
  EXPECT_TRUE(effects.device[0].remove);
  EXPECT_TRUE(effects.hosts);
  auto contents = PeerContents(record(server, kUser).peer);
  contents.is_disabled = false;
  contents.endpoint = *Endpoint::parse("198.51.100.7:7");
  EXPECT_EQ(server.ask(server.admin(), "PUT", "/v1/admin/peers/3", to_json(contents)).status, 204);
  effects = server.coordinator->take_effects();
  ASSERT_EQ(effects.device.size(), 1U);
  EXPECT_FALSE(effects.device[0].remove);
  EXPECT_EQ(effects.device[0].endpoint->to_string(), "198.51.100.7:7");
  EXPECT_EQ(server.coordinator->device_peers().size(), 3U) << "without the server and the disabled peer, with the invitation";
}

// So that a server whose interface was made anew reaches its peers without waiting for each of them.
TEST(Effects, PutAPeerOnTheDeviceWithWhereItWasSeenLast) {
  Server server;
  server.coordinator->set_seen_endpoints({{key_of(3), server.family.seen(9, 1234)}});
  const auto peers = server.coordinator->device_peers();
  const auto user = std::ranges::find(peers, key_of(3), &wg::PeerUpdate::public_key);
  ASSERT_NE(user, peers.end());
  EXPECT_EQ(user->endpoint, server.family.seen(9, 1234));
}

TEST(Effects, OfDisablingRightAfterRedeemingRemoveBothKeys) {
  Server server;
  EXPECT_EQ(server.ask(server.pending(), "POST", "/v1/user/redeem", redeem_to_json(key_of(50))).status, 204);
  EXPECT_EQ(server.ask(server.admin(), "DELETE", "/v1/admin/peers/5").status, 204);
  std::vector<wg::PublicKey> removed;
  for (const auto& update : server.coordinator->take_effects().device)
    if (update.remove) removed.push_back(update.public_key);
  EXPECT_THAT(removed, ElementsAre(key_of(50), key_of(5)));
}

TEST(Invitations, AreDeletedAtTheSecondLookThatSaysExpired) {
  Server server;
  const auto is_there_after_a_look = [&] {
    must(server.coordinator->delete_expired_invitations());
    return server.coordinator->network().find_peer(kPending) != nullptr;
  };
  const WallTime before = server.clock.wall();
  EXPECT_TRUE(is_there_after_a_look());
  server.clock.set_wall(WallTime(1'900'000'000s));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(is_there_after_a_look()) << "the clock was set, and may be put right";
  server.clock.set_wall(before);
  EXPECT_TRUE(is_there_after_a_look());
  server.clock.advance(WallTime(1'900'000'000s) - server.clock.wall());
  EXPECT_TRUE(is_there_after_a_look());
  EXPECT_FALSE(is_there_after_a_look());
  EXPECT_EQ(server.coordinator->network().find_peer(kPending), nullptr);
  const auto effects = server.coordinator->take_effects();
  ASSERT_EQ(effects.device.size(), 1U);
  EXPECT_TRUE(effects.device[0].remove);
  EXPECT_EQ(server.ask(server.admin(), "POST", "/v1/admin/peers", to_json(peer_contents("pending", server.pending(), kIsland, 60))).status,
            201)
      << "its name and address are free again";
}

TEST(Etag, IsCurrentUntilSomethingVisibleChanges) {
  Server server;
  const auto ask = [&](std::string etag) {
    auto request = server.request(server.user(), "GET", "/v1/user/state");
    request.if_none_match = std::move(etag);
    return server.ask(request);
  };
  const std::string etag = ask("").etag;
  EXPECT_EQ(etag.substr(0, 19), "\"000000000000abcd-4");
  EXPECT_EQ(ask(etag).status, 304);
  EXPECT_EQ(ask(etag).body, nullptr);
  EXPECT_EQ(ask("\"x\", W/" + etag).status, 304);
  EXPECT_EQ(ask("*").status, 304);
  // Nobody there sees the island.
  EXPECT_EQ(
      server.ask(server.admin(), "POST", "/v1/admin/peers", to_json(peer_contents("far", server.family.ip(3, 7), kIsland, 70))).status,
      201);
  EXPECT_EQ(ask(etag).status, 304);
  EXPECT_EQ(
      server.ask(server.admin(), "POST", "/v1/admin/peers", to_json(peer_contents("near", server.family.ip(1, 7), kHumans, 71))).status,
      201);
  EXPECT_EQ(ask(etag).status, 200);
}

TEST(News, WakesThoseWhoSeeTheChangeAndNobodyElse) {
  Server server;
  must(server.coordinator->begin_turn());
  EXPECT_EQ(
      server.ask(server.admin(), "POST", "/v1/admin/peers", to_json(peer_contents("far", server.family.ip(3, 7), kIsland, 70))).status,
      201);
  const IpAddress far = server.family.ip(3, 7);
  for (const auto& from : {server.user(), far}) {
    const std::string etag = server.ask(from, "GET", "/v1/user/state").etag;
    EXPECT_TRUE(std::holds_alternative<Coordinator::Waiting>(server.outcome(waiting(server, from, etag))));
  }
  static_cast<void>(server.coordinator->take_effects());
  EXPECT_EQ(server.ask(server.admin(), "DELETE", "/v1/admin/peers/2").status, 204);
  EXPECT_THAT(server.coordinator->take_effects().news, ElementsAre(kRobots));
}

TEST(News, OfEndpointsComeAtMostOncePerPeriodUnlessAskedFor) {
  Server server;
  server.coordinator->set_seen_endpoints({{key_of(2), server.family.seen(1, 1)}, {key_of(3), server.family.seen(2, 1)}});
  std::string etag = server.ask(server.user(), "GET", "/v1/user/state").etag;
  const auto waits = [&] { return std::holds_alternative<Coordinator::Waiting>(server.outcome(waiting(server, server.user(), etag))); };
  EXPECT_TRUE(waits());
  server.coordinator->set_seen_endpoints({{key_of(2), server.family.seen(1, 2)}});
  EXPECT_THAT(server.coordinator->take_effects().news, IsEmpty()) << "the peer was reachable before";
  EXPECT_FALSE(waits()) << "the first change makes a revision at once";
  etag = server.ask(server.user(), "GET", "/v1/user/state").etag;
  server.coordinator->set_seen_endpoints({{key_of(2), server.family.seen(1, 3)}});
  EXPECT_TRUE(waits()) << "the next one waits for its period";
  const Response newest = server.ask(server.user(), "GET", "/v1/user/state");
  EXPECT_NE(newest.etag, etag) << "who does not wait gets the newest";
  EXPECT_EQ(state_of(newest).peers.at(1).endpoint->port(), 3);

  etag = newest.etag;
  server.clock.advance(20s);
  EXPECT_EQ(
      server.ask(server.admin(), "POST", "/v1/admin/peers", to_json(peer_contents("near", server.family.ip(1, 7), kHumans, 71))).status,
      201);
  etag = server.ask(server.user(), "GET", "/v1/user/state").etag;
  EXPECT_TRUE(waits());
  static_cast<void>(server.coordinator->take_effects());
  server.coordinator->set_seen_endpoints({{key_of(71), server.family.seen(7, 7)}});
  EXPECT_THAT(server.coordinator->take_effects().news, ElementsAre(kRobots)) << "a peer without an endpoint has one now";
  etag = server.ask(server.user(), "GET", "/v1/user/state").etag;
  EXPECT_TRUE(waits());
}

TEST(News, OfFirstEndpointsDoNotWaitForThePeriodOfTheOthers) {
  Server server;
  for (const unsigned id : {71U, 72U, 73U})
    EXPECT_EQ(server
                  .ask(server.admin(), "POST", "/v1/admin/peers",
                       to_json(peer_contents(fmt::format("near{}", id), server.family.ip(1, id), kHumans, id)))
                  .status,
              201);
  std::string etag = server.ask(server.user(), "GET", "/v1/user/state").etag;
  const auto waits = [&] { return std::holds_alternative<Coordinator::Waiting>(server.outcome(waiting(server, server.user(), etag))); };
  EXPECT_TRUE(waits());
  static_cast<void>(server.coordinator->take_effects());
  server.clock.advance(20s);
  server.coordinator->set_seen_endpoints({{key_of(71), server.family.seen(7, 1)}});
  EXPECT_THAT(server.coordinator->take_effects().news, ElementsAre(kRobots));
  etag = server.ask(server.user(), "GET", "/v1/user/state").etag;
  EXPECT_TRUE(waits());

  server.clock.advance(100ms);
  server.coordinator->set_seen_endpoints({{key_of(72), server.family.seen(7, 2)}});
  EXPECT_THAT(server.coordinator->take_effects().news, IsEmpty()) << "many that come back together wake nobody many times";
  EXPECT_TRUE(waits());
  server.clock.advance(100ms);
  server.coordinator->set_seen_endpoints({{key_of(73), server.family.seen(7, 3)}});
  EXPECT_THAT(server.coordinator->take_effects().news, IsEmpty());
  server.clock.advance(400ms);
  must(server.coordinator->begin_turn());
  must(server.coordinator->end_turn());
  EXPECT_THAT(server.coordinator->take_effects().news, ElementsAre(kRobots)) << "both at once, long before ten seconds are over";
  etag = server.ask(server.user(), "GET", "/v1/user/state").etag;
  EXPECT_TRUE(waits());

  server.clock.advance(1s);
  server.coordinator->set_seen_endpoints({{key_of(73), server.family.seen(7, 4)}});
  EXPECT_THAT(server.coordinator->take_effects().news, IsEmpty());
  EXPECT_TRUE(waits()) << "one that moves is no first endpoint";

  server.clock.advance(1s);
  const IpAddress near = server.family.ip(1, 71);
  EXPECT_EQ(server.ask(near, "PUT", "/v1/user/candidates", R"(["192.168.1.7:1"])").status, 204);
  EXPECT_THAT(server.coordinator->take_effects().news, ElementsAre(kRobots))
      << "the first candidates, with which one on the same LAN is found";
  etag = server.ask(server.user(), "GET", "/v1/user/state").etag;
  EXPECT_TRUE(waits());
  server.clock.advance(1s);
  EXPECT_EQ(server.ask(near, "PUT", "/v1/user/candidates", R"(["192.168.1.8:1"])").status, 204);
  EXPECT_THAT(server.coordinator->take_effects().news, IsEmpty()) << "others are no first ones";
}

TEST(Quarantine, KeepsRowsThatAreNoPeersOutOfEverythingButTaken) {
  Server server;
  foreign(server.path,
          "INSERT INTO peers (id,name,ip,public_key,cidr_id,is_redeemed) VALUES (10,'Bad Name','10.42.2.10','x',4,1),"
          "(11,'emptykey','10.42.2.11','',4,1),(12,'badip','nonsense','y',4,1),"
          "(13,'zero','10.42.2.13','AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',4,1)");
  EXPECT_THAT(ids(state_of(server.ask(server.user(), "GET", "/v1/user/state")).peers), ElementsAre(1, 2, 3));
  EXPECT_EQ(server.coordinator->network().quarantined().size(), 4U);
  EXPECT_EQ(server.coordinator->device_peers().size(), 3U);
  EXPECT_EQ(server.coordinator->hosts_entries({}, "evilcorp").size(), 3U);
  EXPECT_EQ(server.ask(server.family.ip(2, 11), "GET", "/v1/user/state").status, 401);
  const auto post = [&](std::string_view name, unsigned host) {
    return server.ask(server.admin(), "POST", "/v1/admin/peers", to_json(peer_contents(name, server.family.ip(2, host), kRobots, 80)))
        .status;
  };
  EXPECT_EQ(post("emptykey", 50), 400);
  EXPECT_EQ(post("fine", 11), 400);
  EXPECT_EQ(
      server.ask(server.admin(), "PUT", "/v1/admin/peers/11", to_json(peer_contents("fine", server.family.ip(2, 11), kRobots, 80))).status,
      400);
  EXPECT_EQ(post("fine", 50), 201);
}

TEST(ServerCandidates, AreWrittenOnlyWhenTheyChange) {
  Server server;
  const std::vector<Endpoint> candidates = {*Endpoint::parse("192.0.2.1:51820")};
  must(server.coordinator->set_server_candidates(candidates));
  EXPECT_TRUE(server.coordinator->take_effects().committed);
  must(server.coordinator->set_server_candidates(candidates));
  EXPECT_FALSE(server.coordinator->take_effects().committed);
}

TEST(Checkpoint, EmptiesALogThatAReaderHasMadeLargeAsSoonAsItIsGone) {
  Server server;
  server.options.large_log_bytes = 64U << 10;
  server.open();
  auto reader = must(db::Connection::open(server.path, std::chrono::milliseconds(0)));
  must(reader.execute("BEGIN"));
  must(reader.query_integer("SELECT count(*) FROM peers"));
  EXPECT_TRUE(server.coordinator->check_log_size());
  for (int n = 0; n < 50; ++n)
    ASSERT_EQ(server.ask(server.user(), "PUT", "/v1/user/candidates", fmt::format(R"(["192.0.2.9:{}"])", 1 + n)).status, 204U);
  const auto large = server.coordinator->check_log_size();
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().message(), ::testing::HasSubstr(server.path.string() + "-wal"));
  EXPECT_EQ(server.coordinator->checkpoint().error().kind(), ErrorKind::kBusy);
  must(reader.execute("ROLLBACK"));
  must(server.coordinator->checkpoint());
  EXPECT_TRUE(server.coordinator->check_log_size());
}

TEST(Checkpoint, LeavesACopyableFileAndCloseRemovesTheLog) {
  Server server;
  EXPECT_EQ(server.ask(server.user(), "PUT", "/v1/user/candidates", R"(["1.2.3.4:1"])").status, 204);
  must(server.coordinator->checkpoint());
  std::filesystem::copy_file(server.path, server.folder / "copy.db");
  EXPECT_TRUE(same_rows(must(Registry::open(server.folder / "copy.db")).network(), server.coordinator->network()));
  struct stat status{};
  ASSERT_EQ(::stat((server.path.native() + "-wal").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  must(server.coordinator->close());
  EXPECT_FALSE(std::filesystem::exists(server.path.native() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(server.path.native() + "-shm"));
}

}  // namespace
}  // namespace innernet::server

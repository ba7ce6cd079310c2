#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "db/log_store.hpp"
#include "testing/fixture.hpp"

// What clients have been told outlives the server, and nothing else does: see saved_log.hpp.

namespace innernet::server {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kState = "/v1/user/state";
constexpr const char* kCandidates = "/v1/user/candidates";

/// A server that is stopped, killed and set back, and what its admin polls.
struct Restart : ::testing::Test {
  void SetUp() override {
    auto registry = must(Registry::open(server.path));
    // So many that a delta of a few is less than half of the state.
    must(registry.write([&](Registry::Writer& writer) -> Result<void> {
      for (unsigned n = 10; n < 30; ++n)
        must(writer.add_peer(peer_contents(fmt::format("p{}", n), server.family.ip(1, n), kHumans, 100 + n)));
      return {};
    }));
    must(registry.close());
    restart();
  }

  void stop() {
    must(server.coordinator->close());
    server.coordinator.reset();
  }
  void kill() { server.coordinator.reset(); }
  void restart() {
    stop();
    server.open();
  }
  void restore(const std::filesystem::path& backup) {
    for (const char* const suffix : {"-wal", "-shm"}) std::filesystem::remove(server.path.string() + suffix);
    std::filesystem::copy_file(backup, server.path, std::filesystem::copy_options::overwrite_existing);
  }

  Request poll(const std::string& etag, bool waits = false) const {
    auto asked = server.request(server.admin(), "GET", kState);
    asked.accepts_delta = true;
    asked.if_none_match = etag;
    if (waits) asked.wait = 60s;
    return asked;
  }
  unsigned status(const std::string& etag) { return server.ask(poll(etag)).status; }
  std::string etag() { return server.ask(server.admin(), "GET", kState).etag; }
  std::string state() { return body_of(server.ask(server.admin(), "GET", kState)); }
  void change(unsigned n) {
    EXPECT_EQ(server.ask(server.user(), "PUT", kCandidates, fmt::format(R"(["192.168.1.{}:8"])", n)).status, 204U);
  }
  void see(std::uint32_t key, std::uint8_t at) { server.coordinator->set_seen_endpoints({{key_of(key), server.family.seen(at, 7)}}); }
  const std::optional<SocketAddress>& seen(PeerId id) const { return server.coordinator->network().find_peer(id)->seen; }
  std::int64_t rows(const std::string& of) const {
    auto connection = must(db::Connection::open(server.path, 5s));
    return must(connection.query_integer("SELECT count(*) FROM " + of));
  }
  /// No page of the table can be read any more.
  void spoil(const std::string& table) {
    std::int64_t at = 0;
    {
      auto connection = must(db::Connection::open(server.path, 5s));
      const auto page = must(connection.query_integer(fmt::format("SELECT rootpage FROM sqlite_master WHERE name = '{}'", table)));
      at = (page - 1) * must(connection.query_integer("PRAGMA page_size"));
    }
    std::fstream file(server.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at).put('x').flush();
    ASSERT_TRUE(file);
  }
  /// Changes with each commit of the server.
  std::int64_t commits() { return must(onlooker().query_integer("PRAGMA data_version")); }
  db::Connection& onlooker() {
    if (!onlooker_) onlooker_.emplace(must(db::Connection::open(server.path, 5s)));
    return *onlooker_;
  }

  const TempDir folder{TempDir::memory()};
  Server server{{}, folder / "evilcorp.db"};

 private:
  std::optional<db::Connection> onlooker_;
};

TEST_F(Restart, WhoHasEverythingIsToldThatNothingIsNew) {
  change(1);
  const std::string tag = etag();
  for (int n = 0; n < 3; ++n) {
    restart();
    EXPECT_TRUE(std::holds_alternative<Coordinator::Waiting>(server.outcome(poll(tag, true))));
    const Response answer = server.ask(poll(tag));
    EXPECT_EQ(answer.status, 304U);
    EXPECT_NE(answer.etag.substr(0, 17), tag.substr(0, 17)) << "each start has an epoch of its own";
    EXPECT_EQ(status(answer.etag), 304U);
    EXPECT_TRUE(std::holds_alternative<Coordinator::Waiting>(server.outcome(poll(answer.etag, true))));
  }
}

TEST_F(Restart, WhoMissedAChangeIsToldOfItAlone) {
  const std::string before = etag();
  change(1);
  const std::string between = etag();
  see(3, 9);
  restart();
  for (const auto& tag : {before, between}) {
    const Response delta = server.ask(poll(tag));
    ASSERT_EQ(delta.status, 226U);
    const auto json = nlohmann::json::parse(body_of(delta));
    ASSERT_EQ(json.at("peers").size(), 1U);
    EXPECT_EQ(json.at("peers").at(0).at("id"), 3);
    EXPECT_FALSE(json.contains("cidrs"));
    EXPECT_FALSE(json.contains("relays"));
  }
}

TEST_F(Restart, WhoWaitedIsWokenByTheNextChange) {
  const std::string tag = etag();
  restart();
  ASSERT_TRUE(std::holds_alternative<Coordinator::Waiting>(server.outcome(poll(tag, true))));
  static_cast<void>(server.coordinator->take_effects());
  foreign(server.path, "UPDATE peers SET name = 'news' WHERE id = 3");
  must(server.coordinator->begin_turn());
  must(server.coordinator->end_turn());
  EXPECT_THAT(server.coordinator->take_effects().news, ElementsAre(kHumans));
  EXPECT_EQ(server.ask(poll(tag, true)).status, 226U);
}

// What programs do that know nothing of the log: the Rust server, our last version, sqlite3. Robots, with 3 and 4, are seen; the island,
// with 5, is not.
struct Foreign {
  const char* what;
  const char* sql;
  unsigned status;
  std::vector<std::int64_t> changed, gone;

  friend void PrintTo(const Foreign& one, std::ostream* out) { *out << one.what; }
};
struct ForeignChange : Restart, ::testing::WithParamInterface<Foreign> {
  void expect_told(const std::string& tag) {
    const Response answer = server.ask(poll(tag));
    ASSERT_EQ(answer.status, GetParam().status);
    if (answer.status != 226) return;
    const auto json = nlohmann::json::parse(body_of(answer));
    std::vector<std::int64_t> changed;
    for (const auto& peer : json.at("peers")) changed.push_back(peer.at("id").get<std::int64_t>());
    EXPECT_EQ(changed, GetParam().changed);
    EXPECT_EQ(json.at("gone").get<std::vector<std::int64_t>>(), GetParam().gone);
    EXPECT_EQ(status(answer.etag), 304U);
  }
};

TEST_P(ForeignChange, WhileNobodyServesIsFoundAtTheStart) {
  const std::string tag = etag();
  stop();
  foreign(server.path, GetParam().sql);
  server.open();
  expect_told(tag);
  restart();
  expect_told(tag);
}

TEST_P(ForeignChange, WhileItIsServedIsFoundAndOutlivesTheServer) {
  const std::string tag = etag();
  must(server.coordinator->save_changes());
  foreign(server.path, GetParam().sql);
  must(server.coordinator->begin_turn());
  must(server.coordinator->end_turn());
  restart();
  expect_told(tag);
}

TEST_P(ForeignChange, RightBeforeACrashIsFoundAtTheStart) {
  const std::string tag = etag();
  must(server.coordinator->save_changes());
  foreign(server.path, GetParam().sql);
  must(server.coordinator->begin_turn());
  must(server.coordinator->end_turn());
  kill();
  server.open();
  expect_told(tag);
}

INSTANTIATE_TEST_SUITE_P(
    OfAnotherProgram, ForeignChange,
    ::testing::Values(Foreign{"nothing", "UPDATE peers SET name = name; VACUUM", 304, {}, {}},
                      Foreign{"renamed", "UPDATE peers SET name = 'other' WHERE id = 3", 226, {3}, {}},
                      Foreign{"candidates", "UPDATE peers SET candidates = '[\"1.2.3.4:5\"]' WHERE id = 3", 226, {3}, {}},
                      Foreign{"disabled", "UPDATE peers SET is_disabled = 1 WHERE id = 3", 226, {}, {3}},
                      Foreign{"enabled", "UPDATE peers SET is_disabled = 0 WHERE id = 4", 226, {4}, {}},
                      Foreign{"deleted", "DELETE FROM peers WHERE id = 3", 226, {}, {3}},
                      Foreign{"spoilt", "UPDATE peers SET ip = 'nonsense' WHERE id = 3", 226, {}, {3}},
                      Foreign{"unseen", "UPDATE peers SET is_redeemed = 1 WHERE id = 5", 304, {}, {}},
                      Foreign{"moved", "UPDATE peers SET cidr_id = 5, ip = '10.42.3.9' WHERE id = 3", 226, {}, {3}},
                      Foreign{"came",
                              "INSERT INTO peers (id, name, ip, public_key, cidr_id, is_redeemed) SELECT 99, 'new', '10.42.2.9', "
                              "replace(public_key, 'HBwcH', 'HBwcG'), 4, 1 FROM peers WHERE id = 3",
                              226,
                              {99},
                              {}},
                      Foreign{"cidr", "UPDATE cidrs SET name = 'other' WHERE id = 5", 200, {}, {}},
                      Foreign{"apart", "DELETE FROM associations", 200, {}, {}}),
    [](const auto& one) { return one.param.what; });

TEST_F(Restart, ACidrThatTheServerItselfHasAddedIsToldInADelta) {
  const std::string tag = etag();
  const CidrContents added{"other", must(IpNet::parse(server.family.net(9))), kRootCidr};
  EXPECT_EQ(server.ask(server.admin(), "POST", "/v1/admin/cidrs", to_json(added)).status, 201U);
  restart();
  const Response delta = server.ask(poll(tag));
  ASSERT_EQ(delta.status, 226U);
  EXPECT_TRUE(nlohmann::json::parse(body_of(delta)).contains("cidrs"));
}

TEST_F(Restart, WhoSeesSomethingElseSinceGetsAWholeState) {
  const std::string before = etag();
  EXPECT_EQ(server.ask(server.admin(), "POST", "/v1/admin/associations", R"({"cidr_id_1":3,"cidr_id_2":5})").status, 201U);
  const std::string after = etag();
  restart();
  EXPECT_EQ(status(before), 200U);
  EXPECT_EQ(status(after), 304U);
}

TEST_F(Restart, ATreeThatIsAsBeforeWasAnotherOneInBetween) {
  must(server.coordinator->save_changes());
  const std::string before = etag();
  EXPECT_EQ(server.ask(server.admin(), "POST", "/v1/admin/associations", R"({"cidr_id_1":3,"cidr_id_2":5})").status, 201U);
  const std::string between = etag();
  EXPECT_EQ(server.ask(server.admin(), "DELETE", "/v1/admin/associations/2").status, 204U);
  const std::string after = etag();
  EXPECT_TRUE(server.coordinator->take_effects().unsaved) << "its digest";
  kill();
  server.open();
  for (const auto& tag : {before, between, after}) EXPECT_EQ(status(tag), 200U);
  const std::string now = etag();
  change(1);
  kill();
  server.open();
  EXPECT_EQ(status(now), 226U) << "the first write of a start has told of the epoch";
}

// --- numbers that are given a second time ---

TEST_F(Restart, WhatWasLostInACrashIsUnknown) {
  change(1);
  const std::string kept = etag();
  see(3, 9);
  const std::string lost = etag();
  ASSERT_NE(kept, lost);
  kill();
  server.open();
  EXPECT_EQ(seen(kUser), std::nullopt);
  EXPECT_EQ(status(lost), 200U) << "nobody knows any more where the peer was";
  EXPECT_EQ(status(kept), 304U);
  for (unsigned n = 2; n < 6; ++n) {
    change(n);
    EXPECT_EQ(status(lost), 200U);
    EXPECT_EQ(status(kept), 226U);
  }
}

TEST_F(Restart, OfARestoredBackupKnowsWhatTheBackupKnew) {
  change(1);
  const std::string before = etag();
  stop();
  const auto backup = folder / "backup.db";
  std::filesystem::copy_file(server.path, backup);
  server.open();
  for (unsigned n = 2; n < 6; ++n) change(n);
  const std::string after = etag();
  see(4711, 1);
  stop();
  restore(backup);
  server.open();
  EXPECT_EQ(status(before), 304U);
  EXPECT_EQ(status(after), 200U);
  // Counted up to the same number, with something else behind it.
  for (unsigned n = 100; n < 110; ++n) {
    change(n);
    EXPECT_EQ(status(after), 200U);
    EXPECT_EQ(status(before), 226U);
  }
}

TEST_F(Restart, OfACopyThatWasTakenWhileItServedIsToldApart) {
  change(1);
  const std::string before = etag();
  const auto backup = folder / "backup.db";
  foreign(server.path, fmt::format("VACUUM INTO '{}'", backup.string()));
  change(2);
  const std::string after = etag();
  ASSERT_EQ(before.substr(0, 17), after.substr(0, 17)) << "of one start";
  stop();
  restore(backup);
  server.open();
  change(3);
  EXPECT_EQ(status(after), 200U);
  EXPECT_EQ(status(before), 226U);
}

TEST_F(Restart, ADatabaseThatIsPutInPlaceWhileItServesKnowsWhatItKnew) {
  change(1);
  const std::string before = etag();
  const auto backup = folder / "backup.db";
  foreign(server.path, fmt::format("VACUUM INTO '{}'", backup.string()));
  change(2);
  const std::string after = etag();
  std::filesystem::rename(backup, server.path);
  must(server.coordinator->begin_turn());
  must(server.coordinator->end_turn());
  EXPECT_EQ(status(before), 304U);
  EXPECT_EQ(status(after), 200U);
  change(3);
  EXPECT_EQ(status(after), 200U);
  EXPECT_EQ(status(before), 226U);
}

TEST_F(Restart, AnEpochIsNeverTakenUpAgain) {
  const std::string tag = etag();
  see(3, 9);
  const std::string lost = etag();
  must(server.coordinator->save_changes());
  see(3, 10);
  kill();
  --server.starts;  // the same random bits
  server.open();
  change(7);
  EXPECT_NE(etag().substr(0, 17), tag.substr(0, 17));
}

// Somebody has removed the lock, and both run for a moment.
TEST_F(Restart, OfTwoServersOnOneDatabaseTheOlderOneWritesNoMoreOfTheLog) {
  change(1);
  const std::string shared = etag();
  Server other(server.family, server.path);
  other.starts = 100;
  other.open();
  must(other.coordinator->save_changes());
  change(2);
  const std::string unknown = etag();
  must(other.coordinator->begin_turn());
  must(other.coordinator->end_turn());
  EXPECT_EQ(other.ask(other.user(), "PUT", kCandidates, R"(["192.168.1.3:8"])").status, 204U);
  const std::string known = other.ask(other.admin(), "GET", kState).etag;
  change(4);
  const std::string late = etag();
  stop();
  must(other.coordinator->close());
  other.coordinator.reset();
  server.open();
  for (const auto& tag : {unknown, late}) EXPECT_EQ(status(tag), 200U) << tag;
  for (const auto& tag : {shared, known}) EXPECT_EQ(status(tag), 226U) << tag;
}

TEST_F(Restart, ATagThatWasNeverGivenIsUnknown) {
  std::string tag = etag();
  restart();
  for (const std::size_t at : {std::size_t{3}, std::size_t{18}}) {
    auto other = tag;
    other[at] = other[at] == '7' ? '8' : '7';
    EXPECT_EQ(status(other), 200U) << other;
  }
  for (const char* const revision : {"999999999\"", "18446744073709551615\"", "99999999999999999999999\"", "-1\"", "\"", "1", "0x1\""})
    EXPECT_EQ(status(tag.substr(0, tag.rfind('-') + 1) + revision), 200U) << revision;
}

TEST_F(Restart, StartsOfLongAgoAreForgotten) {
  const std::string first = etag();
  for (int n = 0; n < db::LogStore::kMostEpochs - 1; ++n) restart();
  EXPECT_EQ(status(first), 304U);
  for (int n = 0; n < 2; ++n) restart();
  EXPECT_EQ(status(first), 200U);
  stop();
  EXPECT_EQ(rows("change_log_epochs"), db::LogStore::kMostEpochs);
}

// Numbers of before would be given a second time, to other changes.
TEST_F(Restart, WhoWasToldBeforeAPartOfTheLogWasLostIsToldWhatIsNew) {
  for (const char* const lost : {"change_log", "change_log_rest"}) {
    SCOPED_TRACE(lost);
    for (unsigned n = 1; n < 6; ++n) change(n);
    const std::string tag = etag();
    stop();
    foreign(server.path, fmt::format("DELETE FROM {}", lost));
    server.open();
    for (unsigned n = 6; n < 16; ++n) {
      change(n);
      restart();
      const Response answer = server.ask(poll(tag));
      EXPECT_TRUE(answer.status == 200 || (answer.status == 226 && body_of(answer).contains(fmt::format("192.168.1.{}:8", n))));
    }
  }
}

// --- what is observed ---

TEST_F(Restart, WhereAPeerWasSeenIsKnownAndSeeingItThereIsNoNews) {
  see(3, 9);
  see(5, 8);  // an invitation, which no state shows
  const std::string tag = etag();
  const std::string before = state();
  ASSERT_THAT(before, HasSubstr("192.0.2.9:7"));
  restart();
  EXPECT_EQ(seen(kUser), server.family.seen(9, 7));
  EXPECT_EQ(seen(kPending), server.family.seen(8, 7));
  EXPECT_EQ(status(tag), 304U);
  see(3, 9);
  EXPECT_EQ(status(tag), 304U);
  EXPECT_EQ(state(), before);
  see(3, 10);
  EXPECT_EQ(status(tag), 226U);
}

TEST_F(Restart, OneWhoIsGivenTheIdOfAnotherWasNotSeenWhereThatOneWas) {
  see(3, 9);
  stop();
  foreign(server.path, "UPDATE peers SET ip = '10.42.2.77', name = 'other' WHERE id = 3");
  server.open();
  EXPECT_EQ(seen(kUser), std::nullopt);
}

TEST_F(Restart, WhatIsOnlyObservedCostsNoWriteUntilItIsTime) {
  must(server.coordinator->save_changes());
  static_cast<void>(server.coordinator->take_effects());
  EXPECT_FALSE(server.coordinator->take_effects().unsaved);
  auto before = commits();
  for (std::uint8_t n = 1; n < 100; ++n) see(3, n);
  static_cast<void>(etag());
  EXPECT_EQ(commits(), before);
  EXPECT_TRUE(server.coordinator->take_effects().unsaved);
  EXPECT_FALSE(must(server.coordinator->save_changes())) << "that was all";
  EXPECT_NE(commits(), before);
  EXPECT_FALSE(server.coordinator->take_effects().unsaved);
  before = commits();
  EXPECT_FALSE(must(server.coordinator->save_changes()));
  EXPECT_EQ(commits(), before) << "nothing has changed since";

  see(2, 50);
  change(1);
  EXPECT_FALSE(server.coordinator->take_effects().unsaved) << "it has gone along with the change";
  const std::string tag = etag();
  kill();
  server.open();
  EXPECT_EQ(seen(kAdmin), server.family.seen(50, 7));
  EXPECT_EQ(status(tag), 304U);
}

TEST_F(Restart, HowFarRelaysAreIsKnown) {
  EXPECT_EQ(server.ask(server.user(), "PUT", "/v1/user/relay-distances", "[[1,40]]").status, 204U);
  const std::string tag = etag();
  ASSERT_THAT(state(), HasSubstr("[[1,40]]"));
  restart();
  EXPECT_EQ(status(tag), 304U);
  EXPECT_THAT(state(), HasSubstr("[[1,40]]"));
}

// --- the server's own relay ---

struct RestartOfARelay : Restart {
  void begin_relaying(std::uint16_t port, std::uint32_t epoch = 0) {
    at = at.with_port(port);
    server.coordinator->set_own_relay(
        Relay{.id = kServerPeer, .public_key = key_of(77), .endpoint = at, .answers_questions = true, .epoch = epoch});
  }
  void register_(std::vector<std::uint32_t> keys) {
    std::vector<wg::PublicKey> all;
    for (const auto key : keys) all.push_back(key_of(key));
    server.coordinator->set_relayed(all, at);
  }
  bool is_relayed(PeerId id) const { return server.coordinator->network().find_peer(id)->relayed_at.has_value(); }
  /// The user's, who is seen.
  void make_relay_of_peer() {
    EXPECT_EQ(server.ask(server.admin(), "PUT", "/v1/admin/relays/3").status, 204U);
    EXPECT_EQ(server.ask(server.user(), "PUT", "/v1/user/relay", to_json(RelayOfPeer{.public_key = key_of(70), .port = 51822})).status,
              204U);
    see(3, 3);
  }

  Endpoint at = must(Endpoint::parse("192.0.2.1:51821"));
};

TEST_F(RestartOfARelay, IsNoNewsIfItIsWhereItWas) {
  begin_relaying(51821);
  register_({3});
  const std::string tag = etag();
  restart();
  begin_relaying(51821);
  register_({});
  EXPECT_EQ(status(tag), 304U) << "its members come back in a moment";
  register_({3});
  EXPECT_EQ(status(tag), 304U);
  register_({});
  EXPECT_EQ(status(tag), 226U) << "and from then on it is known who is there";
}

// Or they would take their flows for alive that it has forgotten.
TEST_F(RestartOfARelay, IsToldToThoseWhoRegisterWithItAndNothingElseIs) {
  begin_relaying(51821, 7);
  register_({3});
  const std::string tag = etag();
  restart();
  begin_relaying(51821, 8);
  register_({});
  const Response delta = server.ask(poll(tag));
  ASSERT_EQ(delta.status, 226U);
  EXPECT_THAT(*delta.body, HasSubstr("\"epoch\":8"));
  EXPECT_THAT(*delta.body, HasSubstr("\"peers\":[]"));
}

TEST_F(RestartOfARelay, IsToldIfItIsElsewhereOrNotThere) {
  begin_relaying(51821);
  register_({3});
  const std::string tag = etag();
  restart();
  begin_relaying(51999);
  register_({});
  EXPECT_FALSE(is_relayed(kUser));
  const Response delta = server.ask(poll(tag));
  ASSERT_EQ(delta.status, 226U);
  EXPECT_EQ(nlohmann::json::parse(body_of(delta)).at("relays").size(), 1U);
  restart();
  const Response none = server.ask(poll(delta.etag));
  ASSERT_EQ(none.status, 226U);
  EXPECT_EQ(nlohmann::json::parse(body_of(none)).at("relays").size(), 0U);
  EXPECT_EQ(status(none.etag), 304U);
}

// Not so long that a client which knows no epochs would not notice before WireGuard does, which takes two minutes.
TEST_F(RestartOfARelay, WaitsForItsMembersForHalfAMinute) {
  begin_relaying(51821);
  register_({3, 2});
  restart();
  server.clock.advance(29s);
  server.coordinator->look_for_relays();
  EXPECT_TRUE(is_relayed(kUser));
  server.clock.advance(1s);
  server.coordinator->look_for_relays();  // also where there is no relay any more
  EXPECT_FALSE(is_relayed(kUser));
  EXPECT_FALSE(is_relayed(kAdmin));
}

// The server finds those of peers at once, and looks at the device before it has one of its own.
TEST_F(RestartOfARelay, IsNoNewsEitherWherePeersAreRelaysAsWell) {
  make_relay_of_peer();
  begin_relaying(51821);
  register_({2});
  const std::string tag = etag();
  restart();
  see(3, 3);
  EXPECT_TRUE(is_relayed(kAdmin));
  begin_relaying(51821);
  register_({});
  EXPECT_TRUE(is_relayed(kAdmin));
  EXPECT_EQ(status(tag), 304U);
  register_({2});
  EXPECT_EQ(status(tag), 304U);
}

TEST_F(RestartOfARelay, EndsTheWaitForThoseOfAnotherThatIsGone) {
  make_relay_of_peer();
  const auto said = relay_registrations_to_json(std::vector{key_of(2)});
  EXPECT_EQ(server.ask(server.user(), "PUT", "/v1/user/relay-registrations", said).status, 204U);
  ASSERT_TRUE(is_relayed(kAdmin));
  stop();
  foreign(server.path, "UPDATE peers SET is_relay = 0");
  server.open();
  EXPECT_TRUE(is_relayed(kAdmin));
  begin_relaying(51821);
  register_({});
  EXPECT_FALSE(is_relayed(kAdmin));
}

TEST_F(RestartOfARelay, WithoutOneWaitsForNobody) {
  begin_relaying(51821);
  register_({3});
  restart();
  EXPECT_TRUE(is_relayed(kUser));
  server.coordinator->set_own_relay(std::nullopt);
  server.coordinator->set_relayed({}, std::nullopt);
  EXPECT_FALSE(is_relayed(kUser));
}

// --- the tables ---

TEST_F(Restart, APeerIsOneRowHoweverOftenItChanges) {
  must(server.coordinator->save_changes());
  const auto before = rows("change_log");
  for (unsigned n = 1; n < 50; ++n) change(n);
  EXPECT_EQ(rows("change_log"), before);
  EXPECT_EQ(rows("change_log_epochs"), 2) << "the second start";
  EXPECT_EQ(rows("change_log_rest"), 1);
}

TEST_F(Restart, MoreThanFitsIntoOneWriteIsWrittenInPieces) {
  stop();
  foreign(server.path, "DROP TABLE change_log; DROP TABLE change_log_epochs; DROP TABLE change_log_rest");
  {
    auto registry = must(Registry::open(server.path));
    must(registry.write([&](Registry::Writer& writer) -> Result<void> {
      const CidrId crowd = must(writer.add_cidr({"crowd", *IpNet::parse("10.42.128.0/17"), kRootCidr})).id;
      IpAddress ip = *IpAddress::parse("10.42.128.0");
      for (unsigned n = 0; n < 9'000; ++n) {
        ip = *ip.plus(1);
        must(writer.add_peer(peer_contents(fmt::format("c{}", n), ip, crowd, 10'000 + n)));
      }
      return {};
    }));
  }
  server.open();
  const std::string tag = etag();
  int pieces = 1;
  while (must(server.coordinator->save_changes())) ++pieces;
  EXPECT_EQ(pieces, 9);
  kill();
  server.open();
  EXPECT_EQ(status(tag), 304U);
}

TEST_F(Restart, ALogThatCannotBeWrittenCostsNobodyAChange) {
  const std::string tag = etag();
  must(server.coordinator->save_changes());
  foreign(server.path, "CREATE TRIGGER full BEFORE INSERT ON change_log BEGIN SELECT RAISE(ABORT, 'full'); END");
  change(1);
  const std::string lost = etag();
  EXPECT_EQ(status(tag), 226U);
  EXPECT_FALSE(must(server.coordinator->save_changes()));
  EXPECT_FALSE(server.coordinator->take_effects().unsaved) << "nobody tries it without end";
  kill();
  foreign(server.path, "DROP TRIGGER full");
  server.open();
  EXPECT_EQ(status(lost), 200U);
  EXPECT_EQ(status(tag), 226U);
}

TEST_F(Restart, ALogThatCanBeWrittenAgainIsWrittenWithTheNextChange) {
  foreign(server.path, "CREATE TRIGGER full BEFORE INSERT ON change_log BEGIN SELECT RAISE(ABORT, 'full'); END");
  change(1);
  see(2, 9);
  foreign(server.path, "DROP TRIGGER full");
  change(2);
  const std::string tag = etag();
  kill();
  server.open();
  EXPECT_EQ(status(tag), 304U);
}

TEST_F(Restart, ALogThatCannotBeReadIsNotWritten) {
  const std::string tag = etag();
  stop();
  spoil("change_log_rest");
  ::testing::internal::CaptureStderr();
  server.open();
  EXPECT_EQ(status(tag), 200U);
  const auto before = commits();
  change(1);
  see(3, 9);
  EXPECT_FALSE(server.coordinator->take_effects().unsaved) << "nobody tries it without end";
  EXPECT_FALSE(must(server.coordinator->save_changes()));
  EXPECT_EQ(status(etag()), 304U);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("can't be read"));
  EXPECT_THAT(log, Not(HasSubstr("can't be stored")));
  EXPECT_NE(commits(), before) << "the change itself";
  const std::string lost = etag();
  kill();
  server.open();
  EXPECT_EQ(status(lost), 200U);
}

TEST_F(Restart, WithoutTheTablesEverybodyFetchesEverythingOnce) {
  const std::string tag = etag();
  stop();
  foreign(server.path, "DROP TABLE change_log; DROP TABLE change_log_epochs; DROP TABLE change_log_rest");
  server.open();
  const Response whole = server.ask(poll(tag));
  EXPECT_EQ(whole.status, 200U);
  restart();
  EXPECT_EQ(status(whole.etag), 304U);
}

TEST_F(Restart, NonsenseInTheTablesCostsAWholeStateAtMost) {
  const std::string tag = etag();
  for (const char* const sql :
       {"UPDATE change_log SET number = 'x', digest = 'y', ip = 'z', seen = 'nowhere', relayed_at = '', relay_distances = '{'",
        "UPDATE change_log SET number = -5", "UPDATE change_log SET number = 5", "DELETE FROM change_log", "DELETE FROM change_log_rest",
        "UPDATE change_log_rest SET floor = -1, cidrs = 'x', relays_json = 7", "DELETE FROM change_log_epochs",
        "UPDATE change_log SET seen = '192.0.2.99:7', ip = '10.42.9.9'"}) {
    SCOPED_TRACE(sql);
    stop();
    foreign(server.path, sql);
    server.open();
    const auto expected = state();
    const Response answer = server.ask(poll(tag));
    if (answer.status == 200) {
      EXPECT_EQ(body_of(answer), expected);
    }
    EXPECT_EQ(status(answer.etag), 304U);
    EXPECT_THAT(expected, Not(HasSubstr("192.0.2.99")));
    ::testing::internal::CaptureStderr();
    restart();
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "it is written again";
    EXPECT_EQ(status(answer.etag), 304U);
  }
}

// The file is the Rust server's as well: what it has is where it was, and it minds what it does not know.
TEST_F(Restart, TheSchemaStaysWhatTheRustServerKnows) {
  auto connection = must(db::Connection::open(server.path, 5s));
  EXPECT_EQ(must(connection.query_integer("PRAGMA user_version")), 2);
  EXPECT_EQ(must(connection.query_integer("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")), 0);
  EXPECT_EQ(must(connection.query_integer("SELECT count(*) FROM sqlite_master AS t, pragma_foreign_key_list(t.name) AS k "
                                          "WHERE t.name LIKE 'change_log%'")),
            0);
}

}  // namespace
}  // namespace innernet::server

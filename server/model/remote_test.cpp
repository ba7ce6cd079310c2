#include <gmock/gmock.h>

#include "testing/fixture.hpp"

// What a coordinator does whose database is elsewhere.

namespace innernet::server {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class RemoteTest : public ::testing::Test {
 protected:
  void SetUp() override { INNERNET_NEEDS_POSTGRESQL(); }

  Request rename(PeerId id, std::string_view name) const {
    auto peer = server.coordinator->network().find_peer(id)->peer;
    peer.name = must(Hostname::parse(name));
    auto request = server.request(server.admin(), "PUT", fmt::format("/v1/admin/peers/{}", number(id)), to_json(PeerContents(peer)));
    return request;
  }
  /// In one turn.
  Coordinator::Outcome ask_once(Request& request) {
    if (request.ticket == 0) request.ticket = ++server.tickets;
    must(server.coordinator->begin_turn());
    auto outcome = server.coordinator->answer(request);
    must(server.coordinator->end_turn());
    return outcome;
  }
  unsigned status_of(Request& request) {
    for (;;) {
      auto outcome = ask_once(request);
      if (const auto* const response = std::get_if<Response>(&outcome)) return response->status;
      server.wakes.wait();
    }
  }
  /// Of a change that is refused as long as the database can't be reached.
  unsigned status_when_reached(std::string_view name) {
    for (;;) {
      const unsigned status = server.ask(rename(kUser, name)).status;
      if (status != 503) return status;
      server.wakes.wait();
    }
  }
  std::string name_of_user() { return server.coordinator->network().find_peer(kUser)->peer.name.str(); }
  void end_sessions() {
    foreign(server.path,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
  }

  Server server;
};

TEST_F(RemoteTest, ReadsGoOnWhileAChangeIsStoredAndSeeItOnlyThen) {
  auto request = rename(kUser, "renamed");
  EXPECT_TRUE(std::holds_alternative<Coordinator::Storing>(ask_once(request)));
  EXPECT_EQ(name_of_user(), "user") << "it is on its way";
  const auto before = server.request(server.admin(), "GET", "/v1/admin/peers");
  auto read = before;
  EXPECT_THAT(body_of(std::get<Response>(ask_once(read))), HasSubstr(R"("name":"user")"));
  EXPECT_EQ(status_of(request), 204U);
  EXPECT_EQ(name_of_user(), "renamed");
  EXPECT_EQ(must(Registry::open(server.path)).network().find_peer(kUser)->peer.name.str(), "renamed");
}

TEST_F(RemoteTest, OfTwoWhoWantTheSameNameOneGetsIt) {
  auto first = rename(kUser, "wanted"), second = rename(kAdmin, "wanted");
  second.source = server.admin();
  EXPECT_TRUE(std::holds_alternative<Coordinator::Storing>(ask_once(first)));
  EXPECT_TRUE(std::holds_alternative<Coordinator::Storing>(ask_once(second)));
  EXPECT_EQ(status_of(first), 204U);
  EXPECT_EQ(status_of(second), 400U);
}

TEST_F(RemoteTest, AChangeIsTriedAnewOnWhatOthersHaveWrittenMeanwhile) {
  const auto other = must(db::postgresql::Session::connect(server.path, {}));
  must(other->execute("BEGIN"));
  must(other->execute("UPDATE peers SET name = 'wanted' WHERE id = 2"));
  auto taken = rename(kUser, "wanted");
  EXPECT_TRUE(std::holds_alternative<Coordinator::Storing>(ask_once(taken)));
  must(other->execute("COMMIT"));
  EXPECT_EQ(status_of(taken), 400U) << "it was free when it was asked for";
  EXPECT_EQ(server.ask(rename(kGone, "late")).status, 204U);
  const auto registry = must(Registry::open(server.path));
  EXPECT_EQ(registry.network().find_peer("wanted")->peer.id, kAdmin);
  EXPECT_EQ(registry.network().find_peer("late")->peer.id, kGone);
}

TEST_F(RemoteTest, ALostSessionCostsAnAnswerAndNoChange) {
  end_sessions();
  // The first one may find the session lost, or the thread has opened another one already.
  const auto first = server.ask(rename(kUser, "renamed"));
  EXPECT_THAT(first.status, ::testing::AnyOf(204U, 503U));
  if (first.status == 503U) {
    EXPECT_EQ(first.retry_after, 5s);
    EXPECT_EQ(name_of_user(), "user");
  }
  EXPECT_EQ(status_when_reached("again"), 204U);
  EXPECT_EQ(name_of_user(), "again");
}

TEST_F(RemoteTest, WithoutTheDatabaseReadsAreAnsweredAndChangesAreNot) {
  auto& cluster = PostgresqlCluster::shared();
  cluster.kill();
  EXPECT_EQ(server.ask(rename(kUser, "renamed")).status, 503U);
  EXPECT_EQ(server.ask(server.admin(), "GET", "/v1/user/state").status, 200U);
  EXPECT_FALSE(server.coordinator->deposed());
  cluster.restart();
  EXPECT_EQ(status_when_reached("again"), 204U);
  EXPECT_EQ(name_of_user(), "again");
}

TEST_F(RemoteTest, WhatClientsWereToldOutlivesTheServer) {
  EXPECT_EQ(server.ask(rename(kUser, "renamed")).status, 204U);
  const std::string etag = server.ask(server.admin(), "GET", "/v1/user/state").etag;
  must(server.coordinator->close());
  server.open();
  auto request = server.request(server.admin(), "GET", "/v1/user/state");
  request.if_none_match = etag;
  request.accepts_delta = true;
  const auto answer = server.ask(request);
  EXPECT_EQ(answer.status, 226U);
  EXPECT_THAT(body_of(answer), ::testing::MatchesRegex(R"(\{"peers":\[\],"gone":\[\],"relays":\[\],"servers":\[\],"term":[0-9]+\})"))
      << "that another server answers is all that is news";
}

TEST_F(RemoteTest, AnotherServerHasToWaitAndTakesOverWhatThisOneHasStored) {
  Coordinator::Options options = server.options;
  options.epoch = 0x1234;
  const auto refused = Coordinator::open(server.path, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(server.ask(rename(kUser, "renamed")).status, 204U);
  server.coordinator.reset();
  // The database server lets go of the lock when it has seen that the session has ended.
  auto next = Coordinator::open(server.path, options);
  for (const auto end = std::chrono::steady_clock::now() + 1min; !next && std::chrono::steady_clock::now() < end;)
    next = Coordinator::open(server.path, options);
  ASSERT_TRUE(next) << next.error().message();
  EXPECT_EQ(next->network().find_peer(kUser)->peer.name.str(), "renamed");
}

}  // namespace
}  // namespace innernet::server

#include "postgresql_database.hpp"

#include <gmock/gmock.h>
#include <poll.h>

#include "../../testing/fixture.hpp"

namespace innernet::server::db::postgresql {
namespace {

using namespace server::testing;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr auto kEndOthers =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override { INNERNET_NEEDS_POSTGRESQL(); }

  std::unique_ptr<PostgresqlDatabase> open() { return must(PostgresqlDatabase::open(url(), {})); }
  std::unique_ptr<PostgresqlDatabase> lead() { return must(PostgresqlDatabase::lead(url(), {}, kFirstServer)); }
  /// Once the server has seen that the session of the last one has ended.
  std::unique_ptr<PostgresqlDatabase> next_leader() {
    const auto end = std::chrono::steady_clock::now() + 1min;
    for (;;) {
      auto opened = PostgresqlDatabase::lead(url(), {}, "second");
      if (opened || std::chrono::steady_clock::now() > end) return must(std::move(opened));
    }
  }
  const DatabaseUrl& url() {
    if (!url_) {
      url_ = new_location(folder_);
      make_database(*url_, {});
    }
    return *url_;
  }
  static Network written(PostgresqlDatabase& database, std::string_view name) {
    auto network = must(database.load());
    must(database.begin());
    auto change = PeerChange::to(network.find_peer(kUser)->peer);
    change.name = must(Hostname::parse(name));
    must(database.store().update_peer(kUser, change));
    must(database.commit());
    return network;
  }
  std::string name_of_user() {
    const auto other = open();
    return must(other->load()).find_peer(kUser)->peer.name.str();
  }

 private:
  const TempDir folder_;
  std::optional<DatabaseUrl> url_;
};

TEST_F(DatabaseTest, WithoutANetworkIsNotFoundAndWithOneMakesNoOther) {
  const auto empty = new_location(TempDir());
  const auto opened = PostgresqlDatabase::open(empty, {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(opened.error().message(), HasSubstr("there is no network in it"));
  const auto again = create_postgresql_database(url(), [](Store&) -> Result<void> { return {}; });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_EQ(name_of_user(), "user") << "what was there is untouched";
}

TEST_F(DatabaseTest, OfANewerSchemaIsRefusedUntouched) {
  foreign(url(), "UPDATE innernet_database SET version = 99");
  const auto opened = PostgresqlDatabase::open(url(), {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_THAT(opened.error().message(), HasSubstr("99"));
}

TEST_F(DatabaseTest, SeesWhatOthersHaveCommittedAndNotWhatItHasItself) {
  const auto database = open();
  const auto other = open();
  must(other->load());
  written(*database, "renamed");
  EXPECT_FALSE(must(database->refresh(true))) << "its own";
  pollfd news{.fd = other->descriptor(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&news, 1, 60'000), 1);
  const auto seen = must(other->refresh(true));
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->is_replaced);
  EXPECT_EQ(seen->network.find_peer(kUser)->peer.name.str(), "renamed");
  EXPECT_FALSE(must(other->refresh(true))) << "once";
  foreign(url(), "UPDATE peers SET name = 'by-hand' WHERE id = 3");
  EXPECT_EQ(must(other->begin())->find_peer(kUser)->peer.name.str(), "by-hand") << "also right before it writes";
  must(other->roll_back());
}

TEST_F(DatabaseTest, NobodyElseWritesDuringATransaction) {
  const auto database = open();
  must(database->load());
  must(database->begin());
  const auto other = must(PostgresqlDatabase::open(url(), {.lock_timeout = 50ms}));
  must(other->load());
  const auto refused = other->begin();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kBusy);
  EXPECT_FALSE(other->in_transaction());
  must(database->roll_back());
  EXPECT_TRUE(other->begin());
}

TEST_F(DatabaseTest, AFailedChangeLeavesTheOthersOfItsTransaction) {
  const auto database = open();
  must(database->load());
  must(database->begin());
  must(database->in_savepoint([&] { return database->store().rename_cidr(kIsland, "isle"); }));
  const auto refused = database->in_savepoint([&] { return database->store().rename_cidr(kRobots, "isle"); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalidInput) << "the name is taken";
  EXPECT_TRUE(database->in_transaction());
  must(database->commit());
  EXPECT_NE(must(open()->load()).find_cidr("isle"), nullptr);
}

TEST_F(DatabaseTest, OneLeadsAndTheNextWhenItsSessionHasEnded) {
  auto leader = lead();
  const auto term = leader->term();
  EXPECT_GT(term, 1'700'000'000) << "not below the time";
  const auto refused = PostgresqlDatabase::lead(url(), {}, "second");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_TRUE(PostgresqlDatabase::open(url(), {})) << "a command does not lead";
  leader.reset();
  EXPECT_GT(next_leader()->term(), term);
  foreign(url(), "UPDATE innernet_database SET term = 9000000000");
  EXPECT_EQ(next_leader()->term(), 9'000'000'001) << "nor below what it was";
}

// Its writes fail with its session, and another session gets the lock only if nobody has led meanwhile.
TEST_F(DatabaseTest, ALeaderWhoseSessionIsLostGoesOnUnlessAnotherHasLed) {
  const auto end_sessions = [&] { foreign(url(), kEndOthers); };
  const auto leader = lead();
  must(leader->load());
  end_sessions();
  const auto lost = leader->begin();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind(), ErrorKind::kUnreachable);
  EXPECT_TRUE(leader->begin()) << "by another session";
  must(leader->roll_back());

  end_sessions();
  EXPECT_GT(next_leader()->term(), leader->term());
  Result<std::optional<Network>> deposed = leader->begin();
  if (deposed.error().kind() == ErrorKind::kUnreachable) deposed = leader->begin();
  ASSERT_FALSE(deposed);
  EXPECT_EQ(deposed.error().kind(), ErrorKind::kAlreadyExists);
}

// As its own old session may, whose end the server has not seen yet.
TEST_F(DatabaseTest, ALeaderWhoseLockIsHeldByNobodyWhoHasLedTriesOn) {
  const auto leader = lead();
  must(leader->load());
  foreign(url(), kEndOthers);
  const auto holder = must(Session::connect(url(), {}));
  must(holder->query_integer(fmt::format("SELECT CASE WHEN pg_advisory_lock({}) IS NULL THEN 0 ELSE 1 END", kLeaderLock)));
  for (int tries = 0; tries < 3; ++tries) {
    const auto lost = leader->begin();
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().kind(), ErrorKind::kUnreachable);
  }
  must(holder->query_integer(fmt::format("SELECT CASE WHEN pg_advisory_unlock({}) THEN 1 ELSE 0 END", kLeaderLock)));
  EXPECT_TRUE(leader->begin());
}

TEST_F(DatabaseTest, WhetherACommitCameToBeIsFoundOut) {
  const auto database = open();
  written(*database, "before");
  must(database->begin());
  foreign(url(), kEndOthers);
  const auto lost = database->commit();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind(), ErrorKind::kUnreachable);
  EXPECT_EQ(name_of_user(), "before");
}

TEST_F(DatabaseTest, RemembersTheLog) {
  const auto database = open();
  must(database->load());
  must(database->begin());
  auto& log = database->store().log();
  must(log.put(LoggedPeer{.peer = kUser, .cidr = kRobots, .number = 7, .digest = 0xfedcba9876543210, .seen = Family{}.seen(9, 4711)}));
  must(log.put(LoggedPeer{.peer = kUser, .cidr = kRobots, .number = 3}));
  must(log.put(LoggedEpoch{.epoch = 0xfedcba9876543210, .last = 9}));
  must(log.put(LoggedRest{.floor = 1, .cidrs = 2, .relays = 3, .relays_json = "[]"}));
  must(log.put(LoggedRest{.floor = 4, .cidrs = 5, .relays = 6, .relays_json = "[1]"}));
  EXPECT_EQ(must(log.last_epoch())->last, 9U);
  must(database->commit());
  const auto stored = must(open()->load_log());
  ASSERT_EQ(stored.peers.size(), 1U);
  EXPECT_EQ(stored.peers.front().number, 7U) << "a row keeps the highest";
  EXPECT_FALSE(stored.peers.front().digest);
  ASSERT_TRUE(stored.rest);
  EXPECT_EQ(stored.rest->floor, 4U);
  EXPECT_EQ(stored.epochs, (std::vector<LoggedEpoch>{{.epoch = 0xfedcba9876543210, .last = 9}}));
}

}  // namespace
}  // namespace innernet::server::db::postgresql

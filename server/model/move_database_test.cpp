#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "db/copy.hpp"
#include "db/postgresql/drop_tables.hpp"
#include "db/postgresql/schema.hpp"
#include "db/postgresql/session.hpp"
#include "db/sqlite/schema.hpp"
#include "innernet/base/file.hpp"
#include "innernet/server/network_databases.hpp"
#include "testing/fixture.hpp"
#include "testing/postgresql.hpp"

namespace innernet::server {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using db::postgresql::Session;
using Names = std::set<std::string>;

DatabaseUrl new_url() {
  auto& cluster = PostgresqlCluster::shared();
  return must(DatabaseUrl::parse(cluster.url(cluster.new_database())));
}

std::unique_ptr<Session> session_of(const DatabaseUrl& url) { return must(Session::connect(url, {})); }

db::Connection file(const std::filesystem::path& path) { return must(db::Connection::open(path, 0ms)); }

Names names(db::Sql& sql, const std::string& query) {
  Names out;
  const auto rows = must(sql.prepare(query));
  while (must(rows->step())) out.emplace(rows->text(0));
  return out;
}

/// All rows of all tables, as text.
std::string dump(db::Sql& sql) {
  std::string out;
  for (const auto& table : db::copied_tables()) {
    std::string columns;
    for (const auto& column : table.columns) columns += fmt::format("{}{}", columns.empty() ? "" : ", ", column.name);
    const auto rows = must(sql.prepare(fmt::format("SELECT {} FROM {} ORDER BY {}", columns, table.name, table.order)));
    while (must(rows->step())) {
      out += table.name;
      for (int i = 0; i < static_cast<int>(table.columns.size()); ++i) out += rows->is_null(i) ? "|-" : fmt::format("|{}", rows->text(i));
      out += '\n';
    }
  }
  return out;
}
std::string dump(const std::filesystem::path& path) {
  auto connection = file(path);
  return dump(connection);
}
std::string dump(const DatabaseUrl& url) { return dump(*session_of(url)); }

Result<void> nothing() { return {}; }

class MoveDatabase : public ::testing::Test {
 protected:
  void SetUp() override {
    INNERNET_NEEDS_POSTGRESQL();
    make_database(path_, {});
    // What is not of a fresh network: gaps between ids, a parent that comes later, rows that are no peers, and a log.
    must(file(path_).execute(R"(
      DELETE FROM peers WHERE name = 'user';
      INSERT INTO cidrs VALUES (90, 'late', '10.42.90.0', 24, 1);
      INSERT INTO cidrs VALUES (80, 'in late', '10.42.90.0', 25, 90);
      INSERT INTO peers (id, name, ip, public_key, cidr_id) VALUES (70, 'Not A Name', 'nor an address', 'nor a key', 3);
      INSERT INTO change_log VALUES (2, 3, 17, -9223372036854775808, '10.42.1.1', '192.0.2.7:4711', NULL, '[]');
      INSERT INTO change_log VALUES (4, 3, 0, NULL, NULL, NULL, 'relay.example:51821', NULL);
      INSERT INTO change_log_epochs VALUES (7, -5, 100);
      INSERT INTO change_log_epochs VALUES (9, 3, 5);
      INSERT INTO change_log_rest VALUES (1, 4, 5, -6, 7, '[{"ä":1}]');
    )"));
    before_ = dump(path_);
  }

  Moved moves(const DatabaseLocation& from, const DatabaseLocation& to) { return must(move_database(from, to, nothing)); }

  TempDir folder_;
  std::filesystem::path path_ = folder_ / "evilcorp.db";
  std::string before_;
};

TEST_F(MoveDatabase, ThereAndBackKeepsEveryRowAndId) {
  const auto url = new_url();
  const auto there = moves(path_, url);
  EXPECT_EQ(dump(url), before_);
  EXPECT_FALSE(there.was_there);
  EXPECT_EQ(there.peers, 5);
  EXPECT_EQ(there.cidrs, 7);
  EXPECT_EQ(there.associations, 1);
  const std::filesystem::path old = path_.native() + ".old-1";
  ASSERT_EQ(there.old, DatabaseLocation(old));
  EXPECT_FALSE(std::filesystem::exists(path_)) << "nobody takes it for the network's";
  EXPECT_EQ(dump(old), before_);
  EXPECT_THAT(databases_set_aside(path_), ElementsAre(old));

  // It is a database like any other: a change is seen, and ids go on.
  auto registry = must(Registry::open(url));
  EXPECT_EQ(registry.network().quarantined().size(), 1U);
  auto other = must(Registry::open(url));
  must(registry.write([](Registry::Writer& writer) -> Result<void> {
    must(writer.add_cidr({"later", *IpNet::parse("10.42.91.0/24"), kRootCidr}));
    return {};
  }));
  must(other.write([](Registry::Writer&) -> Result<void> { return {}; }));
  ASSERT_NE(other.network().find_cidr("later"), nullptr);
  EXPECT_EQ(other.network().find_cidr("later")->id, CidrId{91});
  const auto session = session_of(url);
  must(session->execute("INSERT INTO change_log_epochs (epoch, last) VALUES (11, 1)"));

  const auto changed = dump(url);
  const auto back = moves(url, path_);
  EXPECT_EQ(dump(path_), changed);
  EXPECT_EQ(back.old, DatabaseLocation(url));
  EXPECT_EQ(back.set_aside, std::nullopt);
  EXPECT_EQ(dump(url), changed) << "the old one is as it was";
  struct stat status{};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_EQ(must(Registry::open(path_)).network().find_cidr("later")->id, CidrId{91});
}

TEST_F(MoveDatabase, ManyRowsGoTogether) {
  must(file(path_).execute(R"(
    WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1350)
    INSERT INTO peers (id, name, ip, public_key, cidr_id) SELECT i, 'p' || i, 'ip' || i, 'key' || i, 3 FROM n)"));
  before_ = dump(path_);
  const auto url = new_url();
  EXPECT_EQ(moves(path_, url).peers, 356);
  EXPECT_EQ(dump(url), before_);
}

TEST_F(MoveDatabase, OneThatIsInterruptedBeforeItsEndGoesOn) {
  const auto url = new_url();
  for (int i = 0; i < 2; ++i) {
    const auto moved = move_database(path_, url, [] { return fail(ErrorKind::kSystem, "no space"); });
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().message(), "no space");
    EXPECT_EQ(dump(path_), before_);
    EXPECT_EQ(dump(url), before_) << "the copy is whole";
  }
  EXPECT_TRUE(moves(path_, url).was_there);
  const auto failed = move_database(url, path_, [] { return fail(ErrorKind::kSystem, "no space"); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(dump(path_), before_);
  const auto back = moves(url, path_);
  EXPECT_TRUE(back.was_there);
  EXPECT_EQ(back.set_aside, std::nullopt);
}

TEST_F(MoveDatabase, NobodyElseWritesTheOldOneMeanwhile) {
  const auto url = new_url();
  must(move_database(path_, url, [&]() -> Result<void> {
    EXPECT_EQ(file(path_).execute("BEGIN IMMEDIATE").error().kind(), ErrorKind::kBusy);
    return {};
  }));
  must(move_database(url, path_, [&]() -> Result<void> {
    auto session = session_of(url);
    must(session->execute("SET lock_timeout = 20"));
    EXPECT_EQ(session->execute("UPDATE peers SET is_admin = 0").error().kind(), ErrorKind::kBusy);
    return {};
  }));
}

TEST_F(MoveDatabase, IsRefusedWhileAServerLeadsOrOthersWaitForThat) {
  const auto url = new_url();
  moves(path_, url);
  const auto session = session_of(url);
  EXPECT_EQ(must(session->query_integer("SELECT count(*) FROM innernet_servers")), 1) << "this one";
  constexpr const char* kKey = db::postgresql::kLeaderLock;
  must(session->query_integer(fmt::format("SELECT 1 FROM pg_advisory_lock{}", kKey)));
  const auto led = move_database(url, path_, nothing);
  ASSERT_FALSE(led);
  EXPECT_EQ(led.error().kind(), ErrorKind::kBusy);
  EXPECT_THAT(led.error().message(), HasSubstr("stop it first"));
  must(session->query_integer(fmt::format("SELECT 1 FROM pg_advisory_unlock{}", kKey)));

  must(session->execute("INSERT INTO innernet_servers (name, endpoint) VALUES ('server-2', '192.0.2.99:51820')"));
  EXPECT_THAT(move_database(url, path_, nothing).error().message(), HasSubstr("2 servers have the network's config"));
  const auto again = must(DatabaseUrl::parse(url.str() + "&application_name=other"));
  EXPECT_TRUE(moves(url, again).was_there) << "it is the same database";
  must(session->execute("DELETE FROM innernet_servers WHERE name = 'server-2'"));
  moves(url, path_);
}

TEST_F(MoveDatabase, WhoStillHasTheOldFileOpenFindsItGone) {
  auto stale = must(Registry::open(path_));
  const auto url = new_url();
  EXPECT_EQ(moves(path_, url).old, DatabaseLocation(std::filesystem::path(path_.native() + ".old-1")));
  EXPECT_EQ(stale.write([](Registry::Writer&) -> Result<void> { return {}; }).error().kind(), ErrorKind::kNotFound);
  must(stale.close());
  EXPECT_THAT(databases_set_aside(path_), ElementsAre(path_.native() + ".old-1"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), std::filesystem::directory_iterator()), 1);
  EXPECT_EQ(dump(std::filesystem::path(path_.native() + ".old-1")), before_);
}

TEST_F(MoveDatabase, WhatAnotherDatabaseHoldsIsNeverWrittenOver) {
  const auto url = new_url();
  moves(path_, url);
  must(session_of(url)->execute("UPDATE peers SET endpoint = '192.0.2.9:1' WHERE id = 2"));
  const auto in_url = dump(url);
  std::filesystem::rename(path_.native() + ".old-1", path_);
  const auto older = move_database(path_, url, [] { return fail(ErrorKind::kSystem, "may not be called"); });
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().kind(), ErrorKind::kAlreadyExists);
  EXPECT_THAT(older.error().message(), AllOf(HasSubstr(url.shown()), HasSubstr("another state of this network is in it already"),
                                             HasSubstr("table peers, row 2"), HasSubstr("psql 'postgresql://"), HasSubstr("DROP TABLE")));
  must(file(path_).execute(fmt::format("UPDATE peers SET public_key = '{}' WHERE id = 1", key_of(77).to_base64())));
  EXPECT_THAT(move_database(path_, url, nothing).error().message(), HasSubstr("another network is in it already"));
  EXPECT_EQ(dump(url), in_url);

  const auto in_file = dump(path_);
  {
    const auto open = must(Registry::open(path_));
    const auto in_use = move_database(url, path_, nothing);
    ASSERT_FALSE(in_use);
    EXPECT_EQ(in_use.error().kind(), ErrorKind::kBusy);
    EXPECT_THAT(in_use.error().message(), HasSubstr("some program has it open"));
  }
  const auto back = moves(url, path_);
  const std::filesystem::path aside = path_.native() + ".old-1";
  EXPECT_EQ(back.set_aside, aside);
  EXPECT_EQ(dump(aside), in_file);
  EXPECT_EQ(dump(path_), in_url);

  // What is no database of ours, somebody has put there.
  must(remove_file(path_));
  std::ofstream(path_) << "precious";
  const auto refused = move_database(url, path_, nothing);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("is in the place of the new database"));
  EXPECT_EQ(*read_file(path_), "precious");
  must(remove_file(path_));
  std::ofstream(path_.native() + "-wal") << "precious";
  EXPECT_EQ(move_database(url, path_, nothing).error().kind(), ErrorKind::kAlreadyExists);
}

TEST_F(MoveDatabase, TheSameDatabaseUnderAnotherNameIsNoOldOne) {
  const auto url = new_url();
  moves(path_, url);
  const auto again = must(DatabaseUrl::parse(url.str() + "&application_name=other"));
  bool switched = false;
  const auto moved = must(move_database(url, again, [&]() -> Result<void> {
    switched = true;
    return {};
  }));
  EXPECT_TRUE(switched && moved.was_there);
  EXPECT_EQ(moved.old, std::nullopt) << "nobody may be told to remove it";
  EXPECT_FALSE(move_database(url, url, nothing));

  must(session_of(url)->execute("CREATE SCHEMA second"));
  const auto second = must(DatabaseUrl::parse(url.str() + "&options=-csearch_path%3Dsecond"));
  const auto into_second = moves(url, second);
  EXPECT_FALSE(into_second.was_there);
  EXPECT_EQ(into_second.old, DatabaseLocation(url));
  EXPECT_EQ(dump(second), before_);

  const auto elsewhere = new_url();
  EXPECT_EQ(moves(second, elsewhere).old, DatabaseLocation(second));
  EXPECT_EQ(dump(elsewhere), before_);
}

TEST_F(MoveDatabase, ARowThatPostgresqlRefusesIsNamedAndNothingIsLeft) {
  must(file(path_).execute("UPDATE peers SET candidates = cast(x'ff' AS TEXT) WHERE id = 2"));
  const auto url = new_url();
  const auto moved = move_database(path_, url, nothing);
  ASSERT_FALSE(moved);
  EXPECT_THAT(moved.error().message(), HasSubstr("copying the table peers"));
  EXPECT_FALSE(must(db::postgresql::has_network(*session_of(url))));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(MoveDatabase, WithoutANetworkInTheOldOneFails) {
  const auto url = new_url();
  EXPECT_EQ(move_database(url, path_, nothing).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(move_database(folder_ / "nowhere.db", url, nothing).error().kind(), ErrorKind::kNotFound);
}

TEST_F(MoveDatabase, KnowsAllTablesAndColumnsOfBothEngines) {
  const auto url = new_url();
  moves(path_, url);
  const auto session = session_of(url);
  auto connection = must(db::Connection::in_memory());
  must(db::create_tables(connection));
  Names tables;
  for (const auto& table : db::copied_tables()) {
    tables.emplace(table.name);
    Names columns;
    for (const auto& column : table.columns) columns.emplace(column.name);
    if (table.name == "change_log_epochs") columns.emplace("id");  // given by the database
    EXPECT_EQ(names(connection, fmt::format("SELECT name FROM pragma_table_info('{}')", table.name)), columns) << table.name;
    EXPECT_EQ(names(*session, fmt::format("SELECT column_name FROM information_schema.columns WHERE table_name = '{}'", table.name)),
              columns)
        << table.name;
  }
  EXPECT_EQ(names(connection, "SELECT name FROM sqlite_master WHERE type = 'table'"), tables);
}

TEST_F(MoveDatabase, RemovingANetworkLeavesNothingOfIt) {
  const auto url = new_url();
  const auto session = session_of(url);
  must(session->execute("CREATE TABLE of_somebody (id INTEGER)"));
  EXPECT_EQ(must(look_into(url, key_of(1))), Holds::kNothing);
  must(remove_network(url, key_of(1)));
  moves(path_, url);
  EXPECT_EQ(must(look_into(url, key_of(1))), Holds::kThisNetwork);
  EXPECT_EQ(must(look_into(url, key_of(2))), Holds::kAnotherNetwork);
  const auto refused = remove_network(url, key_of(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(dump(url), before_);

  must(remove_network(url, key_of(1)));
  EXPECT_THAT(names(*session, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"), ElementsAre("of_somebody"));
  EXPECT_THAT(names(*session, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"), IsEmpty());
  EXPECT_EQ(db::postgresql::drop_tables_sql().find('"'), std::string::npos);
}

}  // namespace
}  // namespace innernet::server

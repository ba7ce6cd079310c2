#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <fstream>

#include "../../testing/postgresql.hpp"
#include "session.hpp"

namespace innernet::server::db::postgresql {
namespace {

using innernet::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::PostgresqlCluster;
using ::testing::StartsWith;

class Connect : public ::testing::Test {
 protected:
  void SetUp() override { INNERNET_NEEDS_POSTGRESQL(); }

  static PostgresqlCluster& cluster() { return PostgresqlCluster::shared(); }
  static Result<std::unique_ptr<Session>> connect(const std::string& url, const Options& options = {}) {
    TRY(const auto parsed, DatabaseUrl::parse(url));
    return Session::connect(parsed, options);
  }
  static std::string setting(Session& session, const std::string& name) {
    const auto statement = session.prepare("SELECT current_setting($1)");
    if (!statement || !(*statement)->bind(name).step()) return "none";
    return std::string((*statement)->text(0));
  }
};

TEST_F(Connect, SetsWhatEndsADeadSessionSoon) {
  const auto session = connect(cluster().url(cluster().new_database()), {.application_name = "innernet-server evilcorp"});
  ASSERT_TRUE(session) << session.error().message();
  EXPECT_EQ(setting(**session, "application_name"), "innernet-server evilcorp");
  EXPECT_EQ(setting(**session, "client_encoding"), "UTF8");
  EXPECT_EQ(setting(**session, "lock_timeout"), "5s");
  EXPECT_EQ(setting(**session, "statement_timeout"), "30s");
  EXPECT_EQ(setting(**session, "transaction_isolation"), "read committed");
  EXPECT_EQ(setting(**session, "synchronous_commit"), "on");
  EXPECT_GE((*session)->descriptor(), 0);
  EXPECT_FALSE((*session)->is_lost());
}

TEST_F(Connect, OverTcpBothSidesLookForASilentOther) {
  PostgresqlCluster by_tcp(PostgresqlCluster::Listens::kOnSocketAndLoopback);
  const auto session = connect(by_tcp.loopback_url("postgres"));
  ASSERT_TRUE(session) << session.error().message();
  EXPECT_EQ(setting(**session, "tcp_keepalives_idle"), "1");
  EXPECT_EQ(setting(**session, "tcp_keepalives_interval"), "1");
  EXPECT_EQ(setting(**session, "tcp_keepalives_count"), "2");
  EXPECT_EQ(setting(**session, "tcp_user_timeout"), "3000");

  const auto option = [&](int name) {
    int value = -1;
    socklen_t length = sizeof(value);
    ::getsockopt((*session)->descriptor(), IPPROTO_TCP, name, &value, &length);
    return value;
  };
  EXPECT_EQ(option(TCP_KEEPIDLE), 1);
  EXPECT_EQ(option(TCP_KEEPINTVL), 1);
  EXPECT_EQ(option(TCP_KEEPCNT), 2);
  EXPECT_EQ(option(TCP_USER_TIMEOUT), 3000);

  const auto other = connect(by_tcp.loopback_url("postgres") + "?keepalives_idle=7&application_name=mine&client_encoding=LATIN1");
  ASSERT_TRUE(other) << other.error().message();
  int idle = 0;
  socklen_t length = sizeof(idle);
  ::getsockopt((*other)->descriptor(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, &length);
  EXPECT_EQ(idle, 7) << "the URL wins";
  EXPECT_EQ(setting(**other, "application_name"), "mine");
  EXPECT_EQ(setting(**other, "client_encoding"), "UTF8") << "but not here: all our texts are UTF-8";
}

TEST_F(Connect, WithoutAServerIsUnreachable) {
  const auto session = connect("postgresql://someone@127.0.0.1:1/evilcorp");
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind(), ErrorKind::kUnreachable);
  EXPECT_THAT(session.error().message(), AllOf(StartsWith("database postgresql://127.0.0.1:1/evilcorp: "), HasSubstr("Connection refused"),
                                               Not(HasSubstr("\n")), Not(HasSubstr("someone"))));
}

TEST_F(Connect, OfSeveralHostsTheFirstThatAnswersIsTaken) {
  PostgresqlCluster by_tcp(PostgresqlCluster::Listens::kOnSocketAndLoopback);
  const auto session = connect(fmt::format("postgresql://postgres@127.0.0.1:1,127.0.0.1:{}/postgres", by_tcp.port()));
  ASSERT_TRUE(session) << session.error().message();
}

TEST_F(Connect, WithoutTheDatabaseIsNotFound) {
  const auto session = connect(cluster().url("nowhere"));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(session.error().message(), HasSubstr("database \"nowhere\" does not exist"));
}

TEST_F(Connect, WithAParameterThatLibpqDoesNotKnowIsInvalid) {
  const auto session = connect(cluster().url("postgres", "&colour=red"));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_THAT(session.error().message(), HasSubstr("colour"));
}

TEST_F(Connect, WithTheWrongPasswordIsNotPermittedAndDoesNotShowIt) {
  // Who is asked for a password: a cluster of its own, whose rules are another's.
  PostgresqlCluster guarded;
  {
    const auto admin = connect(guarded.url("postgres"));
    ASSERT_TRUE(admin) << admin.error().message();
    ASSERT_TRUE((*admin)->execute("CREATE ROLE checked LOGIN PASSWORD 'right'"));
    const auto file = (*admin)->prepare("SELECT current_setting('hba_file')");
    ASSERT_TRUE(file && (*file)->step());
    std::ofstream(std::string((*file)->text(0))) << "local all checked scram-sha-256\nlocal all all trust\n";
  }
  guarded.restart();

  const TempDir dir;
  const auto passfile = (dir / "pgpass").string();
  const auto with_password = [&](const std::string& password) {
    std::ofstream(passfile) << "*:*:*:*:" << password << "\n";
    std::filesystem::permissions(passfile, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return connect(guarded.url("postgres", "&user=checked&passfile=" + passfile));
  };
  const auto right = with_password("right");
  ASSERT_TRUE(right) << right.error().message();
  const auto wrong = with_password("hunter2");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind(), ErrorKind::kPermission);
  EXPECT_THAT(wrong.error().message(), AllOf(HasSubstr("password authentication failed"), Not(HasSubstr("hunter2")), Not(HasSubstr("\n"))));
  const auto none = connect(guarded.url("postgres", "&user=checked&passfile=" + (dir / "none").string()));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("no password supplied"));
  EXPECT_EQ(none.error().kind(), ErrorKind::kPermission);

  EXPECT_TRUE((*right)->execute("SELECT 1"));
  const auto forbidden = (*right)->execute("CREATE ROLE another");
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().kind(), ErrorKind::kPermission);
}

TEST_F(Connect, ToAReplicaIsUnreachable) {
  PostgresqlCluster pair;
  pair.restart_as_replica();
  const auto replica = connect(pair.url("postgres"));
  ASSERT_FALSE(replica);
  EXPECT_EQ(replica.error().kind(), ErrorKind::kUnreachable);
  EXPECT_THAT(replica.error().message(), HasSubstr("is a replica that takes no writes"));
  pair.restart_as_primary();
  EXPECT_TRUE(connect(pair.url("postgres")));
}

TEST_F(Connect, ToAServerThatIsTooOldIsUnsupported) {
  const auto loaded = Libpq::load();
  ASSERT_TRUE(loaded);
  Libpq libpq = **loaded;
  const auto url = *DatabaseUrl::parse(cluster().url("postgres"));
  libpq.PQserverVersion = [](const pg_conn*) { return 120022; };
  const auto old = Session::connect(libpq, url, {});
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().kind(), ErrorKind::kUnsupported);
  EXPECT_THAT(old.error().message(), HasSubstr("it is PostgreSQL 12.22, and innernet needs 13 or newer"));
  libpq.PQserverVersion = [](const pg_conn*) { return 130000; };
  EXPECT_TRUE(Session::connect(libpq, url, {}));
}

}  // namespace
}  // namespace innernet::server::db::postgresql

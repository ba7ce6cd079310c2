#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "session_fixture.hpp"

// A session that is lost, by whatever way, says so and goes on saying so.
namespace innernet::server::db::postgresql {
namespace {

using ::testing::HasSubstr;

class SessionLoss : public SessionTest {};

TEST_F(SessionLoss, ThatIsTerminatedIsLostAndSaysSo) {
  const auto other = connect();
  const auto statement = other->prepare("SELECT 1");
  terminate(*other);
  const auto outcome = (*statement)->step();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kUnreachable);
  EXPECT_EQ((*statement)->step().error().kind(), ErrorKind::kUnreachable);
  EXPECT_EQ(other->execute("SELECT 1").error().kind(), ErrorKind::kUnreachable);
  EXPECT_EQ(other->prepare("SELECT 1").error().kind(), ErrorKind::kUnreachable);
  EXPECT_EQ(other->take_notifications().error().kind(), ErrorKind::kUnreachable);
  EXPECT_TRUE(other->is_lost());
  EXPECT_FALSE(other->in_transaction());
  EXPECT_EQ(other->descriptor(), -1);
}

TEST_F(SessionLoss, ThatIsTerminatedWhileItListensIsLost) {
  const auto other = connect();
  ASSERT_TRUE(other->listen("peers"));
  terminate(*other);
  // Its last words come first.
  Result<bool> taken = false;
  for (int i = 0; i < 3 && taken; ++i) {
    ASSERT_TRUE(is_readable(other->descriptor()));
    taken = other->take_notifications();
  }
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().kind(), ErrorKind::kUnreachable);
  EXPECT_TRUE(other->is_lost());
}

TEST_F(SessionLoss, WhoseServerIsKilledAmongTheRowsIsLost) {
  execute("BEGIN");
  const auto rows = prepare("SELECT n, repeat('x', 1000) FROM generate_series(1, 100000) AS n");
  ASSERT_TRUE(*rows->step());
  EXPECT_TRUE(session_->in_transaction());
  PostgresqlCluster::shared().kill();
  Result<bool> row = true;
  while (row && *row) row = rows->step();
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().kind(), ErrorKind::kUnreachable);
  EXPECT_EQ(session_->execute("COMMIT").error().kind(), ErrorKind::kUnreachable);
  EXPECT_TRUE(session_->is_lost());
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_THROW(connect(), std::runtime_error);
  PostgresqlCluster::shared().restart();
  EXPECT_NO_THROW(connect());
}

TEST_F(SessionLoss, WhoseServerDoesNotAnswerIsGivenUp) {
  const auto other = connect({.statement_timeout = std::chrono::milliseconds(200), .grace = std::chrono::milliseconds(1)});
  const auto statement = other->prepare("SELECT 1");
  const auto process = static_cast<pid_t>(*other->query_integer("SELECT pg_backend_pid()"));
  ASSERT_EQ(::kill(process, SIGSTOP), 0);
  const auto outcome = (*statement)->step();
  ::kill(process, SIGCONT);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kUnreachable);
  EXPECT_THAT(outcome.error().message(), HasSubstr("no answer came in time"));
  EXPECT_EQ((*statement)->step().error().kind(), ErrorKind::kUnreachable);
  EXPECT_EQ(other->take_notifications().error().kind(), ErrorKind::kUnreachable);
  EXPECT_EQ(other->descriptor(), -1);
  EXPECT_TRUE(other->is_lost());
  EXPECT_FALSE(other->in_transaction());
}

}  // namespace
}  // namespace innernet::server::db::postgresql

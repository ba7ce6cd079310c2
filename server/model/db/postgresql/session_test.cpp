#include "session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "session_fixture.hpp"

namespace innernet::server::db::postgresql {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(SessionTest, KeepsValuesAsTheyAre) {
  execute("CREATE TABLE t (id bigint PRIMARY KEY, name text, flag boolean)");
  const auto insert = prepare("INSERT INTO t (id, name, flag) VALUES ($1, $2, $3)");
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max(), kSmallest = std::numeric_limits<std::int64_t>::min();
  constexpr auto kText = "it's \"quoted\" \\ ü ☂ 😀 $1 %s\n";
  ASSERT_TRUE(insert->bind(kLargest).bind(kText).bind_bool(true).run());
  ASSERT_TRUE(insert->bind(kSmallest).bind("").bind_bool(false).run());
  ASSERT_TRUE(insert->bind(std::int64_t{0}).bind_null().bind_null().run());

  const auto rows = prepare("SELECT id, name, flag FROM t ORDER BY id");
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->integer(0), kSmallest);
  EXPECT_FALSE(rows->is_null(1));
  EXPECT_EQ(rows->text(1), "");
  EXPECT_FALSE(rows->is_null(2));
  EXPECT_EQ(rows->integer(2), 0);
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->integer(0), 0);
  EXPECT_TRUE(rows->is_null(1));
  EXPECT_EQ(rows->text(1), "");
  EXPECT_TRUE(rows->is_null(2));
  EXPECT_TRUE(rows->is_null(3)) << "no such column";
  ASSERT_TRUE(*rows->step());
  EXPECT_EQ(rows->integer(0), kLargest);
  EXPECT_EQ(rows->text(1), kText);
  EXPECT_EQ(rows->integer(2), 1);
  EXPECT_EQ(rows->integer(1), 0) << "no integer";
  EXPECT_FALSE(*rows->step());
  EXPECT_TRUE(rows->is_null(0));
  ASSERT_TRUE(*rows->step()) << "it can be run again";
  EXPECT_EQ(rows->integer(0), kSmallest);
}

TEST_F(SessionTest, ReadsManyRowsAndRunsOthersMeanwhile) {
  const auto many = prepare("SELECT n, 'row ' || n FROM generate_series(1, $1::bigint) AS n");
  many->bind(std::int64_t{100'000});
  for (std::int64_t n = 1; n <= 100'000; ++n) {
    ASSERT_TRUE(*many->step());
    ASSERT_EQ(many->integer(0), n);
    if (n == 10) {
      EXPECT_EQ(integer("SELECT 7"), 7);
      execute("CREATE TABLE meanwhile (id bigint)");
      EXPECT_EQ(many->text(1), "row 10") << "the row stays";
    }
  }
  EXPECT_FALSE(*many->step());
}

TEST_F(SessionTest, ForgetsTheRowsOfAStatementThatIsResetOrGone) {
  const auto many = prepare("SELECT n FROM generate_series(1, 5000) AS n");
  ASSERT_TRUE(*many->step());
  many->reset();
  EXPECT_EQ(integer("SELECT 7"), 7);
  ASSERT_TRUE(*many->step());
  EXPECT_EQ(many->integer(0), 1);
  EXPECT_EQ(integer("SELECT 8"), 8);
  many->reset();
  ASSERT_TRUE(*many->step());
  EXPECT_EQ(many->integer(0), 1) << "rows that were read ahead are forgotten, too";
  {
    const auto gone = prepare("SELECT n FROM generate_series(1, 5000) AS n");
    ASSERT_TRUE(*gone->step());
  }
  EXPECT_EQ(integer("SELECT count(*) FROM pg_prepared_statements"), 2) << "the server keeps `many` and the one that asks";
}

TEST_F(SessionTest, AnErrorAmongTheRowsComesInItsPlace) {
  for (const bool read_ahead : {false, true}) {
    const auto rows = prepare("SELECT 1 / (3 - n) FROM generate_series(1, 5) AS n");
    ASSERT_TRUE(*rows->step());
    ASSERT_EQ(read_ahead ? integer("SELECT 7") : 7, 7);
    ASSERT_TRUE(*rows->step());
    const auto third = rows->step();
    ASSERT_FALSE(third);
    EXPECT_THAT(third.error().message(), HasSubstr("division by zero"));
    EXPECT_TRUE(*rows->step()) << "and then it begins anew";
  }
}

TEST_F(SessionTest, ErrorsHaveTheKindThatSaysWhatToDo) {
  execute("CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t VALUES (1)");
  EXPECT_EQ(kind_of("INSERT INTO t VALUES (1)"), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind_of("INSERT INTO t VALUES ('x')"), ErrorKind::kInvalidInput);
  EXPECT_EQ(kind_of("SET statement_timeout = 1; SELECT pg_sleep(10)"), ErrorKind::kBusy);
  EXPECT_EQ(kind_of("nonsense"), ErrorKind::kSystem);
  EXPECT_EQ(kind_of("SELECT 1; BEGIN READ ONLY; INSERT INTO t VALUES (2)"), ErrorKind::kUnreachable);
  execute("ROLLBACK");
  EXPECT_EQ(kind_of("COPY t TO STDOUT"), ErrorKind::kSystem);

  session_ = connect();
  const auto insert = prepare("INSERT INTO t VALUES ($1)");
  EXPECT_EQ(insert->run().error().kind(), ErrorKind::kSystem) << "a parameter is missing";
  ASSERT_TRUE(insert->bind(std::int64_t{2}).run()) << "after an error it can be bound anew";
  const auto text = prepare("SELECT $1::text");
  EXPECT_EQ(text->bind(std::string_view("a\0b", 3)).run().error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(text->bind("\xff").run().error().kind(), ErrorKind::kInvalidInput);
  EXPECT_TRUE(text->bind("fine").run());
  EXPECT_EQ(session_->prepare("SELECT nothing").error().kind(), ErrorKind::kSystem);
}

TEST_F(SessionTest, AnErrorNamesTheDatabaseAndShowsATerminalNothing) {
  const auto failed = session_->execute("SELECT '\x1b[2J\n'::integer");
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(),
              AllOf(StartsWith("database postgresql://%2F"), HasSubstr("/" + database_ + ": invalid input syntax"), HasSubstr("\\x1b[2J"),
                    Not(HasSubstr("\x1b")), Not(HasSubstr("\n")), Not(HasSubstr("user"))));
}

TEST_F(SessionTest, NoticesOfTheServerStayAway) {
  ::testing::internal::CaptureStderr();
  execute("DO $$ BEGIN RAISE WARNING 'to be seen by nobody'; END $$; DROP TABLE IF EXISTS nothing");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(SessionTest, ATransactionThatHasFailedGoesOnAfterItsSavepoint) {
  execute("CREATE TABLE t (id bigint PRIMARY KEY)");
  const auto insert = prepare("INSERT INTO t VALUES ($1)");
  const auto savepoint = prepare("SAVEPOINT request");
  const auto rollback_to = prepare("ROLLBACK TO request");
  EXPECT_FALSE(session_->in_transaction());
  execute("BEGIN");
  EXPECT_TRUE(session_->in_transaction());
  ASSERT_TRUE(insert->bind(std::int64_t{1}).run());
  ASSERT_TRUE(savepoint->run());
  EXPECT_FALSE(insert->bind(std::int64_t{1}).run());
  EXPECT_TRUE(session_->in_transaction()) << "it waits to be rolled back";
  EXPECT_FALSE(insert->bind(std::int64_t{2}).run()) << "all others fail, too";
  ASSERT_TRUE(rollback_to->run());
  ASSERT_TRUE(insert->bind(std::int64_t{3}).run());
  execute("COMMIT");
  EXPECT_FALSE(session_->in_transaction());
  EXPECT_EQ(integer("SELECT sum(id) FROM t"), 4);
}

TEST_F(SessionTest, AStatementThatGoesInAFailedTransactionIsNoTrouble) {
  execute("BEGIN");
  prepare("SELECT 1").reset();  // the pointer: it goes
  EXPECT_FALSE(session_->execute("nonsense"));
  EXPECT_FALSE(session_->prepare("SELECT 1"));
  execute("ROLLBACK");
  EXPECT_EQ(integer("SELECT count(*) FROM pg_prepared_statements"), 1);
}

TEST_F(SessionTest, WhatAnotherSessionHasLockedIsBusy) {
  execute("CREATE TABLE t (id bigint PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'a')");
  execute("BEGIN");
  execute("UPDATE t SET name = 'b'");
  const auto other = connect({.lock_timeout = std::chrono::milliseconds(20)});
  const auto outcome = other->execute("UPDATE t SET name = 'c'");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kBusy);
  EXPECT_THAT(outcome.error().message(), HasSubstr("lock timeout"));
  execute("COMMIT");
  EXPECT_TRUE(other->execute("UPDATE t SET name = 'c'"));
}

TEST_F(SessionTest, IsNotifiedByOthersOnly) {
  const auto listener = connect();
  ASSERT_TRUE(listener->listen("peers of \"evilcorp\""));
  EXPECT_FALSE(*listener->take_notifications());
  const std::string notify = R"(NOTIFY "peers of ""evilcorp""")";
  ASSERT_TRUE(listener->execute(notify));
  EXPECT_FALSE(*listener->take_notifications()) << "its own";
  execute("NOTIFY another");
  EXPECT_FALSE(*listener->take_notifications());
  execute("BEGIN; " + notify);
  EXPECT_FALSE(*listener->take_notifications()) << "not committed";
  execute("COMMIT");
  ASSERT_TRUE(is_readable(listener->descriptor()));
  EXPECT_TRUE(*listener->take_notifications());
  EXPECT_FALSE(*listener->take_notifications()) << "once";
}

}  // namespace
}  // namespace innernet::server::db::postgresql

#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "../../testing/postgresql.hpp"
#include "session.hpp"

namespace innernet::server::db::postgresql {

using testing::PostgresqlCluster;

/// A session of a database of the test's own.
class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    INNERNET_NEEDS_POSTGRESQL();
    database_ = PostgresqlCluster::shared().new_database();
    session_ = connect();
  }

  std::unique_ptr<Session> connect(const Options& options = {}) const {
    auto session = Session::connect(*DatabaseUrl::parse(PostgresqlCluster::shared().url(database_)), options);
    if (!session) throw std::runtime_error(session.error().message());
    return *std::move(session);
  }
  void execute(const std::string& sql) const {
    const auto outcome = session_->execute(sql);
    ASSERT_TRUE(outcome) << sql << ": " << outcome.error().message();
  }
  std::int64_t integer(const std::string& sql) const {
    const auto value = session_->query_integer(sql);
    if (!value) throw std::runtime_error(value.error().message());
    return *value;
  }
  std::unique_ptr<Statement> prepare(const std::string& sql) const {
    auto statement = session_->prepare(sql);
    if (!statement) throw std::runtime_error(statement.error().message());
    return *std::move(statement);
  }
  ErrorKind kind_of(const std::string& sql) const {
    const auto outcome = session_->execute(sql);
    if (outcome) throw std::runtime_error(sql + " should have failed");
    return outcome.error().kind();
  }
  /// Ends it as an administrator does.
  void terminate(Session& session) const {
    const auto process = session.query_integer("SELECT pg_backend_pid()");
    ASSERT_TRUE(process);
    ASSERT_EQ(integer(fmt::format("SELECT pg_terminate_backend({}, 10000)::integer", *process)), 1);
  }

  std::string database_;
  std::unique_ptr<Session> session_;
};

/// For a bounded time.
inline bool is_readable(int descriptor) {
  pollfd poll{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&poll, 1, 10'000) == 1;
}

}  // namespace innernet::server::db::postgresql

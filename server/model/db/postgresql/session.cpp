#include "session.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <cerrno>
#include <utility>

#include "failure.hpp"
#include "statement.hpp"

namespace innernet::server::db::postgresql {
namespace {

/// Waits until there is something to read, or the other side has gone. False: nothing came in time.
bool wait_readable(int descriptor, std::chrono::milliseconds patience) {
  pollfd poll{.fd = descriptor, .events = POLLIN, .revents = 0};
  for (;;) {
    const int ready = ::poll(&poll, 1, patience.count() == 0 ? -1 : static_cast<int>(patience.count()));
    if (ready >= 0 || errno != EINTR) return ready != 0;
  }
}

std::string quoted_identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

}  // namespace

Session::~Session() = default;

std::unexpected<Error> Session::failure(ErrorKind kind, std::string_view why) const {
  return fail(kind, fmt::format("database {}: {}", shown_, why));
}

std::unexpected<Error> Session::failure() const {
  if (connection_ == nullptr) return failure(ErrorKind::kUnreachable, "the connection was given up: no answer came in time");
  return failure(is_lost() ? ErrorKind::kUnreachable : ErrorKind::kSystem, one_line(libpq_.PQerrorMessage(connection_.get())));
}

std::unexpected<Error> Session::failure(const pg_result* result) const {
  const char* const sqlstate = libpq_.PQresultErrorField(result, kDiagSqlstate);
  const char* const primary = libpq_.PQresultErrorField(result, kDiagMessagePrimary);
  if (sqlstate == nullptr || primary == nullptr) return failure();
  return failure(kind_of_sqlstate(sqlstate), one_line(primary));
}

bool Session::is_failure(const pg_result* result) const {
  const auto status = libpq_.PQresultStatus(result);
  return status != kCommandOk && status != kTuplesOk && status != kSingleTuple && status != kEmptyQuery;
}

Result<Session::ResultPtr> Session::next_result() {
  while (libpq_.PQisBusy(connection_.get()) != 0) {
    if (!wait_readable(descriptor(), patience_)) {
      connection_.reset();
      return failure();
    }
    // What PQgetResult then returns says why; it doesn't wait for a connection that is lost.
    if (libpq_.PQconsumeInput(connection_.get()) == 0) break;
  }
  return ResultPtr(libpq_.PQgetResult(connection_.get()), Clear{&libpq_});
}

Result<void> Session::finish() {
  Result<void> outcome;
  for (;;) {
    TRY(const auto result, next_result());
    if (result == nullptr) return outcome;
    if (is_failure(result.get()) && outcome) outcome = failure(result.get());
    // While rows are to be copied, this result comes again and again.
    const auto status = libpq_.PQresultStatus(result.get());
    if (status == kCopyIn || status == kCopyOut || status == kCopyBoth) {
      connection_.reset();
      return failure(ErrorKind::kSystem, "COPY is not for this session");
    }
  }
}

Result<void> Session::run(const std::string& sql) {
  take_turn(nullptr);
  if (libpq_.PQsendQuery(connection_.get(), sql.c_str()) == 0) return failure();
  return finish();
}

void Session::take_turn(PreparedStatement* next) {
  auto* const before = std::exchange(running_, next);
  if (before != nullptr && before != next) before->keep_rest();
}

Result<void> Session::deallocate_statements() {
  // In a transaction that has failed nothing can be done but to roll it back.
  if (to_deallocate_.empty() || libpq_.PQtransactionStatus(connection_.get()) == kTransactionInError) return {};
  std::string sql;
  const auto names = std::exchange(to_deallocate_, {});
  for (const auto& name : names) sql.append("DEALLOCATE ").append(name).append(";");
  return run(sql);
}

Result<std::unique_ptr<Statement>> Session::prepare(std::string_view sql) {
  take_turn(nullptr);
  TRY_VOID(deallocate_statements());
  auto name = fmt::format("s{}", ++prepared_);
  if (libpq_.PQsendPrepare(connection_.get(), name.c_str(), std::string(sql).c_str(), 0, nullptr) == 0) return failure();
  TRY_VOID(finish());
  return std::make_unique<PreparedStatement>(*this, std::move(name));
}

Result<void> Session::execute(std::string_view sql) { return run(std::string(sql)); }

bool Session::in_transaction() const {
  const auto status = libpq_.PQtransactionStatus(connection_.get());
  return status != kTransactionIdle && status != kTransactionUnknown;
}

Result<void> Session::listen(std::string_view channel) { return run("LISTEN " + quoted_identifier(channel)); }

Result<bool> Session::take_notifications() {
  if (libpq_.PQconsumeInput(connection_.get()) == 0) return failure();
  bool any = false;
  while (auto* const notification = libpq_.PQnotifies(connection_.get())) {
    any = any || notification->backend != libpq_.PQbackendPID(connection_.get());
    libpq_.PQfreemem(notification);
  }
  return any;
}

int Session::descriptor() const { return libpq_.PQsocket(connection_.get()); }
bool Session::is_lost() const { return libpq_.PQstatus(connection_.get()) != kConnectionOk; }

}  // namespace innernet::server::db::postgresql

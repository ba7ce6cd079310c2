#include <fmt/format.h>

#include <array>

#include "failure.hpp"
#include "session.hpp"

namespace innernet::server::db::postgresql {
namespace {

constexpr int kOldestVersion = 130000;  // as PQserverVersion counts
// A session whose other side is gone without a word ends after about three seconds: standbys wait for its lock.
constexpr auto kKeepaliveIdle = "1", kKeepaliveInterval = "1", kKeepaliveCount = "2", kTcpUserTimeoutMs = "3000";

std::string version_text(int version) { return fmt::format("{}.{}", version / 10000, version % 10000); }

/// What libpq can't read is known before it connects.
Result<void> check_syntax(const Libpq& libpq, const DatabaseUrl& url) {
  char* said = nullptr;
  if (auto* const read = libpq.PQconninfoParse(url.str().c_str(), &said)) {
    libpq.PQconninfoFree(read);
    return {};
  }
  auto error = fail(said == nullptr ? ErrorKind::kSystem : ErrorKind::kInvalidInput,
                    fmt::format("database {}: its URL: {}", url.shown(), said == nullptr ? "out of memory" : one_line(said)));
  libpq.PQfreemem(said);
  return error;
}

pg_conn* start(const Libpq& libpq, const DatabaseUrl& url, const Options& options) {
  const auto timeout = fmt::format("{}", options.connect_timeout.count());
  // What stands later wins, and in the place of dbname stands the URL.
  constexpr std::array keywords{
      "fallback_application_name", "connect_timeout",  "keepalives", "keepalives_idle", "keepalives_interval",
      "keepalives_count",          "tcp_user_timeout", "dbname",     "client_encoding", static_cast<const char*>(nullptr)};
  const std::array values{options.application_name.c_str(),
                          timeout.c_str(),
                          "1",
                          kKeepaliveIdle,
                          kKeepaliveInterval,
                          kKeepaliveCount,
                          kTcpUserTimeoutMs,
                          url.str().c_str(),
                          "UTF8",
                          static_cast<const char*>(nullptr)};
  static_assert(keywords.size() == values.size());
  return libpq.PQconnectdbParams(keywords.data(), values.data(), 1);
}

/// libpq keeps the server's code to itself when a connection fails, except in a verbose error, which can only be asked of a connection
/// that exists already: where the server has refused, we ask once more.
ErrorKind kind_of_refusal(const Libpq& libpq, pg_conn* connection, std::string_view said) {
  if (libpq.PQconnectionNeedsPassword(connection) != 0) return ErrorKind::kPermission;
  if (!is_of_server(said)) return ErrorKind::kUnreachable;
  libpq.PQsetErrorVerbosity(connection, kVerboseErrors);
  libpq.PQreset(connection);
  const auto code = sqlstate_in(libpq.PQerrorMessage(connection));
  return code.empty() ? ErrorKind::kUnreachable : kind_of_sqlstate(code);
}

void ignore_notice(void* /*unused*/, const char* /*unused*/) {}

}  // namespace

Result<std::unique_ptr<Session>> Session::connect(const DatabaseUrl& url, const Options& options) {
  TRY(const auto* const libpq, Libpq::load());
  return connect(*libpq, url, options);
}

Result<std::unique_ptr<Session>> Session::connect(const Libpq& libpq, const DatabaseUrl& url, const Options& options) {
  TRY_VOID(check_syntax(libpq, url));
  ConnectionPtr connection(start(libpq, url, options), Finish{&libpq});
  if (connection == nullptr) return fail(ErrorKind::kSystem, "libpq: out of memory");
  if (libpq.PQstatus(connection.get()) != kConnectionOk) {
    const std::string said = libpq.PQerrorMessage(connection.get());
    return fail(kind_of_refusal(libpq, connection.get(), said), fmt::format("database {}: {}", url.shown(), one_line(said)));
  }
  libpq.PQsetNoticeProcessor(connection.get(), &ignore_notice, nullptr);
  const auto patience = options.statement_timeout.count() == 0 ? std::chrono::milliseconds(0) : options.statement_timeout + options.grace;
  std::unique_ptr<Session> session(new Session(libpq, std::move(connection), url.shown(), patience));
  TRY_VOID(session->set_up(options));
  return session;
}

Result<void> Session::set_up(const Options& options) {
  TRY_VOID(check_version());
  TRY_VOID(
      run(fmt::format("SET lock_timeout = {}; SET statement_timeout = {}; SET standard_conforming_strings = on;"
                      "SET tcp_keepalives_idle = {}; SET tcp_keepalives_interval = {}; SET tcp_keepalives_count = {};"
                      "SET tcp_user_timeout = {}",
                      options.lock_timeout.count(), options.statement_timeout.count(), kKeepaliveIdle, kKeepaliveInterval, kKeepaliveCount,
                      kTcpUserTimeoutMs)));
  return check_takes_writes();
}

Result<void> Session::check_version() const {
  const int version = libpq_.PQserverVersion(connection_.get());
  if (version >= kOldestVersion) return {};
  return failure(ErrorKind::kUnsupported,
                 fmt::format("it is PostgreSQL {}, and innernet needs {} or newer", version_text(version), kOldestVersion / 10000));
}

Result<void> Session::check_takes_writes() {
  // A primary can be set to take none, too, by default_transaction_read_only: those who fail over do that.
  TRY(const auto refuses, query_integer("SELECT current_setting('transaction_read_only')::boolean::integer"));
  if (refuses == 0) return {};
  return failure(ErrorKind::kUnreachable,
                 "it is a replica that takes no writes: name all servers in the URL, with target_session_attrs=read-write");
}

}  // namespace innernet::server::db::postgresql

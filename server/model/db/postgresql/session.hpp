#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../sql.hpp"
#include "innernet/config/database_url.hpp"
#include "libpq.hpp"

namespace innernet::server::db::postgresql {

class PreparedStatement;

/// How a session is opened. A limit of zero is none.
struct Options {
  std::string application_name = "innernet-server";  ///< as pg_stat_activity shows it
  std::chrono::seconds connect_timeout{5};           ///< for each host of the URL
  std::chrono::milliseconds lock_timeout{5'000};     ///< then a statement fails with kBusy
  std::chrono::milliseconds statement_timeout{30'000};
  std::chrono::milliseconds grace{5'000};  ///< beyond statement_timeout, before a silent server is given up
};

/// A session of a PostgreSQL server, 13 or newer, which takes writes. Its transactions are at READ COMMITTED, and the caller begins them.
/// Calls wait for the server's answer; when nothing comes for statement_timeout and grace, the session is given up.
///
/// Not as in SQLite, a statement that fails makes all others of its transaction fail, until it is rolled back, to a savepoint before it
/// or altogether.
///
/// Errors, beside those of Sql: kInvalidInput also for a text that the type of its column doesn't have; kBusy also for a deadlock and for
/// time-outs; kUnreachable also when the server takes no writes any more.
class Session final : public Sql {
 public:
  /// What the URL says wins against Options and against what we set so that a dead session ends within seconds on both sides.
  /// kUnsupported: libpq is missing or the server too old. kInvalidInput: libpq can't read the URL. kPermission: the server lets us not
  /// in. kNotFound: there is no such database. kUnreachable: no server answers, or it takes no writes.
  static Result<std::unique_ptr<Session>> connect(const DatabaseUrl& url, const Options& options);
  /// With a libpq of the caller's, which outlives it.
  static Result<std::unique_ptr<Session>> connect(const Libpq& libpq, const DatabaseUrl& url, const Options& options);

  ~Session() override;

  /// While rows of another statement are still to come they are read into memory first, so any number of statements can be in the midst
  /// of their rows; only one at a time without costing memory.
  Result<std::unique_ptr<Statement>> prepare(std::string_view sql) override;
  /// One transaction if there is none yet.
  Result<void> execute(std::string_view sql) override;
  /// Also in a transaction that has failed and waits to be rolled back, and while there are rows to come; false when the session is lost.
  bool in_transaction() const override;

  /// Has the server tell of NOTIFY for `channel`, from the next commit on.
  Result<void> listen(std::string_view channel);
  /// True if another session has notified us since the last call. Doesn't wait. To be called when descriptor() is readable, and after
  /// other calls: they read what came before their answers. kUnreachable: the session is lost.
  Result<bool> take_notifications();
  /// To be polled for reading; -1 when the session is lost. It is the session's.
  int descriptor() const;
  /// A loss is seen by the call that fails with kUnreachable; from then on all do.
  bool is_lost() const;

 private:
  friend class PreparedStatement;
  struct Finish {
    const Libpq* libpq;
    void operator()(pg_conn* connection) const { libpq->PQfinish(connection); }
  };
  struct Clear {
    const Libpq* libpq;
    void operator()(pg_result* result) const { libpq->PQclear(result); }
  };
  using ConnectionPtr = std::unique_ptr<pg_conn, Finish>;
  using ResultPtr = std::unique_ptr<pg_result, Clear>;

  Session(const Libpq& libpq, ConnectionPtr connection, std::string shown, std::chrono::milliseconds patience)
      : libpq_(libpq), connection_(std::move(connection)), shown_(std::move(shown)), patience_(patience) {}

  Result<void> set_up(const Options& options);
  Result<void> check_version() const;
  Result<void> check_takes_writes();

  std::unexpected<Error> failure(ErrorKind kind, std::string_view why) const;
  /// Of the call that libpq has refused, or of the connection.
  std::unexpected<Error> failure() const;
  std::unexpected<Error> failure(const pg_result* result) const;
  bool is_failure(const pg_result* result) const;

  /// What was sent is answered; null behind the last result.
  Result<ResultPtr> next_result();
  /// Reads to the end; the first error, if there is one.
  Result<void> finish();
  Result<void> run(const std::string& sql);
  /// Takes the rows that are still to come for another statement out of the way of `next` (null: of none).
  void take_turn(PreparedStatement* next);
  Result<void> deallocate_statements();

  const Libpq& libpq_;
  ConnectionPtr connection_;
  std::string shown_;
  std::chrono::milliseconds patience_;
  PreparedStatement* running_ = nullptr;  // whose results come
  std::uint64_t prepared_ = 0;
  std::vector<std::string> to_deallocate_;
};

}  // namespace innernet::server::db::postgresql

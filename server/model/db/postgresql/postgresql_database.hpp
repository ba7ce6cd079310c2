#pragma once

#include "../database.hpp"
#include "../sql_store.hpp"
#include "schema.hpp"
#include "session.hpp"

namespace innernet::server::db::postgresql {

/// A database of a PostgreSQL server, which may be replicated, fail over and be unreachable for a while. For whoever can wait for it.
///
/// Invariants, between calls:
/// - What was read last is what the database held at `revision_`. Each transaction that changes rows counts it up, by triggers.
/// - A transaction of ours holds the lock of the revision's row from its begin() on, so nobody else changes anything meanwhile.
/// - While `is_in_doubt_`, somebody may have written since: we were notified, or had no session for a while.
/// - Without `open_` the session is lost; the next refresh() or begin() opens another one.
/// - The leader's sessions hold the network's advisory lock, so that no more than one server has it, and each leader that takes over counts
///   the term up: one whose session was lost goes on only if nobody has led meanwhile.
class PostgresqlDatabase final : public Database {
 public:
  /// kNotFound: there is no network in it. Else as Session::connect().
  static Result<std::unique_ptr<PostgresqlDatabase>> open(const DatabaseUrl& url, const Options& options);
  /// To serve it, as the server of this name. kAlreadyExists: another one does, which is also what refresh() and begin() say later when
  /// another one has taken over, or this one was told to step down.
  static Result<std::unique_ptr<PostgresqlDatabase>> lead(const DatabaseUrl& url, const Options& options, std::string server);

  std::string name() const override;
  Result<Network> load() override;
  Result<std::optional<Contents>> refresh(bool may_be_replaced) override;
  Result<std::optional<Network>> begin() override;
  /// Of one whose session is lost it is found out, by another session, whether it came to be. kUnreachable: it did not. kSystem: that can't
  /// be found out.
  Result<void> commit() override;
  Result<void> roll_back() override;
  bool in_transaction() const override { return open_ && open_->session->in_transaction(); }
  /// Within a transaction.
  Store& store() override { return open_->store; }
  Result<StoredLog> load_log() override;
  Result<HighestIds> highest_ids() override;
  std::int64_t term() const override { return term_; }
  int descriptor() const override { return open_ ? open_->session->descriptor() : -1; }
  /// Zero is a millisecond.
  void set_patience(std::chrono::milliseconds patience) override;
  Result<void> close() override;

 private:
  struct Open {
    std::unique_ptr<Session> session;  // goes last
    SqlStore store;
    std::unique_ptr<Statement> lock_revision, revision, write_name;
  };

  PostgresqlDatabase(DatabaseUrl url, Options options, std::optional<std::string> leads_as)
      : url_(std::move(url)), options_(std::move(options)), leads_as_(std::move(leads_as)) {}

  Result<void> connect();
  Result<void> take_lead(Session& session);
  /// A leader's, now and then.
  Result<void> tell_presence();
  Result<void> check_not_told_to_step_down();
  /// A session, another one if need be.
  Result<void> ensure_session();
  Result<Network> load_now();
  struct Write {
    std::string name;
    std::int64_t number;
  };
  Result<void> find_out(const Write& write) const;
  /// Whether it is stored.
  Result<bool> look_for(const Write& write) const;

  DatabaseUrl url_;
  Options options_;
  std::optional<std::string> leads_as_;
  std::chrono::steady_clock::time_point presence_due_{};
  std::int64_t term_ = 0;  // of a leader; zero: it has not led yet
  std::optional<Open> open_;
  std::int64_t revision_ = 0;
  bool is_in_doubt_ = true;
};

/// Makes the tables in an empty database (or schema), with what `fill` writes, in one transaction. kAlreadyExists: a network is there.
Result<void> create_postgresql_database(const DatabaseUrl& url, const std::function<Result<void>(Store&)>& fill);

}  // namespace innernet::server::db::postgresql

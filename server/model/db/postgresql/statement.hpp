#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "session.hpp"

namespace innernet::server::db::postgresql {

/// Prepared in the server, under a name of the session. Values travel as text and have the types that the server finds for them. Rows come
/// one by one. Who resets it before its end does not learn of an error that would have come behind the row.
class PreparedStatement final : public Statement {
 public:
  PreparedStatement(Session& session, std::string name) : session_(session), name_(std::move(name)) {}
  ~PreparedStatement() override;

  Statement& bind(std::int64_t value) override;
  /// With a NUL byte in it, the next step fails with kInvalidInput: PostgreSQL keeps none.
  Statement& bind(std::string_view text) override;
  Statement& bind_null() override;
  using Statement::bind;

  Result<bool> step() override;
  /// Waits for the rows that are still to come and drops them. They are not canceled: that would make the transaction fail.
  void reset() override;

  bool is_null(int column) const override;
  /// 1 and 0 for a boolean; 0 for what is no integer.
  std::int64_t integer(int column) const override;
  std::string_view text(int column) const override;

 private:
  friend class Session;
  using ResultPtr = Session::ResultPtr;

  Result<bool> step_or_fail();
  Result<void> send();
  /// Null at the end.
  Result<ResultPtr> next_result();
  /// Reads the rows that are still to come, for later, since another statement wants the session.
  void keep_rest();

  Session& session_;
  std::string name_;
  std::vector<std::optional<std::string>> values_;
  bool has_nul_ = false;
  bool started_ = false;
  std::deque<Result<ResultPtr>> kept_;
  ResultPtr row_{nullptr, Session::Clear{nullptr}};
};

}  // namespace innernet::server::db::postgresql

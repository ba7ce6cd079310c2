#include "statement.hpp"

#include <fmt/format.h>

#include <charconv>

namespace innernet::server::db::postgresql {

PreparedStatement::~PreparedStatement() {
  reset();
  session_.to_deallocate_.push_back(std::move(name_));
}

Statement& PreparedStatement::bind(std::int64_t value) {
  values_.emplace_back(fmt::format("{}", value));
  return *this;
}

Statement& PreparedStatement::bind(std::string_view text) {
  has_nul_ = has_nul_ || text.contains('\0');
  values_.emplace_back(text);
  return *this;
}

Statement& PreparedStatement::bind_null() {
  values_.emplace_back(std::nullopt);
  return *this;
}

Result<bool> PreparedStatement::step() {
  auto row = step_or_fail();
  if (!row || !*row) reset();
  return row;
}

Result<bool> PreparedStatement::step_or_fail() {
  row_.reset();
  if (!started_) TRY_VOID(send());
  for (;;) {
    TRY(auto result, next_result());
    if (result == nullptr) return false;
    if (session_.is_failure(result.get())) return session_.failure(result.get());
    // Behind the last row comes a result without rows, which says how many there were.
    if (session_.libpq_.PQresultStatus(result.get()) != kSingleTuple) continue;
    row_ = std::move(result);
    return true;
  }
}

Result<void> PreparedStatement::send() {
  if (has_nul_) return session_.failure(ErrorKind::kInvalidInput, "a text has a NUL byte in it");
  session_.take_turn(this);
  std::vector<const char*> values;
  values.reserve(values_.size());
  for (const auto& value : values_) values.push_back(value ? value->c_str() : nullptr);
  const auto& libpq = session_.libpq_;
  auto* const connection = session_.connection_.get();
  constexpr int kTextFormat = 0;
  if (libpq.PQsendQueryPrepared(connection, name_.c_str(), static_cast<int>(values.size()), values.data(), nullptr, nullptr, kTextFormat) ==
      0)
    return session_.failure();
  started_ = true;
  // It can only fail between other queries than one that was just sent.
  static_cast<void>(libpq.PQsetSingleRowMode(connection));
  return {};
}

Result<PreparedStatement::ResultPtr> PreparedStatement::next_result() {
  if (session_.running_ == this) return session_.next_result();
  if (kept_.empty()) return ResultPtr(nullptr, Session::Clear{nullptr});
  auto next = std::move(kept_.front());
  kept_.pop_front();
  return next;
}

void PreparedStatement::keep_rest() {
  for (;;) {
    auto result = session_.next_result();
    if (result && *result == nullptr) return;
    kept_.push_back(std::move(result));
    if (!kept_.back()) return;
  }
}

void PreparedStatement::reset() {
  if (session_.running_ == this) {
    if (started_) static_cast<void>(session_.finish());
    session_.running_ = nullptr;
  }
  values_.clear();
  kept_.clear();
  row_.reset();
  has_nul_ = started_ = false;
}

bool PreparedStatement::is_null(int column) const { return row_ == nullptr || session_.libpq_.PQgetisnull(row_.get(), 0, column) != 0; }

std::int64_t PreparedStatement::integer(int column) const {
  const auto digits = text(column);
  if (digits == "t") return 1;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() ? value : 0;
}

std::string_view PreparedStatement::text(int column) const {
  if (is_null(column)) return {};
  return {session_.libpq_.PQgetvalue(row_.get(), 0, column), static_cast<std::size_t>(session_.libpq_.PQgetlength(row_.get(), 0, column))};
}

}  // namespace innernet::server::db::postgresql

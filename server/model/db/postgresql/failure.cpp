#include "failure.hpp"

#include <algorithm>
#include <cstddef>

#include "innernet/base/printable.hpp"

namespace innernet::server::db::postgresql {
namespace {

constexpr std::size_t kLongestMessage = 400;
constexpr std::size_t kSqlstateLength = 5;
// What libpq puts between a severity, which is translated, and the message (pqBuildErrorMessage3 in fe-protocol3.c).
constexpr std::string_view kBehindSeverity = ":  ";

bool is_of_sqlstate(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }

std::string_view without_spaces_around(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

ErrorKind kind_of_sqlstate(std::string_view sqlstate) {
  // lock_not_available, serialization_failure, deadlock_detected, query_canceled (by a time-out).
  for (const std::string_view busy : {"55P03", "40001", "40P01", "57014"})
    if (sqlstate == busy) return ErrorKind::kBusy;
  if (sqlstate == "42501") return ErrorKind::kPermission;   // insufficient_privilege
  if (sqlstate == "25006") return ErrorKind::kUnreachable;  // read_only_sql_transaction: it has become a replica
  if (sqlstate == "25P03") return ErrorKind::kUnreachable;  // idle_in_transaction_session_timeout, which ends the session
  if (sqlstate == "3D000") return ErrorKind::kNotFound;     // invalid_catalog_name: there is no such database
  if (sqlstate == "08P01") return ErrorKind::kSystem;       // protocol_violation: parameters that are missing, a fault of ours
  // Constraints; values that the type of a column does not have.
  if (sqlstate.starts_with("23") || sqlstate.starts_with("22")) return ErrorKind::kInvalidInput;
  if (sqlstate.starts_with("28")) return ErrorKind::kPermission;
  // It shuts down, has crashed, starts, or has ended this session.
  if (sqlstate.starts_with("57P") || sqlstate.starts_with("08")) return ErrorKind::kUnreachable;
  return ErrorKind::kSystem;
}

std::string one_line(std::string_view said) {
  std::string out;
  while (!said.empty()) {
    const auto end = std::min(said.find('\n'), said.size());
    const bool goes_on = said.starts_with('\t');
    if (const auto line = without_spaces_around(said.substr(0, end)); !line.empty()) {
      if (!out.empty()) out += goes_on ? " " : "; ";
      out += line;
    }
    said.remove_prefix(std::min(end + 1, said.size()));
  }
  if (out.size() <= kLongestMessage) return printable(out);
  std::size_t length = kLongestMessage;
  while (length > 0 && (static_cast<unsigned char>(out[length]) & 0xC0U) == 0x80U) --length;
  return printable(std::string_view(out).substr(0, length)) + "…";
}

std::string_view sqlstate_in(std::string_view verbose) {
  std::string_view found;
  for (auto at = verbose.find(kBehindSeverity); at != std::string_view::npos; at = verbose.find(kBehindSeverity, at + 1)) {
    const auto code = verbose.substr(at + kBehindSeverity.size(), kSqlstateLength);
    const auto behind = verbose.substr(std::min(at + kBehindSeverity.size() + kSqlstateLength, verbose.size()));
    if (code.size() == kSqlstateLength && std::ranges::all_of(code, is_of_sqlstate) && behind.starts_with(": ")) found = code;
  }
  return found;
}

bool is_of_server(std::string_view said) { return said.contains(kBehindSeverity); }

}  // namespace innernet::server::db::postgresql

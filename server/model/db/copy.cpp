#include "copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace innernet::server::db {
namespace {

using enum ColumnType;

constexpr std::array kCidrs{CopiedColumn{"id", kInteger}, CopiedColumn{"name", kText}, CopiedColumn{"ip", kText},
                            CopiedColumn{"prefix", kInteger}, CopiedColumn{"parent", kInteger}};
constexpr std::array kPeers{CopiedColumn{"id", kInteger},
                            CopiedColumn{"name", kText},
                            CopiedColumn{"ip", kText},
                            CopiedColumn{"public_key", kText},
                            CopiedColumn{"endpoint", kText},
                            CopiedColumn{"cidr_id", kInteger},
                            CopiedColumn{"is_admin", kInteger},
                            CopiedColumn{"is_disabled", kInteger},
                            CopiedColumn{"is_redeemed", kInteger},
                            CopiedColumn{"invite_expires", kInteger},
                            CopiedColumn{"candidates", kText},
                            CopiedColumn{"is_relay", kInteger},
                            CopiedColumn{"relay", kText}};
constexpr std::array kAssociations{CopiedColumn{"id", kInteger}, CopiedColumn{"cidr_id_1", kInteger}, CopiedColumn{"cidr_id_2", kInteger}};
constexpr std::array kLog{CopiedColumn{"peer", kInteger},    CopiedColumn{"cidr", kInteger},
                          CopiedColumn{"number", kInteger},  CopiedColumn{"digest", kInteger},
                          CopiedColumn{"ip", kText},         CopiedColumn{"seen", kText},
                          CopiedColumn{"relayed_at", kText}, CopiedColumn{"relay_distances", kText}};
// Without the id, which PostgreSQL gives itself: their order is what counts.
constexpr std::array kEpochs{CopiedColumn{"epoch", kInteger}, CopiedColumn{"last", kInteger}};
constexpr std::array kRest{CopiedColumn{"id", kInteger},          CopiedColumn{"floor", kInteger},  CopiedColumn{"cidrs", kInteger},
                           CopiedColumn{"tree_digest", kInteger}, CopiedColumn{"relays", kInteger}, CopiedColumn{"relays_json", kText}};

constexpr std::array<CopiedTable, 6> kTables{{{"cidrs", kCidrs, "id", "parent"},
                                              {"peers", kPeers, "id", ""},
                                              {"associations", kAssociations, "id", ""},
                                              {"change_log", kLog, "peer, cidr", ""},
                                              {"change_log_epochs", kEpochs, "id", ""},
                                              {"change_log_rest", kRest, "id", ""}}};

// So many in a statement: a round trip to a server far away takes longer than a row. SQLite takes 32766 parameters, PostgreSQL 65535.
constexpr std::size_t kRowsAtOnce = 100;

std::string names_of(const CopiedTable& table) {
  std::string names;
  for (const auto& column : table.columns) names.append(names.empty() ? "" : ", ").append(column.name);
  return names;
}

std::string select_sql(const CopiedTable& table) {
  return fmt::format("SELECT {} FROM {} ORDER BY {}", names_of(table), table.name, table.order);
}

std::string insert_sql(const CopiedTable& table, std::size_t rows) {
  std::string values;
  std::size_t parameter = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    values += row == 0 ? "(" : ", (";
    for (std::size_t column = 0; column < table.columns.size(); ++column)
      values += fmt::format("{}${}", column == 0 ? "" : ", ", ++parameter);
    values += ')';
  }
  return fmt::format("INSERT INTO {} ({}) VALUES {}", table.name, names_of(table), values);
}

void bind_row(const CopiedTable& table, const Statement& row, Statement& to) {
  int at = -1;
  for (const auto& column : table.columns) {
    ++at;
    // The row that it refers to may come later: see copy_references().
    if (row.is_null(at) || column.name == table.reference)
      to.bind_null();
    else if (column.type == kInteger)
      to.bind(row.integer(at));
    else
      to.bind(row.text(at));
  }
}

bool is_same(const CopiedTable& table, const Statement& one, const Statement& other) {
  int at = -1;
  return std::ranges::all_of(table.columns, [&](const CopiedColumn& column) {
    ++at;
    if (one.is_null(at) || other.is_null(at)) return one.is_null(at) && other.is_null(at);
    return column.type == kInteger ? one.integer(at) == other.integer(at) : one.text(at) == other.text(at);
  });
}

Result<void> copy_references(const CopiedTable& table, Sql& from, Sql& to) {
  TRY(const auto rows, from.prepare(fmt::format("SELECT {0}, id FROM {1} WHERE {0} IS NOT NULL ORDER BY id", table.reference, table.name)));
  TRY(const auto update, to.prepare(fmt::format("UPDATE {} SET {} = $1 WHERE id = $2", table.name, table.reference)));
  for (;;) {
    TRY(const bool row, rows->step());
    if (!row) return {};
    TRY_VOID(update->bind(rows->integer(0)).bind(rows->integer(1)).run());
  }
}

Result<void> copy_table(const CopiedTable& table, Sql& from, Sql& to) {
  TRY(const auto count, from.query_integer(fmt::format("SELECT count(*) FROM {}", table.name)));
  TRY(const auto rows, from.prepare(select_sql(table)));
  TRY(const auto insert_many, to.prepare(insert_sql(table, kRowsAtOnce)));
  TRY(const auto insert, to.prepare(insert_sql(table, 1)));
  for (auto many = static_cast<std::size_t>(count) / kRowsAtOnce; many > 0; --many) {
    for (std::size_t i = 0; i < kRowsAtOnce; ++i) {
      TRY(const bool row, rows->step());
      if (!row) return fail(ErrorKind::kBusy, "somebody removes rows meanwhile");
      bind_row(table, *rows, *insert_many);
    }
    TRY_VOID(insert_many->run());
  }
  for (;;) {
    TRY(const bool row, rows->step());
    if (!row) break;
    bind_row(table, *rows, *insert);
    TRY_VOID(insert->run());
  }
  return table.reference.empty() ? Result<void>() : copy_references(table, from, to);
}

Result<std::optional<std::string>> difference(const CopiedTable& table, Sql& one, Sql& other) {
  TRY(const auto rows, one.prepare(select_sql(table)));
  TRY(const auto other_rows, other.prepare(select_sql(table)));
  for (std::size_t number = 1;; ++number) {
    TRY(const bool row, rows->step());
    TRY(const bool other_row, other_rows->step());
    if (!row && !other_row) return std::nullopt;
    if (row != other_row || !is_same(table, *rows, *other_rows)) return fmt::format("table {}, row {}", table.name, number);
  }
}

}  // namespace

std::span<const CopiedTable> copied_tables() { return kTables; }

Result<RowCounts> count_rows(Sql& database) {
  RowCounts counts;
  TRY(counts.peers, database.query_integer("SELECT count(*) FROM peers"));
  TRY(counts.cidrs, database.query_integer("SELECT count(*) FROM cidrs"));
  TRY(counts.associations, database.query_integer("SELECT count(*) FROM associations"));
  return counts;
}

Result<void> copy_rows(Sql& from, Sql& to) {
  for (const CopiedTable& table : kTables) TRY_VOID_CONTEXT(copy_table(table, from, to), fmt::format("copying the table {}", table.name));
  return {};
}

Result<std::optional<std::string>> difference(Sql& one, Sql& other) {
  for (const CopiedTable& table : kTables) {
    TRY(auto found, difference(table, one, other));
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace innernet::server::db

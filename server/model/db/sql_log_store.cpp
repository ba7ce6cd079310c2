#include "sql_log_store.hpp"

#include <algorithm>
#include <bit>

#include "innernet/json/json.hpp"

namespace innernet::server::db {
namespace {

// SQLite's integers are signed; digests and epochs have all 64 bits.
std::int64_t stored(std::uint64_t value) { return std::bit_cast<std::int64_t>(value); }
std::uint64_t read(std::int64_t value) { return std::bit_cast<std::uint64_t>(value); }
std::uint64_t read_number(std::int64_t value) { return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)); }

/// What somebody else may have spoilt is as good as not there: it is observed again.
template <class T, class Parse>
std::optional<T> text_of(const Statement& row, int column, Parse parse) {
  if (row.is_null(column)) return std::nullopt;
  auto parsed = parse(row.text(column));
  if (!parsed) return std::nullopt;
  return *std::move(parsed);
}

LoggedPeer read_peer(const Statement& row) {
  LoggedPeer peer{.peer = PeerId{row.integer(0)}, .cidr = CidrId{row.integer(1)}, .number = read_number(row.integer(2))};
  if (!row.is_null(3)) peer.digest = read(row.integer(3));
  peer.ip = text_of<IpAddress>(row, 4, IpAddress::parse);
  peer.seen = text_of<SocketAddress>(row, 5, SocketAddress::parse);
  peer.relayed_at = text_of<Endpoint>(row, 6, Endpoint::parse);
  peer.relay_distances = text_of<std::vector<RelayDistance>>(row, 7, parse_relay_distances).value_or(std::vector<RelayDistance>());
  return peer;
}

}  // namespace

Result<SqlLogStore> SqlLogStore::prepare(Sql& sql) {
  TRY(auto last_epoch, sql.prepare("SELECT epoch, last FROM change_log_epochs ORDER BY id DESC LIMIT 1"));
  TRY(auto put_peer, sql.prepare("INSERT INTO change_log (peer, cidr, number, digest, ip, seen, relayed_at, relay_distances) "
                                 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (peer, cidr) DO UPDATE SET "
                                 "number = CASE WHEN change_log.number > excluded.number THEN change_log.number ELSE excluded.number END, "
                                 "digest = excluded.digest, ip = excluded.ip, seen = excluded.seen, relayed_at = excluded.relayed_at, "
                                 "relay_distances = excluded.relay_distances"));
  TRY(auto put_epoch, sql.prepare("INSERT INTO change_log_epochs (epoch, last) VALUES ($1, $2) "
                                  "ON CONFLICT (epoch) DO UPDATE SET last = excluded.last"));
  TRY(auto forget_epochs, sql.prepare("DELETE FROM change_log_epochs WHERE id <= (SELECT max(id) FROM change_log_epochs) - $1"));
  TRY(auto put_rest,
      sql.prepare("INSERT INTO change_log_rest (id, floor, cidrs, tree_digest, relays, relays_json) VALUES (1, $1, $2, $3, $4, $5) "
                  "ON CONFLICT (id) DO UPDATE SET floor = excluded.floor, cidrs = excluded.cidrs, tree_digest = excluded.tree_digest, "
                  "relays = excluded.relays, relays_json = excluded.relays_json"));
  TRY(auto forget_gone, sql.prepare("DELETE FROM change_log WHERE digest IS NULL AND ip IS NULL AND number <= $1"));
  return SqlLogStore({.last_epoch = std::move(last_epoch),
                      .put_peer = std::move(put_peer),
                      .put_epoch = std::move(put_epoch),
                      .forget_epochs = std::move(forget_epochs),
                      .put_rest = std::move(put_rest),
                      .forget_gone = std::move(forget_gone)});
}

Result<StoredLog> SqlLogStore::load(Sql& sql) {
  StoredLog log;
  {
    TRY(const auto rows, sql.prepare("SELECT floor, cidrs, tree_digest, relays, relays_json FROM change_log_rest"));
    TRY(const bool row, rows->step());
    if (row)
      log.rest = LoggedRest{.floor = read_number(rows->integer(0)),
                            .cidrs = read_number(rows->integer(1)),
                            .tree_digest = rows->is_null(2) ? std::nullopt : std::optional(read(rows->integer(2))),
                            .relays = read_number(rows->integer(3)),
                            .relays_json = std::string(rows->text(4))};
  }
  {
    TRY(const auto rows, sql.prepare("SELECT epoch, last FROM change_log_epochs ORDER BY id"));
    for (;;) {
      TRY(const bool row, rows->step());
      if (!row) break;
      log.epochs.push_back({.epoch = read(rows->integer(0)), .last = read_number(rows->integer(1))});
    }
  }
  TRY(const auto rows,
      sql.prepare("SELECT peer, cidr, number, digest, ip, seen, relayed_at, relay_distances FROM change_log ORDER BY peer"));
  for (;;) {
    TRY(const bool row, rows->step());
    if (!row) return log;
    log.peers.push_back(read_peer(*rows));
  }
}

Result<std::optional<LoggedEpoch>> SqlLogStore::last_epoch() {
  auto& sql = *sql_.last_epoch;
  TRY(const bool row, sql.step());
  std::optional<LoggedEpoch> last;
  if (row) last = LoggedEpoch{.epoch = read(sql.integer(0)), .last = read_number(sql.integer(1))};
  sql.reset();
  return last;
}

Result<void> SqlLogStore::put(const LoggedPeer& row) {
  auto& sql = *sql_.put_peer;
  const auto bind_text = [&sql](const auto& value) { value ? sql.bind(value->to_string()) : sql.bind_null(); };
  sql.bind(number(row.peer)).bind(number(row.cidr)).bind(stored(row.number));
  row.digest ? sql.bind(stored(*row.digest)) : sql.bind_null();
  bind_text(row.ip);
  bind_text(row.seen);
  bind_text(row.relayed_at);
  row.relay_distances.empty() ? sql.bind_null() : sql.bind(relay_distances_to_json(row.relay_distances));
  return sql.run();
}

Result<void> SqlLogStore::put(const LoggedEpoch& row) { return sql_.put_epoch->bind(stored(row.epoch)).bind(stored(row.last)).run(); }

Result<void> SqlLogStore::put(const LoggedRest& row) {
  TRY_VOID(sql_.forget_epochs->bind(std::int64_t{kMostEpochs}).run());
  auto& sql = *sql_.put_rest;
  sql.bind(stored(row.floor)).bind(stored(row.cidrs));
  row.tree_digest ? sql.bind(stored(*row.tree_digest)) : sql.bind_null();
  return sql.bind(stored(row.relays)).bind(row.relays_json).run();
}

Result<void> SqlLogStore::forget_gone(std::uint64_t floor) { return sql_.forget_gone->bind(stored(floor)).run(); }

}  // namespace innernet::server::db

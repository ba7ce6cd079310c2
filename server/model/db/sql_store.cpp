#include "sql_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "innernet/json/json.hpp"

namespace innernet::server::db {
namespace {

// A column of `peers`: the member that it holds, and that of a PeerChange if it may change.
template <class Contents, class T>
struct Column {
  std::string_view name;
  T Contents::* member;
  T PeerChange::* change = nullptr;
};

// All but the id. What is inserted, updated and selected, and the values that are bound, follow from it.
constexpr std::tuple kPeerColumns{
    Column{"name", &PeerFacts::name, &PeerChange::name},
    Column{"ip", &PeerFacts::ip},
    Column{"public_key", &PeerFacts::public_key},
    Column{"endpoint", &PeerObservations::endpoint, &PeerChange::endpoint},
    Column{"cidr_id", &PeerFacts::cidr_id},
    Column{"is_admin", &PeerFacts::is_admin, &PeerChange::is_admin},
    Column{"is_disabled", &PeerFacts::is_disabled, &PeerChange::is_disabled},
    Column{"is_redeemed", &PeerFacts::is_redeemed},
    Column{"invite_expires", &PeerFacts::invite_expires},
    Column{"candidates", &PeerObservations::candidates, &PeerChange::candidates},
    Column{"is_relay", &PeerFacts::is_relay, &PeerChange::is_relay},
    Column{"relay", &PeerObservations::relay, &PeerChange::relay},
};

constexpr void for_each_column(auto visit) {
  std::apply([&](const auto&... column) { (visit(column), ...); }, kPeerColumns);
}

consteval std::size_t changeable_columns() {
  std::size_t count = 0;
  for_each_column([&](const auto& column) { count += column.change != nullptr ? 1 : 0; });
  return count;
}
static_assert(changeable_columns() == std::tuple_size_v<decltype(std::declval<PeerChange>().members())>,
              "each member of PeerChange has its column, and no other column has one");

/// Where a column stands when peers are selected: behind the id.
consteval int position(std::string_view name) {
  int at = 0, found = 0;
  for_each_column([&](const auto& column) {
    ++at;
    if (column.name == name) found = at;
  });
  return found > 0 ? found : throw "peers have no such column";
}

std::string select_peers_sql() {
  std::string sql = "SELECT id";
  for_each_column([&](const auto& column) { sql.append(", ").append(column.name); });
  return sql + " FROM peers ORDER BY id";
}

/// As SQLite does by itself.
std::string next_id(std::string_view table) { return fmt::format("(SELECT coalesce(max(id), 0) + 1 FROM {})", table); }

std::string insert_peer_sql() {
  std::string names, values;
  int parameters = 0;
  for_each_column([&](const auto& column) {
    names.append(names.empty() ? "" : ", ").append(column.name);
    values.append(values.empty() ? "$" : ", $").append(std::to_string(++parameters));
  });
  return fmt::format("INSERT INTO peers (id, {}) VALUES ({}, {}) RETURNING id", names, next_id("peers"), values);
}

std::string update_peer_sql() {
  std::string changes;
  int parameters = 0;
  for_each_column([&](const auto& column) {
    if (column.change != nullptr) changes += fmt::format("{}{} = ${}", changes.empty() ? "" : ", ", column.name, ++parameters);
  });
  return fmt::format("UPDATE peers SET {} WHERE id = ${}", changes, parameters + 1);
}

void bind(Statement& to, const Hostname& name) { to.bind(name.str()); }
void bind(Statement& to, const IpAddress& ip) { to.bind(ip.to_string()); }
void bind(Statement& to, const wg::PublicKey& key) { to.bind(key.to_base64()); }
void bind(Statement& to, CidrId id) { to.bind(number(id)); }
void bind(Statement& to, bool value) { to.bind_bool(value); }
void bind(Statement& to, const std::vector<Endpoint>& endpoints) { to.bind(candidates_to_json(endpoints)); }
void bind(Statement& to, const std::optional<Endpoint>& endpoint) {
  if (endpoint)
    to.bind(endpoint->to_string());
  else
    to.bind_null();
}
void bind(Statement& to, const std::optional<RelayOfPeer>& relay) {
  if (relay)
    to.bind(to_json(*relay));
  else
    to.bind_null();
}
void bind(Statement& to, const std::optional<UnixTime>& time) {
  if (time)
    to.bind(static_cast<std::int64_t>(time->seconds));
  else
    to.bind_null();
}
void bind(Statement& to, const std::optional<CidrId>& id) {
  if (id)
    to.bind(number(*id));
  else
    to.bind_null();
}

Result<Cidr> read_cidr(const Statement& row) {
  TRY(const auto address, IpAddress::parse(row.text(2)));
  const auto prefix = row.integer(3);
  if (prefix < 0 || prefix > 128) return invalid_input("its prefix length is out of range");
  TRY(auto net, IpNet::make(address, static_cast<std::uint8_t>(prefix)));
  std::optional<CidrId> parent;
  if (!row.is_null(4)) parent = CidrId{row.integer(4)};
  return Cidr{CidrContents{std::string(row.text(1)), net, parent}, CidrId{row.integer(0)}};
}

/// Why a row is no peer is the error.
Result<Peer> read_peer(const Statement& row, const Network& network) {
  TRY(auto name, Hostname::parse(row.text(position("name"))));
  TRY(const auto ip, IpAddress::parse(row.text(position("ip"))));
  const auto key = wg::PublicKey::parse(row.text(position("public_key")));
  if (!key) return invalid_input("its public key is no key that WireGuard can use");  // the parser's message would show it
  const CidrId cidr_id{row.integer(position("cidr_id"))};
  if (network.find_cidr(cidr_id) == nullptr) return invalid_input(fmt::format("there is no CIDR with id {}", number(cidr_id)));
  // The database compares texts: two spellings of one address pass its UNIQUE.
  if (network.find_peer(ip) != nullptr) return invalid_input("another peer has this address");
  if (network.find_peer(*key) != nullptr) return invalid_input("another peer has this public key");
  if (network.find_peer(std::string_view(name.str())) != nullptr) return invalid_input("another peer has this name");

  std::optional<Endpoint> endpoint;
  if (auto parsed = Endpoint::parse(row.text(position("endpoint")))) endpoint = *std::move(parsed);
  std::optional<UnixTime> invite_expires;
  if (!row.is_null(position("invite_expires")))
    invite_expires = UnixTime{static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(position("invite_expires")), 0)), 0};
  auto candidates =
      row.is_null(position("candidates")) ? std::vector<Endpoint>() : parse_stored_candidates(row.text(position("candidates")));
  candidates.shrink_to_fit();
  std::optional<RelayOfPeer> relay;
  if (!row.is_null(position("relay")))
    if (const auto stored = parse_relay_of_peer(row.text(position("relay")))) relay = *stored;
  return Peer{PeerContents{{.name = std::move(name),
                            .ip = ip,
                            .cidr_id = cidr_id,
                            .public_key = *key,
                            .is_admin = row.integer(position("is_admin")) != 0,
                            .is_disabled = row.integer(position("is_disabled")) != 0,
                            .is_redeemed = row.integer(position("is_redeemed")) != 0,
                            .invite_expires = invite_expires,
                            .is_relay = row.integer(position("is_relay")) != 0},
                           {.endpoint = std::move(endpoint),
                            .persistent_keepalive_interval = std::nullopt,
                            .candidates = std::move(candidates),
                            .relay = relay}},
              PeerId{row.integer(0)}};
}

QuarantinedPeer read_quarantined(const Statement& row, const Error& error) {
  return {PeerId{row.integer(0)},
          std::string(row.text(position("name"))),
          std::string(row.text(position("ip"))),
          std::string(row.text(position("public_key"))),
          CidrId{row.integer(position("cidr_id"))},
          row.integer(position("is_admin")) != 0,
          row.integer(position("is_disabled")) != 0,
          row.integer(position("is_redeemed")) != 0,
          error.message()};
}

/// Runs an INSERT that returns it.
Result<std::int64_t> id_of_new(Statement& insert) {
  TRY(const bool row, insert.step());
  const std::int64_t id = row ? insert.integer(0) : 0;
  TRY_VOID(insert.run());
  return id;
}

}  // namespace

Result<SqlStore> SqlStore::prepare(Sql& sql) {
  TRY(auto insert_peer, sql.prepare(insert_peer_sql()));
  TRY(auto update_peer, sql.prepare(update_peer_sql()));
  TRY(auto redeem_peer, sql.prepare("UPDATE peers SET public_key = $1, is_redeemed = 1 WHERE id = $2 AND is_redeemed = 0"));
  TRY(auto delete_peer, sql.prepare("DELETE FROM peers WHERE id = $1"));
  TRY(auto insert_cidr, sql.prepare(fmt::format("INSERT INTO cidrs (id, name, ip, prefix, parent) VALUES ({}, $1, $2, $3, $4) RETURNING id",
                                                next_id("cidrs"))));
  TRY(auto rename_cidr, sql.prepare("UPDATE cidrs SET name = $1 WHERE id = $2"));
  TRY(auto delete_cidr, sql.prepare("DELETE FROM cidrs WHERE id = $1"));
  TRY(auto insert_association,
      sql.prepare(
          fmt::format("INSERT INTO associations (id, cidr_id_1, cidr_id_2) VALUES ({}, $1, $2) RETURNING id", next_id("associations"))));
  TRY(auto delete_association, sql.prepare("DELETE FROM associations WHERE id = $1"));
  TRY(auto savepoint, sql.prepare("SAVEPOINT request"));
  TRY(auto release, sql.prepare("RELEASE request"));
  TRY(auto rollback_to, sql.prepare("ROLLBACK TO request"));
  TRY(auto log, SqlLogStore::prepare(sql));
  return SqlStore(Statements{.insert_peer = std::move(insert_peer),
                             .update_peer = std::move(update_peer),
                             .redeem_peer = std::move(redeem_peer),
                             .delete_peer = std::move(delete_peer),
                             .insert_cidr = std::move(insert_cidr),
                             .rename_cidr = std::move(rename_cidr),
                             .delete_cidr = std::move(delete_cidr),
                             .insert_association = std::move(insert_association),
                             .delete_association = std::move(delete_association),
                             .savepoint = std::move(savepoint),
                             .release = std::move(release),
                             .rollback_to = std::move(rollback_to)},
                  std::move(log));
}

Result<Network> SqlStore::load(Sql& sql) {
  Network network;
  {
    TRY(const auto rows, sql.prepare("SELECT id, name, ip, prefix, parent FROM cidrs ORDER BY id"));
    for (;;) {
      TRY(const bool row, rows->step());
      if (!row) break;
      if (auto cidr = read_cidr(*rows)) network.put_cidr(*std::move(cidr));
    }
  }
  {
    TRY(const auto rows, sql.prepare(select_peers_sql()));
    for (;;) {
      TRY(const bool row, rows->step());
      if (!row) break;
      auto peer = read_peer(*rows, network);
      if (peer)
        network.put_peer(*std::move(peer));
      else
        network.quarantine(read_quarantined(*rows, peer.error()));
    }
  }
  TRY(const auto rows, sql.prepare("SELECT id, cidr_id_1, cidr_id_2 FROM associations ORDER BY id"));
  for (;;) {
    TRY(const bool row, rows->step());
    if (!row) return network;
    network.put_association({AssociationContents{CidrId{rows->integer(1)}, CidrId{rows->integer(2)}}, AssociationId{rows->integer(0)}});
  }
}

Result<HighestIds> SqlStore::highest_ids(Sql& sql) {
  HighestIds highest;
  TRY(highest.peer, sql.query_integer("SELECT coalesce(max(id), 0) FROM peers"));
  TRY(highest.cidr, sql.query_integer("SELECT coalesce(max(id), 0) FROM cidrs"));
  TRY(highest.association, sql.query_integer("SELECT coalesce(max(id), 0) FROM associations"));
  return highest;
}

PeerContents Store::kept_of(const PeerContents& contents) {
  PeerContents kept{contents.facts(), {}};
  for_each_column([&](const auto& column) { kept.*column.member = contents.*column.member; });
  if (kept.invite_expires) kept.invite_expires->nanoseconds = 0;
  return kept;
}

Result<PeerId> SqlStore::insert_peer(const PeerContents& contents) {
  for_each_column([&](const auto& column) { bind(*sql_.insert_peer, contents.*column.member); });
  TRY(const auto id, id_of_new(*sql_.insert_peer));
  return PeerId{id};
}

Result<void> SqlStore::update_peer(PeerId id, const PeerChange& change) {
  for_each_column([&](const auto& column) {
    if (column.change != nullptr) bind(*sql_.update_peer, change.*column.change);
  });
  return sql_.update_peer->bind(number(id)).run();
}

Result<void> SqlStore::redeem_peer(PeerId id, const wg::PublicKey& key) {
  return sql_.redeem_peer->bind(key.to_base64()).bind(number(id)).run();
}

Result<void> SqlStore::delete_peer(PeerId id) { return sql_.delete_peer->bind(number(id)).run(); }

Result<CidrId> SqlStore::insert_cidr(const CidrContents& contents) {
  sql_.insert_cidr->bind(contents.name).bind(contents.cidr.address().to_string()).bind(std::int64_t{contents.cidr.prefix()});
  bind(*sql_.insert_cidr, contents.parent);
  TRY(const auto id, id_of_new(*sql_.insert_cidr));
  return CidrId{id};
}

Result<void> SqlStore::rename_cidr(CidrId id, const std::string& name) { return sql_.rename_cidr->bind(name).bind(number(id)).run(); }

Result<void> SqlStore::delete_cidr(CidrId id) { return sql_.delete_cidr->bind(number(id)).run(); }

Result<AssociationId> SqlStore::insert_association(const AssociationContents& contents) {
  sql_.insert_association->bind(number(contents.cidr_id_1)).bind(number(contents.cidr_id_2));
  TRY(const auto id, id_of_new(*sql_.insert_association));
  return AssociationId{id};
}

Result<void> SqlStore::delete_association(AssociationId id) { return sql_.delete_association->bind(number(id)).run(); }

}  // namespace innernet::server::db

#include "store.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "innernet/json/json.hpp"

namespace innernet::server::db {
namespace {

// In the order of Store's members.
constexpr std::array<std::string_view, 13> kStatements = {
    "PRAGMA data_version",
    "INSERT INTO peers (name, ip, public_key, endpoint, cidr_id, is_admin, is_disabled, is_redeemed, invite_expires, candidates) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "UPDATE peers SET name = ?, endpoint = ?, is_admin = ?, is_disabled = ?, candidates = ? WHERE id = ?",
    "UPDATE peers SET public_key = ?, is_redeemed = 1 WHERE id = ? AND is_redeemed = 0",
    "DELETE FROM peers WHERE id = ?",
    "INSERT INTO cidrs (name, ip, prefix, parent) VALUES (?, ?, ?, ?)",
    "UPDATE cidrs SET name = ? WHERE id = ?",
    "DELETE FROM cidrs WHERE id = ?",
    "INSERT INTO associations (cidr_id_1, cidr_id_2) VALUES (?, ?)",
    "DELETE FROM associations WHERE id = ?",
    "SAVEPOINT request",
    "RELEASE request",
    "ROLLBACK TO request",
};

std::optional<std::string> text_of(const std::optional<Endpoint>& endpoint) {
  if (!endpoint) return std::nullopt;
  return endpoint->to_string();
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
  TRY(auto name, Hostname::parse(row.text(1)));
  TRY(const auto ip, IpAddress::parse(row.text(2)));
  const auto key = wg::PublicKey::parse(row.text(3));
  if (!key) return invalid_input("its public key is no key that WireGuard can use");  // the parser's message would show it
  const CidrId cidr_id{row.integer(5)};
  if (network.find_cidr(cidr_id) == nullptr) return invalid_input(fmt::format("there is no CIDR with id {}", number(cidr_id)));
  // The database compares texts: two spellings of one address pass its UNIQUE.
  if (network.find_peer(ip) != nullptr) return invalid_input("another peer has this address");
  if (network.find_peer(*key) != nullptr) return invalid_input("another peer has this public key");
  if (network.find_peer(std::string_view(name.str())) != nullptr) return invalid_input("another peer has this name");

  std::optional<Endpoint> endpoint;
  if (auto parsed = Endpoint::parse(row.text(4))) endpoint = *std::move(parsed);
  std::optional<UnixTime> invite_expires;
  if (!row.is_null(9)) invite_expires = UnixTime{static_cast<std::uint64_t>(std::max<std::int64_t>(row.integer(9), 0)), 0};
  auto candidates = row.is_null(10) ? std::vector<Endpoint>() : parse_stored_candidates(row.text(10));
  candidates.shrink_to_fit();
  return Peer{
      PeerContents{{.name = std::move(name),
                    .ip = ip,
                    .cidr_id = cidr_id,
                    .public_key = *key,
                    .is_admin = row.integer(6) != 0,
                    .is_disabled = row.integer(7) != 0,
                    .is_redeemed = row.integer(8) != 0,
                    .invite_expires = invite_expires},
                   {.endpoint = std::move(endpoint), .persistent_keepalive_interval = std::nullopt, .candidates = std::move(candidates)}},
      PeerId{row.integer(0)}};
}

QuarantinedPeer read_quarantined(const Statement& row, const Error& error) {
  return {PeerId{row.integer(0)}, std::string(row.text(1)), std::string(row.text(2)), std::string(row.text(3)), CidrId{row.integer(5)},
          row.integer(6) != 0,    row.integer(7) != 0,      row.integer(8) != 0,      error.message()};
}

}  // namespace

Store::Store(std::vector<Statement> statements)
    : data_version_(std::move(statements[0])),
      insert_peer_(std::move(statements[1])),
      update_peer_(std::move(statements[2])),
      redeem_peer_(std::move(statements[3])),
      delete_peer_(std::move(statements[4])),
      insert_cidr_(std::move(statements[5])),
      rename_cidr_(std::move(statements[6])),
      delete_cidr_(std::move(statements[7])),
      insert_association_(std::move(statements[8])),
      delete_association_(std::move(statements[9])),
      savepoint_(std::move(statements[10])),
      release_(std::move(statements[11])),
      rollback_to_(std::move(statements[12])) {}

Result<Store> Store::prepare(Connection& connection) {
  std::vector<Statement> statements;
  for (const auto sql : kStatements) {
    TRY(auto statement, connection.prepare(sql));
    statements.push_back(std::move(statement));
  }
  return Store(std::move(statements));
}

Result<std::int64_t> Store::data_version() {
  TRY(const bool row, data_version_.step());
  const std::int64_t version = row ? data_version_.integer(0) : 0;
  data_version_.reset();
  return version;
}

Result<Network> Store::load(Connection& connection) {
  Network network;
  {
    TRY(auto rows, connection.prepare("SELECT id, name, ip, prefix, parent FROM cidrs ORDER BY id"));
    for (;;) {
      TRY(const bool row, rows.step());
      if (!row) break;
      if (auto cidr = read_cidr(rows)) network.put_cidr(*std::move(cidr));
    }
  }
  {
    TRY(auto rows,
        connection.prepare("SELECT id, name, ip, public_key, endpoint, cidr_id, is_admin, is_disabled, is_redeemed, invite_expires, "
                           "candidates FROM peers ORDER BY id"));
    for (;;) {
      TRY(const bool row, rows.step());
      if (!row) break;
      auto peer = read_peer(rows, network);
      if (peer)
        network.put_peer(*std::move(peer));
      else
        network.quarantine(read_quarantined(rows, peer.error()));
    }
  }
  TRY(auto rows, connection.prepare("SELECT id, cidr_id_1, cidr_id_2 FROM associations ORDER BY id"));
  for (;;) {
    TRY(const bool row, rows.step());
    if (!row) return network;
    network.put_association({AssociationContents{CidrId{rows.integer(1)}, CidrId{rows.integer(2)}}, AssociationId{rows.integer(0)}});
  }
}

Result<PeerId> Store::insert_peer(const PeerContents& contents) {
  insert_peer_.bind(contents.name.str())
      .bind(contents.ip.to_string())
      .bind(contents.public_key.to_base64())
      .bind_optional(text_of(contents.endpoint))
      .bind(number(contents.cidr_id))
      .bind_bool(contents.is_admin)
      .bind_bool(contents.is_disabled)
      .bind_bool(contents.is_redeemed);
  if (contents.invite_expires)
    insert_peer_.bind(static_cast<std::int64_t>(contents.invite_expires->seconds));
  else
    insert_peer_.bind_null();
  insert_peer_.bind(candidates_to_json(contents.candidates));
  TRY_VOID(insert_peer_.run());
  return PeerId{insert_peer_.last_insert_id()};
}

Result<void> Store::update_peer(PeerId id, const PeerContents& contents) {
  return update_peer_.bind(contents.name.str())
      .bind_optional(text_of(contents.endpoint))
      .bind_bool(contents.is_admin)
      .bind_bool(contents.is_disabled)
      .bind(candidates_to_json(contents.candidates))
      .bind(number(id))
      .run();
}

Result<void> Store::redeem_peer(PeerId id, const wg::PublicKey& key) { return redeem_peer_.bind(key.to_base64()).bind(number(id)).run(); }

Result<void> Store::delete_peer(PeerId id) { return delete_peer_.bind(number(id)).run(); }

Result<CidrId> Store::insert_cidr(const CidrContents& contents) {
  insert_cidr_.bind(contents.name).bind(contents.cidr.address().to_string()).bind(std::int64_t{contents.cidr.prefix()});
  if (contents.parent)
    insert_cidr_.bind(number(*contents.parent));
  else
    insert_cidr_.bind_null();
  TRY_VOID(insert_cidr_.run());
  return CidrId{insert_cidr_.last_insert_id()};
}

Result<void> Store::rename_cidr(CidrId id, const std::string& name) { return rename_cidr_.bind(name).bind(number(id)).run(); }

Result<void> Store::delete_cidr(CidrId id) { return delete_cidr_.bind(number(id)).run(); }

Result<AssociationId> Store::insert_association(const AssociationContents& contents) {
  TRY_VOID(insert_association_.bind(number(contents.cidr_id_1)).bind(number(contents.cidr_id_2)).run());
  return AssociationId{insert_association_.last_insert_id()};
}

Result<void> Store::delete_association(AssociationId id) { return delete_association_.bind(number(id)).run(); }

}  // namespace innernet::server::db

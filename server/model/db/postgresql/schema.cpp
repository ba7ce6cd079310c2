#include "schema.hpp"

#include <fmt/format.h>

namespace innernet::server::db::postgresql {
namespace {

// What SQLite has, column by column, so that one Store writes both. `innernet_database` has one row: everybody who changes something counts
// its revision up, whatever program that is, and so they come one after the other; each server that begins to serve counts the term up, and
// one that finds its own in `step_down` gives way. Servers say in `seen` that they are there. `innernet_writes` has the last transactions
// of ours, by which one that lost its session learns whether its commit came to be.
constexpr std::string_view kTables = R"(
CREATE TABLE innernet_database (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  term BIGINT NOT NULL,
  leader TEXT,
  led_since TIMESTAMP WITH TIME ZONE,
  step_down BIGINT
);
INSERT INTO innernet_database (id, version, revision, term) VALUES (1, 1, 1, 0);
CREATE TABLE innernet_servers (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  endpoint TEXT NOT NULL UNIQUE,
  seen TIMESTAMP WITH TIME ZONE
);
CREATE TABLE innernet_writes (
  number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE cidrs (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  ip TEXT NOT NULL,
  prefix BIGINT NOT NULL,
  parent BIGINT REFERENCES cidrs (id) ON UPDATE RESTRICT ON DELETE RESTRICT,
  UNIQUE (ip, prefix)
);
CREATE TABLE peers (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  ip TEXT NOT NULL UNIQUE,
  public_key TEXT NOT NULL UNIQUE,
  endpoint TEXT,
  cidr_id BIGINT NOT NULL REFERENCES cidrs (id) ON UPDATE RESTRICT ON DELETE RESTRICT,
  is_admin BIGINT DEFAULT 0 NOT NULL,
  is_disabled BIGINT DEFAULT 0 NOT NULL,
  is_redeemed BIGINT DEFAULT 0 NOT NULL,
  invite_expires BIGINT,
  candidates TEXT,
  is_relay BIGINT DEFAULT 0 NOT NULL,
  relay TEXT
);
CREATE INDEX peers_by_cidr ON peers (cidr_id);
CREATE TABLE associations (
  id BIGINT PRIMARY KEY,
  cidr_id_1 BIGINT NOT NULL REFERENCES cidrs (id) ON UPDATE RESTRICT ON DELETE RESTRICT,
  cidr_id_2 BIGINT NOT NULL REFERENCES cidrs (id) ON UPDATE RESTRICT ON DELETE RESTRICT,
  UNIQUE (cidr_id_1, cidr_id_2)
);
CREATE TABLE change_log (
  peer BIGINT NOT NULL,
  cidr BIGINT NOT NULL,
  number BIGINT NOT NULL,
  digest BIGINT,
  ip TEXT,
  seen TEXT,
  relayed_at TEXT,
  relay_distances TEXT,
  PRIMARY KEY (peer, cidr)
);
CREATE TABLE change_log_epochs (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  epoch BIGINT NOT NULL UNIQUE,
  last BIGINT NOT NULL
);
CREATE TABLE change_log_rest (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  floor BIGINT NOT NULL,
  cidrs BIGINT NOT NULL,
  tree_digest BIGINT,
  relays BIGINT NOT NULL,
  relays_json TEXT NOT NULL
);
CREATE FUNCTION innernet_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('UPDATE %I.innernet_database SET revision = revision + 1', TG_TABLE_SCHEMA);
  PERFORM pg_notify('innernet', '');
  RETURN NULL;
END
$$;
)";

// Per statement: of a transaction the notification is one in any case.
Result<void> create_triggers(Sql& sql) {
  for (const std::string_view table : {"cidrs", "peers", "associations"}) {
    TRY_VOID(
        sql.execute(fmt::format("CREATE TRIGGER innernet_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {} FOR EACH STATEMENT "
                                "EXECUTE FUNCTION innernet_changed()",
                                table)));
    // For who inserts by hand, without an id.
    TRY_VOID(
        sql.execute(fmt::format("CREATE FUNCTION innernet_next_{0}() RETURNS bigint LANGUAGE sql AS "
                                "'SELECT coalesce(max(id), 0) + 1 FROM {0}'; "
                                "ALTER TABLE {0} ALTER COLUMN id SET DEFAULT innernet_next_{0}()",
                                table)));
  }
  return sql.execute(
      "CREATE TRIGGER innernet_changed AFTER INSERT OR UPDATE OF name, endpoint OR DELETE OR TRUNCATE ON innernet_servers "
      "FOR EACH STATEMENT EXECUTE FUNCTION innernet_changed()");
}

}  // namespace

Result<bool> has_network(Sql& sql) {
  TRY(const auto found, sql.query_integer("SELECT count(*) FROM pg_class WHERE oid = to_regclass('innernet_database')"));
  return found != 0;
}

Result<void> create_tables(Sql& sql) {
  TRY(const bool is_there, has_network(sql));
  if (is_there) return fail(ErrorKind::kAlreadyExists, "a network is in it already");
  TRY_VOID(sql.execute(kTables));
  return create_triggers(sql);
}

Result<void> add_first_server(Sql& sql) {
  TRY(const auto insert,
      sql.prepare("INSERT INTO innernet_servers (name, endpoint) SELECT $1, endpoint FROM peers WHERE id = 1 AND endpoint IS NOT NULL"));
  return insert->bind(kFirstServer).run();
}

Result<void> check_schema(Sql& sql) {
  TRY(const bool is_there, has_network(sql));
  if (!is_there) return fail(ErrorKind::kNotFound, "there is no network in it");
  TRY(const auto version, sql.query_integer("SELECT version FROM innernet_database"));
  if (version == kSchemaVersion) return {};
  return invalid_input(
      fmt::format("its schema version is {}, and this program knows version {}: use the version of innernet-server that last wrote it, or "
                  "a newer one",
                  version, kSchemaVersion));
}

}  // namespace innernet::server::db::postgresql

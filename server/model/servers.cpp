#include "innernet/server/servers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "db/postgresql/schema.hpp"
#include "db/postgresql/session.hpp"

namespace innernet::server {
namespace {

using db::postgresql::Session;

Result<std::unique_ptr<Session>> connect(const DatabaseUrl& url) {
  TRY(auto session, Session::connect(url, {}));
  TRY_VOID_CONTEXT(db::postgresql::check_schema(*session), "database " + url.shown());
  return session;
}

// Who leads has the network's lock; `leader` alone says who had it last.
constexpr const char* kList = R"(
SELECT s.name, s.endpoint, CASE WHEN d.leader = s.name AND EXISTS (
    SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND l.objsubid = 1 AND (l.classid::bigint << 32) + l.objid::bigint = {}
  ) THEN 1 ELSE 0 END,
  floor(extract(epoch FROM now() - d.led_since))::bigint, floor(extract(epoch FROM now() - s.seen))::bigint
FROM innernet_servers s, innernet_database d ORDER BY s.id)";

std::optional<std::chrono::seconds> seconds_of(const db::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return std::chrono::seconds(std::max<std::int64_t>(row.integer(column), 0));
}

Result<std::vector<ServerOfNetwork>> list(Session& session) {
  TRY(const auto rows, session.prepare(fmt::format(kList, db::postgresql::kLeaderLock)));
  std::vector<ServerOfNetwork> servers;
  for (;;) {
    TRY(const bool row, rows->step());
    if (!row) return servers;
    TRY(auto endpoint, Endpoint::parse(rows->text(1)));
    const bool is_active = rows->integer(2) != 0;
    servers.push_back({.name = std::string(rows->text(0)),
                       .endpoint = std::move(endpoint),
                       .is_active = is_active,
                       .active_for = is_active ? seconds_of(*rows, 3) : std::nullopt,
                       .seen_ago = seconds_of(*rows, 4)});
  }
}

}  // namespace

std::string name_of_server(const ServerConfig& config) {
  return config.server_name.empty() ? db::postgresql::kFirstServer : config.server_name;
}

Result<std::vector<ServerOfNetwork>> list_servers(const DatabaseUrl& url) {
  TRY(const auto session, connect(url));
  return list(*session);
}

Result<void> add_server(const DatabaseUrl& url, const Hostname& name, const Endpoint& endpoint) {
  TRY(const auto session, connect(url));
  TRY(const auto insert, session->prepare("INSERT INTO innernet_servers (name, endpoint) VALUES ($1, $2)"));
  auto added = insert->bind(name.str()).bind(endpoint.to_string()).run();
  if (added || added.error().kind() != ErrorKind::kInvalidInput) return added;
  return fail(ErrorKind::kAlreadyExists,
              fmt::format("there is a server named {}, or one at {}, already (innernet-server list-servers shows them)", name.str(),
                          endpoint.to_string()));
}

Result<void> remove_server(const DatabaseUrl& url, const Hostname& name) {
  TRY(const auto session, connect(url));
  TRY(const auto servers, list(*session));
  const auto found = std::ranges::find(servers, name.str(), &ServerOfNetwork::name);
  if (found == servers.end()) return fail(ErrorKind::kNotFound, fmt::format("there is no server named {}", name.str()));
  if (found->is_active)
    return invalid_input(
        fmt::format("{} is the active server: stop it, or innernet-server step-down, so that another takes over", name.str()));
  if (servers.size() == 1) return invalid_input(fmt::format("{} is the only server of the network", name.str()));
  TRY(const auto remove, session->prepare("DELETE FROM innernet_servers WHERE name = $1"));
  return remove->bind(name.str()).run();
}

Result<void> step_down(const DatabaseUrl& url) {
  TRY(const auto session, connect(url));
  TRY(const auto servers, list(*session));
  if (std::ranges::none_of(servers, &ServerOfNetwork::is_active)) return fail(ErrorKind::kNotFound, "no server is active");
  if (std::ranges::none_of(servers, &ServerOfNetwork::stands_by))
    return fail(ErrorKind::kNotFound, "no other server stands by, so nobody would take over (innernet-server list-servers shows them)");
  return session->execute(fmt::format("UPDATE innernet_database SET step_down = term; NOTIFY {}", db::postgresql::kChannel));
}

}  // namespace innernet::server

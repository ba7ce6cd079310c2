#include "postgresql_database.hpp"

#include <fmt/format.h>

#include <thread>

#include "innernet/base/random.hpp"

namespace innernet::server::db::postgresql {
namespace {

using namespace std::chrono_literals;

/// Of those that are remembered: nobody waits for an older one any more.
constexpr std::int64_t kMostWrites = 1000;
constexpr auto kPatienceToFindOut = 20s;
constexpr auto kBetweenTries = 250ms;

Result<std::string> new_name() {
  const auto high = random_bits(), low = random_bits();
  if (!high) return fail_errno(high.error(), "reading random bits");
  if (!low) return fail_errno(low.error(), "reading random bits");
  return fmt::format("{:016x}{:016x}", *high, *low);
}

constexpr auto kPresencePeriod = 5s;

// As often as somebody wants to know it, not as often as it is tried.
Result<void> note_presence(Session& session, const std::string& server) {
  TRY(const auto seen, session.prepare("UPDATE innernet_servers SET seen = now() WHERE name = $1 AND "
                                       "(seen IS NULL OR seen < now() - interval '4 seconds')"));
  return seen->bind(server).run();
}

// None, if there is one: then it is where the server's peer says.
Result<std::vector<Endpoint>> load_servers(Session& session) {
  TRY(const auto rows, session.prepare("SELECT endpoint FROM innernet_servers ORDER BY id"));
  std::vector<Endpoint> servers;
  for (;;) {
    TRY(const bool row, rows->step());
    if (!row) break;
    if (auto endpoint = Endpoint::parse(rows->text(0))) servers.push_back(*std::move(endpoint));
  }
  if (servers.size() < 2) servers.clear();
  return servers;
}

Result<std::int64_t> integer_of(Statement& statement) {
  TRY(const bool row, statement.step());
  const std::int64_t value = row ? statement.integer(0) : 0;
  if (row) TRY_VOID(statement.run());
  return value;
}

}  // namespace

Result<void> create_postgresql_database(const DatabaseUrl& url, const std::function<Result<void>(Store&)>& fill) {
  TRY(const auto session, Session::connect(url, {}));
  TRY_VOID(session->execute("BEGIN"));
  auto made = create_tables(*session);
  if (made) {
    auto store = SqlStore::prepare(*session);
    made = store ? fill(*store) : std::unexpected(std::move(store).error());
  }
  if (made) made = add_first_server(*session);
  if (made) made = session->execute("COMMIT");
  if (made) return {};
  if (session->in_transaction()) static_cast<void>(session->execute("ROLLBACK"));
  return std::unexpected(std::move(made).error().context(fmt::format("creating the tables of database {}", url.shown())));
}

Result<std::unique_ptr<PostgresqlDatabase>> PostgresqlDatabase::open(const DatabaseUrl& url, const Options& options) {
  std::unique_ptr<PostgresqlDatabase> database(new PostgresqlDatabase(url, options, std::nullopt));
  TRY_VOID(database->connect());
  return database;
}

Result<std::unique_ptr<PostgresqlDatabase>> PostgresqlDatabase::lead(const DatabaseUrl& url, const Options& options, std::string server) {
  std::unique_ptr<PostgresqlDatabase> database(new PostgresqlDatabase(url, options, std::move(server)));
  TRY_VOID(database->connect());
  return database;
}

std::string PostgresqlDatabase::name() const { return "database " + url_.shown(); }

Result<void> PostgresqlDatabase::connect() {
  TRY(auto session, Session::connect(url_, options_));
  TRY_VOID_CONTEXT(check_schema(*session), name());
  if (leads_as_) TRY_VOID(take_lead(*session));
  TRY_VOID(session->listen(kChannel));
  TRY(auto store, SqlStore::prepare(*session));
  TRY(auto lock_revision, session->prepare("SELECT revision FROM innernet_database FOR UPDATE"));
  TRY(auto revision, session->prepare("SELECT revision FROM innernet_database"));
  TRY(auto write_name, session->prepare("INSERT INTO innernet_writes (name) VALUES ($1) RETURNING number"));
  open_.emplace(Open{.session = std::move(session),
                     .store = std::move(store),
                     .lock_revision = std::move(lock_revision),
                     .revision = std::move(revision),
                     .write_name = std::move(write_name)});
  is_in_doubt_ = true;
  return {};
}

// The lock is the session's, so that the server lets go of it when the session ends, however it does.
Result<void> PostgresqlDatabase::take_lead(Session& session) {
  if (term_ != 0) {
    TRY(const auto term, session.query_integer("SELECT term FROM innernet_database"));
    if (term != term_) return fail(ErrorKind::kAlreadyExists, name() + ": another server has taken over");
  }
  TRY(const auto is_ours, session.query_integer(fmt::format("SELECT CASE WHEN pg_try_advisory_lock({}) THEN 1 ELSE 0 END", kLeaderLock)));
  if (is_ours == 0 && term_ == 0) {
    TRY_VOID(note_presence(session, *leads_as_));
    return fail(ErrorKind::kAlreadyExists, name() + ": another server serves it");
  }
  // The one whose end the server has not seen yet may be our own.
  if (is_ours == 0) return fail(ErrorKind::kUnreachable, name() + ": a session that was lost still holds its lock");
  if (term_ == 0) {
    // Not below the time, so that it does not fall when a backup is restored, a replica without the last commits is promoted or the network
    // comes back from elsewhere: clients never go back to an older one.
    TRY(const auto begin,
        session.prepare("UPDATE innernet_database SET term = greatest(term + 1, floor(extract(epoch FROM now()))::bigint), "
                        "leader = $1, led_since = now() RETURNING term"));
    begin->bind(*leads_as_);
    TRY(term_, integer_of(*begin));
    return {};
  }
  // Somebody may have come and gone between the two looks.
  TRY(const auto term, session.query_integer("SELECT term FROM innernet_database"));
  if (term == term_) return {};
  return fail(ErrorKind::kAlreadyExists, name() + ": another server has taken over meanwhile");
}

Result<void> PostgresqlDatabase::tell_presence() {
  const auto now = std::chrono::steady_clock::now();
  if (!leads_as_ || now < presence_due_) return {};
  presence_due_ = now + kPresencePeriod;
  return note_presence(*open_->session, *leads_as_);
}

Result<void> PostgresqlDatabase::check_not_told_to_step_down() {
  if (!leads_as_) return {};
  TRY(const auto term, open_->session->query_integer("SELECT coalesce(step_down, 0) FROM innernet_database"));
  if (term != term_) return {};
  return fail(ErrorKind::kAlreadyExists, name() + ": somebody has told this server to step down");
}

Result<void> PostgresqlDatabase::ensure_session() {
  if (open_ && open_->session->is_lost()) open_.reset();
  if (open_) return {};
  return connect();
}

Result<Network> PostgresqlDatabase::load_now() {
  TRY(const auto revision, integer_of(*open_->revision));
  TRY(auto network, SqlStore::load(*open_->session));
  TRY(auto servers, load_servers(*open_->session));
  network.set_servers(std::move(servers));
  revision_ = revision;
  is_in_doubt_ = false;
  return network;
}

Result<Network> PostgresqlDatabase::load() {
  TRY_VOID(ensure_session());
  // All tables of the same moment.
  TRY_VOID(open_->session->execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  auto network = load_now();
  if (in_transaction()) static_cast<void>(open_->session->execute("ROLLBACK"));
  return network;
}

Result<std::optional<Database::Contents>> PostgresqlDatabase::refresh(bool /*may_be_replaced*/) {
  TRY_VOID(ensure_session());
  TRY(const bool notified, open_->session->take_notifications());
  is_in_doubt_ |= notified;
  TRY_VOID(tell_presence());
  if (!is_in_doubt_) return std::nullopt;
  TRY_VOID(check_not_told_to_step_down());
  TRY(const auto revision, integer_of(*open_->revision));
  is_in_doubt_ = false;
  if (revision == revision_) return std::nullopt;
  TRY(auto network, load());
  return Contents{.network = std::move(network)};
}

Result<std::optional<Network>> PostgresqlDatabase::begin() {
  TRY_VOID(ensure_session());
  TRY_VOID(open_->session->execute("BEGIN"));
  auto fresh = [&]() -> Result<std::optional<Network>> {
    TRY(const auto revision, integer_of(*open_->lock_revision));
    if (revision == revision_) return std::nullopt;
    return load_now();
  }();
  if (!fresh) static_cast<void>(roll_back());
  return fresh;
}

Result<void> PostgresqlDatabase::commit() {
  TRY(auto name, new_name());
  open_->write_name->bind(name);
  TRY(const auto number, integer_of(*open_->write_name));
  TRY_VOID(open_->session->execute(
      fmt::format("DELETE FROM innernet_writes WHERE number <= (SELECT max(number) FROM innernet_writes) - {}", kMostWrites)));
  TRY(const auto revision, integer_of(*open_->revision));
  auto committed = open_->session->execute("COMMIT");
  if (!committed && committed.error().kind() == ErrorKind::kUnreachable) committed = find_out({.name = std::move(name), .number = number});
  if (committed) revision_ = revision;
  return committed;
}

Result<void> PostgresqlDatabase::find_out(const Write& write) const {
  const auto end = std::chrono::steady_clock::now() + kPatienceToFindOut;
  for (;;) {
    const auto is_stored = look_for(write);
    if (is_stored && *is_stored) return {};
    if (is_stored)
      return fail(ErrorKind::kUnreachable, name() + ": the connection was lost before the change was stored, so nothing is changed");
    // Not kUnreachable, which says that nothing is changed.
    if (std::chrono::steady_clock::now() >= end)
      return fail(ErrorKind::kSystem,
                  fmt::format("{}: the connection was lost while the change was stored, and it can't be found out whether it is: {}",
                              name(), is_stored.error().message()));
    std::this_thread::sleep_for(kBetweenTries);
  }
}

// In a session that leads nothing: another server may have taken over, and what was stored is stored.
Result<bool> PostgresqlDatabase::look_for(const Write& write) const {
  TRY(const auto session, Session::connect(url_, options_));
  TRY_VOID(session->execute("BEGIN"));
  // Behind the old session, should that be at it yet: its transaction holds this lock.
  TRY_VOID(session->query_integer("SELECT revision FROM innernet_database FOR UPDATE"));
  TRY(const auto find, session->prepare("SELECT count(*) FROM innernet_writes WHERE name = $1"));
  find->bind(write.name);
  TRY(const auto found, integer_of(*find));
  if (found != 0) return true;
  TRY(const auto oldest, session->query_integer("SELECT coalesce(min(number), 0) FROM innernet_writes"));
  if (oldest <= write.number) return false;
  return fail(ErrorKind::kNotFound, "too much was stored since");
}

Result<void> PostgresqlDatabase::roll_back() {
  if (!in_transaction()) return {};
  return open_->session->execute("ROLLBACK");
}

Result<StoredLog> PostgresqlDatabase::load_log() {
  TRY_VOID(ensure_session());
  return SqlLogStore::load(*open_->session);
}

void PostgresqlDatabase::set_patience(std::chrono::milliseconds patience) {
  options_.lock_timeout = std::max(patience, std::chrono::milliseconds(1));
  if (open_) static_cast<void>(open_->session->execute(fmt::format("SET lock_timeout = {}", options_.lock_timeout.count())));
}

Result<HighestIds> PostgresqlDatabase::highest_ids() {
  TRY_VOID(ensure_session());
  return SqlStore::highest_ids(*open_->session);
}

Result<void> PostgresqlDatabase::close() {
  open_.reset();
  return {};
}

}  // namespace innernet::server::db::postgresql

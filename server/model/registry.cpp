#include "innernet/server/registry.hpp"

#include <fmt/format.h>

#include "db/postgresql/postgresql_database.hpp"
#include "db/sqlite/sqlite_database.hpp"
#include "registry_impl.hpp"

namespace innernet::server {
namespace {

using namespace std::chrono_literals;

constexpr auto kLockPatience = 5s;

Result<void> fill(const Registry::NewNetwork& network, db::Store& store) {
  TRY(const CidrId root, store.insert_cidr({network.name, network.cidr.truncated(), std::nullopt}));
  TRY(const CidrId infra, store.insert_cidr({"innernet-server", IpNet::host(network.server_ip), root}));
  TRY(auto name, Hostname::parse("innernet-server"));
  TRY(const PeerId server, store.insert_peer({{.name = std::move(name),
                                               .ip = network.server_ip,
                                               .cidr_id = infra,
                                               .public_key = network.server_key,
                                               .is_admin = true,
                                               .is_redeemed = true},
                                              {.endpoint = network.external_endpoint}}));
  if (root != kRootCidr || infra != kServerCidr || server != kServerPeer)
    return fail(ErrorKind::kSystem, "unexpected ids in a new database");
  return {};
}

}  // namespace

DatabaseLocation database_location(const ServerConfig& config, const Folders& folders, const InterfaceName& interface) {
  if (config.database_url) return *config.database_url;
  return folders.database(interface);
}

std::string shown(const DatabaseLocation& location) {
  if (const auto* const path = std::get_if<std::filesystem::path>(&location)) return path->native();
  return std::get<DatabaseUrl>(location).shown();
}

Result<void> Registry::create(const DatabaseLocation& database, const NewNetwork& network) {
  const auto fill_it = [&network](db::Store& store) { return fill(network, store); };
  if (const auto* const path = std::get_if<std::filesystem::path>(&database)) return db::create_sqlite_database(*path, fill_it);
  return db::postgresql::create_postgresql_database(std::get<DatabaseUrl>(database), fill_it);
}

std::vector<std::filesystem::path> Registry::logs_set_aside(const std::filesystem::path& database) { return db::logs_set_aside(database); }

Result<std::unique_ptr<Registry::Impl>> Registry::Impl::open(const DatabaseLocation& location, std::chrono::milliseconds patience) {
  if (const auto* const path = std::get_if<std::filesystem::path>(&location)) {
    TRY(auto database, db::SqliteDatabase::open(*path, patience));
    return of(std::move(database));
  }
  TRY(auto database, db::postgresql::PostgresqlDatabase::open(std::get<DatabaseUrl>(location), {.lock_timeout = patience}));
  return of(std::move(database));
}

Result<std::unique_ptr<Registry::Impl>> Registry::Impl::of(std::unique_ptr<db::Database> database) {
  TRY(auto network, database->load());
  return std::unique_ptr<Impl>(new Impl(std::move(database), std::move(network)));
}

void Registry::Impl::take(Network fresh) {
  fresh.take_seen(network);
  const Network before = std::exchange(network, std::move(fresh));
  if (observer != nullptr) tell_difference(before, network, *observer);
}

Result<bool> Registry::Impl::refresh(bool may_be_replaced) {
  TRY(auto contents, database->refresh(may_be_replaced));
  if (!contents) return false;
  if (!contents->is_replaced) {
    take(std::move(contents->network));
    return true;
  }
  network = std::move(contents->network);
  if (observer != nullptr) observer->replaced();
  return true;
}

Result<bool> Registry::Impl::begin() {
  TRY(auto fresh, database->begin());
  if (!fresh) return false;
  take(*std::move(fresh));
  return true;
}

Result<void> Registry::Impl::commit() {
  TRY_VOID(database->commit());
  undo_log.clear();
  return {};
}

Result<void> Registry::Impl::roll_back() {
  undo_log.undo_to(0, network, observer);
  return database->roll_back();
}

Result<void> Registry::Impl::in_savepoint(const std::function<Result<void>()>& change) {
  const std::size_t before = undo_log.size();
  auto done = database->in_savepoint(change);
  if (!done) undo_log.undo_to(before, network, observer);
  return done;
}

Registry::Registry(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

void Registry::set_max_on_device(std::optional<std::size_t> most) { impl_->max_on_device = most; }

Result<Registry> Registry::open(const DatabaseLocation& database) {
  TRY(auto impl, Impl::open(database, kLockPatience));
  return Registry(std::move(impl));
}

const Network& Registry::network() const { return impl_->network; }

Result<bool> Registry::refresh() { return impl_->refresh(); }

Result<void> Registry::write(const std::function<Result<void>(Writer&)>& change) {
  if (auto refreshed = impl_->refresh(); !refreshed) return std::unexpected(std::move(refreshed).error());
  if (auto begun = impl_->begin(); !begun) {
    if (begun.error().kind() != ErrorKind::kBusy) return std::unexpected(std::move(begun).error());
    return std::unexpected(std::move(begun).error().context(fmt::format(
        "waiting {} s for the database, which another innernet-server command or an open sqlite3 may hold", kLockPatience.count())));
  }
  auto done = change(*impl_);
  if (done) done = impl_->commit();
  if (done) return {};
  if (auto undone = impl_->roll_back(); !undone) return std::unexpected(std::move(undone).error().context("rolling back"));
  return done;
}

Result<void> Registry::close() { return impl_->database->close(); }

}  // namespace innernet::server

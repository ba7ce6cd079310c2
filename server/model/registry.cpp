#include "innernet/server/registry.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "db/schema.hpp"
#include "innernet/base/file.hpp"
#include "innernet/machine/log.hpp"
#include "registry_impl.hpp"

namespace innernet::server {
namespace {

using namespace std::chrono_literals;

constexpr auto kLockPatience = 5s;
constexpr const char* kCompanions[] = {kLog, kLogIndex, "-journal"};

/// SQLite gives -wal and -shm the mode of the database, so that one must be right before they are made.
void make_private(const std::filesystem::path& database) {
  struct stat status{};
  if (::stat(database.c_str(), &status) != 0 || (status.st_mode & 07777) == kPrivateFile) return;
  // Not being its owner is no reason to refuse service.
  static_cast<void>(::chmod(database.c_str(), kPrivateFile));
  for (const char* suffix : kCompanions) static_cast<void>(::chmod(companion(database, suffix).c_str(), kPrivateFile));
}

// Made in memory, so that its file is there whole or not at all, whenever we are killed. The first to open it gives it its log.
Result<std::string> content_of(const Registry::NewNetwork& network) {
  TRY(auto connection, db::Connection::in_memory());
  TRY_VOID(connection.execute("PRAGMA foreign_keys = 1"));
  TRY_VOID(connection.execute("BEGIN IMMEDIATE"));
  TRY_VOID(db::create_tables(connection));
  {
    TRY(auto store, db::Store::prepare(connection));
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
  }
  TRY_VOID(connection.execute("COMMIT"));
  return connection.content();
}

}  // namespace

Result<void> Registry::create(const std::filesystem::path& database, const NewNetwork& network) {
  for (const char* suffix : kCompanions)
    if (const auto left_over = companion(database, suffix); std::filesystem::exists(std::filesystem::symlink_status(left_over)))
      return fail(
          ErrorKind::kAlreadyExists,
          fmt::format("{} is left over from another database and would spoil the new one: remove it if that is gone", left_over.native()));
  TRY_CONTEXT(const std::string content, content_of(network), "creating database");
  if (auto created = create_file(database, content, kPrivateFile, NewFile::kOfFoldersOwner); !created)
    return std::unexpected(std::move(created).error().context("creating database"));
  return {};
}

Result<std::unique_ptr<Registry::Impl>> Registry::Impl::open(const std::filesystem::path& path, std::chrono::milliseconds patience) {
  TRY(const auto identity, FileIdentity::of(path));
  TRY(auto connection, db::Connection::open(path, patience));
  TRY_VOID(db::migrate(connection));
  make_private(path);
  TRY_VOID(db::configure(connection));
  TRY(auto store, db::Store::prepare(connection));
  TRY(const bool has_log, db::has_log(connection));
  std::unique_ptr<Impl> impl(new Impl(path, identity, std::move(connection), std::move(store)));
  impl->has_log = has_log;
  TRY_VOID(impl->connection.execute("BEGIN"));
  auto loaded = impl->reload();
  static_cast<void>(impl->connection.execute("COMMIT"));
  if (!loaded) return std::unexpected(std::move(loaded).error());
  if (const auto log = FileIdentity::of(companion(path, kLog))) impl->log = *log;
  impl->look_at_file();
  return impl;
}

Result<void> Registry::Impl::reload() {
  TRY(const auto version, store->data_version());
  TRY(auto fresh, db::Store::load(connection));
  fresh.take_seen(network);
  const Network before = std::exchange(network, std::move(fresh));
  data_version = version;
  if (observer != nullptr) tell_difference(before, network, *observer);
  return {};
}

Result<bool> Registry::Impl::reload_if_changed() {
  TRY(const auto version, store->data_version());
  if (version == data_version) return false;
  TRY_VOID(reload());
  return true;
}

Result<bool> Registry::Impl::refresh(bool may_be_replaced) {
  if (may_be_replaced) {
    TRY(const auto now, FileIdentity::of(path));
    if (now != identity) {
      TRY_VOID(reopen());
      return true;
    }
  }
  if (may_be_replaced || is_overwritten) look_at_file();
  if (is_overwritten) {
    TRY_VOID(reopen_overwritten());
    return true;
  }
  // Asking SQLite costs three calls to the system, in each turn.
  const auto header = has_log ? connection.log_header() : std::nullopt;
  if (header && header == seen_header) return false;
  auto refreshed = refresh_from_file();
  if (refreshed) seen_header = header;  // of before, so that nothing is missed
  return refreshed;
}

Result<bool> Registry::Impl::refresh_from_file() {
  TRY(const auto version, store->data_version());
  if (version == data_version) return false;
  // One read transaction, so that all tables are of the same moment.
  TRY_VOID(connection.execute("BEGIN"));
  auto loaded = reload();
  static_cast<void>(connection.execute("COMMIT"));
  if (!loaded) return std::unexpected(std::move(loaded).error());
  return true;
}

Result<void> Registry::Impl::checkpoint() {
  TRY_VOID(check_file());
  TRY(const auto is_blocked, connection.query_integer("PRAGMA wal_checkpoint(TRUNCATE)"));
  look_at_file();
  if (is_blocked != 0) return fail(ErrorKind::kBusy, "the database is in use elsewhere, so its write-ahead log can't be emptied now");
  return {};
}

Result<bool> Registry::Impl::begin() {
  TRY_VOID(check_file());
  TRY_VOID(connection.execute("BEGIN IMMEDIATE"));
  auto fresh = reload_if_changed();
  if (!fresh) static_cast<void>(connection.execute("ROLLBACK"));
  return fresh;
}

Result<void> Registry::Impl::commit() {
  TRY_VOID(connection.execute("COMMIT"));
  undo_log.clear();
  look_at_file();  // the first transaction of a log begins it anew, and what is written over the file after that is not SQLite's doing
  return {};
}

Result<void> Registry::Impl::roll_back() {
  undo_log.undo_to(0, network, observer);
  if (!connection.in_transaction()) return {};
  return connection.execute("ROLLBACK");
}

Result<void> Registry::Impl::in_savepoint(const std::function<Result<void>()>& change) {
  TRY_VOID(store->savepoint());
  const std::size_t before = undo_log.size();
  auto done = change();
  if (done && !connection.in_transaction()) done = fail(ErrorKind::kSystem, "the database gave up the transaction");
  if (done) done = store->release();
  if (done) return {};
  undo_log.undo_to(before, network, observer);
  // What can't be undone alone goes with the whole transaction.
  if (connection.in_transaction() && !store->rollback_to_savepoint()) static_cast<void>(connection.execute("ROLLBACK"));
  return done;
}

Registry::Registry(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;
Registry::~Registry() = default;

void Registry::set_max_on_device(std::optional<std::size_t> most) { impl_->max_on_device = most; }

Result<Registry> Registry::open(const std::filesystem::path& database) {
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

Result<void> Registry::close() { return impl_->close(); }

}  // namespace innernet::server

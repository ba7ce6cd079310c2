#include "innernet/server/coordinator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator_impl.hpp"
#include "db/postgresql/postgresql_database.hpp"
#include "effects.hpp"

namespace innernet::server {

namespace {

// Nobody waits for a statement longer than for an answer.
constexpr std::chrono::milliseconds kLockTimeout{2'000}, kStatementTimeout{10'000};

Result<std::unique_ptr<db::Database>> open_remote(const DatabaseUrl& url, const std::string& name) {
  TRY(auto database,
      db::postgresql::PostgresqlDatabase::lead(
          url, {.application_name = "innernet-server " + name, .lock_timeout = kLockTimeout, .statement_timeout = kStatementTimeout},
          name));
  return std::make_unique<db::RemoteDatabase>(std::move(database), db::RemoteDatabase::Periods());
}

}  // namespace

Result<Coordinator> Coordinator::open(const DatabaseLocation& database, const Options& options) {
  const auto* const url = std::get_if<DatabaseUrl>(&database);
  if (url != nullptr) {
    TRY(auto remote, open_remote(*url, options.server_name));
    TRY(auto registry, Registry::Impl::of(std::move(remote)));
    return Coordinator(std::make_unique<Impl>(std::move(registry), options));
  }
  TRY(auto registry, Registry::Impl::open(database, std::chrono::seconds(5)));
  return Coordinator(std::make_unique<Impl>(std::move(registry), options));
}

Coordinator::Coordinator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Coordinator::Coordinator(Coordinator&&) noexcept = default;
Coordinator& Coordinator::operator=(Coordinator&&) noexcept = default;
Coordinator::~Coordinator() = default;

const Network& Coordinator::network() const { return impl_->registry->network; }
Result<void> Coordinator::begin_turn(bool may_be_replaced) { return impl_->begin_turn(may_be_replaced); }
bool Coordinator::is_same_network() const { return impl_->is_same_network(); }
bool Coordinator::is_up_to_date() const { return impl_->is_up_to_date; }
Coordinator::Outcome Coordinator::answer(const Request& request) { return impl_->answer(request); }
Result<void> Coordinator::end_turn() { return impl_->end_turn(); }

Response Coordinator::failure_response() { return api::refusal(500, "the server could not read or write its database; its log says why"); }

Coordinator::Effects Coordinator::take_effects() {
  Effects taken = std::exchange(impl_->effects, {});
  taken.device = settled(std::move(taken.device), network());
  taken.news = impl_->cache.take_news();
  if (taken.members && impl_->relay_groups.take_waiting()) taken.news.push_back(RelayGroupsCache::kGroup);
  taken.unsaved = !impl_->was_log_lost && impl_->cache.unsaved().any();
  return taken;
}

std::vector<wg::PeerUpdate> Coordinator::device_peers() const {
  std::vector<wg::PeerUpdate> updates;
  for (const auto& [id, record] : network().peers())
    if (Network::belongs_on_device(record.peer)) updates.push_back(device_entry(record));
  return updates;
}

std::vector<hostsfile::Entry> Coordinator::hosts_entries(const HostsOptions& options, const std::string& interface) const {
  std::vector<hostsfile::Entry> entries;
  for (const auto& [id, record] : network().peers())
    if (Network::is_visible(record.peer)) entries.push_back({record.peer.ip, options.host_name(record.peer.name.str(), interface)});
  return entries;
}

void Coordinator::set_seen_endpoints(const std::vector<std::pair<wg::PublicKey, SocketAddress>>& seen) { impl_->set_seen(seen); }

void Coordinator::set_own_relay(const std::optional<Relay>& relay) { impl_->set_own_relay(relay); }
void Coordinator::look_for_relays() {
  impl_->renew_relays();
  impl_->stop_awaiting();
  if (impl_->relays_changed_since_shown) impl_->show_registrations();
}
void Coordinator::set_seen_by_relay(const std::vector<std::pair<wg::PublicKey, SocketAddress>>& seen) {
  impl_->seen_by_relay = {seen.begin(), seen.end()};
}
void Coordinator::set_relayed(const std::vector<wg::PublicKey>& registered, const std::optional<Endpoint>& at) {
  impl_->set_relayed(registered, at);
}

Result<void> Coordinator::delete_expired_invitations() { return impl_->delete_expired_invitations(); }

Result<void> Coordinator::set_server_candidates(const std::vector<Endpoint>& candidates) {
  const PeerRecord* server = network().find_peer(kServerPeer);
  if (server == nullptr || server->peer.candidates == candidates) return {};
  return impl_->write([&network = impl_->registry->network, candidates](Registry::Writer& writer) -> Result<void> {
    const PeerRecord* now = network.find_peer(kServerPeer);
    if (now == nullptr) return {};
    auto change = PeerChange::to(now->peer);
    change.candidates = candidates;
    TRY_VOID(writer.update_peer(kServerPeer, change));
    return {};
  });
}

Result<void> Coordinator::checkpoint() { return impl_->registry->database->checkpoint(); }

Result<void> Coordinator::check_log_size() const { return impl_->registry->database->check_log_size(impl_->options.large_log_bytes); }

Result<bool> Coordinator::save_changes() {
  if (!impl_->cache.unsaved().any()) return false;
  TRY_VOID(impl_->save_at_leisure());
  return !impl_->was_log_lost && impl_->cache.unsaved().any();
}

Result<void> Coordinator::close() {
  // A database that is gone, another network's or locked is left as it is: the next start finds what the log lacks.
  static_cast<void>(impl_->save_before_end());
  return impl_->registry->database->close();
}

}  // namespace innernet::server

#pragma once

#include <set>

#include "api/decide.hpp"
#include "db/remote_database.hpp"
#include "effects.hpp"
#include "expiry_looks.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/server/relays.hpp"
#include "registry_impl.hpp"
#include "relay_groups_cache.hpp"
#include "relay_registrations.hpp"
#include "remote_writes.hpp"
#include "state_cache.hpp"
#include "write_allowance.hpp"

namespace innernet::server {

/// Of the log, in one transaction: so much that nobody waits for it.
constexpr std::size_t kSavedAtOnce = 1024;
/// At the end, for a command that happens to write, or for what is on its way.
constexpr std::chrono::seconds kPatienceAtEnd{1};

/// Invariants, between calls:
/// - `cache` and `effects` hold each change of the model, because it is told of them here as an observer.
/// - A transaction is open from the first change of a turn until end_turn(). Until then its answers promise nothing, and `effects` name
/// what
///   is not committed; `transaction` has what undo() brings back.
/// - Nothing waits for a lock: `registry` has no patience.
struct Coordinator::Impl final : Observer {
  Impl(std::unique_ptr<Registry::Impl> opened, const Options& chosen);
  ~Impl() override;

  Outcome answer(const Request& request);
  Outcome answer_state(const Request& request, CidrId group);
  Outcome answer_groups(const Request& request, PeerId relay);
  Response note_distances(const api::Distances& said);
  Response note_registrations(const api::Registrations& said);
  Outcome apply(const Request& request, const api::Change& change);
  Result<void> begin_turn(bool may_be_replaced);
  Result<void> end_turn();
  /// Takes up what the database remembers.
  void resume();
  /// Within a transaction.
  Result<void> save_log(const Saving& saving);
  void note_saved(Saving saving, const Result<void>& saved);
  /// With what the log lacks, or a part of it.
  Result<void> commit();
  /// A transaction for the log alone.
  Result<void> save_at_leisure();
  Result<void> save_before_end();
  /// A transaction of its own, between turns. Of a database that is elsewhere in a later turn, so `change` refers to nothing but what lives
  /// as long as this, and it may be called twice.
  Result<void> write(const std::function<Result<void>(Registry::Writer&)>& change);
  Result<void> delete_expired_invitations();
  void set_seen(const std::vector<std::pair<wg::PublicKey, SocketAddress>>& seen);
  void set_own_relay(const std::optional<Relay>& relay);
  void renew_relays();
  void show_relayed(PeerId id, const std::optional<Endpoint>& at);
  /// Whoever has not come back to the relay by now.
  void stop_awaiting();
  void set_relayed(const std::vector<wg::PublicKey>& registered, const std::optional<Endpoint>& at);
  /// Peers' records and states follow what `registrations` says.
  void show_registrations();
  void members_changed();
  void warn_of_quarantined();

  // With a database that another thread waits for: see RemoteWrites.
  /// What has become of it, or that nothing has yet; none: it is new.
  std::optional<Outcome> answer_to_write(const Request& request, const api::Decision& decision);
  /// For the next transaction.
  Outcome queue(const Request& request);
  void queue(const std::function<Result<void>(Registry::Writer&)>& change);
  /// Tries what is queued, and sends off what there is to write; unless something is on its way.
  void launch();
  /// On the model, without anybody being told.
  void try_queued();
  /// What was on its way has arrived: the model follows.
  void land();
  void apply_stored();
  void refuse_stored(const Error& why);
  Result<void> save_remotely_before_end();
  std::optional<wg::PublicKey> key_in_database() const;
  bool is_same_network() const;
  /// Fails if it is not.
  Result<void> check_network() const;

  void peer_changed(const PeerRecord* before, const PeerRecord* after) override;
  void cidrs_changed(bool one_is_gone) override;
  void associations_changed(CidrId a, CidrId b) override;
  void topology_changed() override;
  void servers_changed() override;
  void replaced() override;

  api::Decision decide(const Request& request) const;
  Result<bool> begin();
  /// Nothing of the transaction happened.
  void undo();

  std::unique_ptr<Registry::Impl> registry;
  db::RemoteDatabase* remote = nullptr;  // the registry's, if it is one
  RemoteWrites remote_writes;
  std::function<void()> wake = [] {};
  Options options;
  std::string server_key;
  const std::optional<wg::PublicKey> key_as_opened;  // of the server's row
  StateCache cache;
  api::Redemptions redemptions;
  WriteAllowance write_allowance;
  api::RecentOverrides recent_overrides;
  Effects effects;
  ExpiryLooks expiry_looks;
  std::set<PeerId> warned_of;
  std::optional<Relay> own_relay;
  bool is_own_relay_known = false;  // since the start: until then `relays` may lack it
  std::vector<Relay> relays;        // that states name
  RelaySigns relay_signs;
  RelayGroupsCache relay_groups;
  api::SeenByRelay seen_by_relay;
  RelayRegistrations registrations;
  bool relays_changed_since_shown = false;  // RelayRegistrations::where() may say something else
  /// Those who were registered before the start: until this time they are taken to be there yet.
  std::set<PeerId> awaited_by_relay;
  BootTime awaited_until{};
  std::set<PeerId> relayed;  // whose record has `relayed_at`, or had when the database was another one

  struct Transaction {
    Effects effects_before;
    api::Redemptions redemptions_before;
    bool is_lost = false;  // SQLite has rolled it back by itself
  };
  std::optional<Transaction> transaction;  // the one that is open

  bool is_file_in_doubt = true;  // until a turn has seen that it is the one that is open
  bool is_up_to_date = false;    // the last turn has read what others wrote
  bool is_locked_out = false;    // in this turn nothing could be read, because of a lock
  bool is_redeeming = false;
  std::optional<db::LoggedEpoch> last_epoch;  // in the log, as it was read or written last
  bool was_log_lost = false;                  // it could not be read or written, which was told; the next change tries it again
};

}  // namespace innernet::server

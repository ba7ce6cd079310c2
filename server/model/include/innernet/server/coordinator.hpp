#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "innernet/base/clock.hpp"
#include "innernet/hostsfile/hostsfile.hpp"
#include "innernet/server/message.hpp"
#include "innernet/server/registry.hpp"
#include "innernet/values/options.hpp"
#include "innernet/wireguard/device.hpp"

namespace innernet::server {

/// The server without sockets, device and timers: requests in, answers out, and what has to happen outside as values. Used by the
/// loop thread alone; nothing here blocks on anything but SQLite, and never waits for a lock. Changes of a database that is elsewhere are
/// answered once they are stored there, and reads go on meanwhile.
///
/// A turn of the loop: begin_turn(), answer() for each request that is ready, end_turn(), then send the answers, then
/// carry out take_effects(). Writes of one turn share a transaction, a savepoint each.
class Coordinator {
 public:
  struct Options {
    wg::PublicKey server_key;
    std::string server_name = {};                            ///< among several servers of one network (name_of_server())
    const Clock* clock = nullptr;                            ///< outlives the coordinator
    std::uint64_t epoch = 0;                                 ///< 64 random bits, drawn at each start, for ETags: see saved_log.hpp
    std::optional<std::size_t> max_on_device = {};           ///< wg::Backend::max_peers
    int write_burst = 60;                                    ///< so often a peer may change what is stored about it,
    std::chrono::milliseconds write_period{10'000};          ///< and then once per period; beyond that it is answered 429
    std::size_t large_log_bytes = 64U << 20;                 ///< see check_log_size()
    std::size_t answer_cache_bytes = 64U << 20;              ///< cap of joined bodies that are kept
    std::chrono::milliseconds endpoint_news_period{10'000};  ///< changes of endpoints and candidates make a new revision at most this often
    std::chrono::milliseconds first_endpoint_period{500};    ///< the same for the first ones of a peer: others may be waiting to reach it
  };
  static Result<Coordinator> open(const DatabaseLocation& database, const Options& options);

  Coordinator(Coordinator&&) noexcept;
  Coordinator& operator=(Coordinator&&) noexcept;
  ~Coordinator();

  const Network& network() const;

  /// The request waits for news of `group`; ask again when effects name the group, or when its time is up (without `wait`).
  struct Waiting {
    CidrId group;
    std::chrono::seconds patience;
  };
  /// The database is locked by another process; ask again in a few milliseconds, for at most 5 s in all, then answer 500.
  struct Busy {};
  /// What it changes is being stored, elsewhere; ask again, with the same ticket, when effects say `stored`.
  struct Storing {};
  using Outcome = std::variant<Response, Waiting, Busy, Storing>;

  /// To be called once, before the first turn. Of a database that is a file nothing happens. One that is elsewhere gets a thread that waits
  /// for it: that calls `wake`, in any thread, when a turn is to see what has come.
  void start(std::function<void()> wake);
  /// Why this is not the server of the network any more, which then has to end: another one has taken its place, or the database could not
  /// be reached for so long that one may have.
  std::optional<std::string> deposed() const;

  /// Sees what other processes wrote before anything is answered. An error is a database that can't be read any more. Without
  /// `may_be_replaced` the caller knows that nothing has happened to the name of the file since the last turn.
  Result<void> begin_turn(bool may_be_replaced = true);
  /// False once the database has become another network's: its server has a key that is neither Options::server_key nor that of the
  /// database as it was opened. Then every turn fails, and nothing is written.
  bool is_same_network() const;
  /// Whether the last turn has seen what others wrote: not when the database was locked or could not be read.
  bool is_up_to_date() const;
  Outcome answer(const Request& request);
  /// Commits. On failure nothing of this turn happened (the model is as before) and each answer of the turn must be replaced by
  /// failure_response().
  Result<void> end_turn();
  static Response failure_response();

  /// What has to follow outside. Accumulates until taken.
  struct Effects {
    std::vector<wg::PeerUpdate> device;  ///< removals first, each key once; a redeemed peer's new key is not here (Response::key_change)
    bool device_resync = false;          ///< compare the whole device with device_peers() instead
    bool hosts = false;                  ///< the hosts file may be out of line
    bool members = false;                ///< who may be relayed to whom may be others now
    std::vector<CidrId> news;            ///< groups whose waiting requests are to be asked again
    bool committed = false;              ///< something was written: a checkpoint is due
    bool stored = false;                 ///< requests that are Storing are to be asked again
    bool unsaved = false;  ///< save_changes() has something to do, in a while: not what it failed to, which goes along with the next change
  };
  Effects take_effects();

  /// All peers that belong on the server's device: enabled ones, redeemed or invited, but neither the server itself nor a quarantined row.
  /// Allowed IP ip/32 or /128, keep-alive 25, endpoint where it was seen last, else a literal override: for a device that knows none.
  std::vector<wg::PeerUpdate> device_peers() const;
  /// Enabled and redeemed peers.
  std::vector<hostsfile::Entry> hosts_entries(const HostsOptions& options, const std::string& interface) const;

  /// What WireGuard reports; a peer that is not named keeps what was seen before.
  void set_seen_endpoints(const std::vector<std::pair<wg::PublicKey, SocketAddress>>& seen);

  /// What states tell of the server's own relay from now on; none: it does not run.
  void set_own_relay(const std::optional<Relay>& relay);
  /// Looks which relays of peers are still heard of: to be called every few seconds.
  void look_for_relays();
  /// Where the server's relay sees whom it has registered: all of them.
  void set_seen_by_relay(const std::vector<std::pair<wg::PublicKey, SocketAddress>>& seen);
  /// Of all peers, whom the relay at `at` has registered; none: that relay does not run. States name `at` as their candidate, if it has an
  /// address or a name.
  void set_relayed(const std::vector<wg::PublicKey>& registered, const std::optional<Endpoint>& at);

  // Each is a transaction of its own, between turns; a locked database is kBusy, and the next tick tries again. With a database that is
  // elsewhere it is only begun, and goes with the next turn.

  /// An invitation is deleted when the wall clock says expired at two calls in a row.
  Result<void> delete_expired_invitations();
  /// Peer 1's candidates.
  Result<void> set_server_candidates(const std::vector<Endpoint>& candidates);
  /// Stores what was only observed, so that after a restart nobody has to be told again what they know; a part of it if it is much: then
  /// this is true. Each write of a turn does so, too.
  Result<bool> save_changes();
  /// wal_checkpoint(TRUNCATE), so that a plain copy of the file at rest is whole.
  Result<void> checkpoint();
  /// Fails when the write-ahead log has become large: somebody reads the database without end, so that no checkpoint can empty it.
  Result<void> check_log_size() const;
  /// Saves all changes, and closes.
  Result<void> close();

 private:
  struct Impl;
  explicit Coordinator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace innernet::server

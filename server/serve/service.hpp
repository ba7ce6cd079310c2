#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device_worker.hpp"
#include "event_loop.hpp"
#include "folder_watch.hpp"
#include "http/http_server.hpp"
#include "innernet/config/config.hpp"
#include "innernet/hostsfile/hostsfile.hpp"
#include "innernet/netlink/route.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/server/serve.hpp"
#include "turns.hpp"

namespace innernet::server {

/// A network that is being served: what connects API, device, hosts file, database and timers. The interface is up when it starts.
class Service final : private Turns::Answerer {
 public:
  Service(InterfaceName interface, const ServeOptions& options, const ServeSystem& system, ServerConfig config, Coordinator coordinator,
          const HttpServer::Limits& limits);
  ~Service() override;

  /// Until a signal, or the end of the network. Fails if it can't begin to serve.
  Result<void> run();

 private:
  // Turns::Answerer
  Result<void> begin_turn() override;
  Coordinator::Outcome answer(const Request& request) override;
  Result<void> end_turn() override;
  void after_turn() override;

  void begin_listening();
  void begin_tasks();
  void stop(const std::string& why);
  void fail_to_start(Error error);
  void carry_out(Coordinator::Effects effects);
  /// Logs a task's failure when it is new, and that it works again.
  void tell_once(const std::string& task, const Result<void>& outcome);

  // The device.
  std::vector<wg::PeerUpdate> wanted_peers() const;
  void synchronize();
  void synchronize_later();
  void on_first_slice(const Result<void>& outcome);
  void change_key(const KeyChange& change);
  void look_at_link();
  void rebuild();

  // Tasks.
  void ask_endpoints();
  void ask_endpoints_at(BootTime due);
  /// Now, but `apart` from the last look at least; and once more a moment later, when a new session has had its handshake.
  void ask_endpoints_soon(std::chrono::milliseconds apart);
  void sweep_invitations();
  void write_hosts();
  void store_candidates();
  void checkpoint();
  /// Whether something has happened to our files since the last time; then more looks at the database follow.
  bool look_at_folder();
  void look_around();
  void look_for_foreign_changes(std::size_t step);
  void look_whether_gone();
  void read_config_again();
  void pet_watchdog();

  const InterfaceName interface_;
  const ServeOptions options_;
  const ServeSystem system_;
  ServerConfig config_;
  Coordinator coordinator_;

  EventLoop loop_;
  Turns turns_;
  HttpServer http_;
  Timer endpoints_timer_;
  Timer invitations_timer_;
  Timer hosts_timer_;
  Timer candidates_timer_;
  Timer checkpoint_timer_;
  Timer around_timer_;
  Timer foreign_timer_;
  Timer gone_timer_;
  Timer repair_timer_;
  Timer synchronize_timer_;
  Timer watchdog_timer_;
  std::optional<FolderWatch> folders_;
  std::optional<ReadableWatch> folders_readable_;
  std::optional<netlink::LinkMonitor> links_;
  std::optional<ReadableWatch> links_readable_;
  std::optional<SignalWatch> signals_;

  ServeSystem::LinkState link_;
  bool listening_ = false;
  bool serving_ = false;  // has listened once
  bool rebuilding_ = false;
  bool stopping_ = false;
  bool gone_ = false;
  bool foreign_changes_again_ = false;
  bool file_in_doubt_ = true;  // the next turn sees whether the database was replaced
  bool asking_endpoints_ = false;
  BootTime asked_endpoints_{};                                // last
  BootTime endpoints_due_{};                                  // next, unless they are being asked for
  std::optional<std::chrono::milliseconds> endpoints_apart_;  // asked for meanwhile
  std::optional<std::chrono::milliseconds> endpoints_apart_of_turn_;
  bool endpoints_once_more_ = false;
  std::vector<KeyChange> key_changes_;   // answered, not yet on the device
  std::size_t key_changes_of_turn_ = 0;  // the last ones, not yet committed
  bool hosts_dirty_ = true;
  std::shared_ptr<const std::vector<hostsfile::Entry>> hosts_entries_;
  std::map<std::string, std::string> told_;  // per task, the failure that the log has already
  std::optional<Error> failure_;

  std::unique_ptr<DeviceWorker> worker_;  // last: its thread posts to the loop
};

}  // namespace innernet::server

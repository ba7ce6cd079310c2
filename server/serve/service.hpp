#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deadline.hpp"
#include "device_restoration.hpp"
#include "device_worker.hpp"
#include "endpoint_schedule.hpp"
#include "event_loop.hpp"
#include "foreign_looks.hpp"
#include "hosts_schedule.hpp"
#include "http/http_server.hpp"
#include "innernet/config/config.hpp"
#include "innernet/hostsfile/hostsfile.hpp"
#include "innernet/machine/link_watch.hpp"
#include "innernet/relay/relay.hpp"
#include "innernet/server/coordinator.hpp"
#include "innernet/server/serve.hpp"
#include "key_changes.hpp"
#include "latest_job.hpp"
#include "link_repair.hpp"
#include "linux/folder_watch.hpp"
#include "listen_port.hpp"
#include "missing_files.hpp"
#include "relay_reach.hpp"
#include "served_files.hpp"
#include "troubles.hpp"
#include "turns.hpp"

namespace innernet::server {

/// A network that is being served: what connects API, device, hosts file and database. The interface is up when it starts.
///
/// It only wires. What is to be done when is decided by values (EndpointSchedule, LinkRepair, ForeignLooks, …), which have no clock, no
/// socket and no file. An event goes into a value; a value says when what it stands for is due; one timer is armed for the earliest of
/// them, after each event.
class Service final : private Turns::Answerer {
 public:
  /// `net` is the config's.
  Service(InterfaceName interface, const ServeOptions& options, const ServeSystem& system, ServerConfig config, const IpNet& net,
          Coordinator coordinator, const HttpServer::Limits& limits, ServedFiles& files);
  ~Service() override;

  /// Until a signal, or the end of the network. Fails if it can't begin to serve.
  Result<ServeEnd> run();

 private:
  /// What is done at times of its own.
  struct Task {
    std::function<std::optional<BootTime>()> due;
    void (Service::*run)();
  };
  /// A value that says when something is due, and what is done then. By being declared it is one of `tasks_`.
  template <class Schedule>
  struct Due : Schedule {
    template <class... Arguments>
    explicit Due(Service& service, void (Service::*run)(), const Arguments&... arguments) : Schedule(arguments...) {
      service.tasks_.push_back({[this] { return this->due(); }, run});
    }
    Due(const Due&) = delete;
    Due& operator=(const Due&) = delete;
  };
  void run_due_tasks();
  /// For the earliest of the tasks.
  void arm_timer();
  /// A handler of events from outside. Each must be one: it may have changed when a task is due.
  template <class Handler>
  auto event(Handler handler) {
    return [this, handler = std::move(handler)](const auto&... arguments) {
      handler(arguments...);
      arm_timer();
    };
  }
  BootTime now() const { return system_.clock.boot(); }

  // Turns::Answerer
  Result<void> begin_turn() override;
  Coordinator::Outcome answer(const Request& request) override;
  Result<void> end_turn() override;
  void after_turn() override;

  void begin_listening();
  void begin_tasks();
  void watch_folders();
  void watch_links();
  void handle_signal(int signal);
  void stop(const std::string& why);
  void stop_for_another(const std::string& why);
  void step_down(const std::string& why);
  void fail_to_start(Error error);
  void carry_out(Coordinator::Effects effects);
  void read_config_again();
  void pet_watchdog();
  /// Logs what of a task's outcome is news.
  void report(const std::string& task, const Result<void>& outcome);
  /// The same for what writes to the database, where a lock is no trouble.
  void report_write(const std::string& task, const Result<void>& outcome);
  template <class T>
  void report(const std::string& task, const Result<T>& outcome) {
    report(task, outcome ? Result<void>() : std::unexpected(outcome.error()));
  }

  // The device.
  void synchronize() { synchronize(nullptr); }
  /// `done` is told how many peers were to be put right, once they are.
  void synchronize(std::function<void(std::size_t corrected)> done);
  void synchronize_later();
  Result<void> room_for_all() const;
  void on_first_slice(const Result<DeviceWorker::Endpoints>& had);
  void change_key(const KeyChange& change);
  void look_at_device();
  void restore_device(const DeviceWorker::Look& look);
  void restore_peers();

  // The link.
  void check_link();
  void repair_link();
  void rebuild_link();
  /// To the port that the config has named, if there is one to try.
  void move_port();
  /// Which one that is. The relay lets go of it.
  std::optional<std::uint16_t> begin_move();
  void end_move(std::uint16_t port, const Result<void>& outcome);
  SocketAddress api_address(std::uint16_t port) const;

  // The relay.
  /// Starts it, moves it to another port, tells the coordinator who is registered.
  void look_at_relay();
  void place_relay();
  void start_relay(const std::vector<std::uint16_t>& ports);
  /// To the coordinator.
  void tell_of_relay();
  void renew_members();

  // Database, config and hosts file.
  void delete_expired_invitations();
  void write_hosts();
  void store_candidates();
  void checkpoint();
  void save_changes();
  /// Whether something has happened to our files since the last time.
  bool read_folder_events();
  void look_for_foreign_changes();
  void check_files();
  void decide_about_missing_files();
  /// Should a notification have been lost.
  void check_everything();

  const InterfaceName interface_;
  const ServeOptions options_;
  const ServeSystem system_;
  ServerConfig config_;
  const wg::PublicKey public_key_;  // the config's
  const IpNet net_;
  Coordinator coordinator_;
  ServedFiles& files_;

  // What is due when. Of those that are due together the first comes first: whether there is still something to serve.
  std::vector<Task> tasks_;
  Due<MissingFiles> missing_files_{*this, &Service::decide_about_missing_files};
  Due<LinkRepair> link_repair_{*this, &Service::repair_link, options_.periods.repair};
  Due<ForeignLooks> foreign_looks_{*this, &Service::look_for_foreign_changes};
  Due<EndpointSchedule> endpoints_{
      *this, &Service::look_at_device,
      EndpointSchedule::Periods{
          .regular = options_.periods.endpoints, .soon = options_.periods.endpoints_soon, .unseen = options_.periods.endpoints_unseen}};
  Due<Deadline> synchronization_{*this, &Service::synchronize};
  Due<Deadline> invitations_{*this, &Service::delete_expired_invitations};
  Due<Deadline> candidates_{*this, &Service::store_candidates};
  Due<HostsSchedule> hosts_{*this, &Service::write_hosts,
                            HostsSchedule::Periods{.regular = options_.periods.hosts, .after_change = options_.periods.hosts_after_change}};
  Due<Deadline> relay_look_{*this, &Service::look_at_relay};
  Due<Deadline> members_{*this, &Service::renew_members};
  Due<Deadline> checkpoint_{*this, &Service::checkpoint};
  Due<Deadline> save_{*this, &Service::save_changes};
  Due<Deadline> check_{*this, &Service::check_everything};

  ListenPort port_{config_.listen_port};
  DeviceRestoration restoration_;
  KeyChanges key_changes_;
  Troubles troubles_;

  EventLoop loop_;
  Turns turns_;
  HttpServer http_;
  BootTime members_renewed_{};
  RelayClients relay_clients_;
  Timer timer_;
  BootTime timer_due_{};  // if it is running
  Timer watchdog_timer_;  // of its own: it goes on while the service stops
  std::optional<FolderWatch> folders_;
  std::optional<ReadableWatch> folders_readable_;
  std::unique_ptr<LinkWatch> links_;
  std::optional<ReadableWatch> links_readable_;
  std::optional<SignalWatch> signals_;

  std::size_t left_out_ = 0;  // peers for which the device has no room

  bool stopping_ = false;
  ServeEnd end_ = ServeEnd::kTold;
  std::shared_ptr<const std::vector<hostsfile::Entry>> hosts_entries_;
  std::optional<Error> failure_;

  // Last: their threads post to the loop.
  std::unique_ptr<DeviceWorker> worker_;
  std::unique_ptr<LatestJob> hosts_writer_;
  std::unique_ptr<LatestJob> members_maker_;
  std::shared_ptr<relay::Relay> relay_;  // none: not wanted, or not to be had at the moment
  std::uint32_t relay_epoch_ = 0;        // of its start
};

}  // namespace innernet::server

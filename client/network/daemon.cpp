#include "innernet/client/daemon.hpp"

#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "clock_watch.hpp"
#include "innernet/client/file_access.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/machine/link_watch.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/machine/sd_notify.hpp"
#include "life_sign.hpp"
#include "machine.hpp"
#include "missed_interfaces.hpp"
#include "network_worker.hpp"

namespace innernet::client {
namespace {

std::atomic<Nudge*> nudge_of_signals = nullptr;
std::atomic<bool> asked_to_end = false;
std::atomic<bool> asked_to_reload = false;

// A handler and no signalfd: that needs the signals blocked, which the userspace implementation that we start would inherit.
void on_signal(int signal) {
  const int saved_errno = errno;
  (signal == SIGHUP ? asked_to_reload : asked_to_end) = true;
  if (Nudge* nudge = nudge_of_signals) nudge->give();
  errno = saved_errno;
}

class Signals {
 public:
  explicit Signals(Nudge& nudge) {
    asked_to_end = asked_to_reload = false;
    nudge_of_signals = &nudge;
    struct sigaction action{};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &action, &before_[i]);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() {
    for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
    nudge_of_signals = nullptr;
  }

 private:
  static constexpr int kSignals[] = {SIGTERM, SIGINT, SIGHUP};
  struct sigaction before_[std::size(kSignals)]{};
};

class Supervisor {
 public:
  Supervisor(const ClientOptions& options, std::optional<InterfaceName> only, std::chrono::seconds interval, Nudge& signals, Nudge& ended)
      : options_(options),
        only_(std::move(only)),
        interval_(interval),
        signals_(signals),
        ended_(ended),
        resolver_(std::make_shared<Resolver>()) {}

  Result<DaemonEnd> run() {
    TRY_VOID(find_networks());
    if (workers_.empty()) {
      log::info("no network is installed in {}: there is nothing to look after", options_.folders.config.string());
      return DaemonEnd::kNothingLeft;
    }
    auto links = watch_links();
    if (!links) log::warning("changes of addresses are noticed at the next interval only: {}", links.error().message());
    last_addresses_ = candidate_addresses(options_.folders);
    TRY(Poller poller, Poller::create(nullptr));
    ClockWatch clock_watch;
    sd_notify("READY=1");
    const auto watchdog = watchdog_period();

    BootTime next_look = clock_.boot() + interval_;
    tell_those_without_interface();
    while (!asked_to_end) {
      look_for_stuck();
      const BootTime next_feed = watchdog ? clock_.boot() + (late_.any_late() ? LateThreads::kMoment : *watchdog) : BootTime::max();
      const BootTime wake = std::min({next_look, missed_.due(), next_feed});
      TRY_VOID(poller.until(
          wake, {{signals_.fd(), POLLIN}, {ended_.fd(), POLLIN}, {links ? (*links)->fd() : -1, POLLIN}, {clock_watch.fd(), POLLIN}}));
      look_for_stuck();
      // Else the service manager starts us anew; whoever runs the daemon without one finds it in the log.
      if (watchdog && !late_.any_stuck()) sd_notify("WATCHDOG=1");
      signals_.take();
      ended_.take();
      if (asked_to_end) break;
      std::erase_if(workers_, [this](const auto& worker) {
        const bool has_ended = worker.second->has_ended();
        if (has_ended) {
          missed_.forget(worker.first);
          late_.forget(worker.first);
        }
        return has_ended;
      });

      const bool reload = asked_to_reload.exchange(false);
      if (reload) log::info("reading the configs again");
      if (reload || clock_.boot() >= next_look || workers_.empty()) {
        if (const auto found = find_networks(); !found) log::error("{}", found.error().message());
        next_look = clock_.boot() + interval_;
      }
      if (workers_.empty()) {
        log::info("no network is left to look after");
        return DaemonEnd::kNothingLeft;
      }
      const bool clock_was_set = clock_watch.take();
      if (links) (*links)->drain();
      tell_those_without_interface();
      if (reload || clock_was_set || addresses_changed()) {
        resolver_->forget_failures();
        for (const auto& [name, worker] : workers_) worker->nudge();
      }
    }
    sd_notify("STOPPING=1");
    log::info("stopping");
    // All at once, and then one after the other.
    for (const auto& [name, worker] : workers_) worker->request_stop();
    workers_.clear();
    return DaemonEnd::kTold;
  }

 private:
  Result<void> find_networks() {
    std::vector<InterfaceName> names;
    if (!only_) {
      TRY(names, configured_networks(options_.folders));
    } else {
      const auto config = options_.folders.config_file(*only_);
      std::error_code failed;
      // Who may not look does not know that there is none.
      if (std::filesystem::exists(config, failed)) names = {*only_};
      if (failed) return std::unexpected(with_remedy(Error::system(failed.value(), config.string()), config));
    }
    for (const InterfaceName& name : names) {
      if (workers_.contains(name)) continue;
      TRY(auto worker, NetworkWorker::start(options_, name, interval_, resolver_, [this] { ended_.give(); }));
      workers_.emplace(name, std::move(worker));
      log::info("looking after network {}", name.str());
    }
    return {};
  }

  void look_for_stuck() {
    for (const auto& [name, worker] : workers_)
      if (late_.see(name, worker->is_late(clock_.boot()), clock_.boot()))
        log::error("network {} is no longer looked after: its thread is stuck; restart the daemon, if a service manager does not",
                   name.str());
  }

  void tell_those_without_interface() {
    for (const auto& [name, worker] : workers_)
      if (missed_.see(name, ::if_nametoindex(name.str().c_str()) != 0, clock_.boot())) worker->nudge();
  }

  // Our own interfaces make messages, too, which must not lead from one round to the next.
  bool addresses_changed() {
    auto addresses = candidate_addresses(options_.folders);
    if (!addresses || (last_addresses_ && *addresses == *last_addresses_)) return false;
    last_addresses_ = std::move(addresses);
    return true;
  }

  const ClientOptions& options_;
  std::optional<InterfaceName> only_;
  std::chrono::seconds interval_;
  Nudge& signals_;
  Nudge& ended_;
  SystemClock clock_;
  std::shared_ptr<Resolver> resolver_;
  Result<std::vector<IpAddress>> last_addresses_;
  MissedInterfaces missed_;
  LateThreads late_;
  std::map<InterfaceName, std::unique_ptr<NetworkWorker>> workers_;
};

}  // namespace

Result<DaemonEnd> run_daemon(const ClientOptions& options, std::optional<InterfaceName> only, std::chrono::seconds interval) {
  if (only) {
    // Only whether it is there: a config that can't be read may be put right while we run.
    const auto config = read_config(options.folders, *only);
    if (!config && config.error().kind() == ErrorKind::kNotFound) return std::unexpected(config.error());
  }
  // For the life of the process: a handler may still be running in another thread when the daemon has ended.
  static Result<Nudge> signals = Nudge::create();
  if (!signals) return std::unexpected(signals.error());
  TRY(Nudge ended, Nudge::create());
  const Signals handlers(*signals);
  return Supervisor(options, std::move(only), interval, *signals, ended).run();
}

}  // namespace innernet::client

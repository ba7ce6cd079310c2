#include "service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <system_error>

#include "innernet/machine/local_addresses.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/machine/sd_notify.hpp"

namespace innernet::server {

using namespace std::chrono_literals;

namespace {

/// How long after a notification SQLite's change can be looked for; it fires before the change is visible.
constexpr std::array<std::chrono::milliseconds, 3> kForeignLooks{5ms, 15ms, 80ms};
/// A file that is replaced by removing and copying is away for a moment.
constexpr std::chrono::milliseconds kGoneForGood{100};
/// Addresses come and go in bursts.
constexpr std::chrono::milliseconds kAddressesSettle{200};

bool is_missing(const std::filesystem::path& path) {
  std::error_code failure;
  const auto status = std::filesystem::status(path, failure);
  return status.type() == std::filesystem::file_type::not_found;
}

}  // namespace

Service::Service(InterfaceName interface, const ServeOptions& options, const ServeSystem& system, ServerConfig config,
                 Coordinator coordinator, const HttpServer::Limits& limits)
    : interface_(std::move(interface)),
      options_(options),
      system_(system),
      config_(std::move(config)),
      coordinator_(std::move(coordinator)),
      turns_(*this, system.clock, {}, [this] { http_.wake(); }),
      http_(loop_, turns_, system.clock, limits, [this](const KeyChange& change) { change_key(change); }),
      endpoints_timer_(loop_),
      invitations_timer_(loop_),
      hosts_timer_(loop_),
      candidates_timer_(loop_),
      checkpoint_timer_(loop_),
      around_timer_(loop_),
      foreign_timer_(loop_),
      gone_timer_(loop_),
      repair_timer_(loop_),
      synchronize_timer_(loop_),
      watchdog_timer_(loop_),
      worker_(std::make_unique<DeviceWorker>(system.backend, interface_,
                                             [this](std::function<void()> task) { loop_.post(std::move(task)); })) {}

Service::~Service() = default;

Result<void> Service::run() {
  signals_.emplace(loop_, std::initializer_list<int>{SIGTERM, SIGINT, SIGHUP}, [this](int signal) {
    if (signal == SIGHUP) return read_config_again();
    if (std::exchange(stopping_, false)) {  // a second time: without patience
      stopping_ = true;
      return loop_.stop();
    }
    stop(signal == SIGTERM ? "SIGTERM" : "SIGINT");
  });
  store_candidates();
  synchronize();
  loop_.run();

  signals_.reset();
  http_.close();    // whose key changes are due now goes to the worker
  worker_.reset();  // what it was given is carried out; the rest the next start finds in the database
  if (failure_) {
    (void)coordinator_.close();
    return std::unexpected(*std::move(failure_));
  }
  auto closed = coordinator_.close();
  if (!closed && !gone_) return std::unexpected(std::move(closed).error().context("closing the database"));
  return {};
}

void Service::stop(const std::string& why) {
  if (std::exchange(stopping_, true)) return;
  log::info("{}: stopping ({})", interface_.str(), why);
  sd_notify("STOPPING=1");
  for (Timer* const timer : {&endpoints_timer_, &invitations_timer_, &hosts_timer_, &candidates_timer_, &checkpoint_timer_, &around_timer_,
                             &foreign_timer_, &gone_timer_, &repair_timer_, &synchronize_timer_})
    timer->cancel();
  folders_readable_.reset();
  links_readable_.reset();
  http_.stop(options_.periods.patience_at_stop, [this] { loop_.stop(); });
}

void Service::fail_to_start(Error error) {
  failure_ = std::move(error);
  http_.close();
  loop_.stop();
}

void Service::tell_once(const std::string& task, const Result<void>& outcome) {
  std::string& told = told_[task];
  const std::string now = outcome ? std::string() : outcome.error().message();
  if (now == std::exchange(told, now)) return;
  if (!outcome)
    log::warning("{}: {}: {}", interface_.str(), task, now);
  else
    log::info("{}: {}: works again", interface_.str(), task);
}

// --- answering ---

Result<void> Service::begin_turn() {
  key_changes_of_turn_ = 0;
  // What has been done to the folder until now is in the watch's queue: asking that is cheaper than looking the file up.
  if (!folders_ || look_at_folder()) file_in_doubt_ = true;
  return coordinator_.begin_turn(std::exchange(file_in_doubt_, false));
}

Coordinator::Outcome Service::answer(const Request& request) {
  auto outcome = coordinator_.answer(request);
  if (const auto* const response = std::get_if<Response>(&outcome); response != nullptr && response->key_change) {
    key_changes_.push_back(*response->key_change);
    ++key_changes_of_turn_;
    // Others are told of this peer in a moment, and then they should be told where it is, too.
    endpoints_apart_of_turn_ = options_.periods.endpoints_soon;
  } else if (const PeerRecord* const peer = coordinator_.network().find_peer(request.source);
             peer != nullptr && !peer->seen && !peer->peer.is_disabled && !endpoints_apart_of_turn_) {
    // It came through the tunnel, so the device knows by now where it is.
    endpoints_apart_of_turn_ = options_.periods.endpoints_unseen;
  }
  return outcome;
}

Result<void> Service::end_turn() {
  auto ended = coordinator_.end_turn();
  if (!ended) key_changes_.erase(key_changes_.end() - static_cast<std::ptrdiff_t>(key_changes_of_turn_), key_changes_.end());
  key_changes_of_turn_ = 0;
  return ended;
}

void Service::after_turn() {
  carry_out(coordinator_.take_effects());
  if (const auto apart = std::exchange(endpoints_apart_of_turn_, std::nullopt)) ask_endpoints_soon(*apart);
}

void Service::carry_out(Coordinator::Effects effects) {
  if (effects.device_resync) {
    synchronize();
    // A database that was put in place of another one may hold the addresses of another day.
    if (serving_ && !stopping_ && !candidates_timer_.is_running())
      candidates_timer_.start(kAddressesSettle, [this] { store_candidates(); });
  } else if (!effects.device.empty()) {
    worker_->apply(std::move(effects.device), [this](const Result<void>& outcome) {
      tell_once("changing the device", outcome);
      if (!outcome) synchronize_later();
    });
  }
  // The first of many changes starts the timer, and those that follow don't put it off.
  if (effects.hosts && !std::exchange(hosts_dirty_, true)) {
    if (serving_ && !stopping_) hosts_timer_.start(options_.periods.hosts_after_change, [this] { write_hosts(); });
  }
  turns_.news(effects.news);
  if (effects.committed && !stopping_) checkpoint_timer_.start(options_.periods.checkpoint_after_commit, [this] { checkpoint(); });
}

// --- the device ---

std::vector<wg::PeerUpdate> Service::wanted_peers() const {
  auto wanted = coordinator_.device_peers();
  // A peer whose answer is still on its way through the tunnel of its old key keeps it until then.
  for (const KeyChange& change : key_changes_) {
    const auto peer = std::ranges::find(wanted, change.new_key, &wg::PeerUpdate::public_key);
    if (peer != wanted.end()) peer->public_key = change.old_key;
  }
  return wanted;
}

void Service::synchronize() {
  synchronize_timer_.cancel();
  worker_->synchronize(
      wanted_peers(), [this](const Result<void>& outcome) { on_first_slice(outcome); },
      [this](const Result<void>& outcome) {
        tell_once("bringing the device in line with the database", outcome);
        if (!outcome) synchronize_later();
      });
}

void Service::synchronize_later() {
  if (stopping_ || synchronize_timer_.is_running()) return;
  synchronize_timer_.start(options_.periods.repair, [this] { synchronize(); });
  look_at_link();
}

void Service::on_first_slice(const Result<void>& outcome) {
  // An interface that is being brought back is listened on afterwards.
  if (listening_ || stopping_ || rebuilding_) return;
  if (outcome) return begin_listening();
  if (!serving_) fail_to_start(Error(outcome.error()).context("configuring interface " + interface_.str()));
}

void Service::change_key(const KeyChange& change) {
  std::erase_if(key_changes_, [&change](const KeyChange& other) { return other.new_key == change.new_key; });
  std::optional<wg::PeerUpdate> peer;
  const PeerRecord* const record = coordinator_.network().find_peer(change.new_key);
  // It may have been disabled while its answer was on the way.
  if (record != nullptr && !record->peer.is_disabled)
    peer = wg::PeerUpdate{.public_key = change.new_key, .persistent_keepalive = 25, .allowed_ips = {IpNet::host(change.ip)}};
  if (!worker_) return;
  worker_->change_key(change.old_key, std::move(peer), [this](const Result<void>& outcome) {
    tell_once("changing a redeemed peer's key", outcome);
    if (!outcome) synchronize_later();
    ask_endpoints_soon(options_.periods.endpoints_soon);
  });
}

void Service::look_at_link() {
  if (stopping_ || rebuilding_ || !serving_) return;
  const auto link = system_.link_state(interface_, config_.address);
  if (!link) return tell_once("looking at the interface", std::unexpected(link.error()));
  if (*link == link_ && link->is_whole) return;
  if (link->index != link_.index) {
    // Sockets belong to a link, not to its name: they would refuse everything and hold the address.
    http_.close();
    listening_ = false;
  }
  // `uninstall` removes the interface and then the config: what is about to end is not rebuilt.
  rebuilding_ = true;
  if (*link != link_)
    log::warning("{}: the interface was {} by somebody else; bringing it back", interface_.str(),
                 link->index == 0             ? "removed"
                 : link->index != link_.index ? "replaced"
                                              : "changed");
  repair_timer_.start(options_.periods.repair, [this] { rebuild(); });
}

void Service::rebuild() {
  look_whether_gone();
  if (gone_timer_.is_running()) return repair_timer_.start(options_.periods.repair, [this] { rebuild(); });
  rebuilding_ = true;
  const auto net = config_.net();
  if (!net) return;  // it was whole when the config was read
  worker_->run(
      [&backend = system_.backend, bring_up = system_.bring_up, interface = interface_, net = *net, options = options_.network,
       update = wg::DeviceUpdate{.private_key = config_.private_key, .listen_port = config_.listen_port}] {
        return bring_up(backend, interface, net, update, options);
      },
      [this](Result<void> outcome) {
        if (stopping_) return;
        if (outcome) {
          auto link = system_.link_state(interface_, config_.address);
          if (link)
            link_ = *link;
          else
            outcome = std::unexpected(std::move(link).error());
        }
        tell_once("bringing the interface back", outcome);
        if (!outcome) return repair_timer_.start(options_.periods.repair, [this] { rebuild(); });
        rebuilding_ = false;
        store_candidates();
        synchronize();
      });
}

// --- life ---

void Service::begin_listening() {
  const SocketAddress address = options_.listen.value_or(SocketAddress{config_.address, config_.listen_port});
  if (!serving_) {
    const auto link = system_.link_state(interface_, config_.address);
    if (!link) return fail_to_start(link.error());
    link_ = *link;
  }
  const auto bound = http_.listen(address, options_.bind_to_device ? std::optional(interface_) : std::nullopt);
  if (!bound) {
    if (!serving_) return fail_to_start(bound.error());
    tell_once("listening", std::unexpected(bound.error()));
    return repair_timer_.start(options_.periods.repair, [this] { begin_listening(); });
  }
  listening_ = true;
  tell_once("listening", {});
  log::info("{}: listening on {}", interface_.str(), bound->to_string());
  if (!std::exchange(serving_, true)) begin_tasks();
  if (system_.listening) system_.listening(*bound);
}

void Service::begin_tasks() {
  if (auto watch = FolderWatch::open(options_.folders, interface_)) {
    folders_ = std::move(*watch);
    folders_readable_.emplace(loop_, folders_->fd(), [this] {
      if (!look_at_folder()) return;
      file_in_doubt_ = true;
      turns_.look();
    });
  } else {
    log::warning("{}: {}; changes by other programs are seen within a second", interface_.str(), watch.error().message());
  }
  if (auto monitor = netlink::LinkMonitor::open()) {
    links_ = std::move(*monitor);
    links_readable_.emplace(loop_, links_->fd(), [this] {
      links_->drain();
      look_at_link();
      if (!stopping_ && !candidates_timer_.is_running()) candidates_timer_.start(kAddressesSettle, [this] { store_candidates(); });
    });
  } else {
    log::warning("{}: {}; a removed interface is noticed within a second", interface_.str(), monitor.error().message());
  }
  ask_endpoints();
  sweep_invitations();
  write_hosts();
  look_around();
  pet_watchdog();
  sd_notify("READY=1");
}

void Service::ask_endpoints() {
  asking_endpoints_ = true;
  asked_endpoints_ = system_.clock.boot();
  worker_->seen_endpoints([this](const Result<DeviceWorker::Seen>& seen) {
    asking_endpoints_ = false;
    if (stopping_) return;
    tell_once("asking the device for endpoints", seen ? Result<void>() : std::unexpected(seen.error()));
    if (seen) {
      coordinator_.set_seen_endpoints(*seen);
      carry_out(coordinator_.take_effects());
    } else {
      look_at_link();
    }
    auto next = options_.periods.endpoints;
    if (endpoints_apart_)
      next = std::min(next, *std::exchange(endpoints_apart_, std::nullopt));
    else if (std::exchange(endpoints_once_more_, false))
      next = std::min(next, options_.periods.endpoints_unseen);
    ask_endpoints_at(system_.clock.boot() + next);
  });
}

void Service::ask_endpoints_at(BootTime due) {
  endpoints_due_ = due;
  endpoints_timer_.start(std::max<BootClock::duration>(due - system_.clock.boot(), 0ns), [this] { ask_endpoints(); });
}

void Service::ask_endpoints_soon(std::chrono::milliseconds apart) {
  if (!serving_ || stopping_) return;
  endpoints_once_more_ = true;
  if (asking_endpoints_) {
    endpoints_apart_ = std::min(apart, endpoints_apart_.value_or(apart));
    return;
  }
  // Many ask before the look is due: the timer is started for the first of them alone.
  if (const auto due = asked_endpoints_ + apart; due < endpoints_due_) ask_endpoints_at(due);
}

void Service::sweep_invitations() {
  const auto swept = coordinator_.delete_expired_invitations();
  // A lock that somebody holds just now is no news; the next look comes soon.
  if (swept || swept.error().kind() != ErrorKind::kUnreachable) tell_once("deleting expired invitations", swept);
  carry_out(coordinator_.take_effects());
  invitations_timer_.start(options_.periods.invitations, [this] { sweep_invitations(); });
}

void Service::write_hosts() {
  hosts_timer_.start(options_.periods.hosts, [this] { write_hosts(); });
  if (!options_.hosts.write) return;
  if (std::exchange(hosts_dirty_, false))
    hosts_entries_ = std::make_shared<const std::vector<hostsfile::Entry>>(coordinator_.hosts_entries(options_.hosts, interface_.str()));
  worker_->run(
      [path = options_.hosts.path, network = interface_.str(), entries = hosts_entries_]() -> Result<void> {
        TRY_VOID(hostsfile::update(path, network, *entries));
        return {};
      },
      [this](const Result<void>& outcome) { tell_once("writing the hosts file", outcome); });
}

void Service::store_candidates() {
  if (stopping_) return;
  // Of both programs: an address inside of any innernet network is reachable by nobody who asks for it here.
  std::vector<InterfaceName> own = interfaces_with_config(options_.folders.config);
  for (InterfaceName& name : interfaces_with_config(Folders::of_client().config)) own.push_back(std::move(name));
  own.push_back(interface_);
  const auto stored = [&]() -> Result<void> {
    TRY(const auto addresses, system_.local_addresses(own));
    std::vector<Endpoint> candidates;
    for (const IpAddress& address : addresses) {
      TRY(auto endpoint, Endpoint::parse(SocketAddress{address, config_.listen_port}.to_string()));
      candidates.push_back(std::move(endpoint));
    }
    return coordinator_.set_server_candidates(candidates);
  }();
  const bool locked = !stored && stored.error().kind() == ErrorKind::kUnreachable;
  if (!locked) tell_once("storing the server's own addresses", stored);
  if (locked) candidates_timer_.start(options_.periods.repair, [this] { store_candidates(); });
  carry_out(coordinator_.take_effects());
}

void Service::checkpoint() {
  const auto done = coordinator_.checkpoint();
  if (done) return tell_once("checkpointing the database", done);
  if (done.error().kind() != ErrorKind::kUnreachable) tell_once("checkpointing the database", done);
  checkpoint_timer_.start(options_.periods.checkpoint_after_commit, [this] { checkpoint(); });
}

bool Service::look_at_folder() {
  if (!folders_->drain()) return false;
  if (stopping_) return true;
  look_whether_gone();
  if (foreign_timer_.is_running())
    foreign_changes_again_ = true;
  else
    look_for_foreign_changes(0);
  return true;
}

void Service::look_around() {
  around_timer_.start(options_.periods.look_around, [this] { look_around(); });
  file_in_doubt_ = true;  // a mount, or a folder further up, is not watched
  look_whether_gone();
  look_at_link();
  turns_.look();
}

void Service::look_for_foreign_changes(std::size_t step) {
  if (step == 0) foreign_changes_again_ = false;
  if (step == kForeignLooks.size()) {
    if (!foreign_changes_again_) return;
    step = 0;
    foreign_changes_again_ = false;
  }
  foreign_timer_.start(kForeignLooks[step], [this, step] {
    file_in_doubt_ = true;
    turns_.look();
    look_for_foreign_changes(step + 1);
  });
}

void Service::look_whether_gone() {
  const auto missing = [this]() -> std::optional<std::filesystem::path> {
    for (const auto& path : {options_.folders.config_file(interface_), options_.folders.database(interface_)})
      if (is_missing(path)) return path;
    return std::nullopt;
  };
  if (stopping_ || gone_timer_.is_running() || !missing()) return;
  gone_timer_.start(kGoneForGood, [this, missing] {
    const auto path = missing();
    if (!path) return look_at_link();
    gone_ = true;
    stop(path->string() + " is gone");
  });
}

void Service::read_config_again() {
  if (stopping_) return;
  log::info("{}: SIGHUP: reading the config again", interface_.str());
  hosts_dirty_ = true;
  file_in_doubt_ = true;
  turns_.look();
  if (serving_) write_hosts();
  auto config = ServerConfig::read(options_.folders.config_file(interface_));
  if (!config) return log::error("{}: {}; going on as before", interface_.str(), config.error().message());
  if (!wg::same_key(config->private_key, config_.private_key) || config->address != config_.address ||
      config->network_cidr_prefix != config_.network_cidr_prefix)
    log::warning("{}: private-key, address and network-cidr-prefix change only with a restart", interface_.str());
  if (config->listen_port == config_.listen_port || rebuilding_ || !serving_) return;
  log::info("{}: listen-port is {} now", interface_.str(), config->listen_port);
  config_.listen_port = config->listen_port;
  http_.close();
  listening_ = false;
  rebuild();
}

void Service::pet_watchdog() {
  const auto period = watchdog_period();
  if (!period) return;
  sd_notify("WATCHDOG=1");
  watchdog_timer_.start(*period, [this] { pet_watchdog(); });
}

}  // namespace innernet::server

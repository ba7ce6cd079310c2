#include "service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <system_error>

#include "config_change.hpp"
#include "innernet/machine/local_addresses.hpp"
#include "innernet/machine/log.hpp"
#include "innernet/machine/sd_notify.hpp"
#include "innernet/server/device_entry.hpp"

namespace innernet::server {

using namespace std::chrono_literals;

namespace {

/// Of both programs: an address inside of any innernet network is reachable by nobody who asks for it here.
std::vector<InterfaceName> interfaces_of_innernet(const Folders& folders, const InterfaceName& served) {
  std::vector<InterfaceName> own = interfaces_with_config(folders.config);
  for (InterfaceName& name : interfaces_with_config(Folders::of_client().config)) own.push_back(std::move(name));
  own.push_back(served);
  return own;
}

const char* what_happened(LinkRepair::Damage damage) {
  switch (damage) {
    case LinkRepair::Damage::kRemoved:
      return "removed";
    case LinkRepair::Damage::kReplaced:
      return "replaced";
    case LinkRepair::Damage::kChanged:
      return "changed";
    case LinkRepair::Damage::kIncomplete:
    case LinkRepair::Damage::kNone:
      break;
  }
  return nullptr;  // nothing that somebody else did
}

}  // namespace

Service::Service(InterfaceName interface, const ServeOptions& options, const ServeSystem& system, ServerConfig config, const IpNet& net,
                 Coordinator coordinator, const HttpServer::Limits& limits, ServedFiles& files)
    : interface_(std::move(interface)),
      options_(options),
      system_(system),
      config_(std::move(config)),
      public_key_(config_.private_key.public_key()),
      net_(net),
      coordinator_(std::move(coordinator)),
      files_(files),
      turns_(*this, system.clock, {.connections_per_source = connections_of_one_source(limits.connections)}, [this] { http_.wake(); }),
      http_(loop_, turns_, system.clock, limits, [this](const KeyChange& change) { change_key(change); }),
      timer_(loop_),
      watchdog_timer_(loop_),
      worker_(std::make_unique<DeviceWorker>(system.backend, interface_,
                                             [this](std::function<void()> task) { loop_.post(event(std::move(task))); })),
      hosts_writer_(std::make_unique<LatestJob>([this](std::function<void()> task) { loop_.post(event(std::move(task))); })),
      members_maker_(std::make_unique<LatestJob>([this](std::function<void()> task) { loop_.post(event(std::move(task))); })) {}

Service::~Service() = default;

Result<ServeEnd> Service::run() {
  signals_.emplace(loop_, std::initializer_list<int>{SIGTERM, SIGINT, SIGHUP}, event([this](int signal) { handle_signal(signal); }));
  coordinator_.start([this] { loop_.post(event([this] { turns_.request_turn(); })); });
  store_candidates();
  synchronize();
  arm_timer();
  loop_.run();

  signals_.reset();
  http_.close();  // whose key changes are due now goes to the worker
  worker_->leave_after(options_.periods.device_at_stop);
  worker_.reset();  // what it was given is carried out; the rest the next start finds in the database
  hosts_writer_.reset();
  members_maker_.reset();
  relay_.reset();
  // Another one takes over: with this interface two would have a handshake with each peer in turn.
  if (coordinator_.network().servers().size() > 1) report("removing the interface", system_.backend.remove(interface_));
  if (failure_) {
    (void)coordinator_.close();
    return std::unexpected(*std::move(failure_));
  }
  auto closed = coordinator_.close();
  if (!closed && end_ == ServeEnd::kTold) return std::unexpected(std::move(closed).error().context("closing the database"));
  return end_;
}

void Service::handle_signal(int signal) {
  if (signal == SIGHUP) return read_config_again();
  if (stopping_) return loop_.stop();  // a second time: without patience
  stop(signal == SIGTERM ? "SIGTERM" : "SIGINT");
}

void Service::stop(const std::string& why) {
  if (std::exchange(stopping_, true)) return;
  log::info("{}: stopping ({})", interface_.str(), why);
  sd_notify("STOPPING=1");
  timer_.cancel();
  folders_readable_.reset();
  links_readable_.reset();
  http_.stop(options_.periods.patience_at_stop, [this] { loop_.stop(); });
}

void Service::stop_for_another(const std::string& why) {
  if (stopping_ || end_ == ServeEnd::kReplaced) return;
  log::error("{}: {}; the next start serves what is there now", interface_.str(), why);
  end_ = ServeEnd::kReplaced;
  loop_.post([this] { stop("this network is not this server's any more"); });  // after the turn that has found it out
}

void Service::step_down(const std::string& why) {
  if (stopping_ || end_ != ServeEnd::kTold) return;
  log::warning("{}: stepping down: {}", interface_.str(), why);
  end_ = ServeEnd::kDeposed;
  loop_.post([this] { stop("another server may serve this network"); });
}

void Service::fail_to_start(Error error) {
  failure_ = std::move(error);
  http_.close();
  loop_.stop();
}

void Service::report(const std::string& task, const Result<void>& outcome) {
  const auto news = troubles_.news(task, outcome);
  if (!news) return;
  if (news->is_trouble)
    log::warning("{}: {}", interface_.str(), news->text);
  else
    log::info("{}: {}", interface_.str(), news->text);
}

void Service::report_write(const std::string& task, const Result<void>& outcome) {
  if (!is_locked(outcome)) report(task, outcome);
}

// --- what is due ---

void Service::run_due_tasks() {
  for (const Task& task : tasks_) {
    const auto due = task.due();
    if (due && *due <= now() && !stopping_) (this->*task.run)();
  }
}

void Service::arm_timer() {
  if (stopping_) return;
  std::optional<BootTime> next;
  for (const Task& task : tasks_)
    if (const auto due = task.due(); due && (!next || *due < *next)) next = due;
  // One that comes too early does no harm and is armed anew then: many events put a checkpoint off.
  if (!next || (timer_.is_running() && timer_due_ <= *next)) return;
  timer_due_ = *next;
  timer_.start(std::max<BootClock::duration>(*next - now(), 0ns), event([this] { run_due_tasks(); }));
}

// --- answering ---

Result<void> Service::begin_turn() {
  key_changes_.begin_turn();
  // What has been done to the folder until now is in the watch's queue: asking that is cheaper than looking the file up.
  if (folders_) read_folder_events();
  return coordinator_.begin_turn(foreign_looks_.take_doubt());
}

Coordinator::Outcome Service::answer(const Request& request) {
  auto outcome = coordinator_.answer(request);
  const Response* const response = std::get_if<Response>(&outcome);
  const bool changes_key = response != nullptr && response->key_change;
  if (changes_key) key_changes_.add(*response->key_change);
  const PeerRecord* const peer = coordinator_.network().find_peer(request.source);
  if (const auto reason = reason_to_poll(changes_key, peer)) endpoints_.hasten(*reason);
  if (peer != nullptr && request.accepts_delta) relay_clients_.note(now());
  return outcome;
}

Result<void> Service::end_turn() {
  auto ended = coordinator_.end_turn();
  key_changes_.end_turn(ended.has_value());
  return ended;
}

void Service::after_turn() {
  carry_out(coordinator_.take_effects());
  if (stopping_) return;
  if (restoration_.are_peers_in_doubt() && coordinator_.is_up_to_date()) restore_peers();
  arm_timer();
}

void Service::carry_out(Coordinator::Effects effects) {
  if (!coordinator_.is_same_network()) return stop_for_another("the database is another network's now");
  if (const auto why = coordinator_.deposed()) return step_down(*why);
  if (effects.device_resync) {
    synchronize();
    // A database that was put in place of another one may hold the addresses of another day.
    if (link_repair_.has_begun()) candidates_.set_no_later_than(now() + options_.periods.addresses_settle);
  } else if (!effects.device.empty()) {
    worker_->apply(std::move(effects.device), [this](const Result<void>& outcome) {
      report("changing the device", outcome);
      // Somebody may have made room.
      if (!outcome || left_out_ > 0) synchronize_later();
    });
  }
  if (effects.hosts) hosts_.note_change(now());
  // Who has just come does its first handshake with the relay now; only what follows soon is put together.
  if (effects.members && relay_) members_.set_no_later_than(std::max(now(), members_renewed_ + options_.periods.relay_members));
  turns_.announce(effects.news);
  if (effects.stored) turns_.ask_again();
  if (effects.committed) checkpoint_.set(now() + options_.periods.checkpoint_after_commit);
  if (effects.unsaved) save_.set_no_later_than(now() + options_.periods.save);
}

// --- the device ---

void Service::synchronize(std::function<void(std::size_t corrected)> done) {
  synchronization_.clear();
  worker_->synchronize(
      key_changes_.with_old_keys(coordinator_.device_peers()), [this](const Result<DeviceWorker::Endpoints>& had) { on_first_slice(had); },
      [this, done = std::move(done)](const Result<DeviceWorker::Synchronization>& synchronized) {
        report("bringing the device in line with the database", synchronized);
        if (!synchronized) return synchronize_later();
        left_out_ = synchronized->left_out;
        report("peers on the device", room_for_all());
        if (done) done(synchronized->corrected);
      });
}

Result<void> Service::room_for_all() const {
  if (left_out_ == 0) return {};
  return fail(ErrorKind::kSystem,
              fmt::format("{} of {} are left out, for this WireGuard takes no more: disable peers that are not needed, or use the kernel's",
                          left_out_, coordinator_.network().on_device()));
}

void Service::synchronize_later() {
  if (synchronization_.is_set()) return;
  synchronization_.set(now() + options_.periods.repair);
  check_link();
}

void Service::on_first_slice(const Result<DeviceWorker::Endpoints>& had) {
  if (stopping_ || !link_repair_.wants_to_listen()) return;
  if (had) {
    // The first answers after a restart are as good as those before.
    coordinator_.set_seen_endpoints(*had);
    carry_out(coordinator_.take_effects());
    return begin_listening();
  }
  if (!link_repair_.has_begun()) fail_to_start(Error(had.error()).context("configuring interface " + interface_.str()));
}

void Service::change_key(const KeyChange& change) {
  key_changes_.remove(change.new_key);
  std::optional<wg::PeerUpdate> peer;
  const PeerRecord* const record = coordinator_.network().find_peer(change.new_key);
  // It may have been disabled while its answer was on the way.
  if (record != nullptr && Network::belongs_on_device(record->peer)) peer = device_entry(record->peer);
  if (!worker_) return;
  worker_->change_key(change.old_key, std::move(peer), [this](const Result<void>& outcome) {
    report("changing a redeemed peer's key", outcome);
    if (!outcome) synchronize_later();
    endpoints_.hasten(EndpointSchedule::Reason::kKeyChanged);
  });
}

void Service::look_at_device() {
  endpoints_.begin_poll(now());
  worker_->look([this](const Result<DeviceWorker::Look>& look) {
    endpoints_.end_poll(now());
    if (stopping_) return;
    report("looking at the device", look);
    if (!look) return check_link();
    coordinator_.set_seen_endpoints(look->endpoints);
    carry_out(coordinator_.take_effects());
    restore_device(*look);
  });
}

void Service::restore_device(const DeviceWorker::Look& look) {
  const DeviceRestoration::Look found{.has_key = look.public_key == public_key_,
                                      .has_port = look.listen_port == port_.now() || port_.is_moving(),
                                      .has_peers = look.has_expected_peers};
  if (!found.has_key || !found.has_port || !found.has_peers) check_link();
  const auto todo = restoration_.see(found, link_repair_.wants_to_see());
  if (todo.key || todo.port) {
    if (todo.is_news)
      log::warning("{}: the {} of the interface was changed by somebody else; putting it back", interface_.str(),
                   todo.key && todo.port ? "key and the port"
                   : todo.key            ? "key"
                                         : "port");
    wg::DeviceUpdate update;
    if (todo.key) update.private_key = config_.private_key;
    if (todo.port) update.listen_port = port_.now();
    worker_->run([&backend = system_.backend, interface = interface_, update] { return backend.apply(interface, update); },
                 [this](const Result<void>& outcome) { report("putting back key and port of the device", outcome); });
  }
  if (!restoration_.are_peers_in_doubt()) return;
  foreign_looks_.doubt_file();
  turns_.request_turn();
}

void Service::restore_peers() {
  restoration_.begin_peers();
  if (!link_repair_.wants_to_see()) return;  // what is rebuilt gets all peers then
  synchronize([this](std::size_t corrected) {
    if (!restoration_.end_peers(corrected)) return;
    log::warning("{}: somebody else has changed peers of the interface; {} {} put right", interface_.str(), corrected,
                 corrected == 1 ? "is" : "are");
  });
}

// --- the link ---

void Service::check_link() {
  if (stopping_ || !link_repair_.wants_to_see()) return;
  const auto link = system_.link_state(interface_, config_.address);
  if (!link) return report("looking at the interface", link);
  const auto damage = link_repair_.see(*link, now());
  if (loses_sockets(damage)) http_.close();
  if (const char* const what = what_happened(damage))
    log::warning("{}: the interface was {} by somebody else; bringing it back", interface_.str(), what);
}

void Service::repair_link() {
  switch (link_repair_.step()) {
    case LinkRepair::Step::kRebuild:
      return rebuild_link();
    case LinkRepair::Step::kListen:
      return begin_listening();
  }
}

void Service::rebuild_link() {
  check_files();
  if (stopping_ || !link_repair_.begin_rebuild(missing_files_.are_in_doubt(), now())) return;
  const auto other_port = begin_move();
  worker_->run(
      [&backend = system_.backend, bring_up = system_.bring_up, interface = interface_, net = net_, options = options_.network,
       update = wg::DeviceUpdate{.private_key = config_.private_key, .listen_port = other_port.value_or(port_.now())}] {
        return bring_up(backend, interface, net, update, options);
      },
      [this, other_port](const Result<void>& outcome) {
        if (stopping_) return;
        if (other_port) end_move(*other_port, outcome);
        if (other_port && outcome) {
          http_.close();
          link_repair_.note_closed();
        }
        const auto link = outcome ? system_.link_state(interface_, config_.address) : Result<LinkState>(std::unexpected(outcome.error()));
        report("bringing the interface back", link);
        link_repair_.end_rebuild(link ? std::optional(*link) : std::nullopt, now());
        if (!link) return;
        store_candidates();
        synchronize();
        move_port();
      });
}

// The device first, for it tells whether the port is free; and back to the old one if either of the two can't have the new one.
void Service::move_port() {
  if (stopping_ || !link_repair_.wants_to_see()) return;  // what is rebuilt takes the port then
  const auto port = begin_move();
  if (!port) return;
  const auto give = [&backend = system_.backend, interface = interface_](std::uint16_t to) {
    return backend.apply(interface, {.listen_port = to});
  };
  worker_->run(
      [give, probe = system_.probe_udp_port, port = *port, old = port_.now()]() -> Result<void> {
        TRY_VOID(probe(port));
        auto given = give(port);
        if (given) return {};
        TRY_VOID_CONTEXT(give(old), given.error().message() + "; and going back to the old one failed");
        return given;
      },
      [this, give, port = *port](const Result<void>& outcome) {
        if (stopping_) return;
        auto taken = outcome;
        if (taken && !link_repair_.wants_to_see()) {
          // The link has been damaged meanwhile: it is listened on when it is rebuilt with this port.
          end_move(port, {});
          http_.close();
          return link_repair_.note_closed();
        }
        if (taken) {
          const auto bound = http_.listen(api_address(port), options_.bind_to_device ? std::optional(interface_) : std::nullopt);
          if (bound) {
            end_move(port, {});
            log::info("{}: listening on {}", interface_.str(), bound->to_string());
            link_repair_.note_listening();
            if (system_.listening) system_.listening(*bound);
            store_candidates();
            return move_port();
          }
          taken = std::unexpected(bound.error());
        }
        if (!outcome) {
          end_move(port, taken);
          return move_port();
        }
        worker_->run([give, old = port_.now()] { return give(old); },
                     [this, port, taken](const Result<void>& restored) {
                       report("putting back the device's port", restored);
                       end_move(port, taken);
                       move_port();
                     });
      });
}

std::optional<std::uint16_t> Service::begin_move() {
  const auto port = port_.begin_move();
  if (port && relay_ && relay_->port() == *port) {
    log::info("{}: the relay leaves UDP port {}, which is to be the network's", interface_.str(), *port);
    relay_->stop();
    relay_.reset();
    tell_of_relay();
  }
  return port;
}

void Service::end_move(std::uint16_t port, const Result<void>& outcome) {
  port_.end_move(outcome.has_value());
  config_.listen_port = port_.now();
  if (relay_look_.is_set()) relay_look_.set(now());
  if (outcome)
    log::info("{}: listen-port is {} now", interface_.str(), port);
  else
    log::error("{}: listen-port {}: {}; going on with {}", interface_.str(), port, outcome.error().message(), port_.now());
}

// --- life ---

void Service::begin_listening() {
  const bool is_first = !link_repair_.has_begun();
  const auto link = is_first ? system_.link_state(interface_, config_.address) : Result<LinkState>();
  if (!link) return fail_to_start(link.error());
  const auto bound = http_.listen(api_address(port_.now()), options_.bind_to_device ? std::optional(interface_) : std::nullopt);
  if (!bound && is_first) return fail_to_start(bound.error());
  report("listening", bound);
  if (!bound) return link_repair_.note_listening_failed(now());
  log::info("{}: listening on {}", interface_.str(), bound->to_string());
  if (is_first) {
    link_repair_.begin(*link);
    begin_tasks();
  }
  link_repair_.note_listening();
  if (system_.listening) system_.listening(*bound);
  move_port();  // if the config was read again meanwhile
}

SocketAddress Service::api_address(std::uint16_t port) const { return options_.listen.value_or(SocketAddress{config_.address, port}); }

void Service::begin_tasks() {
  watch_folders();
  watch_links();
  look_at_device();
  invitations_.set(now());
  if (options_.hosts.write) hosts_.begin(now());
  check_.set(now());
  if (options_.relays && system_.start_relay)
    look_at_relay();
  else
    tell_of_relay();  // that there is none: those of the last start are gone
  pet_watchdog();
  sd_notify("READY=1");
}

void Service::watch_folders() {
  auto watch = FolderWatch::open(options_.folders, interface_);
  if (!watch) return log::warning("{}: {}; changes by other programs are seen within a second", interface_.str(), watch.error().message());
  folders_ = std::move(*watch);
  foreign_looks_.begin_to_be_notified();
  folders_readable_.emplace(loop_, folders_->fd(), event([this] {
                              if (read_folder_events()) turns_.request_turn();
                            }));
}

void Service::watch_links() {
  auto watch = innernet::watch_links();
  if (!watch) return log::warning("{}: {}; a removed interface is noticed within a second", interface_.str(), watch.error().message());
  links_ = std::move(*watch);
  links_readable_.emplace(loop_, links_->fd(), event([this] {
                            links_->drain();
                            check_link();
                            candidates_.set_no_later_than(now() + options_.periods.addresses_settle);
                          }));
}

void Service::delete_expired_invitations() {
  const auto deleted = coordinator_.delete_expired_invitations();
  report_write("deleting expired invitations", deleted);
  carry_out(coordinator_.take_effects());
  invitations_.set(now() + options_.periods.invitations);
}

void Service::write_hosts() {
  if (hosts_.begin_write(now()))
    hosts_entries_ = std::make_shared<const std::vector<hostsfile::Entry>>(coordinator_.hosts_entries(options_.hosts, interface_.str()));
  hosts_writer_->run(
      [path = options_.hosts.path, network = interface_.str(), entries = hosts_entries_]() -> Result<void> {
        TRY_VOID(hostsfile::update(path, network, *entries));
        return {};
      },
      [this](const Result<void>& outcome) { report("writing the hosts file", outcome); });
}

void Service::store_candidates() {
  candidates_.clear();
  const auto stored = [&]() -> Result<void> {
    TRY(const auto addresses, system_.local_addresses(interfaces_of_innernet(options_.folders, interface_)));
    std::vector<Endpoint> candidates;
    for (const IpAddress& address : addresses) {
      TRY(auto endpoint, Endpoint::parse(SocketAddress{address, config_.listen_port}.to_string()));
      candidates.push_back(std::move(endpoint));
    }
    return coordinator_.set_server_candidates(candidates);
  }();
  report_write("storing the server's own addresses", stored);
  if (!stored) candidates_.set(now() + options_.periods.repair);
  carry_out(coordinator_.take_effects());
}

void Service::checkpoint() {
  checkpoint_.clear();
  const auto done = coordinator_.checkpoint();
  report_write("checkpointing the database", done);
  if (!done) checkpoint_.set(now() + options_.periods.checkpoint_after_commit);
}

void Service::save_changes() {
  save_.clear();
  const auto has_more = coordinator_.save_changes();
  report_write("storing what has changed", has_more ? Result<void>() : std::unexpected(has_more.error()));
  if (has_more && *has_more) save_.set(now() + options_.periods.save_more);
  carry_out(coordinator_.take_effects());
}

bool Service::read_folder_events() {
  if (!folders_->drain()) return false;
  check_files();
  foreign_looks_.notice(now());
  return true;
}

void Service::look_for_foreign_changes() {
  foreign_looks_.look(now());
  turns_.request_turn();
}

void Service::check_everything() {
  check_.set(now() + options_.periods.check_everything);
  coordinator_.look_for_relays();
  foreign_looks_.doubt_file();
  check_files();
  check_link();
  report("the database's write-ahead log", coordinator_.check_log_size());
  turns_.request_turn();
}

void Service::check_files() {
  if (stopping_ || missing_files_.are_in_doubt()) return;
  if (missing_files_.see(files_.missing().has_value(), now()) != MissingFiles::Verdict::kThere) return;
  if (const auto why = files_.taken_over()) stop_for_another(*why);
}

void Service::decide_about_missing_files() {
  const auto missing = files_.missing();
  switch (missing_files_.see(missing.has_value(), now())) {
    case MissingFiles::Verdict::kBack:
      check_files();
      return check_link();
    case MissingFiles::Verdict::kGone:
      end_ = ServeEnd::kGone;
      return stop(missing->string() + " is gone");
    case MissingFiles::Verdict::kThere:
    case MissingFiles::Verdict::kInDoubt:
      return;
  }
}

void Service::read_config_again() {
  if (stopping_) return;
  log::info("{}: SIGHUP: reading the config again", interface_.str());
  hosts_.hasten(now());
  restoration_.doubt_peers();
  endpoints_.hasten(EndpointSchedule::Reason::kAsked);
  foreign_looks_.doubt_file();
  turns_.request_turn();
  auto config = ServerConfig::read(options_.folders.config_file(interface_));
  if (!config) return log::error("{}: {}; going on as before", interface_.str(), config.error().message());
  if (needs_restart(config_, *config))
    log::warning("{}: private-key, address, network-cidr-prefix and the database change only with a restart", interface_.str());
  port_.want(config->listen_port);
  move_port();
}

void Service::pet_watchdog() {
  const auto period = watchdog_period();
  if (!period) return;
  sd_notify("WATCHDOG=1");
  watchdog_timer_.start(*period, [this] { pet_watchdog(); });
}

}  // namespace innernet::server

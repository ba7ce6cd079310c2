#include "network_worker.hpp"

#include <poll.h>

#include <algorithm>
#include <exception>
#include <random>
#include <set>
#include <system_error>

#include "ask_relays.hpp"
#include "background_check.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/client/saved_mapping.hpp"
#include "innernet/machine/log.hpp"
#include "network_changes.hpp"
#include "network_files.hpp"
#include "own_relay.hpp"
#include "relay_care.hpp"

namespace innernet::client {
namespace {

// For pauses of different lengths alone. (random_device would bind the program to a newer libc.)
std::minstd_rand jitter(const Clock& clock) { return std::minstd_rand(static_cast<unsigned>(clock.boot().time_since_epoch().count())); }
// Between two signs of life of a round: what a slow server may take for two requests, and then some for all that is done on this machine.
constexpr auto kLongestStep = 2 * (RequestTimes{}.connect + RequestTimes{}.whole) + std::chrono::minutes(5);
// After the deadline of a wait.
constexpr std::chrono::seconds kLatestWaking{30};

double fraction(std::minstd_rand& random) { return std::uniform_real_distribution<>()(random); }

// A server may answer at once with what we have, and has to be asked less often then, too.
bool brings_news(const StateAnswer& answer, const State& known) {
  if (const auto* state = std::get_if<State>(&answer.news)) return *state != known;
  if (const auto* delta = std::get_if<StateDelta>(&answer.news)) return apply_delta(known, *delta) != known;
  return false;
}

std::optional<std::string_view> why_not_mapped(const NatOptions& nat) {
  if (nat.no_port_mapping) return "the daemon runs with --no-port-mapping";
  // A port that nobody is told of helps nobody.
  if (nat.no_candidates) return "the daemon runs with --no-nat-candidates";
  return std::nullopt;
}

}  // namespace

Waited wait_for_news(FetchMemory& memory, const Clock& clock, const Stop& stop, const Nudge& nudge, BootTime deadline,
                     std::chrono::seconds longest_pause) {
  std::minstd_rand random = jitter(clock);
  Holding holding(longest_pause);
  for (;;) {
    const BootTime asked = clock.boot();
    const auto left = std::chrono::floor<std::chrono::seconds>(deadline - asked);
    if (left.count() < 1 || stop.requested()) return Waited::kInVain;
    const auto wait = std::min<std::chrono::seconds>(left, std::chrono::seconds(memory.capabilities->state_wait_max));
    auto answer = memory.client->get_state({.if_none_match = memory.etag,
                                            .wait = wait,
                                            .accept_delta = memory.capabilities->state_delta,
                                            .notices_death = memory.state.servers.size() > 1,
                                            .interrupt_fd = nudge.fd()});
    if (!answer) {
      // Stopped or nudged.
      if (answer.error().kind() == ErrorKind::kInterrupted) return Waited::kInVain;
      log::debug("waiting for news: {}", answer.error().message());
      memory.is_server_doubted = asks_another_server_after(answer.error());
      return Waited::kFailed;
    }
    if (brings_news(*answer, memory.state)) {
      memory.news = *std::move(answer);
      return Waited::kNews;
    }
    if (!answer->etag.empty()) memory.etag = std::move(answer->etag);
    if (memory.state.term) memory.term_heard = clock.boot();
    const auto pause = holding.pause(clock.boot() - asked, wait, fraction(random));
    if (pause.count() == 0) continue;
    auto poller = Poller::create(&stop);
    if (!poller) return Waited::kInVain;
    const auto woken = poller->until(std::min(deadline, clock.boot() + pause), {{nudge.fd(), POLLIN}});
    if (!woken || *woken != Woken::kDeadline) return Waited::kInVain;
  }
}

NetworkWorker::NetworkWorker(Stop stop, Nudge nudge, Nudge changed_outside, ClientOptions options, InterfaceName name,
                             std::chrono::seconds interval, std::shared_ptr<Resolver> resolver)
    : stop_(std::move(stop)),
      nudge_(std::move(nudge)),
      changed_outside_(std::move(changed_outside)),
      options_(std::move(options)),
      name_(std::move(name)),
      interval_(interval),
      resolver_(std::move(resolver)) {}

Result<std::unique_ptr<NetworkWorker>> NetworkWorker::start(const ClientOptions& options, const InterfaceName& name,
                                                            std::chrono::seconds interval, std::shared_ptr<Resolver> resolver,
                                                            std::function<void()> on_end) {
  TRY(Stop stop, Stop::create());
  TRY(Nudge nudge, Nudge::create());
  TRY(Nudge changed_outside, Nudge::create());
  std::unique_ptr<NetworkWorker> worker(
      new NetworkWorker(std::move(stop), std::move(nudge), std::move(changed_outside), options, name, interval, std::move(resolver)));
  try {
    worker->thread_ = std::thread([self = worker.get(), on_end = std::move(on_end)] {
      self->run();
      self->ended_ = true;
      on_end();
    });
  } catch (const std::system_error& error) {
    return fail_errno(error.code().value(), "starting a thread");
  }
  return worker;
}

/// What the daemon does about relays, each in a thread of its own.
struct NetworkWorker::Relays {
  /// Whether there is one that was not there at the round before.
  bool has_new(const std::vector<UsedRelay>& now) {
    std::set<wg::PublicKey> keys;
    for (const UsedRelay& relay : now) keys.insert(relay.public_key);
    const std::set<wg::PublicKey> before = std::exchange(known, keys);
    return !std::ranges::includes(before, keys);
  }

  OwnRelay own;
  RelayCare care;
  std::set<wg::PublicKey> known{};
};

/// What goes on beside the rounds, each in a thread of its own.
struct NetworkWorker::Beside {
  BackgroundTraversal traversal, tries;
  BackgroundCheck check;
};

NetworkWorker::~NetworkWorker() {
  stop_.request();
  if (thread_.joinable()) thread_.join();
}

void NetworkWorker::run() {
  // Only a mark for `down`: without it the network is looked after as well.
  // Who asks for the daemon of a network holds this for a moment.
  const auto mark = FileLock::acquire(daemon_file(options_.folders, name_), std::chrono::seconds(1));
  while (!stop_.requested()) {
    try {
      auto system = SystemMachine::create(options_, name_, stop_, resolver_);
      if (system) {
        Machine machine = system->machine();
        rounds(machine);
        return;
      }
      log::error("network {}: {}", name_.str(), system.error().message());
    } catch (const std::exception& error) {
      log::error("network {}: {}; trying again", name_.str(), error.what());
    }
    pause(clock_.boot() + interval_);
  }
}

bool NetworkWorker::config_is_gone() const {
  std::error_code ignored;
  return std::filesystem::status(options_.folders.config_file(name_), ignored).type() == std::filesystem::file_type::not_found;
}

void NetworkWorker::pause(BootTime deadline) {
  life_.expect_by(deadline + kLatestWaking);
  if (auto poller = Poller::create(&stop_)) static_cast<void>(poller->until(deadline, {{nudge_.fd(), POLLIN}}));
}

void NetworkWorker::rounds(Machine& machine) {
  // However the rounds end, the mapping ends with them.
  struct Withdrawal {
    NetworkWorker& self;
    ~Withdrawal() {
      self.port_mapper_.reset();
      SavedMapping(self.options_.folders, self.name_).remove();
    }
  };
  const Withdrawal withdrawal{*this};
  mapped_port_ = 0;
  told_of_mapping_ = {};
  FetchMemory memory;
  memory.interrupt_fd = changed_outside_.fd();
  memory.shows_life = [this] { life_.expect_by(clock_.boot() + kLongestStep); };
  Beside beside{
      .traversal = {[this](RoundResult result, Handshakes handshakes, const Stop& stop) {
                      with_machine(stop, [&](const IpNet& network, Machine& its) {
                        traverse_due(options_, name_, network, its, std::move(result), std::move(handshakes),
                                     {.audience = Audience::kLater});
                      });
                    },
                    [this] { nudge_.give(); }, kTurnsOfDue},
      .tries = {[this](const RoundResult& result, const Handshakes&, const Stop& stop) {
                  with_machine(stop, [&](const IpNet& network, Machine& its) { try_relayed(options_, name_, network, its, result); });
                },
                [this] { nudge_.give(); }, kTurnsOfRelayed},
      .check = {[this](SessionCheck::Purpose purpose, const Handshakes& handshakes, const AnsweringPeers& known, const Stop& stop) {
                  SessionCheck::Found found{.known = known};
                  with_machine(stop, [&](const IpNet&, Machine& its) {
                    auto checked = check_sessions(purpose, its.backend, name_, handshakes, known, its.wait, its.poke);
                    if (checked) found = *std::move(checked);
                  });
                  return found;
                },
                [this] { nudge_.give(); }}};
  Relays relays{.own = OwnRelay(options_.folders, name_, machine.api_interface(name_)),
                .care = RelayCare(name_, {.ask =
                                              [this](std::span<const UsedRelay> all, const Stop& stop) {
                                                // An installed network's key never changes.
                                                const auto own = read_config(options_.folders, name_);
                                                if (!own) return std::vector<std::optional<std::chrono::milliseconds>>(all.size());
                                                return ask_relays_as(own->private_key)(all, stop);
                                              },
                                          .open_backend = [this]() -> Result<std::unique_ptr<wg::Backend>> {
                                            return wg::choose_backend(options_.network.backend, name_, [](std::string_view) {});
                                          },
                                          .try_lock = try_lock_of(options_, name_, &stop_),
                                          .try_traversal = try_traversal_of(options_, name_),
                                          .on_news = [this] { nudge_.give(); },
                                          .poke = udp_poke(name_)})};
  std::minstd_rand random = jitter(clock_);
  RoundSchedule schedule(interval_);
  NetworkChanges changes;
  port_mapper_ = start_port_mapper();
  while (!stop_.requested()) {
    memory.shows_life();
    nudge_.take();
    if (changed_outside_.take()) {
      if (memory.client) memory.client->disconnect();
      if (port_mapper_) port_mapper_->network_changed();
      memory.has_moved = true;
      changes.note();
    }
    if (changes.take(clock_.boot())) {
      beside.check.begin(memory.handshakes);
      // Who could not be reached may be from here.
      memory.traversal.clear();
    }
    if (port_mapper_) memory.mapped = port_mapper_->outside();
    if (config_is_gone()) {
      log::info("the config of {} is gone: its interface stays as it is and is no longer looked after", name_.str());
      return;
    }
    const BootTime began = clock_.boot();
    beside.check.collect(memory);
    beside.traversal.collect(memory);
    beside.tries.collect(memory);
    const bool has_answered = one_round(machine, memory, beside, relays);
    beside.check.learn(memory.handshakes, clock_.boot());
    const BootTime now = clock_.boot();
    BootTime wanted = changes.due(now);
    // At their end there is a round anyhow.
    if (!beside.tries.is_under_way()) wanted = std::min(wanted, memory.direct_tries.next());
    if (!has_answered) {
      const BootTime again = schedule.after_failure(now, fraction(random));
      pause(wanted > now ? std::min(wanted, again) : again);
      continue;
    }
    const bool can_wait = !memory.etag.empty() && memory.capabilities && memory.capabilities->state_wait_max > 0;
    const BootTime deadline = schedule.deadline(began, wanted);
    life_.expect_by(deadline + kLongestStep);
    const Waited waited = can_wait ? wait_for_news(memory, clock_, stop_, nudge_, deadline) : Waited::kInVain;
    pause(schedule.after(waited, began, clock_.boot(), fraction(random), wanted));
  }
}

// In a thread of its own: a backend is one thread's.
void NetworkWorker::with_machine(const Stop& stop, const std::function<void(const IpNet& network, Machine& machine)>& action) {
  // The address never changes.
  const auto config = read_config(options_.folders, name_);
  auto system = SystemMachine::create(options_, name_, stop, resolver_);
  if (!config || !system) return;
  Machine machine = system->machine();
  action(config->address.truncated(), machine);
}

std::unique_ptr<PortMapper> NetworkWorker::start_port_mapper() {
  if (why_not_mapped(options_.nat)) return nullptr;
  auto started = PortMapper::start(name_, [this] { nudge_.give(); });
  if (started) return *std::move(started);
  log::warning("the port of {} is not mapped on the router: {}", name_.str(), started.error().message());
  return nullptr;
}

void NetworkWorker::map_port(std::uint16_t listen_port) {
  if (!port_mapper_) return;
  if (listen_port != mapped_port_) {
    const auto config = read_config(options_.folders, name_);
    if (!config) return;
    // The same after each start, so that what a process that was killed has left is ours; and nobody else knows it.
    const auto own = config->private_key.derived("innernet port mapping").public_key();
    std::ranges::copy_n(own.bytes().begin(), static_cast<std::ptrdiff_t>(nonce_.size()), nonce_.begin());
    mapped_port_ = listen_port;
  }
  port_mapper_->want(listen_port, nonce_);
}

void NetworkWorker::tell_of_mapping(std::uint16_t listen_port) {
  constexpr std::chrono::milliseconds kPatience{500};
  MappingReport report{.port = listen_port};
  if (port_mapper_)
    report = port_mapper_->report();
  else if (const auto why = why_not_mapped(options_.nat))
    report.v4 = report.v6 = MappingStanding{.state = MappingState::kOff, .why = std::string(*why)};
  if (report == told_of_mapping_) return;
  const auto lock = lock_network(options_.folders, name_, &stop_, ReadOnly::kAccepted, kPatience);
  // Not worth more of a wait. Uninstalled meanwhile, it shall leave nothing.
  if (!lock || config_is_gone()) return;
  SavedMapping(options_.folders, name_).save(report);
  told_of_mapping_ = std::move(report);
}

bool NetworkWorker::one_round(Machine& machine, FetchMemory& memory, Beside& beside, Relays& relays) {
  const auto round = [&]() -> Result<bool> {
    RoundResult result;
    memory.relay_distances = relays.care.distances();
    {
      TRY(RoundLock lock, RoundLock::take(options_.folders, name_, &stop_));
      TRY(result, fetch_round(options_, name_, machine, memory, Caller::kDaemon, &lock));
    }
    const bool answered = result.server_answered;
    map_port(result.listen_port);
    tell_of_mapping(result.listen_port);
    // The address and the key of an installed network never change.
    if (const auto config = read_config(options_.folders, name_)) relays.own.want(result.is_relay, *config, result.listen_port);
    // Another way to everybody who was tried in vain.
    const bool is_one_back = relays.care.take_one_back();
    if (relays.has_new(result.used_relays) || is_one_back) memory.traversal.clear();
    auto may_be_relayed = result.relayed;
    may_be_relayed.insert(may_be_relayed.end(), result.due.begin(), result.due.end());
    auto watched = result.used_relays;
    std::erase_if(watched, [](const UsedRelay& relay) { return !relay.answers_questions; });
    relays.care.see(std::move(watched), std::move(may_be_relayed));
    if (options_.nat.no_traversal) return answered;
    beside.tries.begin({.relayed = std::move(result.relayed), .relays = result.relays, .own = std::move(result.own)}, memory,
                       clock_.boot());
    beside.traversal.begin(std::move(result), memory, clock_.boot());
    return answered;
  };
  const auto answered = round();
  if (answered) return *answered;
  // Uninstalled while the round waited for the lock, it is no error but the end.
  if (!stop_.requested() && !config_is_gone() && answered.error().kind() != ErrorKind::kInterrupted)
    log::error("network {}: {}", name_.str(), answered.error().message());
  return false;
}

}  // namespace innernet::client

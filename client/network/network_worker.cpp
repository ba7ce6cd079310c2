#include "network_worker.hpp"

#include <poll.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <random>
#include <system_error>

#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/machine/log.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

// For pauses of different lengths alone. (random_device would bind the program to a newer libc.)
std::minstd_rand jitter(const Clock& clock) { return std::minstd_rand(static_cast<unsigned>(clock.boot().time_since_epoch().count())); }
double fraction(std::minstd_rand& random) { return std::uniform_real_distribution<>()(random); }

// A server may answer at once with what we have, and has to be asked less often then, too.
bool brings_news(const StateAnswer& answer, const State& known) {
  if (const auto* state = std::get_if<State>(&answer.news)) return *state != known;
  if (const auto* delta = std::get_if<StateDelta>(&answer.news)) return apply_delta(known, *delta) != known;
  return false;
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
    auto answer = memory.client->get_state(
        {.if_none_match = memory.etag, .wait = wait, .accept_delta = memory.capabilities->state_delta, .interrupt_fd = nudge.fd()});
    if (!answer) {
      // Stopped or nudged.
      if (answer.error().kind() == ErrorKind::kInterrupted) return Waited::kInVain;
      log::debug("waiting for news: {}", answer.error().message());
      return Waited::kFailed;
    }
    if (brings_news(*answer, memory.state)) {
      memory.news = *std::move(answer);
      return Waited::kNews;
    }
    if (!answer->etag.empty()) memory.etag = std::move(answer->etag);
    const auto pause = holding.pause(clock.boot() - asked, wait, fraction(random));
    if (pause.count() == 0) continue;
    auto poller = Poller::create(&stop);
    if (!poller) return Waited::kInVain;
    const auto woken = poller->until(std::min(deadline, clock.boot() + pause), {{nudge.fd(), POLLIN}});
    if (!woken || *woken != Woken::kDeadline) return Waited::kInVain;
  }
}

// NAT traversal takes up to a minute. Beside the rounds, it holds up no news.
class NetworkWorker::Traversal {
 public:
  Traversal(const ClientOptions& options, const InterfaceName& name, std::shared_ptr<Resolver> resolver)
      : options_(options), name_(name), resolver_(std::move(resolver)) {}
  Traversal(const Traversal&) = delete;
  Traversal& operator=(const Traversal&) = delete;
  ~Traversal() {
    if (stop_) stop_->request();
    if (thread_.joinable()) thread_.join();
  }

  /// Forgets the peers of one that has ended.
  void collect(FetchMemory& memory) {
    if (!thread_.joinable() || !ended_) return;
    thread_.join();
    memory.in_traversal.clear();
  }

  /// Does nothing while one is under way: who is due stays due.
  void begin(RoundResult result, FetchMemory& memory, const IpNet& network, BootTime now) {
    if (options_.nat.no_traversal || thread_.joinable()) return;
    result.due = memory.traversal.take(std::move(result.due), now);
    if (result.due.empty()) return;
    auto stop = Stop::create();
    if (!stop) return;
    stop_.emplace(*std::move(stop));
    for (const TraversalPeer& peer : result.due) memory.in_traversal.insert(peer.public_key);
    ended_ = false;
    thread_ = std::thread([this, network, result = std::move(result), handshakes = memory.handshakes]() mutable {
      // A backend is one thread's.
      if (auto system = SystemMachine::create(options_, name_, *stop_, resolver_)) {
        Machine machine = system->machine();
        traverse_due(options_, name_, network, machine, std::move(result), std::move(handshakes), {.audience = Audience::kLater});
      }
      ended_ = true;
    });
  }

 private:
  const ClientOptions& options_;
  const InterfaceName& name_;
  std::shared_ptr<Resolver> resolver_;
  std::optional<Stop> stop_;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

NetworkWorker::NetworkWorker(Stop stop, Nudge nudge, ClientOptions options, InterfaceName name, std::chrono::seconds interval,
                             std::shared_ptr<Resolver> resolver)
    : stop_(std::move(stop)),
      nudge_(std::move(nudge)),
      options_(std::move(options)),
      name_(std::move(name)),
      interval_(interval),
      resolver_(std::move(resolver)) {}

Result<std::unique_ptr<NetworkWorker>> NetworkWorker::start(const ClientOptions& options, const InterfaceName& name,
                                                            std::chrono::seconds interval, std::shared_ptr<Resolver> resolver,
                                                            std::function<void()> on_end) {
  TRY(Stop stop, Stop::create());
  TRY(Nudge nudge, Nudge::create());
  std::unique_ptr<NetworkWorker> worker(new NetworkWorker(std::move(stop), std::move(nudge), options, name, interval, std::move(resolver)));
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
  if (auto poller = Poller::create(&stop_)) static_cast<void>(poller->until(deadline, {{nudge_.fd(), POLLIN}}));
}

void NetworkWorker::rounds(Machine& machine) {
  FetchMemory memory;
  Traversal traversal(options_, name_, resolver_);
  std::minstd_rand random = jitter(clock_);
  RoundSchedule schedule(interval_);
  while (!stop_.requested()) {
    if (nudge_.take() && memory.client) memory.client->disconnect();
    if (config_is_gone()) {
      log::info("the config of {} is gone: its interface stays as it is and is no longer looked after", name_.str());
      return;
    }
    const BootTime began = clock_.boot();
    traversal.collect(memory);
    if (!one_round(machine, memory, traversal)) {
      pause(schedule.after_failure(clock_.boot(), fraction(random)));
      continue;
    }
    const bool can_wait = !memory.etag.empty() && memory.capabilities && memory.capabilities->state_wait_max > 0;
    const Waited waited = can_wait ? wait_for_news(memory, clock_, stop_, nudge_, schedule.deadline(began)) : Waited::kInVain;
    pause(schedule.after(waited, began, clock_.boot(), fraction(random)));
  }
}

bool NetworkWorker::one_round(Machine& machine, FetchMemory& memory, Traversal& traversal) {
  const auto round = [&]() -> Result<bool> {
    RoundResult result;
    {
      TRY(RoundLock lock, RoundLock::take(options_.folders, name_, &stop_));
      TRY(result, fetch_round(options_, name_, machine, memory, Caller::kDaemon, &lock));
    }
    const bool answered = result.server_answered;
    TRY(const InterfaceConfig config, read_config(options_.folders, name_));
    traversal.begin(std::move(result), memory, config.address.truncated(), clock_.boot());
    return answered;
  };
  const auto answered = round();
  if (answered) return *answered;
  // Uninstalled while the round waited for the lock, it is no error but the end.
  if (!stop_.requested() && !config_is_gone()) log::error("network {}: {}", name_.str(), answered.error().message());
  return false;
}

}  // namespace innernet::client

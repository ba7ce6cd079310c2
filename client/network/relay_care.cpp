#include "relay_care.hpp"

#include <poll.h>

#include <algorithm>
#include <system_error>

#include "innernet/machine/log.hpp"

namespace innernet::client {

bool needs_care(std::span<const UsedRelay> relays) { return relays.size() > 1 || (relays.size() == 1 && relays.front().id != kServerPeer); }

RelayCare::~RelayCare() { end(); }

void RelayCare::end() {
  if (!thread_.joinable()) return;
  stop_->request();
  thread_.join();
}

void RelayCare::see(std::vector<UsedRelay> relays, std::vector<TraversalPeer> relayed) {
  if (!needs_care(relays)) {
    end();
    distances_.reset();
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    known_ = {.relays = std::move(relays), .relayed = std::move(relayed)};
  }
  if (thread_.joinable()) return changed_->give();
  auto stop = Stop::create();
  auto changed = Nudge::create();
  if (!stop || !changed) return;
  stop_.emplace(*std::move(stop));
  changed_.emplace(*std::move(changed));
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    log::warning("network {}: looking after relays: {}", name_.str(), error.what());
  }
}

std::optional<std::vector<RelayDistance>> RelayCare::distances() const {
  const std::lock_guard lock(mutex_);
  return distances_;
}

bool RelayCare::take_one_back() {
  const std::lock_guard lock(mutex_);
  return std::exchange(is_one_back_, false);
}

RelayCare::Known RelayCare::known() const {
  const std::lock_guard lock(mutex_);
  return known_;
}

void RelayCare::run() {
  auto backend = parts_.open_backend();
  auto poller = Poller::create(&*stop_);
  if (!backend || !poller) return log::debug("network {}: relays are not looked after", name_.str());
  watch_ = RelayWatch(times_.watch);
  nearer_ = NearerRelay(times_.nearer);
  measured_.clear();
  while (!stop_->requested()) {
    changed_->take();
    const Known now = known();
    if (now.relays != measured_ || clock_.boot() >= next_measurement_) measure(now);
    if (watch_.wants_registration()) register_anew(**backend);
    if (!now.relayed.empty()) look(now, **backend);
    const auto pause = nearer_.is_moving() ? times_.look_at_move : watch_.watches_anybody() ? times_.look : times_.glance;
    const BootTime next_look = now.relayed.empty() ? BootTime::max() : clock_.boot() + pause;
    static_cast<void>(poller->until(std::min(next_look, next_measurement_), {{changed_->fd(), POLLIN}}));
  }
}

void RelayCare::measure(const Known& known) {
  measured_ = known.relays;
  const auto took = parts_.ask(known.relays, *stop_);
  std::vector<RelayDistance> distances;
  answering_.clear();
  for (std::size_t place = 0; place < known.relays.size(); ++place)
    if (took[place]) {
      distances.push_back({.relay = known.relays[place].id,
                           .milliseconds = static_cast<std::uint16_t>(std::min<std::int64_t>(took[place]->count(), 65'535))});
      answering_.push_back(known.relays[place].at);
    }
  bool is_one_back = false;
  for (std::size_t place = 0; place < known.relays.size(); ++place)
    if (watch_.note_measured(known.relays[place].at, took[place].has_value())) is_one_back = true;
  last_measurement_ = clock_.boot();
  next_measurement_ = last_measurement_ + (distances.size() == known.relays.size() ? times_.measure : times_.measure_again);
  if (stop_->requested()) return;
  {
    const std::lock_guard lock(mutex_);
    if (distances_ == distances && !is_one_back) return;
    is_one_back_ |= is_one_back;
    distances_ = std::move(distances);
  }
  parts_.on_news();
}

void RelayCare::register_anew(wg::Backend& backend) {
  const auto lock = parts_.try_lock();
  if (lock == nullptr) return;
  const auto device = backend.get(name_);
  if (!device) return;
  if (const auto done = backend.apply(name_, watch_.registrations(*device)); !done) log::debug("{}", done.error().message());
}

void RelayCare::look(const Known& known, wg::Backend& backend) {
  leave_silent(known, backend);
  if (!stop_->requested()) go_nearer(known, backend);
}

void RelayCare::leave_silent(const Known& known, wg::Backend& backend) {
  const auto device = backend.get(name_);
  if (!device) return;
  if (!watch_.see(*device, known.relayed, clock_.boot()).empty()) {
    // All of them, to know as well which ones there are instead.
    const auto took = parts_.ask(known.relays, *stop_);
    if (stop_->requested()) return;
    for (std::size_t place = 0; place < known.relays.size(); ++place) {
      watch_.note(known.relays[place].at, took[place].has_value(), clock_.boot());
      if (took[place]) continue;
      std::erase(answering_, known.relays[place].at);
      log::debug("network {}: the relay at {} does not answer", name_.str(), known.relays[place].at.to_string());
    }
  }
  const auto lock = parts_.try_lock();
  if (lock == nullptr) return;
  const auto now = backend.get(name_);
  if (!now) return;
  if (watch_.wants_registration()) {
    if (const auto done = backend.apply(name_, watch_.registrations(*now)); !done) log::debug("{}", done.error().message());
    return;  // moves are for the next look, which sees it
  }
  const auto update = watch_.moves(*now, known.relayed, clock_.boot());
  if (update.empty()) return;
  if (const auto moved = backend.apply(name_, update); !moved) return log::debug("{}", moved.error().message());
  log::info("network {}: a relay does not answer any more; peers behind it are reached through another one", name_.str());
}

void RelayCare::go_nearer(const Known& known, wg::Backend& backend) {
  const auto seen = backend.get(name_);
  if (!seen) return;
  const BootTime now = clock_.boot();
  if (nearer_.see(*seen, known.relayed, now)) next_measurement_ = std::min(next_measurement_, last_measurement_ + times_.measure_for_move);
  const bool wants_move = nearer_.wants_move(now);
  if (!wants_move && !nearer_.is_moving()) return;
  const auto traversal = wants_move ? parts_.try_traversal() : nullptr;
  const auto lock = parts_.try_lock();
  if (lock == nullptr) return;
  const auto device = backend.get(name_);
  if (!device) return;
  const auto update = nearer_.moves(*device, known.relayed, answering_, traversal != nullptr, now);
  const auto pokes = nearer_.take_pokes();
  for (const IpAddress& inside : pokes) parts_.poke(inside);
  if (update.empty()) return;
  if (const auto moved = backend.apply(name_, update); !moved) return log::debug("{}", moved.error().message());
  log::info("network {}: peers that are relayed are reached through the relay that is nearer to both", name_.str());
}

}  // namespace innernet::client

#include "turns.hpp"

#include <algorithm>

#include "innernet/machine/log.hpp"

namespace innernet::server {

struct Turns::Source {
  IpAddress address;
  std::size_t connections = 0;
  std::size_t unsent = 0;          // bytes
  std::size_t unsent_answers = 0;  // that these are of
  std::deque<Client*> ready;
  bool in_ring = false;  // or fresh

  // One answer does not hold up the others, however large it is and however slowly it is read.
  bool is_blocked(const Limits& limits) const { return unsent_answers > 1 && unsent > limits.unsent_bytes_per_source; }
  bool is_idle(const Limits& limits) const { return ready.empty() || is_blocked(limits); }
};

/// What a client is to be given once the turn is committed.
struct Turns::Handed {
  Client* client;
  Response response;
};

Turns::Turns(Answerer& answerer, const Clock& clock, const Limits& limits, std::function<void()> wake)
    : answerer_(answerer), clock_(clock), limits_(limits), wake_(std::move(wake)) {}

Turns::~Turns() = default;

bool Turns::enter(Client& client, const IpAddress& address) {
  auto& source = sources_[address];
  if (!source) {
    source = std::make_unique<Source>();
    source->address = address;
  }
  if (source->connections >= limits_.connections_per_source) return false;
  ++source->connections;
  client.source_ = source.get();
  return true;
}

std::size_t Turns::connections_of(const IpAddress& address) const {
  const auto source = sources_.find(address);
  return source == sources_.end() ? 0 : source->second->connections;
}

void Turns::leave(Client& client) {
  Source* const source = client.source_;
  if (source == nullptr) return;
  sent(client);
  forget(client);
  for (Handed& handed : handed_)
    if (handed.client == &client) handed.client = nullptr;
  client.source_ = nullptr;
  if (--source->connections > 0) return;
  std::erase(fresh_, source);
  std::erase(ring_, source);
  sources_.erase(IpAddress(source->address));
}

void Turns::forget(Client& client) {
  switch (client.state_) {
    case Client::State::kIdle:
      break;
    case Client::State::kReady:
      std::erase(client.source_->ready, &client);
      break;
    case Client::State::kBusy:
      busy_.erase(&client);
      break;
    case Client::State::kWaiting:
      deadlines_.erase({*client.deadline_, &client});
      if (const auto group = waiting_.find(client.group_); group != waiting_.end()) {
        group->second.erase(&client);
        if (group->second.empty()) waiting_.erase(group);
      }
      break;
  }
  client.state_ = Client::State::kIdle;
}

void Turns::ready(Client& client) {
  client.deadline_.reset();
  client.busy_since_.reset();
  client.request.ticket = ++last_ticket_;
  if (!waits_allowed_) client.request.wait.reset();
  queue(client);
}

void Turns::queue(Client& client) {
  client.state_ = Client::State::kReady;
  Source* const source = client.source_;
  source->ready.push_back(&client);
  enter_ring(*source);
  wake_once();
}

void Turns::enter_ring(Source& source) {
  if (source.in_ring || source.is_idle(limits_)) return;
  source.in_ring = true;
  fresh_.push_back(&source);
}

// Counted before anything is sent: else all that one source asks for at once would be put together first.
void Turns::give(Client& client, Response response) {
  client.unsent_ = response.body ? response.body->size() : 0;
  client.source_->unsent += client.unsent_;
  if (client.unsent_ > 0) ++client.source_->unsent_answers;
  handed_.push_back({&client, std::move(response)});
}

void Turns::sent(Client& client) {
  Source* const source = client.source_;
  if (client.unsent_ > 0) --source->unsent_answers;
  source->unsent -= std::exchange(client.unsent_, 0);
  if (source->in_ring || source->is_idle(limits_)) return;
  enter_ring(*source);
  wake_once();
}

void Turns::hold(Client& client, const Coordinator::Waiting& waiting) {
  client.state_ = Client::State::kWaiting;
  client.group_ = waiting.group;
  if (!client.deadline_) client.deadline_ = clock_.boot() + waiting.patience;
  waiting_[waiting.group].insert(&client);
  deadlines_.emplace(*client.deadline_, &client);
  client.held();
}

void Turns::retry_later(Client& client) {
  const BootTime now = clock_.boot();
  if (!client.busy_since_) client.busy_since_ = now;
  if (now - *client.busy_since_ >= limits_.busy_patience) {
    log::error("{} {}: the database has been locked by another process for {} s", quoted(client.request.method),
               quoted(client.request.target), std::chrono::duration_cast<std::chrono::seconds>(limits_.busy_patience).count());
    give(client, Coordinator::failure_response());
    return;
  }
  keep_until_asked_again(client);
  if (!busy_again_) busy_again_ = now + limits_.busy_retry;
}

void Turns::keep_until_asked_again(Client& client) {
  client.state_ = Client::State::kBusy;
  busy_.insert(&client);
  client.held();
}

void Turns::ask_again() {
  if (busy_.empty()) return;
  busy_again_ = clock_.boot();
  wake_once();
}

void Turns::announce(const std::vector<CidrId>& groups) {
  for (const CidrId group : groups)
    if (waiting_.contains(group)) news_.insert(group);
  if (!news_.empty() && !news_at_) {
    news_at_ = clock_.boot() + limits_.news_delay;
    wake_once();  // so that the deadline is looked at
  }
}

void Turns::request_turn() { wake_once(); }

void Turns::stop_waiting(Client& client) {
  client.request.wait.reset();
  if (!client.is_waiting()) return;
  forget(client);
  queue(client);
}

void Turns::stop_waiting() {
  waits_allowed_ = false;
  while (!deadlines_.empty()) stop_waiting(*deadlines_.begin()->second);
  for (const auto& [address, source] : sources_)
    for (Client* const client : source->ready) client->request.wait.reset();
  for (Client* const client : busy_) client->request.wait.reset();
}

void Turns::collect_due() {
  const BootTime now = clock_.boot();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) stop_waiting(*deadlines_.begin()->second);
  if (news_at_ && *news_at_ <= now) {
    news_at_.reset();
    for (const CidrId group : std::exchange(news_, {})) {
      const auto found = waiting_.find(group);
      if (found == waiting_.end()) continue;
      const std::vector<Client*> clients(found->second.begin(), found->second.end());
      for (Client* const client : clients) {
        forget(*client);
        queue(*client);
      }
    }
  }
  if (busy_again_ && *busy_again_ <= now) {
    busy_again_.reset();
    for (Client* const client : std::exchange(busy_, {})) queue(*client);
  }
}

Turns::Client* Turns::next_ready() {
  while (!fresh_.empty() || !ring_.empty()) {
    auto& sources = fresh_.empty() ? ring_ : fresh_;
    Source* const source = sources.front();
    sources.pop_front();
    source->in_ring = false;
    if (source->is_idle(limits_)) continue;
    Client* const client = source->ready.front();
    source->ready.pop_front();
    source->in_ring = true;
    ring_.push_back(source);
    client->state_ = Client::State::kIdle;
    return client;
  }
  return nullptr;
}

// So that the next turn is not for nobody. Those behind one that asks have not had their turn.
void Turns::drop_idle_sources() {
  while (!ring_.empty() && ring_.front()->is_idle(limits_)) {
    ring_.front()->in_ring = false;
    ring_.pop_front();
  }
}

void Turns::wake_once() {
  if (std::exchange(woken_, true)) return;
  // A turn that runs asks at its end, if there is anything left to do.
  if (!running_) wake_();
}

void Turns::run() {
  running_ = true;
  woken_ = false;
  collect_due();
  woken_ = false;  // what has just been collected is answered now

  auto begun = answerer_.begin_turn();
  // The loop looks once a second; one line about one failure is enough.
  const std::string failure = begun ? std::string() : begun.error().message();
  if (failure != std::exchange(told_failure_, failure) && !begun) log::error("{}", failure);
  const BootTime end = clock_.boot() + limits_.work_per_turn;
  for (std::size_t n = 0; n < limits_.requests_per_turn && (n == 0 || clock_.boot() < end); ++n) {
    Client* const client = next_ready();
    if (client == nullptr) break;
    if (!begun) {
      give(*client, Coordinator::failure_response());
      continue;
    }
    auto outcome = answerer_.answer(client->request);
    if (auto* const response = std::get_if<Response>(&outcome))
      give(*client, std::move(*response));
    else if (const auto* const waiting = std::get_if<Coordinator::Waiting>(&outcome))
      hold(*client, *waiting);
    else if (std::holds_alternative<Coordinator::Storing>(outcome))
      keep_until_asked_again(*client);
    else
      retry_later(*client);
  }
  if (begun) {
    if (const auto ended = answerer_.end_turn(); !ended) {
      log::error("{}", ended.error().message());
      for (Handed& handed : handed_) handed.response = Coordinator::failure_response();
    }
  }
  // One that leaves while another is given its answer is null.
  for (Handed& handed : handed_)
    if (handed.client != nullptr) handed.client->deliver(std::move(handed.response));
  handed_.clear();
  answerer_.after_turn();
  running_ = false;
  drop_idle_sources();
  if (woken_ || !fresh_.empty() || !ring_.empty()) {
    woken_ = true;
    wake_();
  }
}

std::optional<BootTime> Turns::next_deadline() const {
  std::optional<BootTime> next = news_at_;
  const auto consider = [&next](const std::optional<BootTime>& time) {
    if (time && (!next || *time < *next)) next = time;
  };
  consider(busy_again_);
  if (!deadlines_.empty()) consider(deadlines_.begin()->first);
  return next;
}

}  // namespace innernet::server

#include "client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "innernet/json/json.hpp"
#include "own_candidates.hpp"
#include "traversal_turns.hpp"

namespace innernet::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto kPoll = client::TraversalTimes{}.poll;
const client::RequestTimes kTimes;

void ignore(std::string_view) {}

}  // namespace

Client::Client(Events& events, Internet& internet, const Identities& identities, Server& server, Host& host, Identity self,
               const IpAddress& ip, std::uint64_t seed)
    : events_(events),
      internet_(internet),
      identities_(identities),
      server_(server),
      host_(host),
      self_(self),
      ip_(ip),
      random_(seed),
      device_(events, internet, host, identities, self, static_cast<std::uint16_t>(40'000 + seed % 20'000), seed ^ 3),
      relays_({.events = events,
               .internet = internet,
               .identities = identities,
               .host = host,
               .self = self,
               .device = device_,
               .call =
                   [this](std::string method, std::string target, std::string body, const std::string& etag, std::chrono::seconds wait,
                          Answered done) {
                     call(std::move(method), std::move(target), std::move(body), etag, wait, std::move(done));
                     calls_.rbegin()->second->is_of_relays = true;
                   },
               .update = [this](const wg::DeviceUpdate& to) { update(to); },
               .is_traversing = [this] { return traversal_ && !traversal_->has_ended; },
               .nudge =
                   [this] {
                     wants_round_ = true;
                     if (in_round_) return;
                     if (held_) calls_.erase(*std::exchange(held_, std::nullopt));
                     next_round(events_.now());
                   },
               .log = [this](const std::string& text) { on_log(text); },
               .relay_at = [this](const Host* machine, std::uint16_t port) { return relay_at(machine, port); }},
              seed ^ 4) {
  host_.receive = [this](const Packet& packet) {
    if (packet.to.port == device_.port()) device_.receive(packet);
    relays_.receive(packet);
  };
  // A look each 100 ms would see it: so does this one, and costs nothing while nothing happens.
  device_.on_handshake = [this] {
    if (!traversal_ || traversal_->has_ended) return;
    const BootTime look = events_.now() + kPoll;
    if (look >= traversal_->planned) return;
    traversal_->planned = look;
    events_.at(look, while_running([this, look] {
                 if (traversal_ && traversal_->planned == look) nat_step();
               }));
  };
}

void Client::start() {
  if (is_running_) return;
  ++run_;
  is_running_ = true;
  memory_ = {};
  schedule_ = client::RoundSchedule(60s);
  in_round_ = wants_round_ = changed_outside_ = false;
  server_clock_ = {};
  device_.apply({.peers = {{.public_key = server_.key(),
                            .replace_allowed_ips = true,
                            .endpoint = resolved(server_.external_endpoint()),
                            .persistent_keepalive = kPersistentKeepalive,
                            .allowed_ips = {IpNet::host(Server::ip())}}}});
  round();
}

void Client::stop() {
  kill();
  device_.clear();
}

void Client::kill() {
  ++run_;
  is_running_ = false;
  relays_.stop();
  traversal_.reset();
  tries_.reset();
  check_.reset();
  silent_.clear();
  calls_.clear();
  held_.reset();
  news_.reset();
}

void Client::nudge() {
  if (!is_running_) return;
  changed_outside_ = true;
  if (!in_round_) return wake();
  // It ends there, whatever it waits for.
  calls_.clear();
  fail_round();
}

void Client::wake() {
  wants_round_ = true;
  if (in_round_) return;
  if (held_) calls_.erase(*std::exchange(held_, std::nullopt));
  next_round(events_.now());
}

std::optional<SocketAddress> Client::resolved(const Endpoint& endpoint) const {
  const auto* const ip = std::get_if<IpAddress>(&endpoint.host());
  return ip == nullptr ? std::nullopt : std::optional(SocketAddress{*ip, endpoint.port()});
}

bool Client::is_relayed(Identity peer) const {
  const auto way = device_.way_to(peer);
  return way && relays_.uses(way->to);
}

const Peer* Client::entry_of(const wg::PublicKey& key) const {
  const auto found = std::ranges::find(memory_.state.peers, key, &Peer::public_key);
  return found == memory_.state.peers.end() ? nullptr : &*found;
}

// --- requests ---

void Client::call(std::string method, std::string target, std::string body, const std::string& etag, std::chrono::seconds wait,
                  Answered done) {
  auto made = std::make_shared<Call>();
  made->number = next_call_++;
  made->request.method = std::move(method);
  made->request.target = std::move(target);
  made->request.source = ip_;
  if (!body.empty()) {
    made->request.body = std::move(body);
    made->request.body_kind = server::Request::Body::kWhole;
  }
  if (!etag.empty()) made->request.if_none_match = etag;
  if (wait.count() > 0) made->request.wait = wait;
  made->request.accepts_delta = !etag.empty();
  made->done = std::move(done);
  calls_.emplace(made->number, made);
  send_call(made);
  events_.after(kTimes.connect, while_running([this, made] {
                  if (!made->is_acknowledged) finish_call(made->number, std::nullopt);
                }));
  events_.after(kTimes.progress + wait, while_running([this, number = made->number] { finish_call(number, std::nullopt); }));
}

// As TCP: sent again until it is acknowledged; so is the answer.
void Client::send_call(const std::shared_ptr<Call>& call) {
  if (!calls_.contains(call->number) || call->is_acknowledged) return;
  const auto acknowledge = [this, number = call->number, run = run_] {
    if (run != run_) return;
    if (const auto at = calls_.find(number); at != calls_.end()) at->second->is_acknowledged = true;
  };
  const auto answer = [this, number = call->number, run = run_](std::optional<server::Response> response) {
    auto is_heard = std::make_shared<bool>(false);
    const WallTime date = std::chrono::floor<std::chrono::seconds>(server_.wall());
    auto arrives = std::make_shared<const std::function<void()>>([this, number, run, response = std::move(response), is_heard, date] {
      *is_heard = true;
      if (run != run_) return;
      if (response) server_clock_.see(date, events_.now());
      finish_call(number, response);
    });
    // At most as often as TCP would within a minute.
    for (const auto delay : {0s, 1s, 3s, 7s, 15s, 31s})
      events_.after(delay, [this, arrives, is_heard] {
        if (!*is_heard) server_.device().send(self_, arrives);
      });
  };
  const auto at_server = [this, call, acknowledge, answer, run = run_] {
    server_.device().send(self_, std::make_shared<const std::function<void()>>(acknowledge));
    // Once, however often it was sent.
    if (run == run_ && std::exchange(call->request.method, "") != "") {
      auto request = call->request;
      request.method = call->request.body_kind == server::Request::Body::kWhole ? "PUT" : "GET";
      server_.on_request(std::move(request), answer);
    }
  };
  device_.send(kServer, std::make_shared<const std::function<void()>>(at_server));
  events_.after(1s * (1 << std::min(call->sent++, 6)), while_running([this, call] { send_call(call); }));
}

void Client::finish_call(std::uint64_t number, std::optional<server::Response> response) {
  const auto at = calls_.find(number);
  if (at == calls_.end()) return;
  const auto call = at->second;
  calls_.erase(at);
  if (held_ == number) held_.reset();
  call->done(std::move(response));
}

// --- rounds ---

void Client::next_round(BootTime when) {
  const std::uint64_t number = ++round_;
  events_.at(when, while_running([this, number] {
               if (number == round_) round();
             }));
}

void Client::round() {
  ++round_;
  in_round_ = true;
  wants_round_ = false;
  began_ = events_.now();
  if (std::exchange(changed_outside_, false)) {
    calls_.clear();  // it disconnects
    changes_.note();
  }
  if (changes_.take(events_.now())) {
    begin_check(client::SessionCheck::Purpose::kNetworkChanged);
    memory_.traversal.clear();
  }
  collect();
  if (news_) return apply(*std::exchange(news_, std::nullopt));
  if (memory_.capabilities) return ask();
  call("GET", "/v1/user/capabilities", "", "", 0s, [this](std::optional<server::Response> response) {
    if (!response || response->status != 200) return fail_round();
    memory_.capabilities = parse_capabilities(*response->body).value();
    ask();
  });
}

void Client::ask() {
  call("GET", "/v1/user/state", "", memory_.etag, 0s, [this](std::optional<server::Response> response) {
    if (!response) return fail_round();
    apply(*response);
  });
}

void Client::fail_round() {
  memory_.capabilities.reset();
  // A round without the server goes on with what it has (Origin::kDataStoreAlone), which has no relays but those that were saved.
  in_round_ = false;
  learn_who_answers();
  next_round(wants_round_ || changed_outside_ ? events_.now()
                                              : schedule_.after_failure(events_.now(), std::uniform_real_distribution<>()(random_)));
}

void Client::apply(const server::Response& response) {
  const bool has_state = !memory_.etag.empty();
  const bool is_whole = response.status == 200;
  const client::Origin origin = response.status == 304 ? client::Origin::kMemory : client::Origin::kAnswer;
  if (response.status == 200) memory_.state = parse_state(*response.body, ignore).value();
  if (response.status == 226)
    memory_.state = client::apply_delta(std::move(memory_.state), parse_state_delta(*response.body, ignore).value());
  if (response.status >= 400) return fail_round();
  memory_.etag = response.etag;
  State state = memory_.state;
  const auto registered = client::take_relay_registrations(state);
  const wg::Device device = device_.get();
  const BootTime now = events_.now();
  memory_.handshakes.see(device, wall(), now);
  auto in_traversal = memory_.in_traversal;
  in_traversal.insert(memory_.tried_directly.begin(), memory_.tried_directly.end());
  const client::ServerPeer server{server_.key(), Server::ip(), server_.external_endpoint()};
  static const std::map<IpAddress, Endpoint> kNoOverrides;
  const std::vector<Endpoint> candidates = candidates_now();
  auto difference = client::difference({.device = device,
                                        .state = state,
                                        .cached = nullptr,
                                        .own_key = identities_.key(self_),
                                        .server = server,
                                        .network = Server::network(),
                                        .overrides = kNoOverrides,
                                        .handshakes = memory_.handshakes,
                                        .now = now,
                                        .server_answers = true,
                                        .in_traversal = &in_traversal,
                                        .server_is_new = has_state && is_whole,
                                        .known_relays = known_relays_,
                                        .registered = &registered,
                                        .own_candidates = &candidates,
                                        .details_of_new = false},
                                       [this](const Endpoint& endpoint) { return resolved(endpoint); });
  for (const client::PeerChange& change : difference.changes)
    if (change.endpoint) on_log(fmt::format("round: {} {}", change.to_string(), *change.endpoint));
  update(difference.update);
  known_relays_ = std::move(state.relays);
  const auto own = std::ranges::find(state.peers, ip_, &Peer::ip);
  report_candidates(origin, own == state.peers.end() ? std::nullopt : std::optional(*own));
  auto may_be_relayed = difference.relayed;
  may_be_relayed.insert(may_be_relayed.end(), difference.due.begin(), difference.due.end());
  relays_.see(memory_, own == state.peers.end() ? nullptr : &*own, difference.used_relays, std::move(may_be_relayed));
  client::OwnSide side{.key = identities_.key(self_), .clock = server_clock_};
  if (own != state.peers.end()) {
    side.places = own->candidates;
    if (own->endpoint) side.places.push_back(*own->endpoint);
  }
  begin_tries({.relayed = std::move(difference.relayed), .relays = difference.relays, .own = std::move(side)});
  begin_traversal({.server_answered = true,
                   .due = std::move(difference.due),
                   .used_relays = std::move(difference.used_relays),
                   .relays = std::move(difference.relays),
                   .updated_at = now});
  end_round();
}

void Client::update(const wg::DeviceUpdate& update) {
  for (const wg::PeerUpdate& peer : update.peers)
    if (peer.endpoint && !peer.remove)
      on_deed({.when = events_.now(), .peer = identities_.identity(peer.public_key), .to = *peer.endpoint, .is_forced = true});
  device_.apply(update);
}

std::vector<Endpoint> Client::candidates_now() const {
  std::vector<IpAddress> addresses;
  for (const auto& address : {host_.v4, host_.v6})
    if (address) addresses.push_back(*address);
  return client::own_candidates(addresses, {}, device_.port(), {});
}

void Client::report_candidates(client::Origin origin, const std::optional<Peer>& own) {
  auto candidates = candidates_now();
  if (client::is_reported(candidates, memory_.reported, origin)) return;
  if (!client::must_report(candidates, own ? &*own : nullptr, device_.port())) {
    memory_.reported = std::move(candidates);
    return;
  }
  if (memory_.report_after && events_.now() < *memory_.report_after) return;
  call("PUT", "/v1/user/candidates", candidates_to_json(candidates), "", 0s,
       [this, candidates](const std::optional<server::Response>& response) {
         if (response && response->status == 204)
           memory_.reported = candidates;
         else
           memory_.reported.reset();
         if (response && response->retry_after) memory_.report_after = events_.now() + *response->retry_after;
       });
}

void Client::end_round() {
  in_round_ = false;
  learn_who_answers();
  if (wants_round_) return next_round(events_.now());
  wait_for_news();
}

void Client::wait_for_news() {
  const BootTime deadline = schedule_.deadline(began_, wanted());
  const auto left = std::chrono::floor<std::chrono::seconds>(deadline - events_.now());
  const auto after = [this](client::Waited waited) {
    next_round(schedule_.after(waited, began_, events_.now(), std::uniform_real_distribution<>()(random_), wanted()));
  };
  if (left < 1s) return after(client::Waited::kInVain);
  const auto wait = std::min<std::chrono::seconds>(left, std::chrono::seconds(memory_.capabilities->state_wait_max));
  held_ = next_call_;
  call("GET", "/v1/user/state", "", memory_.etag, wait, [this, after](std::optional<server::Response> response) {
    if (in_round_) return;
    if (!response) return after(client::Waited::kFailed);
    if (response->status == 200 || response->status == 226) {
      news_ = std::move(response);
      return after(client::Waited::kNews);
    }
    after(client::Waited::kInVain);
  });
}

// --- traversal ---

BootTime Client::wanted() const {
  const BootTime change = changes_.due(events_.now());
  return tries_ ? change : std::min(change, memory_.direct_tries.next());
}

void Client::collect() {
  for (const client::SilentPeer& peer : std::exchange(silent_, {})) memory_.handshakes.doubt(peer.key, peer.received_bytes);
  if (traversal_ && traversal_->has_ended) {
    client::kTurnsOfDue.end(memory_, traversal_->is_interrupted);
    traversal_.reset();
  }
  if (tries_ && tries_->done()) {
    client::kTurnsOfRelayed.end(memory_, false);
    tries_.reset();
  }
}

void Client::begin_traversal(client::RoundResult found) {
  if (traversal_ && !traversal_->has_ended) {
    if (client::kTurnsOfDue.interrupts(found, memory_, events_.now())) {
      traversal_->is_interrupted = true;
      end_traversal();
    }
    return;
  }
  collect();
  if (!client::kTurnsOfDue.take(found, memory_, events_.now())) return;
  client::NatTraversal nat(found.due, Server::network(), found.relays, found.updated_at, client::TraversalTimes{}, &probes_);
  traversal_ = std::make_unique<Traversal>(Traversal{.result = std::move(found), .handshakes = memory_.handshakes, .nat = std::move(nat)});
  events_.after(1ms, while_running([this] { nat_step(); }));
}

// What traverse() does.
void Client::nat_step() {
  if (!traversal_ || traversal_->has_ended) return;
  Traversal& traversal = *traversal_;
  const auto resolve = [this](const Endpoint& endpoint) { return resolved(endpoint); };
  if (traversal.nat.done()) return end_traversal();
  const BootTime now = events_.now();
  const wg::Device device = device_.get();
  traversal.handshakes.see(device, wall(), now);
  traversal.nat.observe(device, traversal.handshakes, now);
  const BootTime end = traversal.result.updated_at + client::TraversalTimes{}.all;
  if (!traversal.nat.done()) update(now >= end ? traversal.nat.give_up(resolve) : traversal.nat.step(device, resolve, now));
  if (traversal.nat.done()) return end_traversal();
  traversal.planned = std::max(now + 1ms, std::min(end, traversal.nat.next_step()));
  events_.at(traversal.planned, while_running([this, planned = traversal.planned] {
               if (traversal_ && traversal_->planned == planned) nat_step();
             }));
}

void Client::end_traversal() {
  Traversal& traversal = *traversal_;
  traversal.has_ended = true;
  const wg::Device device = device_.get();
  traversal.handshakes.see(device, wall(), events_.now());
  traversal.nat.observe(device, traversal.handshakes, events_.now());
  update(traversal.nat.give_up([this](const Endpoint& endpoint) { return resolved(endpoint); }));
  wake();
}

// --- direct tries ---

void Client::begin_tries(client::RoundResult found) {
  if (tries_ && !tries_->done()) return;
  collect();
  if (!client::kTurnsOfRelayed.take(found, memory_, events_.now())) return;
  tries_ = std::make_unique<client::DirectTurn>(
      std::move(found.relayed), Server::network(), found.relays, [this](const Endpoint& endpoint) { return resolved(endpoint); },
      client::DirectTimes{}, &probes_);
  events_.after(1ms, while_running([this] { tries_step(); }));
}

// What try_directly() does.
void Client::tries_step() {
  const auto step = tries_->step(device_.get(), events_.now());
  device_.apply(step.update);
  for (const client::TraversalPeer* peer : step.pokes) {
    const Identity identity = identities_.identity(peer->public_key);
    if (const auto way = device_.way_to(identity)) on_deed({.when = events_.now(), .peer = identity, .to = way->to});
    poke(peer->public_key);
  }
  for (const client::TriedWay& tried : tries_->take_tried())
    on_log(fmt::format("direct try of {} at {}: no", identities_.identity(tried.peer), tried.to.to_string()));
  if (!tries_->done()) {
    events_.at(std::max(events_.now() + 1ms, tries_->next_step()), while_running([this] { tries_step(); }));
    return;
  }
  for (const wg::PublicKey& key : tries_->direct()) on_log(fmt::format("direct try of {}: works", identities_.identity(key)));
  wake();
}

void Client::poke(const wg::PublicKey& key) {
  const Identity identity = identities_.identity(key);
  device_.send(identity, std::make_shared<const std::function<void()>>([this, identity] { on_poke_arrived(identity); }));
}

// --- the check of the sessions ---

void Client::begin_check(client::SessionCheck::Purpose purpose) {
  const wg::Device device = device_.get();
  auto handshakes = memory_.handshakes;
  handshakes.see(device, wall(), events_.now());
  check_.emplace(purpose, device, handshakes, answering_, events_.now());
  ++check_number_;
  silent_.clear();
  check_step();
}

// What BackgroundCheck::learn() does.
void Client::learn_who_answers() {
  if (check_) return;
  const auto peers = memory_.handshakes.recent(events_.now());
  if (!std::ranges::all_of(peers, [this](const wg::PublicKey& peer) { return answering_.were_asked(peer); }))
    begin_check(client::SessionCheck::Purpose::kWhoAnswers);
}

// What check_sessions() does.
void Client::check_step() {
  const wg::Device device = device_.get();
  const auto step = check_->step(device, events_.now());
  device_.apply(step.update);
  for (const IpAddress& to : step.pokes)
    for (const wg::Peer& there : device.peers)
      if (!there.allowed_ips.empty() && there.allowed_ips.front().address() == to) poke(there.public_key);
  if (!check_->done()) {
    events_.at(check_->next_step(), while_running([this, number = check_number_] {
                 if (number == check_number_) check_step();
               }));
    return;
  }
  auto found = std::move(*check_).found();
  check_.reset();
  silent_ = std::move(found.silent);
  answering_ = std::move(found.known);
  for (const client::SilentPeer& peer : silent_) on_log(fmt::format("{} is silent", identities_.identity(peer.key)));
  if (!silent_.empty()) wake();
}

}  // namespace innernet::simulation

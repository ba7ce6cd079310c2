#include "relay_duties.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "innernet/json/json.hpp"
#include "relay_care.hpp"
#include "relay_order.hpp"

namespace innernet::simulation {
namespace {

using namespace std::chrono_literals;
using Took = std::vector<std::optional<std::chrono::milliseconds>>;

const client::RelayCare::Times kTimes;
constexpr auto kLongestAsk = 1'500ms;
constexpr int kTriesOfAsk = 3;
const Payload kPoke = std::make_shared<const std::function<void()>>([] {});

}  // namespace

RelayDuties::RelayDuties(Parts parts, std::uint64_t seed) : parts_(std::move(parts)), random_(seed) {}

void RelayDuties::receive(const Packet& packet) {
  if (relay_ && packet.to.port == relay_->port()) relay_->receive(packet);
}

void RelayDuties::stop() {
  ++run_;
  cares_ = is_asking_ = false;
  distances_.reset();
  used_.clear();
  known_keys_.clear();
  end_own();
}

void RelayDuties::see(client::FetchMemory& memory, const Peer* own, const std::vector<client::UsedRelay>& used,
                      std::vector<client::TraversalPeer> may_be_relayed) {
  std::set<wg::PublicKey> keys;
  used_.clear();
  for (const client::UsedRelay& relay : used) {
    keys.insert(relay.public_key);
    used_.insert(relay.at);
  }
  const auto before = std::exchange(known_keys_, keys);
  if (!std::ranges::includes(before, keys) || std::exchange(is_one_back_, false)) memory.traversal.clear();
  want(own != nullptr && own->is_relay);
  memory.relay_distances = distances_;
  if (own != nullptr) report(memory, *own);
  auto asked = used;
  std::erase_if(asked, [](const client::UsedRelay& relay) { return !relay.answers_questions; });
  care(std::move(asked), std::move(may_be_relayed));
}

// --- what RelayCare does ---

void RelayDuties::care(std::vector<client::UsedRelay> relays, std::vector<client::TraversalPeer> relayed) {
  if (!client::needs_care(relays)) {
    cares_ = false;
    ++step_;
    distances_.reset();
    return;
  }
  relays_ = std::move(relays);
  relayed_ = std::move(relayed);
  if (!std::exchange(cares_, true)) {
    watch_ = client::RelayWatch(kTimes.watch);
    nearer_ = client::NearerRelay(kTimes.nearer);
    measured_.clear();
  }
  plan_step(now());
}

void RelayDuties::plan_step(BootTime when) {
  const std::uint64_t number = ++step_;
  parts_.events.at(when, while_running([this, number] {
                     if (number == step_) step();
                   }));
}

void RelayDuties::step() {
  if (!cares_ || is_asking_) return;
  if (watch_.wants_registration()) register_anew();
  if (relays_ != measured_ || now() >= next_measurement_) return measure();
  if (!relayed_.empty()) return look();
  plan_step(next_measurement_);
}

void RelayDuties::ask(std::function<void(const Took&)> done) {
  is_asking_ = true;
  Took took(relays_.size());
  std::chrono::milliseconds longest{0};
  const double lost = std::pow(1 - (1 - parts_.internet.loss) * (1 - parts_.internet.loss), kTriesOfAsk);
  for (std::size_t i = 0; i < relays_.size(); ++i) {
    // From a socket of its own, for which routers have no mapping yet.
    const auto trace = parts_.internet.trace(parts_.host, 1, relays_[i].at);
    const RelayHost* const relay = trace.host == nullptr ? nullptr : parts_.relay_at(trace.host, relays_[i].at.port);
    if (relay != nullptr && std::uniform_real_distribution<>()(random_) >= lost) took[i] = 2 * (parts_.host.delay + trace.host->delay);
    longest = std::max(longest, took[i].value_or(kLongestAsk));
  }
  parts_.events.after(longest, while_running([this, took = std::move(took), done = std::move(done)] {
                        is_asking_ = false;
                        if (cares_) done(took);
                      }));
}

void RelayDuties::measure() {
  measured_ = relays_;
  ask([this](const Took& took) {
    std::vector<RelayDistance> distances;
    answering_.clear();
    for (std::size_t i = 0; i < measured_.size(); ++i)
      if (took[i]) {
        distances.push_back({.relay = measured_[i].id, .milliseconds = static_cast<std::uint16_t>(took[i]->count())});
        answering_.push_back(measured_[i].at);
      }
    bool is_one_back = false;
    for (std::size_t i = 0; i < measured_.size(); ++i)
      if (watch_.note_measured(measured_[i].at, took[i].has_value())) is_one_back = true;
    last_measurement_ = now();
    next_measurement_ = now() + (distances.size() == measured_.size() ? kTimes.measure : kTimes.measure_again);
    is_one_back_ |= is_one_back;
    if (distances_ != distances || is_one_back) {
      distances_ = std::move(distances);
      parts_.nudge();
    }
    step();
  });
}

void RelayDuties::look() {
  if (watch_.see(parts_.device.get(), relayed_, now()).empty()) return finish_look();
  ask([this, asked = relays_](const Took& took) {
    for (std::size_t i = 0; i < asked.size(); ++i) {
      watch_.note(asked[i].at, took[i].has_value(), now());
      if (took[i]) continue;
      std::erase(answering_, asked[i].at);
      parts_.log(fmt::format("the relay at {} does not answer", asked[i].at.to_string()));
    }
    finish_look();
  });
}

void RelayDuties::register_anew() {
  parts_.log("registers anew");
  parts_.update(watch_.registrations(parts_.device.get()));
}

void RelayDuties::finish_look() {
  if (watch_.wants_registration()) {
    register_anew();
    return plan_step(now() + kTimes.look);
  }
  if (const auto update = watch_.moves(parts_.device.get(), relayed_, now()); !update.empty()) {
    parts_.log("leaves a silent relay");
    parts_.update(update);
  }
  const wg::Device device = parts_.device.get();
  if (nearer_.see(device, relayed_, now())) next_measurement_ = std::min(next_measurement_, last_measurement_ + kTimes.measure_for_move);
  if (const auto update = nearer_.moves(device, relayed_, answering_, !parts_.is_traversing(), now()); !update.empty()) {
    parts_.log("goes to a nearer relay");
    parts_.update(update);
  }
  const auto pokes = nearer_.take_pokes();
  for (const IpAddress& inside : pokes)
    for (const client::TraversalPeer& peer : relayed_)
      if (peer.inside == inside) parts_.device.send(parts_.identities.identity(peer.public_key), kPoke);
  plan_step(std::min(now() + (nearer_.is_moving()        ? kTimes.look_at_move
                              : watch_.watches_anybody() ? kTimes.look
                                                         : kTimes.glance),
                     std::max(now() + 1ms, next_measurement_)));
}

// What report_distances() does.
void RelayDuties::report(client::FetchMemory& memory, const Peer& own) {
  if (!memory.relay_distances || !memory.capabilities || !memory.capabilities->peer_relays) return;
  const auto to_say = client::distances_to_say(own.relay_distances, *memory.relay_distances);
  if (to_say == own.relay_distances || (memory.distances_after && now() < *memory.distances_after)) return;
  memory.distances_after = now() + 30s;
  parts_.call("PUT", "/v1/user/relay-distances", relay_distances_to_json(to_say), "", 0s, [](const auto&) {});
}

// --- what OwnRelay does ---

void RelayDuties::want(bool is_relay) {
  if (is_relay == (relay_ != nullptr)) return;
  ++touch_;
  if (!is_relay) return end_own();
  relay_ = std::make_unique<RelayHost>(parts_.events, parts_.internet, parts_.host, parts_.identities, relay_identity(parts_.self),
                                       relay_key(parts_.self), static_cast<std::uint16_t>(parts_.device.port() + 1), random_());
  is_told_ = false;
  etag_.clear();
  pause_ = 1s;
  parts_.log("relays");
  keep_in_touch();
}

void RelayDuties::end_own() {
  if (!relay_) return;
  relay_->stop();
  ended_.push_back(std::move(relay_));
}

void RelayDuties::keep_in_touch() {
  const auto of_this = [this, touch = touch_](auto action) {
    return while_running([this, touch, action = std::move(action)](std::optional<server::Response> response) {
      if (touch == touch_ && relay_) action(std::move(response));
    });
  };
  const auto again = [this, touch = touch_](std::chrono::milliseconds pause) {
    parts_.events.after(pause, while_running([this, touch] {
                          if (touch == touch_ && relay_) keep_in_touch();
                        }));
  };
  const auto fail = [this, again](const std::optional<server::Response>& response) {
    if (response && (response->status == 404 || response->status == 401)) {
      relay_->set_membership(std::make_shared<const relay::Membership>());
      etag_.clear();
    }
    is_told_ = false;
    again(std::exchange(pause_, std::min<std::chrono::milliseconds>(2 * pause_, 30s)));
  };
  if (!is_told_)
    return parts_.call("PUT", "/v1/user/relay",
                       to_json(RelayOfPeer{.public_key = parts_.identities.key(relay_identity(parts_.self)), .port = relay_->port()}), "",
                       0s, of_this([this, fail](std::optional<server::Response> response) {
                         if (!response || response->status != 204) return fail(response);
                         is_told_ = true;
                         named_.reset();
                         keep_in_touch();
                       }));
  std::vector<wg::PublicKey> registered;
  const auto snapshot = relay_->engine()->snapshot(now(), parts_.events.clock().wall());
  for (const relay::Registered& member : snapshot.members) registered.push_back(member.key);
  if (named_ != registered)
    return parts_.call("PUT", "/v1/user/relay-registrations", relay_registrations_to_json(registered), "", 0s,
                       of_this([this, fail, registered](std::optional<server::Response> response) {
                         if (!response || (response->status != 204 && response->status != 429)) return fail(response);
                         named_ = registered;
                         keep_in_touch();
                       }));
  parts_.call("GET", "/v1/user/relay", "", etag_, etag_.empty() ? 0s : 10s,
              of_this([this, fail, again](std::optional<server::Response> response) {
                if (!response || (response->status != 200 && response->status != 304)) return fail(response);
                pause_ = 1s;
                etag_ = response->etag;
                if (response->status == 200) {
                  named_.reset();
                  auto groups = parse_relay_groups(*response->body).value();
                  relay_->set_membership(
                      std::make_shared<const relay::Membership>(relay::Membership::of_groups(groups.groups, std::move(groups.pairs))));
                }
                again(200ms);
              }));
}

}  // namespace innernet::simulation

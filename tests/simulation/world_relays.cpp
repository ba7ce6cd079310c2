// What a world promises about relays.
#include <fmt/format.h>

#include <algorithm>

#include "relay_order.hpp"
#include "world.hpp"

namespace innernet::simulation {
namespace {

using namespace std::chrono_literals;

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

// There and back, from both.
unsigned time_through(const Host& one, const Host& relay, const Host& other) {
  return static_cast<unsigned>((2 * (one.delay + relay.delay) + 2 * (other.delay + relay.delay)).count());
}

}  // namespace

const RelayHost* World::relay_at(const Host* host, std::uint16_t port) const {
  if (host == nullptr) return nullptr;
  const RelayHost* relay = nullptr;
  if (host == &server_->host())
    relay = &server_->relay();
  else if (const auto at = by_host_.find(host); at != by_host_.end() && members_[at->second].client)
    relay = members_[at->second].client->relays().own();
  return relay != nullptr && relay->port() == port && relay->engine() != nullptr ? relay : nullptr;
}

void World::look_at_relays() {
  for (unsigned i = 0; i < members_.size(); ++i) {
    Member& member = members_[i];
    const bool is_reached = member.is_joined && member.is_relay && !member.is_disabled && member.host.is_on && member.host.lan != nullptr &&
                            member.client->is_running() && member.client->relays().own() != nullptr &&
                            plan_.sites[member.site].kind == Kind::kOpen;
    if (is_reached == member.relays_since.has_value()) continue;
    relays_changed_ = events_.now();
    tell(fmt::format("the relay of peer {} {}", i, is_reached ? "is there" : "is gone"));
    if (is_reached)
      member.relays_since = events_.now();
    else
      member.relays_since.reset();
  }
}

void World::note_relay_ended(const RelayHost* relay) {
  if (relay == nullptr) return;
  relays_changed_ = events_.now();
  members_[by_host_.at(&relay->host())].relays_since.reset();
  for (auto& [peers, pair] : pairs_) {
    if (pair.relay != relay) continue;
    pair.relay_lost = events_.now();
    pair.relay = pair.candidate_relay = nullptr;
  }
}

std::optional<BootTime> World::relayable_since(unsigned one, unsigned other, const RelayHost* without) const {
  std::optional<BootTime> since;
  const auto note = [&](BootTime time) {
    if (!since || time < *since) since = time;
  };
  if (plan_.has_server_relay && server_outages_ == 0 && &server_->relay() != without) note(server_was_away_.value_or(BootTime{}));
  for (unsigned i = 0; i < members_.size(); ++i)
    if (i != one && i != other && members_[i].relays_since && members_[i].client->relays().own() != without)
      note(*members_[i].relays_since);
  return since;
}

void World::look_at_relay_of(unsigned one, unsigned other, Pair& pair, const RelayHost* relay) {
  const BootTime now = events_.now();
  // Who was connected the moment before its relay died, and is disturbed by nothing else.
  if (pair.relay_lost && !pair.is_connected) {
    const auto lost = now - *pair.relay_lost;
    const auto another = relayable_since(one, other);
    const bool is_quiet = pair.disturbed + 60s < *pair.relay_lost && another && *another + 60s < *pair.relay_lost;
    if (pair.is_talking && is_quiet) {
      summary_.longest_relay_lost = std::max<std::chrono::nanoseconds>(summary_.longest_relay_lost, lost);
      // A question, an answer or a handshake of those may be lost, too.
      if (lost > (plan_.loss > 0 ? bounds_.relay_lost * 3 / 2 : bounds_.relay_lost))
        violate(one, other, "relay lost", fmt::format("their relay has died {:.0f} s ago, and they are on no other one", seconds(lost)));
    }
  } else if (pair.relay_lost && now - *pair.relay_lost > 1s) {
    pair.relay_lost.reset();
  }
  if (relay != nullptr && relay == pair.candidate_relay && relay != pair.relay) {
    if (pair.relay != nullptr) {
      tell(fmt::format("peers {} and {} have another relay now", one, other), {one, other});
      pair.relay_changes.push_back(now);
    }
    pair.relay = relay;
    pair.farther_since.reset();
  }
  pair.candidate_relay = relay;
  const auto quiet_since = std::max(pair.disturbed, relays_changed_);
  while (!pair.relay_changes.empty() && (now - pair.relay_changes.front() >= 1h || pair.relay_changes.front() < quiet_since))
    pair.relay_changes.pop_front();
  summary_.most_relay_changes = std::max(summary_.most_relay_changes, static_cast<int>(pair.relay_changes.size()));
  if (static_cast<int>(pair.relay_changes.size()) > bounds_.relay_changes)
    violate(one, other, "relay flapping", fmt::format("its relay has changed {} times within an hour", pair.relay_changes.size()));

  bool is_farther = false;
  if (relay != nullptr && relay == pair.relay) {
    const Host &a = members_[one].host, &b = members_[other].host;
    const unsigned has = time_through(a, relay->host(), b);
    for (unsigned i = 0; i < members_.size(); ++i)
      if (i != one && i != other && members_[i].relays_since)
        is_farther = is_farther || client::is_clearly_nearer(time_through(a, members_[i].host, b), has);
    if (plan_.has_server_relay) is_farther = is_farther || client::is_clearly_nearer(time_through(a, server_->host(), b), has);
  }
  if (!is_farther) {
    if (relay != nullptr) pair.farther_since.reset();
    return;
  }
  if (!pair.farther_since) pair.farther_since = now;
  const auto farther = now - std::max(*pair.farther_since, quiet_since);
  summary_.longest_farther = std::max<std::chrono::nanoseconds>(summary_.longest_farther, farther);
  if (farther > bounds_.farther)
    violate(one, other, "farther relay", fmt::format("another relay has been clearly nearer to both for {:.0f} s", seconds(farther)));
}

}  // namespace innernet::simulation

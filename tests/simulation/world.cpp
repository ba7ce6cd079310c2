#include "world.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "test_peer.hpp"

namespace innernet::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 1s;
constexpr auto kTalk = 1s;

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

bool is_private(const IpAddress& address) {
  static const std::array kNets{IpNet::parse("192.168.0.0/16").value(), IpNet::parse("100.64.0.0/10").value()};
  return std::ranges::any_of(kNets, [&](const IpNet& net) { return net.contains(address); });
}

// How many there were in the last minute.
int in_last_minute(std::deque<BootTime>& times, BootTime now) {
  while (!times.empty() && now - times.front() >= 60s) times.pop_front();
  return static_cast<int>(times.size());
}

}  // namespace

std::string Violation::to_string() const { return fmt::format("{:.1f} s: peers {} and {}: {}", seconds(at), one, other, what); }

World::World(Plan plan, const Bounds& bounds, bool is_verbose)
    : plan_(std::move(plan)), bounds_(bounds), is_verbose_(is_verbose), internet_(events_, plan_.seed) {
  internet_.loss = plan_.loss;
  server_ = std::make_unique<Server>(events_, internet_, identities_, plan_.groups, plan_.seed,
                                     plan_.has_server_relay ? Server::OwnRelay::kThere : Server::OwnRelay::kNone);
  internet_.hub = server_->host().v4;
  for (const auto& [one, other] : plan_.associations) associations_.emplace_back(server_->associate(one, other));
  for (unsigned i = 0; i < plan_.sites.size(); ++i) {
    const SitePlan& site = plan_.sites[i];
    sites_.push_back(&internet_.add_site(site.kind, i, site.private_network, site.hairpin, site.timeout));
  }
  members_ = std::vector<Member>(plan_.peers.size());
  for (unsigned i = 0; i < plan_.peers.size(); ++i) {
    const PeerPlan& peer = plan_.peers[i];
    Member& member = members_[i];
    identities_.add(i, relay::TestPeer(i).key());
    identities_.add(relay_identity(i), relay_key(i).public_key());
    by_host_.emplace(&member.host, i);
    member.site = peer.site;
    member.is_relay = std::ranges::find(plan_.relays, i) != plan_.relays.end();
    member.host.delay = peer.delay;
    for (unsigned j = 0; j < i; ++j) pairs_.emplace(std::pair(j, i), Pair{});
    events_.after(peer.joins, [this, i] { join(i); });
  }
  for (const auto& [one, other] : plan_.talking) pairs_.at({one, other}).is_talking = true;
  for (const Disturbance& disturbance : plan_.disturbances) events_.after(disturbance.at, [this, &disturbance] { disturb(disturbance); });
  events_.after(kLook, [this] { look(); });
  talk();
}

void World::run() {
  const BootTime end = events_.now() + plan_.lasts;
  while (!violation_ && events_.now() < end) events_.run_until(std::min(end, events_.now() + 1s));
  summary_.events = events_.count();
}

void World::tell(const std::string& text, std::initializer_list<unsigned> peers) {
  if (is_verbose_) story_.push_back({.text = fmt::format("{:8.1f} s  {}", seconds(events_.elapsed()), text), .peers = peers});
}

std::vector<std::string> World::story_of_violation() const {
  std::vector<std::string> lines;
  for (const Line& line : story_)
    if (!violation_ || std::ranges::all_of(line.peers, [&](unsigned peer) { return peer == violation_->one || peer == violation_->other; }))
      lines.push_back(line.text);
  return lines;
}

void World::violate(unsigned one, unsigned other, std::string_view rule, std::string what) {
  if (violation_) return;
  violation_ = Violation{.at = events_.elapsed(), .one = one, .other = other, .rule = rule, .what = std::move(what)};
  tell(violation_->to_string());
}

void World::join(unsigned peer) {
  Member& member = members_[peer];
  internet_.attach(member.host, *sites_[member.site]);
  member.id = server_->add_peer(peer, fmt::format("peer{}", peer), plan_.peers[peer].group, peer % 200 + 1);
  member.client = std::make_unique<Client>(events_, internet_, identities_, *server_, member.host, peer,
                                           Server::ip_of(plan_.peers[peer].group, peer % 200 + 1), plan_.seed * 1'000'003 + peer);
  Client& client = *member.client;
  // Nobody's is right.
  client.set_wall(std::chrono::seconds(static_cast<std::int64_t>((plan_.seed * 7919 + peer * 104'729) % 7200) - 3600));
  if (member.is_relay) server_->set_relay(member.id, true);
  client.relay_at = [this](const Host* host, std::uint16_t port) { return relay_at(host, port); };
  client.on_deed = [this, peer](const Deed& deed) { on_deed(peer, deed); };
  client.on_log = [this, peer](const std::string& text) { tell(fmt::format("peer {}: {}", peer, text), {peer}); };
  client.on_poke_arrived = [this, peer](Identity to) {
    static const Payload kRefused = std::make_shared<const std::function<void()>>([] {});
    if (to < members_.size() && members_[to].host.is_on) members_[to].client->device().send(peer, kRefused);
  };
  client.device().on_data = [this, peer](Identity from) {
    if (from >= members_.size()) return;
    const Pair& concerned = pair(peer, from);
    // Who can't reach the server can't be told.
    const bool waits_for_server = server_outages_ > 0 || (server_was_away_ && events_.now() - *server_was_away_ <= bounds_.server_back);
    if (!concerned.may && !may_talk(peer, from) && !waits_for_server && events_.now() - concerned.may_not_since > bounds_.forgotten)
      violate(from, peer, "reach", "what may not reach the other has reached it");
  };
  member.is_joined = true;
  // Who installs is known to the server by then.
  events_.after(300ms, [this, peer] {
    members_[peer].client->start();
    note_disturbed(peer);
  });
  tell(fmt::format("peer {} joins at site {}, {}", peer, member.site, to_string(plan_.sites[member.site].kind)), {peer});
}

void World::note_disturbed(Pair& pair, Change change) {
  // What it has to do with it may take as long.
  const bool is_settled = events_.now() - pair.disturbed > bounds_.silent || pair.has_moved_alone;
  const bool was_well = pair.is_connected && is_settled;
  if (change == Change::kMoves && was_well && !pair.has_moved_alone) ++summary_.moves;
  pair.has_moved_alone = change == Change::kMoves && (pair.has_moved_alone || was_well);
  pair.disturbed = events_.now();
  if (change != Change::kOther) pair.moved = events_.now();
}

void World::note_disturbed(unsigned peer, Change change) {
  for (unsigned other = 0; other < members_.size(); ++other)
    if (other != peer) note_disturbed(pair(peer, other), change);
}

void World::note_all_disturbed() {
  for (auto& [peers, one] : pairs_) note_disturbed(one, Change::kOther);
}

void World::disturb(const Disturbance& disturbance) {
  using What = Disturbance::What;
  tell(disturbance.to_string());
  const unsigned subject = disturbance.subject;
  const Change change = disturbance.what == What::kIpv6Vanishes ? Change::kMoves : Change::kMovesUnawares;
  const auto all_at_site = [&](const auto& action) {
    for (unsigned i = 0; i < members_.size(); ++i)
      if (members_[i].is_joined && members_[i].site == subject) {
        action(members_[i]);
        note_disturbed(i, change);
      }
  };
  Lan* const site = subject < sites_.size() ? sites_[subject] : nullptr;
  Member* const member = subject < members_.size() && members_[subject].is_joined ? &members_[subject] : nullptr;
  if (member != nullptr && (disturbance.what == What::kMoves || disturbance.what == What::kSleeps || disturbance.what == What::kDaemonDies))
    note_relay_ended(member->client->relays().own());
  const auto ends = [&] { events_.after(disturbance.lasts, [this, &disturbance] { end(disturbance); }); };
  switch (disturbance.what) {
    case What::kRouterRestarts:
      if (site->router) site->router->forget();
      return all_at_site([](Member&) {});
    case What::kAddressChanges:
      internet_.renumber(*site);
      return all_at_site([](Member&) {});
    case What::kIpv6Vanishes:
      all_at_site([&](Member& one) {
        if (!one.host.v6) return;
        site->attached.erase(*one.host.v6);
        internet_.core().attached.erase(*one.host.v6);
        one.host.v6.reset();
        one.client->nudge();
      });
      return ends();
    case What::kMoves:
      if (member == nullptr) return;
      internet_.detach(member->host);
      note_disturbed(subject, Change::kMoves);
      return ends();
    case What::kServerRestarts:
      if (server_outages_++ == 0) server_->stop();
      note_all_disturbed();
      return ends();
    case What::kServerIsAway:
      ++server_outages_;
      server_was_away_ = events_.now();
      server_->power_off();
      note_all_disturbed();
      return ends();
    case What::kClockIsSet:
      // A daemon that starts later can't know how old a handshake from the future is.
      if (member == nullptr || !member->client->is_running()) return;
      member->client->set_wall(-std::chrono::minutes(disturbance.object));
      member->client->nudge();
      return note_disturbed(subject);
    case What::kSleeps:
      if (member == nullptr) return;
      member->host.is_on = false;
      member->client->stop();
      note_disturbed(subject);
      return ends();
    case What::kIsDisabled:
      if (member == nullptr) return;
      member->is_disabled = true;
      server_->set_disabled(member->id, true);
      note_disturbed(subject);
      return ends();
    case What::kLosesAssociation:
      if (!associations_[subject]) return;
      server_->dissociate(*std::exchange(associations_[subject], std::nullopt));
      return ends();
    case What::kDaemonDies:
      if (member == nullptr) return;
      member->client->kill();
      note_disturbed(subject);
      return ends();
    case What::kRelayChanges:
      if (member == nullptr) return;
      member->is_relay = !member->is_relay;
      server_->set_relay(member->id, member->is_relay);
      return ends();
    case What::kOnlyServer:
      internet_.cut_off(*site, true);
      all_at_site([](Member&) {});
      return ends();
  }
}

void World::end(const Disturbance& disturbance) {
  using What = Disturbance::What;
  const unsigned subject = disturbance.subject;
  Member* const member = subject < members_.size() ? &members_[subject] : nullptr;
  tell(fmt::format("over: {}", disturbance.to_string()));
  switch (disturbance.what) {
    case What::kIpv6Vanishes:
      for (unsigned i = 0; i < members_.size(); ++i) {
        Member& one = members_[i];
        if (!one.is_joined || one.site != subject || one.host.lan == nullptr || !one.host.lan->v6) continue;
        internet_.detach(one.host);
        internet_.attach(one.host, *sites_[subject]);
        one.client->nudge();
        note_disturbed(i, Change::kMoves);
      }
      return;
    case What::kMoves:
      if (member->host.lan != nullptr) internet_.detach(member->host);
      member->site = disturbance.object;
      internet_.attach(member->host, *sites_[disturbance.object]);
      member->client->nudge();
      return note_disturbed(subject, Change::kMoves);
    case What::kServerRestarts:
    case What::kServerIsAway:
      if (--server_outages_ == 0) server_->power_on();
      if (server_was_away_) server_was_away_ = events_.now();
      return note_all_disturbed();
    case What::kSleeps:
      member->host.is_on = true;
      member->client->start();
      return note_disturbed(subject);
    case What::kDaemonDies:
      // Its machine may be off by now.
      if (member->host.is_on) member->client->start();
      return note_disturbed(subject);
    case What::kRelayChanges:
      member->is_relay = !member->is_relay;
      server_->set_relay(member->id, member->is_relay);
      return;
    case What::kIsDisabled:
      member->is_disabled = false;
      server_->set_disabled(member->id, false);
      return note_disturbed(subject);
    case What::kLosesAssociation:
      if (!associations_[subject])
        associations_[subject] = server_->associate(plan_.associations[subject].first, plan_.associations[subject].second);
      return;
    case What::kOnlyServer:
      internet_.cut_off(*sites_[subject], false);
      for (unsigned i = 0; i < members_.size(); ++i)
        if (members_[i].is_joined && members_[i].site == subject) note_disturbed(i, Change::kMovesUnawares);
      return;
    case What::kRouterRestarts:
    case What::kAddressChanges:
    case What::kClockIsSet:
      return;
  }
}

bool World::may_talk(unsigned one, unsigned other) const {
  const unsigned a = plan_.peers[one].group, b = plan_.peers[other].group;
  if (!members_[one].is_joined || !members_[other].is_joined || members_[one].is_disabled || members_[other].is_disabled) return false;
  if (a == b) return true;
  for (std::size_t i = 0; i < associations_.size(); ++i)
    if (associations_[i] && (plan_.associations[i] == std::pair(a, b) || plan_.associations[i] == std::pair(b, a))) return true;
  return false;
}

bool World::could_be_direct(unsigned one, unsigned other) const {
  if (members_[one].site == members_[other].site) return true;
  return have_direct_way(plan_.sites[members_[one].site].kind, plan_.sites[members_[other].site].kind);
}

bool World::one_side_is_enough(unsigned one, unsigned other) const {
  const auto lets_in_anybody = [&](unsigned peer) {
    const Kind kind = plan_.sites[members_[peer].site].kind;
    return kind == Kind::kOpen || kind == Kind::kFullCone;
  };
  return members_[one].site == members_[other].site || lets_in_anybody(one) || lets_in_anybody(other);
}

World::Route World::route(unsigned from, unsigned to) const {
  const Client& sender = *members_[from].client;
  const auto way = sender.device().way_to(to);
  if (!way || !members_[to].client->device().accepts(from, way->session)) return {};
  const auto trace = internet_.trace(members_[from].host, sender.device().port(), way->to);
  const RelayHost* const relay = relay_at(trace.host, way->to.port);
  if (relay == nullptr && trace.host == &members_[to].host) return {.way = Way::kDirect};
  if (relay == nullptr) return {};
  const auto passed = relay->engine()->on_packet(events_.now(), trace.from, relay::data(way->receiver));
  if (!passed || internet_.trace(*trace.host, relay->port(), passed->to).host != &members_[to].host) return {};
  return {.way = Way::kRelayed, .relay = relay};
}

void World::look() {
  look_at_relays();
  for (auto& [peers, pair] : pairs_) look_at(peers.first, peers.second, pair);
  events_.after(kLook, [this] { look(); });
}

void World::look_at(unsigned one, unsigned other, Pair& pair) {
  const BootTime now = events_.now();
  const bool may = may_talk(one, other);
  if (may != pair.may) {
    pair.may = may;
    note_disturbed(pair, Change::kOther);
    pair.may_not_since = now;
  }
  if (!may || !members_[one].host.is_on || !members_[other].host.is_on || server_outages_ > 0) return;
  const Route route_there = route(one, other);
  const Way there = route_there.way, back = way(other, one);
  const bool works = there != Way::kNone && back != Way::kNone;
  const auto quiet = now - pair.disturbed;
  if (!works && pair.is_connected) tell(fmt::format("peers {} and {} are cut off", one, other), {one, other});
  if (works && !pair.is_connected)
    tell(fmt::format("peers {} and {} are connected, {}", one, other,
                     there == Way::kDirect && back == Way::kDirect ? "directly" : "relayed"),
         {one, other});
  if (std::exchange(pair.is_connected, works)) pair.cut_off = now;
  if (!works) {
    auto begun = std::max(pair.disturbed, pair.cut_off);
    if (!plan_.has_server_relay && !could_be_direct(one, other)) {
      const auto relayable = relayable_since(one, other);
      if (!relayable) return;
      begun = std::max(begun, *relayable + bounds_.relay_back);
    }
    const auto missing = now - begun;
    const auto bound_of_moved = plan_.loss > 0 ? bounds_.lost : bounds_.moved;
    // One that is cut off later is so for another reason.
    const bool by_move = pair.has_moved_alone && pair.cut_off <= pair.moved + bounds_.moved;
    const bool is_talking = pair.is_talking && (pair.moved == BootTime{} || now - pair.moved > bounds_.silent);
    const auto bound = by_move ? bound_of_moved : is_talking ? bounds_.talking : bounds_.silent;
    auto& longest = by_move ? summary_.longest_moved : is_talking ? summary_.longest_talking : summary_.longest_silent;
    const bool waits_for_server = server_was_away_ && now - *server_was_away_ <= bounds_.server_back;
    if (!waits_for_server) longest = std::max<std::chrono::nanoseconds>(longest, missing);
    if (!waits_for_server && missing > bound)
      violate(one, other, "connection", fmt::format("no connection for {:.0f} s since the last disturbance", seconds(missing)));
  }
  look_at_relay_of(one, other, pair, works ? route_there.relay : nullptr);
  const Way seen = !works ? Way::kNone : there == Way::kDirect && back == Way::kDirect ? Way::kDirect : Way::kRelayed;
  if (works && seen == pair.candidate && seen != pair.way) {  // twice, so that it is no try
    if (pair.way != Way::kNone)
      tell(fmt::format("peers {} and {} are {} now", one, other, seen == Way::kDirect ? "direct" : "relayed"), {one, other});
    if (pair.way != Way::kNone) pair.changes.push_back(now);
    pair.way = seen;
    if (seen == Way::kDirect && !pair.times.direct) pair.times.direct = quiet;
  }
  pair.candidate = seen;
  if (works) pair.times.last = seen;
  if (works && pair.times.first == Way::kNone && quiet >= 30s) pair.times.first = seen;
  while (!pair.changes.empty() && (now - pair.changes.front() >= 1h || pair.changes.front() < pair.disturbed)) pair.changes.pop_front();
  summary_.most_changes = std::max(summary_.most_changes, static_cast<int>(pair.changes.size()));
  if (static_cast<int>(pair.changes.size()) > bounds_.changes)
    violate(one, other, "flapping", fmt::format("its way has changed {} times within an hour", pair.changes.size()));
  if (seen == Way::kRelayed && could_be_direct(one, other)) {
    const bool is_enough = one_side_is_enough(one, other);
    auto& longest = is_enough ? summary_.longest_indirect : summary_.longest_both;
    longest = std::max<std::chrono::nanoseconds>(longest, quiet);
    if (quiet > (is_enough ? bounds_.direct : bounds_.together))
      violate(one, other, "direct",
              fmt::format("relayed {:.0f} s after the last disturbance, though there is a direct way", seconds(quiet)));
  }
}

void World::talk() {
  for (auto& [peers, pair] : pairs_) {
    if (!pair.is_talking) continue;
    const auto& [one, other] = peers;
    if (!members_[one].is_joined || !members_[other].is_joined) continue;
    for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
      if (!members_[from].client->is_running()) continue;
      members_[from].client->device().send(
          to, std::make_shared<const std::function<void()>>([this, &times = pair.times, began = pair.disturbed] {
            if (!times.first_packet) times.first_packet = events_.now() - began;
          }));
    }
  }
  events_.after(members_.size() == 2 ? std::chrono::milliseconds(100) : kTalk, [this] { talk(); });
}

void World::on_deed(unsigned from, const Deed& deed) {
  if (deed.peer >= members_.size()) return;
  const bool to_relay = members_[from].client->relays().uses(deed.to);
  if (deed.is_forced)
    tell(fmt::format("peer {} sets peer {}'s endpoint: {}", from, deed.peer, to_relay ? "the relay" : deed.to.to_string()),
         {from, deed.peer});
  if (deed.is_forced && members_[deed.peer].is_joined && members_[from].host.is_on && way(from, deed.peer) == Way::kDirect &&
      way(deed.peer, from) == Way::kDirect)
    violate(from, deed.peer, "left alone", "a direct way that works is not left alone");
  if (to_relay) return;
  Member& member = members_[from];
  const BootTime now = events_.now();
  member.probes.push_back(now);
  member.probes_of[deed.peer].push_back(now);
  const int all = in_last_minute(member.probes, now), of_peer = in_last_minute(member.probes_of[deed.peer], now);
  summary_.most_probes = std::max(summary_.most_probes, all);
  summary_.most_probes_of_peer = std::max(summary_.most_probes_of_peer, of_peer);
  if (all > bounds_.probes) violate(from, deed.peer, "budget", fmt::format("{} probes within a minute", all));
  if (of_peer > bounds_.probes_of_peer)
    violate(from, deed.peer, "budget of peer", fmt::format("{} probes of this peer within a minute", of_peer));
  if (member.host.lan == nullptr) return;           // on its way to another network: nothing leaves
  if (!member.client->relays().uses_any()) return;  // then private addresses are all that is left
  if (!is_private(deed.to.ip) || (member.host.v4 && IpNet::make(*member.host.v4, 24)->contains(deed.to.ip))) return;
  const Peer* const own = member.client->entry_of(identities_.key(from));
  const Peer* const peer = member.client->entry_of(identities_.key(deed.peer));
  const bool is_behind_one =
      own != nullptr && peer != nullptr && own->endpoint && peer->endpoint && own->endpoint->host() == peer->endpoint->host();
  if (!is_behind_one) violate(from, deed.peer, "evidence", fmt::format("{} is tried, for which nothing speaks", deed.to.to_string()));
}

World::Summary World::summary() const {
  Summary summary = summary_;
  for (const auto& [peers, pair] : pairs_) {
    if (!pair.may) continue;
    ++summary.pairs;
    ++(pair.times.last == Way::kDirect ? summary.direct : pair.times.last == Way::kRelayed ? summary.relayed : summary.apart);
  }
  return summary;
}

Plan shrink(const Plan& plan, const Bounds& bounds) {
  World first(plan, bounds);
  first.run();
  const auto violation = first.violation();
  if (!violation) return plan;
  // A story is about one thing.
  const auto fails = [&](const Plan& candidate) {
    World world(candidate, bounds);
    world.run();
    return world.violation() && world.violation()->rule == violation->rule;
  };
  Plan smallest = plan;
  smallest.lasts = std::chrono::ceil<std::chrono::seconds>(violation->at) + 1s;
  for (std::size_t part = std::max<std::size_t>(1, smallest.disturbances.size() / 2); part > 0; part /= 2)
    for (std::size_t at = 0; at < smallest.disturbances.size();) {
      Plan candidate = smallest;
      const auto begin = candidate.disturbances.begin() + static_cast<std::ptrdiff_t>(at);
      candidate.disturbances.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(part, candidate.disturbances.size() - at)));
      if (fails(candidate))
        smallest = std::move(candidate);
      else
        at += part;
    }
  // Peers keep their numbers: one that is left out never joins.
  for (auto& peer : smallest.peers) {
    const auto joins = std::exchange(peer.joins, std::chrono::hours(24 * 365));
    if (!fails(smallest)) peer.joins = joins;
  }
  return smallest;
}

}  // namespace innernet::simulation

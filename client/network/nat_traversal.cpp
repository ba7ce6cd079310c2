#include "nat_traversal.hpp"

#include <algorithm>
#include <ranges>
#include <unordered_map>
#include <unordered_set>

#include "innernet/machine/log.hpp"

namespace innernet::client {
namespace {

// A relay is a peer without allowed IPs.
auto find_relay(const wg::Device& device, const SocketAddress& at) {
  return std::ranges::find_if(device.peers, [&](const wg::Peer& peer) { return peer.endpoint == at && peer.allowed_ips.empty(); });
}

wg::PeerUpdate endpoint_update(const wg::PublicKey& key, const SocketAddress& endpoint) {
  return {.public_key = key, .update_only = true, .endpoint = endpoint, .allowed_ips = {}};
}

}  // namespace

void add_anew(wg::DeviceUpdate& update, const wg::Peer& there, const SocketAddress& at) {
  update.peers.push_back({.public_key = there.public_key, .remove = true});
  update.peers.push_back({.public_key = there.public_key,
                          .replace_allowed_ips = true,
                          .preshared_key = there.preshared_key,
                          .endpoint = at,
                          .persistent_keepalive = there.persistent_keepalive,
                          .allowed_ips = there.allowed_ips});
}

NatTraversal::NatTraversal(std::vector<TraversalPeer> due, const IpNet& network, std::span<const SocketAddress> relays, BootTime updated_at,
                           const TraversalTimes& times, ProbeBudget* budget)
    : network_(network), updated_at_(updated_at), times_(times), budget_(budget) {
  left_.reserve(due.size());
  const auto blind = std::ranges::count(due, false, &TraversalPeer::is_registered);
  for (TraversalPeer& peer : due) {
    std::vector<Way> ways;
    if (peer.reported) ways.push_back({*peer.reported, Kind::kOther});
    const auto known = [&](const Endpoint& endpoint) {
      return std::ranges::find(ways, endpoint, &Way::endpoint) != ways.end() ||
             std::ranges::find(peer.likely, endpoint) != peer.likely.end();
    };
    std::size_t candidates = 0;
    for (Endpoint& candidate : peer.candidates) {
      if (candidates == kMaxTried) break;
      if (!can_be_outside(candidate, network) || known(candidate)) continue;
      ways.push_back({std::move(candidate), Kind::kOther});
      ++candidates;
    }
    const std::span<const SocketAddress> in_order = peer.relays.empty() ? relays : peer.relays;
    if (!peer.is_overridden && (peer.is_registered || blind <= kMostBlind))
      for (const SocketAddress& relay : in_order | std::views::reverse) ways.push_back({Endpoint::of(relay), Kind::kRelay});
    for (Endpoint& candidate : peer.likely | std::views::reverse)
      if (can_be_outside(candidate, network)) ways.push_back({std::move(candidate), Kind::kLikely});
    // The reported endpoint alone is set on the device already.
    if (ways.size() <= (peer.reported ? 1U : 0U)) continue;
    // Both sides have sent something by now, which has opened their routers, and whose handshakes have crossed perhaps.
    if (peer.reported && ways.back().kind != Kind::kOther) ways.push_back({*peer.reported, Kind::kLikely});
    Left left{.public_key = peer.public_key,
              .ways = std::move(ways),
              .reported = std::move(peer.reported),
              .since = peer.since.value_or(updated_at),
              .is_registered = peer.is_registered,
              .other_side_first = peer.other_side_first};
    left.due = due_after(left, updated_at, Kind::kOther);
    left_.push_back(std::move(left));
  }
}

BootTime NatTraversal::due_after(const Left& left, BootTime now, Kind tried) const {
  const auto time_of = [](Kind kind, auto likely, auto relay, auto other) {
    return kind == Kind::kLikely ? likely : kind == Kind::kRelay ? relay : other;
  };
  const Kind next = left.ways.back().kind;
  BootTime earliest = updated_at_ + time_of(next, times_.before_likely, times_.before_known_relay, times_.before_others);
  if (next == Kind::kRelay) earliest = std::max(earliest, left.since + times_.before_relay);
  if (left.other_side_first) earliest += time_of(next, times_.other_side_of_likely, times_.other_side_of_relay, decltype(times_.poll)(0));
  if (now == updated_at_) return earliest;
  return std::max(earliest, now + time_of(tried, times_.likely, left.is_registered ? times_.relay : times_.unlikely_relay, times_.other));
}

void NatTraversal::observe(const wg::Device& device, const Handshakes& handshakes, BootTime now) {
  if (left_.empty()) return;
  if (!std::exchange(is_seen_, true)) note_where_they_are(device);
  std::unordered_set<wg::PublicKey> still_waiting;
  for (const wg::Peer& peer : device.peers)
    if (!handshakes.is_recent(peer.public_key, now)) still_waiting.insert(peer.public_key);
  std::erase_if(left_, [&](const Left& left) { return !still_waiting.contains(left.public_key); });
}

// What the round has set is the first try.
void NatTraversal::note_where_they_are(const wg::Device& device) {
  std::unordered_map<wg::PublicKey, SocketAddress> endpoints;
  for (const wg::Peer& peer : device.peers)
    if (peer.endpoint) endpoints.emplace(peer.public_key, *peer.endpoint);
  for (const Left& left : left_)
    if (const auto at = endpoints.find(left.public_key); at != endpoints.end())
      tried_ways_.push_back({.peer = left.public_key,
                             .is_registered = left.is_registered,
                             .to = at->second,
                             .is_relay = find_relay(device, at->second) != device.peers.end()});
}

std::optional<SocketAddress> NatTraversal::address_of(const Way& way, const Resolved& resolved) const {
  const auto address = resolved(way.endpoint);
  if (address && std::holds_alternative<std::string>(way.endpoint.host()) && !can_be_outside(*address, network_)) return std::nullopt;
  return address;
}

wg::DeviceUpdate NatTraversal::step(const wg::Device& device, const Resolved& resolved, BootTime now) {
  wg::DeviceUpdate update;
  if (now < next_step()) return update;
  std::unordered_map<wg::PublicKey, const wg::Peer*> on_device;
  for (const wg::Peer& peer : device.peers) on_device.emplace(peer.public_key, &peer);
  for (Left& left : left_) {
    if (now < left.due) continue;
    // A name without an address costs no step.
    while (!left.ways.empty()) {
      Way way = std::move(left.ways.back());
      left.ways.pop_back();
      const auto address = address_of(way, resolved);
      if (!address) continue;
      const Kind kind = way.kind;
      const auto relay = kind == Kind::kRelay ? find_relay(device, *address) : device.peers.end();
      if (kind == Kind::kRelay && (relay == device.peers.end() || !relay->last_handshake)) {
        if (way.is_put_off) continue;
        // It may not have known us yet when WireGuard has asked it, or has not heard it.
        if (relay != device.peers.end() && !std::exchange(way.is_asked, true)) {
          if (asked_.insert(*address).second) add_anew(update, *relay, *address);
          left.ways.push_back(std::move(way));
          left.due = now + times_.relay_answers;
          break;
        }
        way.is_put_off = true;
        const std::size_t last = left.reported ? 1 : 0;
        left.ways.insert(left.ways.begin() + static_cast<std::ptrdiff_t>(std::min(last, left.ways.size())), std::move(way));
        left.due = std::max(now + times_.poll, updated_at_ + times_.before_others);
        break;
      }
      if (kind != Kind::kRelay && budget_ != nullptr && !budget_->take(left.public_key, now)) {
        // The relay behind a likely one is no probe.
        if (kind == Kind::kLikely) continue;
        left.ways.push_back(std::move(way));
        left.due = now + times_.no_probe_left;
        break;
      }
      const auto there = on_device.find(left.public_key);
      tried_ways_.push_back(
          {.peer = left.public_key, .is_registered = left.is_registered, .to = *address, .is_relay = kind == Kind::kRelay});
      if (kind == Kind::kOther || there == on_device.end())
        update.peers.push_back(endpoint_update(left.public_key, *address));
      else
        add_anew(update, *there->second, *address);
      left.tried = true;
      if (!left.ways.empty()) left.due = due_after(left, now, kind);
      break;
    }
  }
  std::erase_if(left_, [](const Left& left) { return left.ways.empty(); });
  return update;
}

BootTime NatTraversal::next_step() const {
  BootTime next = BootTime::max();
  for (const Left& left : left_) next = std::min(next, left.due);
  return next;
}

wg::DeviceUpdate NatTraversal::give_up(const Resolved& resolved) {
  wg::DeviceUpdate update;
  for (const Left& left : left_) {
    if (!left.tried || !left.reported) continue;
    if (const auto address = address_of({*left.reported, Kind::kOther}, resolved))
      update.peers.push_back(endpoint_update(left.public_key, *address));
  }
  left_.clear();
  return update;
}

Result<void> traverse(NatTraversal traversal, wg::Backend& backend, const InterfaceName& name, Wait& wait, BootTime updated_at,
                      const Resolved& resolved, Handshakes handshakes, const TryLock& try_lock, const TraversalTimes& times,
                      Audience audience, const NoteTried& note) {
  if (traversal.done()) return {};
  constexpr std::chrono::seconds kNobodyAsks{1};  // why nothing happens
  bool is_said = false;
  const BootTime end = updated_at + times.all;
  for (;;) {
    // Without it when it ends: that makes no peer anew.
    const bool is_due = wait.clock().boot() >= traversal.next_step();
    const auto lock = is_due ? try_lock() : nullptr;
    auto device = backend.get(name);
    if (!device) {
      if (device.error().kind() == ErrorKind::kNotFound) return {};
      return std::unexpected(std::move(device).error());
    }
    const BootTime now = wait.clock().boot();
    handshakes.see(*device, wait.clock().wall(), now);
    traversal.observe(*device, handshakes, now);
    if (const auto tried = traversal.take_tried(); !tried.empty()) note(tried, Locked::kNo);
    if (traversal.done()) return {};

    const bool over = now >= end || wait.stopped();
    if (!is_said && !over && now - updated_at >= kNobodyAsks) {
      log::write(audience == Audience::kWaits ? log::Level::kInfo : log::Level::kDebug,
                 fmt::format("trying where else {} of {} may be, which {} not answered yet",
                             traversal.left() == 1 ? "a peer" : fmt::format("{} peers", traversal.left()), name.str(),
                             traversal.left() == 1 ? "has" : "have"));
      is_said = true;
    }
    wg::DeviceUpdate update;
    if (over)
      update = traversal.give_up(resolved);
    else if (lock != nullptr)
      update = traversal.step(*device, resolved, now);
    if (const auto tried = traversal.take_tried(); !tried.empty()) note(tried, lock == nullptr ? Locked::kNo : Locked::kYes);
    if (!update.empty()) TRY_VOID(backend.apply(name, update));
    if (traversal.done()) return {};
    const BootTime next_look = wait.clock().boot() + times.poll;
    wait.until(std::min({end, is_due && lock == nullptr ? next_look : traversal.next_step(), next_look}));
  }
}

std::vector<TraversalPeer> TraversalHistory::take(std::vector<TraversalPeer> due, BootTime now) {
  constexpr std::chrono::minutes kFirstPause{1};
  constexpr std::chrono::minutes kLongestPause{60};
  for (auto& [key, tried] : tried_) tried.is_current = false;
  std::erase_if(due, [&](TraversalPeer& peer) {
    const auto [entry, is_new] = tried_.try_emplace(peer.public_key);
    Tried& tried = entry->second;
    if (is_new) tried.since = now;
    peer.since = tried.since;
    tried.is_current = true;
    if (!tried.is_of(peer)) {
      tried.candidates = peer.candidates;
      tried.reported = peer.reported;
      tried.is_registered = peer.is_registered;
      tried.times = 0;
      tried.not_before = now;
    }
    if (now < tried.not_before) return true;
    tried.not_before = now + std::min(kFirstPause * (1 << std::min(tried.times, 6)), kLongestPause);
    ++tried.times;
    return false;
  });
  // A peer that was reached is no longer due; when it is lost again, it is tried at once.
  std::erase_if(tried_, [](const auto& entry) { return !entry.second.is_current; });
  return due;
}

void TraversalHistory::give_back(const std::unordered_set<wg::PublicKey>& peers) {
  for (const wg::PublicKey& key : peers) {
    const auto found = tried_.find(key);
    if (found == tried_.end() || found->second.times == 0) continue;
    --found->second.times;
    found->second.not_before = {};
  }
}

bool TraversalHistory::has_news(const std::vector<TraversalPeer>& due, const std::unordered_set<wg::PublicKey>& under_way,
                                BootTime now) const {
  return std::ranges::any_of(due, [&](const TraversalPeer& peer) {
    const auto found = tried_.find(peer.public_key);
    if (found == tried_.end() || !found->second.is_of(peer)) return true;
    return !under_way.contains(peer.public_key) && found->second.not_before <= now;
  });
}

}  // namespace innernet::client

#include "direct_turn.hpp"

#include <algorithm>

#include "private_address.hpp"

namespace innernet::client {
namespace {

const wg::Peer* find(const wg::Device& device, const wg::PublicKey& key) {
  const auto found = std::ranges::find(device.peers, key, &wg::Peer::public_key);
  return found == device.peers.end() ? nullptr : &*found;
}

constexpr std::size_t kMostWays = 3;

// What is likely first; names and private addresses that nothing speaks for are left to those who have no session at all.
std::vector<Endpoint> ways_to(const TraversalPeer& peer) {
  std::vector<Endpoint> ways = peer.likely;
  if (peer.reported && std::ranges::find(ways, *peer.reported) == ways.end()) ways.push_back(*peer.reported);
  for (const Endpoint& candidate : peer.candidates) {
    const auto* const ip = std::get_if<IpAddress>(&candidate.host());
    if (ip != nullptr && !is_private(*ip) && std::ranges::find(ways, candidate) == ways.end()) ways.push_back(candidate);
  }
  if (ways.size() > kMostWays) ways.erase(ways.begin() + kMostWays, ways.end());
  return ways;
}

}  // namespace

std::vector<SocketAddress> direct_ways(const TraversalPeer& peer, const IpNet& network, std::span<const SocketAddress> relays,
                                       const Resolved& resolved) {
  std::vector<SocketAddress> ways;
  const std::vector<Endpoint> endpoints = ways_to(peer);
  for (const Endpoint& endpoint : endpoints) {
    const auto address = resolved(endpoint);
    if (address && can_be_outside(*address, network) && std::ranges::find(relays, *address) == relays.end()) ways.push_back(*address);
  }
  return ways;
}

DirectTurn::DirectTurn(std::vector<TraversalPeer> peers, const IpNet& network, std::span<const SocketAddress> relays,
                       const Resolved& resolved, const DirectTimes& times, ProbeBudget* budget)
    : relays_(relays.begin(), relays.end()), times_(times), budget_(budget) {
  all_.reserve(peers.size());
  for (TraversalPeer& peer : peers) {
    const auto ways = direct_ways(peer, network, relays, resolved);
    all_.push_back({.peer = std::move(peer), .ways = {ways.begin(), ways.end()}});
  }
}

bool DirectTurn::done() const {
  return std::ranges::all_of(all_, [](const One& one) { return one.ways.empty(); });
}

BootTime DirectTurn::next_step() const {
  BootTime next = BootTime::max();
  for (const One& one : all_)
    if (!one.ways.empty()) next = std::min(next, one.next);
  return next;
}

void DirectTurn::act(const One& one, const DirectAttempt::Step& wanted, Step& step) const {
  if (wanted.endpoint)
    step.update.peers.push_back({.public_key = one.peer.public_key, .update_only = true, .endpoint = wanted.endpoint, .allowed_ips = {}});
  if (wanted.pokes) step.pokes.push_back(&one.peer);
}

void DirectTurn::step_one(One& one, const wg::Peer* there, BootTime now, Step& step) {
  if (!one.attempt) {
    if (budget_ != nullptr && !budget_->take(one.peer.public_key, now, kProbesOfDirectTry)) return one.ways.clear();
    one.attempt.emplace(one.ways.front(), relays_, times_);
  }
  act(one, one.attempt->step(there, now), step);
  one.next = one.attempt->next_step();
  switch (one.attempt->progress()) {
    case DirectAttempt::Progress::kUnderWay:
      return;
    case DirectAttempt::Progress::kDirect:
      direct_.push_back(one.peer.public_key);
      return one.ways.clear();
    case DirectAttempt::Progress::kLeft:
      return one.ways.clear();
    case DirectAttempt::Progress::kFailed:
      tried_.push_back({.peer = one.peer.public_key, .is_registered = one.peer.is_registered, .to = one.ways.front()});
      one.ways.pop_front();
      one.attempt.reset();
      one.next = now;  // when the relay has been put back
  }
}

DirectTurn::Step DirectTurn::step(const wg::Device& device, BootTime now) {
  Step step;
  for (One& one : all_) {
    if (one.ways.empty() || now < one.next) continue;
    step_one(one, find(device, one.peer.public_key), now, step);
  }
  return step;
}

DirectTurn::Step DirectTurn::give_up(const wg::Device& device) {
  Step step;
  for (One& one : all_) {
    if (!one.ways.empty() && one.attempt) act(one, one.attempt->give_up(find(device, one.peer.public_key)), step);
    one.ways.clear();
  }
  return step;
}

Result<std::vector<wg::PublicKey>> try_directly(const std::vector<TraversalPeer>& peers, const IpNet& network,
                                                std::span<const SocketAddress> relays, wg::Backend& backend, const InterfaceName& name,
                                                Wait& wait, const Poke& poke, const Resolved& resolved, const DirectTimes& times,
                                                const NoteTried& note, ProbeBudget* budget) {
  DirectTurn turn(peers, network, relays, resolved, times, budget);
  while (!turn.done()) {
    TRY(const wg::Device device, backend.get(name));
    const auto step = wait.stopped() ? turn.give_up(device) : turn.step(device, wait.clock().boot());
    if (!step.update.empty()) TRY_VOID(backend.apply(name, step.update));
    for (const TraversalPeer* peer : step.pokes) poke(peer->inside);
    if (const auto tried = turn.take_tried(); !tried.empty()) note(tried, Locked::kNo);
    if (!turn.done()) wait.until(turn.next_step());
  }
  return turn.direct();
}

}  // namespace innernet::client

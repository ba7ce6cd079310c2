#include "session_check.hpp"

#include <algorithm>
#include <utility>

#include "innernet/wireguard/backend.hpp"
#include "nat_traversal.hpp"

namespace innernet::client {

SessionCheck::SessionCheck(Purpose purpose, const wg::Device& device, const Handshakes& handshakes, AnsweringPeers known, BootTime now,
                           const Times& times)
    : purpose_(purpose), known_(std::move(known)), times_(times), began_(now), next_(now) {
  for (const wg::Peer& peer : device.peers) {
    if (!peer.endpoint) continue;
    if (purpose == Purpose::kWhoAnswers && (peer.allowed_ips.empty() || known_.were_asked(peer.public_key))) continue;
    if (peer.allowed_ips.empty())
      relays_.emplace(peer.public_key, BootTime{});
    else if (handshakes.is_recent(peer.public_key, now))
      peers_.push_back({.key = peer.public_key, .inside = peer.allowed_ips.front().address(), .received = peer.received_bytes});
  }
  is_done_ = peers_.empty() && relays_.empty();
}

void SessionCheck::see(const wg::Device& device) {
  std::unordered_map<wg::PublicKey, std::uint64_t> received;
  for (const wg::Peer& there : device.peers) {
    received.emplace(there.public_key, there.received_bytes);
    // It was made anew, so that this one is of now.
    if (const auto relay = relays_.find(there.public_key); relay != relays_.end() && relay->second != BootTime{} && there.last_handshake)
      has_anybody_answered_ = true;
  }
  for (Peer& peer : peers_) {
    const auto there = received.find(peer.key);
    // Who is gone, or was made anew meanwhile, is somebody else's business.
    const bool is_others = there == received.end() || there->second < peer.received;
    if (!is_others && there->second > peer.received) has_anybody_answered_ = true;
    peer.has_answered |= is_others || there->second > peer.received;
  }
}

SessionCheck::Step SessionCheck::step(const wg::Device& device, BootTime now) {
  Step step;
  see(device);
  if (now >= began_ + times_.all || (relays_.empty() && std::ranges::all_of(peers_, &Peer::has_answered))) {
    is_done_ = true;
    return step;
  }
  // wireguard-go goes on to send from the address at which it has heard a peer last, although nobody has that any more, until the endpoint
  // is set; to the kernel it is nothing new.
  if (!std::exchange(has_begun_, true) && purpose_ == Purpose::kNetworkChanged)
    for (const wg::Peer& there : device.peers)
      if (there.endpoint && !there.allowed_ips.empty())
        step.update.peers.push_back({.public_key = there.public_key, .update_only = true, .endpoint = there.endpoint, .allowed_ips = {}});
  for (const wg::Peer& there : device.peers) {
    const auto relay = relays_.find(there.public_key);
    if (relay == relays_.end() || !there.endpoint) continue;
    const bool is_first = relay->second == BootTime{};
    if (!is_first && (there.last_handshake || now < relay->second + times_.relay_again)) continue;
    relay->second = now;
    // What a round removes at this moment, the next one removes again.
    add_anew(step.update, there, *there.endpoint);
  }
  next_ = began_ + times_.all;
  for (Peer& peer : peers_) {
    if (peer.has_answered) continue;
    const BootTime due = began_ + peer.poked * times_.again;
    if (due > now) {
      next_ = std::min(next_, due);
    } else if (step.pokes.size() == kMostAtOnce) {
      next_ = std::min(next_, now + times_.pace);
    } else {
      step.pokes.push_back(peer.inside);
      ++peer.poked;
      next_ = std::min(next_, std::max(now + times_.pace, began_ + peer.poked * times_.again));
    }
  }
  if (!relays_.empty()) next_ = std::min(next_, now + times_.again);
  return step;
}

SessionCheck::Found SessionCheck::found() && {
  Found found;
  for (const Peer& peer : peers_) {
    const bool is_silent = purpose_ == Purpose::kNetworkChanged && !peer.has_answered && has_anybody_answered_;
    if (is_silent && known_.answer(peer.key)) found.silent.push_back({.key = peer.key, .received_bytes = peer.received});
    if (peer.has_answered || purpose_ == Purpose::kWhoAnswers) known_.note(peer.key, peer.has_answered);
  }
  found.known = std::move(known_);
  return found;
}

Result<SessionCheck::Found> check_sessions(SessionCheck::Purpose purpose, wg::Backend& backend, const InterfaceName& name,
                                           Handshakes handshakes, const AnsweringPeers& known, Wait& wait, const Poke& poke) {
  TRY(wg::Device device, backend.get(name));
  // The round before may have been a minute ago.
  handshakes.see(device, wait.clock().wall(), wait.clock().boot());
  SessionCheck check(purpose, device, handshakes, known, wait.clock().boot());
  while (!check.done()) {
    const auto step = check.step(device, wait.clock().boot());
    if (!step.update.empty()) TRY_VOID(backend.apply(name, step.update));
    for (const IpAddress& to : step.pokes) poke(to);
    if (check.done()) break;
    if (!wait.until(check.next_step())) return SessionCheck::Found{.known = known};
    TRY(device, backend.get(name));
  }
  return std::move(check).found();
}

}  // namespace innernet::client

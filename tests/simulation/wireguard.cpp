#include "wireguard.hpp"

#include <algorithm>

namespace innernet::simulation {
namespace {

using namespace std::chrono_literals;

// messages.h
constexpr auto kRekeyAfter = 120s;
constexpr auto kRejectAfter = 180s;
constexpr auto kRekeyTimeout = 5s;
constexpr auto kKeepaliveTimeout = 10s;
constexpr auto kFlood = 20ms;
constexpr int kMostAttempts = 18;
constexpr std::size_t kMostStaged = 128;
constexpr std::uint64_t kInitiationSize = 148, kResponseSize = 92, kKeepaliveSize = 32, kDataSize = 128;

}  // namespace

WireGuard::WireGuard(Events& events, Internet& internet, Host& host, const Identities& identities, Identity self, std::uint16_t port,
                     std::uint64_t seed)
    : events_(events), internet_(internet), host_(host), identities_(identities), self_(self), port_(port), random_(seed) {}

std::chrono::milliseconds WireGuard::jitter() { return std::chrono::milliseconds(random_() % 334); }

WireGuard::Peer* WireGuard::find(Identity identity) {
  const auto at = peers_.find(identity);
  return at == peers_.end() ? nullptr : &at->second;
}
const WireGuard::Peer* WireGuard::find(Identity identity) const {
  const auto at = peers_.find(identity);
  return at == peers_.end() ? nullptr : &at->second;
}

wg::Device WireGuard::get() const {
  wg::Device device{.name = InterfaceName::parse("evilcorp").value(), .public_key = identities_.key(self_), .listen_port = port_};
  device.peers.reserve(order_.size());
  for (const Identity identity : order_) {
    const Peer& peer = peers_.at(identity);
    device.peers.push_back({.public_key = identities_.key(identity),
                            .preshared_key = peer.preshared_key,
                            .endpoint = peer.endpoint,
                            .persistent_keepalive = peer.keepalive,
                            .allowed_ips = peer.allowed_ips,
                            .last_handshake = peer.last_handshake,
                            .received_bytes = peer.received_bytes,
                            .sent_bytes = peer.sent_bytes});
  }
  return device;
}

void WireGuard::apply(const wg::DeviceUpdate& update) {
  for (const wg::PeerUpdate& change : update.peers) {
    const Identity identity = identities_.identity(change.public_key);
    if (change.remove) {
      if (peers_.erase(identity) > 0) std::erase(order_, identity);
      std::erase_if(indices_, [&](const auto& entry) { return entry.second == identity; });
      continue;
    }
    Peer* peer = find(identity);
    if (peer == nullptr) {
      if (change.update_only) continue;
      peer = &peers_.emplace(identity, Peer{.identity = identity, .serial = next_serial_++}).first->second;
      order_.push_back(identity);
    }
    if (change.preshared_key) peer->preshared_key = change.preshared_key;
    if (change.endpoint) peer->endpoint = change.endpoint;
    if (change.replace_allowed_ips) peer->allowed_ips.clear();
    for (const IpNet& net : change.allowed_ips) {
      for (auto& [other, its] : peers_) std::erase(its.allowed_ips, net);  // an address is the last one's who asks for it
      peer->allowed_ips.push_back(net);
    }
    if (change.persistent_keepalive) {
      const bool begins = peer->keepalive == 0 && *change.persistent_keepalive != 0;
      peer->keepalive = *change.persistent_keepalive;
      if (begins) send_keepalive(*peer);
    }
    if (!peer->staged.empty()) send_staged(*peer);
  }
}

void WireGuard::clear() {
  peers_.clear();
  order_.clear();
  indices_.clear();
}

void WireGuard::send(Identity to, Payload payload) {
  if (Peer* const peer = find(to)) stage(*peer, std::move(payload));
}

void WireGuard::stage(Peer& peer, Payload payload) {
  if (!peer.endpoint) return;  // EDESTADDRREQ
  if (peer.staged.size() == kMostStaged) peer.staged.erase(peer.staged.begin());
  peer.staged.push_back(std::move(payload));
  send_staged(peer);
}

void WireGuard::send_keepalive(Peer& peer) {
  if (peer.staged.empty()) peer.staged.emplace_back();
  send_staged(peer);
}

void WireGuard::send_staged(Peer& peer) {
  if (!peer.current || events_.now() - peer.current->made >= kRejectAfter) return initiate(peer, false);
  for (Payload& payload : std::exchange(peer.staged, {})) {
    const bool is_data = payload != nullptr;
    if (is_data && !peer.new_handshake) peer.new_handshake = events_.now() + kKeepaliveTimeout + kRekeyTimeout + jitter();
    peer.passive_keepalive.reset();
    authenticated_traversal(peer);
    transmit(
        peer,
        {.type = Message::Type::kData, .receiver = peer.current->remote, .session = peer.current->session, .payload = std::move(payload)},
        is_data ? kDataSize : kKeepaliveSize);
  }
  if (peer.current->is_initiator && events_.now() - peer.current->made >= kRekeyAfter) initiate(peer, false);
  arm(peer);
}

void WireGuard::transmit(Peer& peer, const Message& message, std::uint64_t size) {
  if (!peer.endpoint) return;
  peer.sent_bytes += size;
  internet_.send(host_, port_, *peer.endpoint, message);
}

std::uint32_t WireGuard::new_index(const Peer& peer) {
  std::uint32_t index = 0;
  do index = static_cast<std::uint32_t>(random_());
  while (indices_.contains(index));
  indices_.emplace(index, peer.identity);
  return index;
}

void WireGuard::initiate(Peer& peer, bool is_retry) {
  if (!is_retry) peer.attempts = 0;
  const BootTime now = events_.now();
  if (peer.last_sent_handshake && now - *peer.last_sent_handshake < kRekeyTimeout) return;
  peer.last_sent_handshake = now;
  if (peer.handshake) indices_.erase(*peer.handshake);
  peer.handshake = new_index(peer);
  peer.passive_keepalive.reset();
  authenticated_traversal(peer);
  ++initiations;
  transmit(peer,
           {.type = Message::Type::kInitiation,
            .sender = *peer.handshake,
            .responder = peer.identity,
            .initiator = self_,
            .timestamp = timestamp_++},
           kInitiationSize);
  peer.retransmit = now + kRekeyTimeout + jitter();
  arm(peer);
}

void WireGuard::authenticated_traversal(Peer& peer) {
  if (peer.keepalive != 0) peer.persistent = events_.now() + std::chrono::seconds(peer.keepalive);
}

void WireGuard::receive(const Packet& packet) {
  switch (packet.message.type) {
    case Message::Type::kInitiation:
      return on_initiation(packet);
    case Message::Type::kResponse:
      return on_response(packet);
    case Message::Type::kData:
      return on_transport(packet);
  }
}

void WireGuard::on_initiation(const Packet& packet) {
  const Message& message = packet.message;
  Peer* const peer = message.responder == self_ ? find(message.initiator) : nullptr;
  const BootTime now = events_.now();
  if (peer == nullptr || message.timestamp <= peer->latest_timestamp) return;
  if (peer->last_consumed && now - *peer->last_consumed < kFlood) return;
  peer->latest_timestamp = message.timestamp;
  peer->last_consumed = now;
  // There is one handshake: an initiation of ours that is under way is forgotten. So of two that cross each other none succeeds.
  if (peer->handshake) indices_.erase(*std::exchange(peer->handshake, std::nullopt));
  peer->endpoint = packet.from;
  peer->received_bytes += kInitiationSize;
  peer->last_sent_handshake = now;
  if (peer->next) indices_.erase(peer->next->local);
  if (peer->previous) indices_.erase(peer->previous->local);
  peer->previous.reset();
  peer->next = Keypair{.session = random_(), .local = new_index(*peer), .remote = message.sender, .is_initiator = false, .made = now};
  peer->sent_last_minute_handshake = false;
  peer->passive_keepalive.reset();
  peer->new_handshake.reset();
  authenticated_traversal(*peer);
  transmit(*peer,
           {.type = Message::Type::kResponse, .sender = peer->next->local, .receiver = message.sender, .session = peer->next->session},
           kResponseSize);
  arm(*peer);
}

void WireGuard::on_response(const Packet& packet) {
  const Message& message = packet.message;
  const auto index = indices_.find(message.receiver);
  Peer* const peer = index == indices_.end() ? nullptr : find(index->second);
  if (peer == nullptr || peer->handshake != message.receiver) return;
  if (message.payload) (*message.payload)();
  peer->handshake.reset();
  peer->endpoint = packet.from;
  peer->received_bytes += kResponseSize;
  if (peer->previous) indices_.erase(peer->previous->local);
  if (peer->next) {
    if (peer->current) indices_.erase(peer->current->local);
    peer->previous = std::exchange(peer->next, std::nullopt);
  } else {
    peer->previous = peer->current;
  }
  peer->current =
      Keypair{.session = message.session, .local = message.receiver, .remote = message.sender, .is_initiator = true, .made = events_.now()};
  peer->sent_last_minute_handshake = false;
  peer->new_handshake.reset();
  authenticated_traversal(*peer);
  complete_handshake(*peer);
  send_keepalive(*peer);
  arm(*peer);
  on_handshake();
}

void WireGuard::complete_handshake(Peer& peer) {
  peer.retransmit.reset();
  peer.attempts = 0;
  peer.last_handshake = std::chrono::floor<std::chrono::nanoseconds>(events_.clock().wall() + wall_offset);
}

void WireGuard::on_transport(const Packet& packet) {
  const Message& message = packet.message;
  const auto index = indices_.find(message.receiver);
  Peer* const peer = index == indices_.end() ? nullptr : find(index->second);
  if (peer == nullptr) return;
  const BootTime now = events_.now();
  std::optional<Keypair>* keypair = nullptr;
  for (auto* candidate : {&peer->current, &peer->previous, &peer->next})
    if (*candidate && (*candidate)->local == message.receiver && (*candidate)->session == message.session) keypair = candidate;
  if (keypair == nullptr || now - (*keypair)->made >= kRejectAfter) return;
  peer->endpoint = packet.from;
  peer->received_bytes += message.payload ? kDataSize : kKeepaliveSize;
  const bool confirms = keypair == &peer->next;
  if (confirms) {
    if (peer->previous) indices_.erase(peer->previous->local);
    peer->previous = peer->current;
    peer->current = std::exchange(peer->next, std::nullopt);
    complete_handshake(*peer);
    if (!peer->staged.empty()) send_staged(*peer);
  }
  if (peer->current && peer->current->is_initiator && !peer->sent_last_minute_handshake &&
      now - peer->current->made >= kRejectAfter - kKeepaliveTimeout - kRekeyTimeout) {
    peer->sent_last_minute_handshake = true;
    initiate(*peer, false);
  }
  peer->new_handshake.reset();
  authenticated_traversal(*peer);
  if (message.payload) {
    if (peer->passive_keepalive)
      peer->need_another_keepalive = true;
    else
      peer->passive_keepalive = now + kKeepaliveTimeout;
  }
  arm(*peer);
  const Identity from = peer->identity;
  if (confirms) on_handshake();
  if (message.payload) {
    on_data(from);
    (*message.payload)();
  }
}

void WireGuard::arm(Peer& peer) {
  std::optional<BootTime> first;
  for (const auto& timer : {peer.retransmit, peer.passive_keepalive, peer.new_handshake, peer.persistent})
    if (timer && (!first || *timer < *first)) first = timer;
  if (!first || (peer.armed && *peer.armed <= *first)) return;
  peer.armed = first;
  events_.at(*first, [this, identity = peer.identity, serial = peer.serial, when = *first] {
    Peer* const there = find(identity);
    if (there == nullptr || there->serial != serial || there->armed != when) return;
    there->armed.reset();
    if (host_.is_on) run_timers(*there);
    arm(*there);
  });
}

void WireGuard::run_timers(Peer& peer) {
  const BootTime now = events_.now();
  const auto is_due = [&](std::optional<BootTime>& timer) {
    if (!timer || *timer > now) return false;
    timer.reset();
    return true;
  };
  if (is_due(peer.retransmit)) {
    if (peer.attempts > kMostAttempts) {
      peer.passive_keepalive.reset();
      peer.staged.clear();
    } else {
      ++peer.attempts;
      initiate(peer, true);
    }
  }
  if (is_due(peer.passive_keepalive)) {
    send_keepalive(peer);
    if (std::exchange(peer.need_another_keepalive, false)) peer.passive_keepalive = now + kKeepaliveTimeout;
  }
  if (is_due(peer.new_handshake)) initiate(peer, false);
  if (is_due(peer.persistent) && peer.keepalive != 0) send_keepalive(peer);
}

std::optional<WireGuard::Way> WireGuard::way_to(Identity identity) const {
  const Peer* const peer = find(identity);
  if (peer == nullptr || !peer->endpoint || !peer->current || events_.now() - peer->current->made >= kRejectAfter) return std::nullopt;
  return Way{.to = *peer->endpoint, .session = peer->current->session, .receiver = peer->current->remote};
}

bool WireGuard::accepts(Identity identity, std::uint64_t session) const {
  const Peer* const peer = find(identity);
  if (peer == nullptr) return false;
  return std::ranges::any_of(std::array{&peer->current, &peer->previous, &peer->next}, [&](const auto* keypair) {
    return *keypair && (*keypair)->session == session && events_.now() - (*keypair)->made < kRejectAfter;
  });
}

}  // namespace innernet::simulation

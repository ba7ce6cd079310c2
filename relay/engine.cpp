#include "engine.hpp"

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

#include "data_message.hpp"

namespace innernet::relay {
namespace {

// An index of ours has the party's place in its lower bits, and chance in the others.
constexpr std::uint32_t kPlaceBits = 21;
constexpr std::uint32_t kPlaceMask = (1U << kPlaceBits) - 1;
// The first message of a session comes at once, but may be lost on its way: then it is a keepalive that comes next.
constexpr Ticks kConfirmWithin = kRejectAfter;
constexpr Ticks kSweepEvery = 10 * kTicksPerSecond;
constexpr Ticks kSweepAtMostEvery = kTicksPerSecond;
// Under load, of those who have a cookie: the kernel's ratelimiter.c has as many.
constexpr double kHandshakesPerAddress = 20;
constexpr std::size_t kCookieHolders = 8192;
// Of one member, unconfirmed: whoever asks on all of its addresses leaves room for its kernel's.
constexpr std::size_t kWaiting = 4;

std::uint32_t milliseconds_since(BootTime start, BootTime now) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now - start).count());
}

std::uint64_t pair_of(PartyId one, PartyId other) { return std::uint64_t{std::min(one, other)} << 32U | std::max(one, other); }

std::uint64_t first_bytes(const IpAddress& ip, std::size_t count) {
  std::uint64_t out = 0;
  const auto bytes = ip.bytes().first(count);
  for (const std::uint8_t byte : bytes) out = out << 8U | byte;
  return out;
}

// An IPv4 address, or the network that one customer has of IPv6's.
std::uint64_t network_of(const IpAddress& ip) { return first_bytes(ip, ip.is_v4() ? 4 : 8); }

// Of strangers, who may well have all of a /24.
std::uint64_t wide_network_of(const IpAddress& ip) { return first_bytes(ip, ip.is_v4() ? 3 : 8); }

}  // namespace

Engine::Engine(const wg::PrivateKey& key, const Limits& limits, Randomness randomness, BootTime start)
    : own_(key),
      own_mac1_(Blake2s::keyed_state(kMacSize, mac1_key(own_.public_key()))),
      limits_(limits),
      randomness_(std::move(randomness)),
      start_(start),
      seed_([this] {
        SeededHash::Seed seed;
        randomness_(seed);
        return seed;
      }()),
      cookies_(own_.public_key()),
      membership_(std::make_shared<const Membership>()),
      by_address_(0, AddressHash{&parties_, SeededHash(seed_)}, AddressEqual{&parties_}),
      next_(0, NumberHash{SeededHash(seed_)}),
      flows_(seed_),
      pairs_(0, NumberHash{SeededHash(seed_)}),
      tries_(0, NumberHash{SeededHash(seed_)}),
      cookie_holders_(0, NumberHash{SeededHash(seed_)}),
      strange_networks_(0, NumberHash{SeededHash(seed_)}),
      relay_(limits.relay, 0),
      own_handshakes_(limits.own_handshakes_per_second, 0),
      strange_initiations_(limits.strange_initiations_per_second, 0),
      mac1_tries_(limits.mac1_tries_per_second, 0),
      strange_mac1_tries_(limits.strange_mac1_tries_per_second, 0) {
  // Or the place of a party would not fit into an index.
  limits_.members = std::min<std::size_t>(limits_.members, 1U << (kPlaceBits - 1));
  limits_.strangers = std::min<std::size_t>(limits_.strangers, 1U << (kPlaceBits - 1));
}

std::nullopt_t Engine::drop(std::uint64_t& counter) {
  ++counter;
  return std::nullopt;
}

Ticks Engine::ticks(BootTime now) const {
  return static_cast<Ticks>(std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count() / (1000 / kTicksPerSecond));
}

std::optional<Engine::Outgoing> Engine::on_packet(BootTime now, const SocketAddress& source, ByteView bytes, const IpAddress& local) {
  const Packet packet{
      .source = source, .bytes = bytes, .ticks = ticks(now), .milliseconds = milliseconds_since(start_, now), .now = now, .local = local};
  ++counters_.received;
  counters_.received_bytes += bytes.size();
  if (packet.ticks - swept_ >= kSweepEvery) sweep(packet.ticks, packet.milliseconds);
  const auto message = parse_message(bytes);
  if (!message) return drop(counters_.malformed);
  return std::visit(
      [&](const auto& part) -> std::optional<Outgoing> {
        using Part = std::remove_cvref_t<decltype(part)>;
        if constexpr (std::is_same_v<Part, Initiation>)
          return on_initiation(packet, part);
        else if constexpr (std::is_same_v<Part, Response>)
          return on_response(packet, part);
        else if constexpr (std::is_same_v<Part, CookieReply>)
          return on_cookie_reply(packet, part);
        else
          return on_data(packet, part);
      },
      *message);
}

// ---- handshakes with the relay ----

std::optional<Engine::Outgoing> Engine::on_own_initiation(const Packet& packet, const Initiation& initiation) {
  own_handshakes_.fill(limits_.own_handshakes_per_second, packet.milliseconds);
  if (!own_handshakes_.has(limits_.own_handshakes_per_second / 2)) {  // under load
    if (!cookies_.has_cookie(initiation.macs, packet.source)) return cookie_reply(packet, initiation);
    if (cookie_holders_.size() >= kCookieHolders) sweep_for_room(packet);
    const std::uint64_t network = network_of(packet.source.ip);
    if (!cookie_holders_.contains(network) && cookie_holders_.size() >= kCookieHolders) return drop(counters_.table_full);
    TokenBucket& holder = cookie_holders_.try_emplace(network, kHandshakesPerAddress, packet.milliseconds).first->second;
    holder.fill(kHandshakesPerAddress, packet.milliseconds);
    if (!holder.has(1)) return drop(counters_.over_limit);
    holder.take(1);
  }
  if (!own_handshakes_.has(1)) return drop(counters_.over_limit);
  own_handshakes_.take(1);

  const auto opened = open_initiation(own_, initiation);
  if (!opened) return drop(counters_.unauthentic);
  const auto member = membership_->find(opened->initiator);
  if (!member) return drop(counters_.not_a_member);
  if (opened->timestamp <= seen_[*member].timestamp) return drop(counters_.replayed);
  PartyId id = seen_[*member].party;
  if (id != kNoParty) {
    // The kernel bears fifty in a second, and sends one in five; another may be of a program that asks. Three at once are a flood.
    const auto waiting = next_.find(id);
    if (waiting != next_.end() && std::ranges::count(waiting->second, packet.ticks, &Next::made) >= 2) return drop(counters_.over_limit);
  } else {
    const auto are_too_many = [this] { return parties_.size() - free_.size() - strangers_ >= limits_.members; };
    if (are_too_many()) sweep_for_room(packet);
    if (are_too_many()) return drop(counters_.table_full);
    id = make_party(*member, packet);
  }
  seen_[*member].timestamp = opened->timestamp;

  SecretBytes<32> ephemeral;
  randomness_(ephemeral.reveal());
  const auto before = next_.find(id);
  const std::uint32_t index = new_index(id, before == next_.end() ? Nexts() : before->second);
  auto answered = answer(*opened, ephemeral.reveal(), index);
  if (!answered) return drop(counters_.unauthentic);
  Nexts& waiting = next_[id];
  if (waiting.size() == kWaiting) waiting.erase(waiting.begin());
  waiting.push_back({.index = index,
                     .remote_index = opened->sender,
                     .made = packet.ticks,
                     .source = packet.source,
                     .receive_key = std::move(answered->receive_key),
                     .send_key = std::move(answered->send_key)});
  ++counters_.handshakes;
  std::ranges::copy(answered->response, answer_.begin());
  return Outgoing{.to = packet.source, .from = packet.local, .bytes = ByteView(answer_).first(kResponseSize)};
}

// Another one than those of its other sessions, which go on.
std::uint32_t Engine::new_index(PartyId id, const Nexts& waiting) {
  std::array<std::uint8_t, 4> chance;
  randomness_(chance);
  std::uint32_t out = (std::bit_cast<std::uint32_t>(chance) & ~kPlaceMask) | id;
  while (out == parties_[id].index || std::ranges::find(waiting, out, &Next::index) != waiting.end()) out += kPlaceMask + 1;
  return out;
}

std::optional<Engine::Outgoing> Engine::cookie_reply(const Packet& packet, const Initiation& initiation) {
  relay_.fill(limits_.relay, packet.milliseconds);
  if (!relay_.has(1, kCookieReplySize)) return drop(counters_.over_limit);
  relay_.take(1, kCookieReplySize);
  if (cookies_.is_stale(packet.now)) {
    SecretBytes<32> secret;
    randomness_(secret.reveal());
    cookies_.renew(packet.now, secret.reveal());
  }
  std::array<std::uint8_t, 24> nonce;
  randomness_(nonce);
  std::ranges::copy(cookies_.reply(initiation.sender, initiation.macs, packet.source, nonce), answer_.begin());
  ++counters_.cookie_replies;
  return Outgoing{.to = packet.source, .from = packet.local, .bytes = ByteView(answer_).first(kCookieReplySize)};
}

std::optional<Engine::Outgoing> Engine::on_own_data(const Packet& packet, const Data& data) {
  const PartyId id = data.receiver & kPlaceMask;
  if (id >= parties_.size() || !parties_[id].used || parties_[id].member == kStranger) return drop(counters_.no_flow);
  Party& party = parties_[id];
  if (is_there(party, packet.ticks) && data.receiver == party.index) {
    if (data.counter < party.next_counter) return drop(counters_.replayed);
    if (!open_data(party.receive_key.reveal(), data, {})) return drop(counters_.unauthentic);
    ++counters_.keepalives;
    party.next_counter = data.counter + 1;
    if (!is_at(party, packet)) move_to(id, packet);
    return std::nullopt;
  }
  const auto waiting = next_.find(id);
  if (waiting == next_.end()) return drop(counters_.no_flow);
  const auto next = std::ranges::find(waiting->second, data.receiver, &Next::index);
  if (next == waiting->second.end() || packet.ticks - next->made >= kConfirmWithin) return drop(counters_.no_flow);
  if (packet.bytes.size() != kLeastDataSize) return on_question(packet, data, *next, party);
  if (!open_data(next->receive_key.reveal(), data, {})) return drop(counters_.unauthentic);
  ++counters_.registrations;
  party.index = next->index;
  party.receive_key = std::move(next->receive_key);
  party.next_counter = data.counter + 1;
  party.since = next->made;
  waiting->second.erase(waiting->second.begin(), next + 1);  // older ones confirm nothing any more
  if (waiting->second.empty()) next_.erase(waiting);
  if (!party.shown || !is_at(party, packet)) move_to(id, packet);
  return std::nullopt;
}

std::optional<Engine::Outgoing> Engine::on_question(const Packet& packet, const Data& data, Next& session, Party& party) {
  const std::size_t size = packet.bytes.size();
  if (size < kLeastQuestion || size > kLargestQuestion) return drop(counters_.malformed);
  // Whoever has the keys has got the response there.
  if (packet.source != session.source || packet.ticks - session.made >= kAnswerWithin) return drop(counters_.no_flow);
  if (data.counter >= kQuestions || (session.asked >> data.counter & 1U) != 0) return drop(counters_.replayed);
  const auto answer = std::span(answer_).first(size);
  if (!open_data(session.receive_key.reveal(), data, text_of(answer))) return drop(counters_.unauthentic);
  session.asked |= std::uint64_t{1} << data.counter;
  if (!is_question(text_of(answer))) return drop(counters_.malformed);
  party.sent.fill(limits_.source, packet.milliseconds);
  relay_.fill(limits_.relay, packet.milliseconds);
  if (!party.sent.has(1, size) || !relay_.has(1, size)) return drop(counters_.over_limit);
  party.sent.take(1, size);
  relay_.take(1, size);
  put_answer(text_of(answer), packet.source);
  seal_data(answer, session.send_key.reveal(), session.remote_index, data.counter);
  ++counters_.questions;
  return Outgoing{.to = packet.source, .from = packet.local, .bytes = answer};
}

// ---- passing on ----

std::optional<Engine::Outgoing> Engine::on_initiation(const Packet& packet, const Initiation& initiation) {
  Mac mac1;
  Blake2s::resume(own_mac1_).update(initiation.macs.covered_by_mac1).finish(mac1);
  if (same_mac(mac1, initiation.macs.mac1)) return on_own_initiation(packet, initiation);

  PartyId from = party_at(packet.source, packet.ticks);
  const double cost = limits_.source.packets / limits_.initiations_per_source_per_second;
  if (from != kNoParty) {
    Party& party = parties_[from];
    party.sent.fill(limits_.source, packet.milliseconds);
    if (!party.sent.has(cost, packet.bytes.size())) return drop(counters_.over_limit);
    party.sent.take(cost, 0);  // whether it is for anybody or not: to find that out is the work
  }
  const bool is_strange = from == kNoParty || parties_[from].member == kStranger;
  if (!(is_strange ? may_stranger_ask(packet) : may_ask(packet, from))) return drop(counters_.over_limit);
  TokenBucket& budget = is_strange ? strange_mac1_tries_ : mac1_tries_;
  const float before = budget.tokens();
  const auto to = find_receiver(packet, initiation, from, budget);
  // More than it has, if need be: or those who reach many would not find the last ones.
  if (!is_strange) tries_.at(from).take(before - budget.tokens());
  if (!to) return drop(budget.has(1) ? counters_.nobody : counters_.over_limit);

  const auto has_room = [&] { return has_room_for_flow(from) && (from != kNoParty || strangers_ < limits_.strangers); };
  if (!has_room()) sweep_for_room(packet);
  if (!has_room_for_flow(from)) return drop(counters_.table_full);
  if (from == kNoParty) {
    if (strangers_ >= limits_.strangers) return drop(counters_.table_full);
    from = make_party(kStranger, packet);
    move_to(from, packet);
  }
  if (parties_[from].member == kStranger && !parties_[from].shown) parties_[from].since = packet.ticks;
  if (!may_pass(packet, from, *to, 0)) return drop(counters_.over_limit);
  // An index that is in use is not taken over: whoever has seen it could turn a session's packets away.
  if (!flows_.put({.from = *to, .receiver = initiation.sender}, {.to = from, .used = packet.ticks}, packet.ticks))
    return drop(counters_.no_flow);
  return pass(packet, *to);
}

bool Engine::may_ask(const Packet& packet, PartyId from) {
  TokenBucket& own = tries_.try_emplace(from, limits_.mac1_tries_per_member, packet.milliseconds).first->second;
  own.fill(limits_.mac1_tries_per_member, packet.milliseconds);
  mac1_tries_.fill(limits_.mac1_tries_per_second, packet.milliseconds);
  return own.has(1) && mac1_tries_.has(1);
}

// A network that has used its share up takes nothing of what is for all.
bool Engine::may_stranger_ask(const Packet& packet) {
  strange_initiations_.fill(limits_.strange_initiations_per_second, packet.milliseconds);
  strange_mac1_tries_.fill(limits_.strange_mac1_tries_per_second, packet.milliseconds);
  if (!strange_initiations_.has(1) || !strange_mac1_tries_.has(1)) return false;
  // A new one always costs one of those for all, so that between two sweeps there are few.
  TokenBucket& network =
      strange_networks_.try_emplace(wide_network_of(packet.source.ip), limits_.strange_initiations_per_network, packet.milliseconds)
          .first->second;
  network.fill(limits_.strange_initiations_per_network, packet.milliseconds);
  if (!network.has(1)) return false;
  network.take(1);
  strange_initiations_.take(1);
  return true;
}

bool Engine::has_room_for_flow(PartyId to) const {
  return flows_.size() < limits_.flows && (to == kNoParty || flows_.count_to(to) < limits_.flows_per_party);
}

std::optional<PartyId> Engine::find_receiver(const Packet& packet, const Initiation& initiation, PartyId from, TokenBucket& budget) {
  const Number self = from == kNoParty ? kStranger : parties_[from].member;
  const auto ranges = self == kStranger ? std::vector{Membership::Range{.begin = 0, .end = static_cast<Number>(seen_.size())}}
                                        : membership_->reachable(self);
  for (const auto& range : ranges) {
    for (Number number = range.begin; number != range.end; ++number) {
      const PartyId id = seen_[number].party;
      if (id == kNoParty || number == self || !is_there(parties_[id], packet.ticks)) continue;
      if (!budget.has(1)) return std::nullopt;
      budget.take(1);
      if (membership_->mac1_is_for(number, initiation.macs.covered_by_mac1, initiation.macs.mac1)) return id;
    }
  }
  return std::nullopt;
}

std::optional<Engine::Outgoing> Engine::on_response(const Packet& packet, const Response& response) {
  const PartyId from = party_at(packet.source, packet.ticks);
  if (from == kNoParty) return drop(counters_.no_flow);
  Flow* const flow = flows_.find({.from = from, .receiver = response.receiver}, packet.ticks);
  if (flow == nullptr || flow->answered) return drop(counters_.no_flow);
  const PartyId to = flow->to;
  // A stranger that asked gets an answer.
  if (parties_[to].member != kStranger && !is_there(parties_[to], packet.ticks)) return drop(counters_.no_flow);
  if (!has_room_for_flow(from)) return drop(counters_.table_full);
  if (!may_pass(packet, from, to, 1)) return drop(counters_.over_limit);
  flow->answered = true;
  flow->used = packet.ticks;
  if (!flows_.put({.from = to, .receiver = response.sender}, {.to = from, .used = packet.ticks, .answered = true}, packet.ticks))
    return drop(counters_.no_flow);
  return pass(packet, to);
}

std::optional<Engine::Outgoing> Engine::on_cookie_reply(const Packet& packet, const CookieReply& reply) {
  const PartyId from = party_at(packet.source, packet.ticks);
  if (from == kNoParty) return drop(counters_.no_flow);
  const FlowKey key{.from = from, .receiver = reply.receiver};
  const Flow* const flow = flows_.find(key, packet.ticks);
  if (flow == nullptr) return drop(counters_.no_flow);
  const PartyId to = flow->to;
  const bool is_answer = !flow->answered;
  if (!is_there(parties_[to], packet.ticks) && (!is_answer || parties_[to].member != kStranger)) return drop(counters_.no_flow);
  if (!may_pass(packet, from, to, 1)) return drop(counters_.over_limit);
  if (is_answer) flows_.erase(key);  // the initiator begins anew, with another index
  return pass(packet, to);
}

std::optional<Engine::Outgoing> Engine::on_data(const Packet& packet, const Data& data) {
  const PartyId from = party_at(packet.source, packet.ticks);
  Flow* const flow = from == kNoParty ? nullptr : flows_.find({.from = from, .receiver = data.receiver}, packet.ticks);
  if (flow == nullptr) return on_own_data(packet, data);
  const PartyId to = flow->to;
  if (!flow->answered || !is_there(parties_[to], packet.ticks)) return drop(counters_.no_flow);
  if (!may_pass(packet, from, to, 1)) return drop(counters_.over_limit);
  flow->used = packet.ticks;
  if (parties_[from].member == kStranger) {  // it knows an index that was sent to where it says it is
    parties_[from].shown = true;
    parties_[from].since = packet.ticks;
  }
  return pass(packet, to);
}

bool Engine::may_pass(const Packet& packet, PartyId from, PartyId to, double source_packets) {
  RateBucket& source = parties_[from].sent;
  RateBucket& pair = pairs_.try_emplace(pair_of(from, to), limits_.pair, packet.milliseconds).first->second;
  source.fill(limits_.source, packet.milliseconds);
  pair.fill(limits_.pair, packet.milliseconds);
  relay_.fill(limits_.relay, packet.milliseconds);
  const std::size_t bytes = packet.bytes.size();
  if (!source.has(source_packets, bytes) || !pair.has(1, bytes) || !relay_.has(1, bytes)) return false;
  source.take(source_packets, bytes);
  pair.take(1, bytes);
  relay_.take(1, bytes);
  return true;
}

Engine::Outgoing Engine::pass(const Packet& packet, PartyId to) {
  ++counters_.passed_on;
  counters_.passed_on_bytes += packet.bytes.size();
  return {.to = parties_[to].address, .from = locals_.at(parties_[to].local), .bytes = packet.bytes};
}

// ---- who is where ----

bool Engine::is_there(const Party& party, Ticks now) const { return party.used && party.shown && now - party.since < kRejectAfter; }

bool Engine::is_kept(PartyId id, Ticks now) const {
  const Party& party = parties_[id];
  if (is_there(party, now)) return true;
  if (party.member == kStranger) return !party.shown && now - party.since < kAnswerWithin;
  const auto next = next_.find(id);
  return next != next_.end() && now - next->second.back().made < kConfirmWithin;
}

PartyId Engine::party_at(const SocketAddress& address, Ticks now) {
  const auto at = by_address_.find(address);
  if (at == by_address_.end()) return kNoParty;
  const PartyId id = *at;
  const bool counts = parties_[id].member == kStranger ? is_kept(id, now) : is_there(parties_[id], now);
  if (counts) return id;
  leave_address(id);
  return kNoParty;
}

PartyId Engine::make_party(Number member, const Packet& packet) {
  PartyId id = static_cast<PartyId>(parties_.size());
  if (free_.empty()) {
    parties_.push_back(Party{.sent = RateBucket(limits_.source, packet.milliseconds)});
  } else {
    id = free_.back();
    free_.pop_back();
    parties_[id] = Party{.sent = RateBucket(limits_.source, packet.milliseconds)};
  }
  Party& party = parties_[id];
  party.used = true;
  party.member = member;
  party.since = packet.ticks;
  if (member == kStranger)
    ++strangers_;
  else
    seen_[member].party = id;
  return id;
}

// Its place is free when its flows have been purged.
void Engine::forget(PartyId id) {
  leave_address(id);
  Party& party = parties_[id];
  if (party.member == kStranger)
    --strangers_;
  else if (party.member < seen_.size() && seen_[party.member].party == id)
    seen_[party.member].party = kNoParty;
  next_.erase(id);
  tries_.erase(id);
  party = Party{.sent = party.sent};
}

void Engine::leave_address(PartyId id) {
  const auto at = by_address_.find(parties_[id].address);
  if (at != by_address_.end() && *at == id) by_address_.erase(at);
  parties_[id].shown = false;
}

bool Engine::is_at(const Party& party, const Packet& packet) const {
  return party.address == packet.source && locals_.at(party.local) == packet.local;
}

void Engine::move_to(PartyId id, const Packet& packet) {
  leave_address(id);
  const auto at = by_address_.find(packet.source);
  if (at != by_address_.end()) {
    const PartyId other = *at;
    if (parties_[other].member == kStranger) {  // it was this member, before it registered
      flows_.hand_over(other, id);
      forget(other);
      free_.push_back(other);
      purge_flows(packet.ticks);
    } else {
      leave_address(other);
    }
  }
  parties_[id].address = packet.source;
  parties_[id].local = locals_.id_of(packet.local);
  parties_[id].shown = parties_[id].member != kStranger;
  by_address_.insert(id);
}

void Engine::set_membership(std::shared_ptr<const Membership> membership, BootTime now) {
  std::vector<Seen> seen(membership->size());
  std::vector<std::pair<PartyId, Number>> stay;
  std::vector<PartyId> gone;
  for (Number number = 0; number < seen_.size(); ++number) {
    const auto there = membership->find(membership_->key(number));
    if (there) seen[*there] = seen_[number];
    if (seen_[number].party == kNoParty) continue;
    if (there)
      stay.emplace_back(seen_[number].party, *there);
    else
      gone.push_back(seen_[number].party);
  }
  for (const PartyId id : gone) forget(id);
  seen_ = std::move(seen);
  membership_ = std::move(membership);
  for (const auto& [id, number] : stay) parties_[id].member = number;
  purge_flows(ticks(now));
  free_.insert(free_.end(), gone.begin(), gone.end());
}

void Engine::purge_flows(Ticks now) {
  flows_.purge(now, [this](PartyId from, PartyId to) {
    const Party &one = parties_[from], &other = parties_[to];
    if (!one.used || !other.used) return true;
    return one.member != kStranger && other.member != kStranger && !membership_->may(one.member, other.member);
  });
}

void Engine::sweep_for_room(const Packet& packet) {
  if (packet.ticks - swept_ >= kSweepAtMostEvery) sweep(packet.ticks, packet.milliseconds);
}

void Engine::sweep(Ticks now, std::uint32_t milliseconds) {
  swept_ = now;
  std::vector<PartyId> gone;
  for (PartyId id = 0; id < parties_.size(); ++id) {
    if (!parties_[id].used || is_kept(id, now)) continue;
    forget(id);
    gone.push_back(id);
  }
  boost::unordered::erase_if(next_, [&](const auto& entry) { return now - entry.second.back().made >= kConfirmWithin; });
  purge_flows(now);
  boost::unordered::erase_if(pairs_, [&](auto& entry) {
    entry.second.fill(limits_.pair, milliseconds);
    return entry.second.is_full(limits_.pair);
  });
  boost::unordered::erase_if(tries_, [&](auto& entry) {
    entry.second.fill(limits_.mac1_tries_per_member, milliseconds);
    return entry.second.has(limits_.mac1_tries_per_member);
  });
  boost::unordered::erase_if(cookie_holders_, [&](auto& entry) {
    entry.second.fill(kHandshakesPerAddress, milliseconds);
    return entry.second.has(kHandshakesPerAddress);
  });
  boost::unordered::erase_if(strange_networks_, [&](auto& entry) {
    entry.second.fill(limits_.strange_initiations_per_network, milliseconds);
    return entry.second.has(limits_.strange_initiations_per_network);
  });
  free_.insert(free_.end(), gone.begin(), gone.end());
}

Snapshot Engine::snapshot(BootTime now, WallTime wall) {
  const Ticks at = ticks(now);
  sweep(at, milliseconds_since(start_, now));
  Snapshot out{.counters = counters_, .members = {}, .strangers = strangers_, .flows = flows_.size()};
  for (Number number = 0; number < seen_.size(); ++number) {
    const PartyId id = seen_[number].party;
    if (id == kNoParty || !is_there(parties_[id], at)) continue;
    const auto ago = std::chrono::milliseconds(std::int64_t{at - parties_[id].since} * 1000 / kTicksPerSecond);
    out.members.push_back({.key = membership_->key(number), .address = parties_[id].address, .last_handshake = wall - ago});
  }
  std::ranges::sort(out.members, {}, &Registered::key);
  return out;
}

}  // namespace innernet::relay

#include "server.hpp"

#include <stdexcept>

#include "innernet/server/device_entry.hpp"
#include "innernet/server/relays.hpp"
#include "relaying.hpp"

namespace innernet::simulation {
namespace {

using namespace std::chrono_literals;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

constexpr auto kTick = 50ms;

wg::PrivateKey private_key(std::uint8_t number) {
  std::array<std::uint8_t, 32> bytes{};
  bytes[0] = 0x50;
  bytes[1] = number;
  return wg::PrivateKey::from_bytes(bytes);
}

}  // namespace

Server::Server(Events& events, Internet& internet, Identities& identities, unsigned groups, std::uint64_t seed, OwnRelay own_relay)
    : has_relay_(own_relay == OwnRelay::kThere),
      events_(events),
      identities_(identities),
      epoch_(seed),
      wall_offset_(3 + seed % 600),
      device_(events, internet, host_, identities, kServer, kServerPort, seed ^ 1),
      relay_(events, internet, host_, identities, kRelay, private_key(2), kRelayPort, seed ^ 2) {
  identities.add(kServer, private_key(1).public_key());
  identities.add(kRelay, private_key(2).public_key());
  internet.attach(host_, internet.core());
  host_.receive = [this](const Packet& packet) {
    if (packet.to.port == kServerPort) device_.receive(packet);
    if (packet.to.port == kRelayPort) relay_.receive(packet);
  };
  const auto database = folder_ / "evilcorp.db";
  must(server::Registry::create(
      database, {.name = "evilcorp", .cidr = network(), .server_ip = ip(), .server_key = key(), .external_endpoint = external_endpoint()}));
  administrator_.emplace(must(server::Registry::open(database)));
  write([&](server::Registry::Writer& writer) -> Result<void> {
    for (unsigned group = 0; group < groups; ++group) {
      const auto net = IpNet::make(ip_of(group, 0), 24).value().truncated();
      TRY(const Cidr cidr, writer.add_cidr({.name = "group" + std::to_string(group), .cidr = net, .parent = kRootCidr}));
      groups_.push_back(cidr.id);
    }
    return {};
  });
  start();
}

void Server::write(const std::function<Result<void>(server::Registry::Writer&)>& change) {
  must(administrator_->refresh());
  must(administrator_->write(change));
  foreign_look_ = events_.now() + 5ms;  // the folder's watch tells of it
}

PeerId Server::add_peer(Identity identity, const std::string& name, unsigned group, unsigned number) {
  PeerId id{};
  write([&](server::Registry::Writer& writer) -> Result<void> {
    PeerContents contents{{.name = must(Hostname::parse(name)),
                           .ip = ip_of(group, number),
                           .cidr_id = groups_.at(group),
                           .public_key = identities_.key(identity),
                           .is_redeemed = true},
                          {.persistent_keepalive_interval = kPersistentKeepalive}};
    TRY(const Peer peer, writer.add_peer(contents));
    id = peer.id;
    return {};
  });
  return id;
}

void Server::set_disabled(PeerId id, bool is_disabled) {
  must(administrator_->refresh());
  auto change = server::PeerChange::to(administrator_->network().find_peer(id)->peer);
  change.is_disabled = is_disabled;
  write([&](server::Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.update_peer(id, change));
    return {};
  });
}

void Server::set_relay(PeerId id, bool is_relay) {
  must(administrator_->refresh());
  const auto change = server::PeerChange::with_relay(administrator_->network().find_peer(id)->peer, is_relay);
  write([&](server::Registry::Writer& writer) -> Result<void> {
    TRY_VOID(writer.update_peer(id, change));
    return {};
  });
}

AssociationId Server::associate(unsigned one, unsigned other) {
  AssociationId id{};
  write([&](server::Registry::Writer& writer) -> Result<void> {
    TRY(const Association association, writer.add_association({groups_.at(one), groups_.at(other)}));
    id = association.id;
    return {};
  });
  return id;
}

void Server::dissociate(AssociationId id) {
  write([&](server::Registry::Writer& writer) { return writer.delete_association(id); });
}

void Server::start() {
  if (coordinator_) return;
  coordinator_.emplace(
      must(server::Coordinator::open(folder_ / "evilcorp.db", {.server_key = key(), .clock = &events_.clock(), .epoch = ++epoch_})));
  if (has_relay_)
    relay_.restart();
  else
    relay_.stop();
  schedule_.emplace(server::EndpointSchedule::Periods{
      .regular = options_.periods.endpoints, .soon = options_.periods.endpoints_soon, .unseen = options_.periods.endpoints_unseen});
  // As after the first slice of a synchronization.
  turn([] {});
  wg::DeviceUpdate update;
  update.peers = coordinator_->device_peers();
  for (auto& peer : update.peers)
    if (device_.has_peer(identities_.identity(peer.public_key))) peer.endpoint.reset();
  device_.apply(update);
  look_at_device();
  next_relay_look_ = events_.now();
  foreign_look_ = events_.now();
  renew_members();
  ++run_;
  tick();
}

void Server::stop() {
  if (!coordinator_) return;
  ++run_;
  for (auto& one : std::exchange(waiting_, {})) one.answered(std::nullopt);
  must(coordinator_->close());
  coordinator_.reset();
  relay_.stop();
}

void Server::power_off() {
  host_.is_on = false;
  stop();
  device_.clear();
}

void Server::power_on() {
  host_.is_on = true;
  start();
}

void Server::turn(const std::function<void()>& within) {
  must(coordinator_->begin_turn());
  within();
  must(coordinator_->end_turn());
  carry_out();
}

void Server::on_request(server::Request request, Answered answered) {
  if (!coordinator_) return answered(std::nullopt);
  request.server_key = key().to_base64();
  turn([&] { answer(std::move(request), std::move(answered), std::nullopt); });
}

void Server::answer(server::Request request, Answered answered, std::optional<BootTime> until) {
  auto outcome = coordinator_->answer(request);
  if (const auto reason = server::reason_to_poll(false, coordinator_->network().find_peer(request.source))) schedule_->hasten(*reason);
  if (auto* const response = std::get_if<server::Response>(&outcome)) return answered(std::move(*response));
  if (const auto* const waits = std::get_if<server::Coordinator::Waiting>(&outcome)) {
    const BootTime end = until.value_or(events_.now() + waits->patience);
    waiting_.push_back({.request = std::move(request), .until = end, .answered = std::move(answered), .group = waits->group});
    return;
  }
  throw std::runtime_error("the database is locked");
}

void Server::carry_out() {
  auto effects = coordinator_->take_effects();
  wg::DeviceUpdate update;
  update.peers = std::move(effects.device);
  if (effects.device_resync) update.peers = coordinator_->device_peers();
  device_.apply(update);
  if (effects.members) members_due_ = std::min(members_due_, events_.now() + options_.periods.relay_members);
  if (effects.news.empty()) return;
  const std::set<CidrId> news(effects.news.begin(), effects.news.end());
  events_.after(0ms, [this, news, run = run_] {
    if (run != run_ || !coordinator_) return;
    std::vector<Waiting> woken;
    auto all = std::exchange(waiting_, {});
    for (auto& one : all) (news.contains(one.group) ? woken : waiting_).push_back(std::move(one));
    if (woken.empty()) return;
    turn([&] {
      for (auto& one : woken) answer(std::move(one.request), std::move(one.answered), one.until);
    });
  });
}

void Server::look_at_device() {
  schedule_->begin_poll(events_.now());
  std::vector<std::pair<wg::PublicKey, SocketAddress>> seen;
  const wg::Device device = device_.get();
  for (const wg::Peer& peer : device.peers)
    if (peer.endpoint) seen.emplace_back(peer.public_key, *peer.endpoint);
  schedule_->end_poll(events_.now());
  coordinator_->set_seen_endpoints(seen);
  carry_out();
}

void Server::look_at_relay() {
  if (!has_relay_) {
    coordinator_->set_own_relay(std::nullopt);
    coordinator_->set_relayed({}, std::nullopt);
    return carry_out();
  }
  std::vector<wg::PublicKey> registered;
  const auto snapshot = relay_.engine()->snapshot(events_.now(), events_.clock().wall());
  for (const relay::Registered& member : snapshot.members) registered.push_back(member.key);
  const Relay relay =
      server::server_relay(coordinator_->network(), identities_.key(kRelay), kRelayPort, static_cast<std::uint32_t>(epoch_));
  coordinator_->set_own_relay(relay);
  coordinator_->set_relayed(registered, relay.endpoint);
  carry_out();
}

void Server::renew_members() {
  members_due_ = BootTime::max();
  if (!has_relay_) return;
  auto groups = server::relay_groups(coordinator_->network());
  relay_.engine()->set_membership(
      std::make_shared<const relay::Membership>(relay::Membership::of_groups(groups.groups, std::move(groups.pairs))), events_.now());
}

void Server::tick() {
  if (!coordinator_) return;
  const BootTime now = events_.now();
  if (now >= foreign_look_) {
    foreign_look_ = BootTime::max();
    turn([] {});
  }
  if (const auto due = schedule_->due(); due && now >= *due) look_at_device();
  if (now >= next_relay_look_) {
    next_relay_look_ = now + options_.periods.relay;
    look_at_relay();
  }
  if (now >= members_due_) renew_members();
  if (now >= next_check_) {
    next_check_ = now + options_.periods.check_everything;
    coordinator_->look_for_relays();
    carry_out();
  }
  std::vector<Waiting> over;
  auto all = std::exchange(waiting_, {});
  for (auto& one : all) (now >= one.until ? over : waiting_).push_back(std::move(one));
  if (!over.empty())
    turn([&] {
      for (auto& one : over) {
        one.request.wait.reset();
        answer(std::move(one.request), std::move(one.answered), std::nullopt);
      }
    });
  events_.after(kTick, [this, run = run_] {
    if (run == run_) tick();
  });
}

}  // namespace innernet::simulation
